"""Zendesk Support in the sandbox: what a source reads of a help desk, and user fields, which are written.

Exports leave out the last minute; the one by time repeats what shares its last second. A deleted ticket is exported as
deleted and its comments are not found; a user that was merged away is nowhere. Message texts are made up when asked.
"""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.vendors.zendesk.documents import Desk
from sandbox.vendors.zendesk.exports import Exports
from sandbox.vendors.zendesk.fields import UserFields
from sandbox.vendors.zendesk.gate import Gate, no_such_path
from sandbox.vendors.zendesk.lists import Lists
from sandbox.vendors.zendesk.users import Users


def build(context: Context) -> Starlette:
    desk = Desk(context)
    exports, lists, gate = Exports(desk), Lists(desk), Gate(context)
    fields = UserFields(context)
    users = Users(context, desk, fields)
    routes = [gate.tokens()]
    for method, path, handler in (
        ("GET", "user_fields", fields.index),
        ("POST", "user_fields", fields.create),
        ("DELETE", "user_fields/{id:int}", fields.delete),
        ("PUT", "users/update_many", users.update_many),
        ("POST", "users/create_or_update_many", users.create_or_update_many),
        ("GET", "users/search", users.search),
        ("GET", "users/show_many", users.show_many),
        ("GET", "users/{id:int}", users.show),
        ("PUT", "users/{id:int}", users.update),
        ("GET", "job_statuses/{key}", users.job),
    ):
        # The longer ending first: a job's key would swallow it.
        routes += [gate.route(f"/api/v2/{path}{ending}", handler, False, method) for ending in (".json", "")]
    for path, read, is_export in (
        ("incremental/tickets/cursor", exports.tickets, True),
        ("incremental/users/cursor", exports.users, True),
        ("incremental/ticket_events", exports.ticket_events, True),
        ("satisfaction_ratings", lists.satisfaction_ratings, False),
        ("ticket_fields", lists.ticket_fields, False),
        ("tickets/{id:int}/comments", lists.comments, False),
        ("users/me", lists.me, False),
    ):
        routes += [gate.route(f"/api/v2/{path}{ending}", read, is_export) for ending in (".json", "")]
    return Starlette(routes=routes, exception_handlers={404: no_such_path, 405: no_such_path})
