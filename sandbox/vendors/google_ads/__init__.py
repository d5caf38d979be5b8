"""The Google Ads API in the sandbox, in its REST form: GAQL by ``googleAds:search`` and ``:searchStream``, and tokens.

``/google_ads/token`` gives a token for the refresh token of the sandbox's one user, who has the shop's account and the
manager account above it.
"""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.vendors.google_ads.gate import Gate
from sandbox.vendors.google_ads.reports import Reports
from sandbox.vendors.google_ads.tokens import Tokens


def build(context: Context) -> Starlette:
    tokens = Tokens(context)
    return Starlette(routes=[tokens.route(), Gate(context, tokens, Reports(context)).route()])
