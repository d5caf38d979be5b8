"""HubSpot in the sandbox: contacts and their properties, as an app writes them, at the dated paths and at those of v3.

The account begins with one contact property of its own and no contacts. ``pat-na1-sandbox`` is a token of all scopes,
``pat-na1-reads`` one that may only read.
"""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.vendors.hubspot.contacts import Contacts
from sandbox.vendors.hubspot.gate import Gate, Handlers
from sandbox.vendors.hubspot.properties import Properties


def build(context: Context) -> Starlette:
    properties = Properties(context)
    contacts = Contacts(context, properties)
    handlers: Handlers = {
        ("GET", r"objects/contacts"): contacts.index,
        ("POST", r"objects/contacts"): contacts.create,
        ("POST", r"objects/contacts/search"): contacts.search,
        ("POST", r"objects/contacts/batch/upsert"): contacts.upsert,
        ("POST", r"objects/contacts/batch/update"): contacts.update,
        ("GET", r"objects/contacts/(?P<key>[^/]+)"): contacts.get,
        ("DELETE", r"objects/contacts/(?P<key>[^/]+)"): contacts.archive,
        ("GET", r"properties/contacts"): properties.index,
        ("POST", r"properties/contacts"): properties.create,
        ("POST", r"properties/contacts/groups"): properties.create_group,
        ("DELETE", r"properties/contacts/(?P<name>\w+)"): properties.archive,
    }
    return Starlette(routes=[Gate(context, handlers).route()])
