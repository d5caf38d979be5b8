"""Shopify in the sandbox: the Admin API in version 2026-10, read and written as the vendor's own documentation says.

``HOSTS`` are hosts at whose root the vendor also answers, for clients that build their own URL from a shop's name.
"""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.vendors.shopify.app import build as build_app

HOSTS = ("*.localhost",)


def build(context: Context) -> Starlette:
    return build_app(context)
