"""Klaviyo in the sandbox: what the source reads and the destination writes, in revisions 2026-07-15 and 2026-10-15."""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.vendors.klaviyo.account import Account
from sandbox.vendors.klaviyo.catalogue import Catalogue
from sandbox.vendors.klaviyo.events import Events
from sandbox.vendors.klaviyo.gate import Gate
from sandbox.vendors.klaviyo.imports import Imports
from sandbox.vendors.klaviyo.lists import Lists
from sandbox.vendors.klaviyo.people import People
from sandbox.vendors.klaviyo.profiles import Profiles


def build(context: Context) -> Starlette:
    events, catalogue = Events(context), Catalogue(context)
    account = Account(context, events)
    profiles = Profiles(context, events)
    lists = Lists(context, profiles)
    imports = Imports(context, profiles, lists)
    lists.settle = imports.settle
    people = People(context, profiles, imports.settle)
    route = Gate(context).route
    jobs, members = "/api/profile-bulk-import-jobs", "/api/lists/{id}/relationships/profiles"
    routes = [
        route("/api/accounts", "GET", "XS", account.accounts),
        route("/api/metric-aggregates", "POST", "S", account.aggregates),
        route("/api/events", "GET", "XL", events.index),
        route("/api/events/{id}", "GET", "M", events.get),
        route("/api/metrics", "GET", "M", catalogue.metrics),
        route("/api/metrics/{id}", "GET", "M", catalogue.metric),
        route("/api/campaigns", "GET", "M", catalogue.campaigns),
        route("/api/profiles", "GET", "L", people.index),
        route("/api/profiles", "POST", "L", people.create),
        route("/api/profiles/{id}", "GET", "L", people.get),
        route("/api/profiles/{id}", "PATCH", "L", people.change),
        route("/api/profile-import", "POST", "L", people.upsert),
        route("/api/lists", "GET", "L", lists.index),
        route("/api/lists", "POST", "M", lists.create, 150),
        route("/api/lists/{id}", "GET", "L", lists.get),
        route("/api/lists/{id}", "DELETE", "M", lists.delete),
        route("/api/lists/{id}/profiles", "GET", "L", lists.members),
        route(members, "GET", "L", lists.member_ids),
        route(members, "POST", "M", lists.add_members),
        route(members, "DELETE", "M", lists.remove_members),
        route(jobs, "GET", "M", imports.index),
        route(jobs, "POST", "M", imports.create),
        route(f"{jobs}/{{id}}", "GET", "M", imports.get),
        route(f"{jobs}/{{id}}/import-errors", "GET", "M", imports.errors),
    ]
    return Starlette(routes=routes)
