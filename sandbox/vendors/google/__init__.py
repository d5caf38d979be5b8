"""Google's Data Manager API v1 in the sandbox: user lists, audience members, conversion events, request status, tokens.

The service account's key file is ``google/service_account.json`` in the sandbox's folder; ``/google/token`` gives a
token for an assertion signed with it. ``/google/_sandbox/lists`` says what Google believes of its lists, and
``/google/_sandbox/events`` of conversions. Google itself tells neither; tests ask it.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context
from sandbox.vendors.google.events import Events
from sandbox.vendors.google.gate import Gate, Handler
from sandbox.vendors.google.lists import Lists
from sandbox.vendors.google.members import Members
from sandbox.vendors.google.statuses import Statuses
from sandbox.vendors.google.tokens import Tokens

EAGER = True  # the key file is there before the first request


def build(context: Context) -> Starlette:
    tokens = Tokens(context)
    statuses = Statuses(context)
    lists = Lists(context)
    members = Members(context, lists, statuses)
    events = Events(context, statuses)
    user_lists = r"accountTypes/(?P<type>[^/]+)/accounts/(?P<account>[^/]+)/userLists"
    handlers: list[tuple[str, str, str, Handler]] = [
        ("POST", r"audienceMembers:ingest", "Ingestion", members.ingest),
        ("POST", r"audienceMembers:remove", "Ingestion", members.remove),
        ("POST", r"audienceMembers:removeAll", "Ingestion", members.remove_all),
        ("POST", r"events:ingest", "Ingestion", events.ingest),
        ("GET", r"requestStatus:retrieve", "Ingestion", statuses.retrieve),
        ("GET", user_lists, "UserList", lists.index),
        ("POST", user_lists, "UserList", lists.create),
        ("GET", user_lists + r"/(?P<id>[^/:]+)", "UserList", lists.get),
        ("PATCH", user_lists + r"/(?P<id>[^/:]+)", "UserList", lists.update),
        ("DELETE", user_lists + r"/(?P<id>[^/:]+)", "UserList", lists.delete),
    ]

    async def believed(request: Request) -> JSONResponse:
        found = await run_in_threadpool(members.believed, request.path_params.get("id"))
        return JSONResponse(found, 200 if found else 404)

    async def believed_events(_: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(events.believed))

    told = [
        Route("/_sandbox/lists", believed),
        Route("/_sandbox/lists/{id}", believed),
        Route("/_sandbox/events", believed_events),
    ]
    return Starlette(routes=[*told, tokens.route(), Gate(context, tokens, handlers).route()])
