"""HubSpot in the sandbox: contacts, their properties and what they agreed to, at the dated paths and at those of v3.

The account has the contacts that the world's staff wrote down, and two properties of its own: a shoe size and the
shop's customer id. ``pat-na1-sandbox`` is a token of all scopes, ``pat-na1-reads`` one that may only read, and
``pat-na1-contacts`` one that may not see what contacts agreed to. The app of the tokens is 4242042.
"""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.vendors.hubspot.book import Book
from sandbox.vendors.hubspot.contacts import Contacts
from sandbox.vendors.hubspot.gate import Gate, Handlers
from sandbox.vendors.hubspot.preferences import Preferences
from sandbox.vendors.hubspot.properties import Properties


def build(context: Context) -> Starlette:
    properties = Properties(context)
    book = Book(context)
    contacts, preferences = Contacts(context, properties, book), Preferences(context, book)
    handlers: Handlers = {
        ("GET", r"objects/contacts"): contacts.index,
        ("POST", r"objects/contacts"): contacts.create,
        ("POST", r"objects/contacts/search"): contacts.search,
        ("POST", r"objects/contacts/gdpr-delete"): contacts.forget,
        ("POST", r"objects/contacts/(?P<key>\d+)/restore"): contacts.restore,
        ("POST", r"objects/contacts/batch/read"): contacts.read,
        ("POST", r"objects/contacts/batch/upsert"): contacts.upsert,
        ("POST", r"objects/contacts/batch/update"): contacts.update,
        ("GET", r"objects/contacts/(?P<key>[^/]+)"): contacts.get,
        ("DELETE", r"objects/contacts/(?P<key>[^/]+)"): contacts.archive,
        ("GET", r"properties/contacts"): properties.index,
        ("POST", r"properties/contacts"): properties.create,
        ("POST", r"properties/contacts/groups"): properties.create_group,
        ("DELETE", r"properties/contacts/(?P<name>\w+)"): properties.archive,
        ("GET", r"communication-preferences/definitions"): preferences.definitions,
        ("POST", r"communication-preferences/statuses/batch/read"): preferences.statuses,
    }
    return Starlette(routes=Gate(context, handlers).routes())
