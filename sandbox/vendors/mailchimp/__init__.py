"""Mailchimp in the sandbox: the Marketing API 3.0 of one account with one audience.

``/mailchimp/_sandbox/members`` says what Mailchimp holds of everybody, archived and forgotten people included; tests
ask it. The audience begins empty; ``mailchimp0sandbox-us21`` is the key.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context
from sandbox.vendors.mailchimp.batches import Batches
from sandbox.vendors.mailchimp.fields import Fields
from sandbox.vendors.mailchimp.gate import LIST_ID, Gate, Handlers
from sandbox.vendors.mailchimp.members import Members
from sandbox.vendors.mailchimp.segments import Segments


def build(context: Context) -> Starlette:
    fields = Fields(context)
    members = Members(context, fields)
    segments = Segments(context, members)
    members.tags_of = segments.names_of
    batches = Batches(context)
    one, member = rf"lists/{LIST_ID}", rf"lists/{LIST_ID}/members/(?P<key>[^/]+)"
    segment = rf"lists/{LIST_ID}/segments/(?P<segment>\d+)"
    handlers: Handlers = {
        ("GET", r"ping"): lambda _: {"health_status": "Everything's Chimpy!"},
        ("GET", one): members.audience,
        ("POST", one): members.many,
        ("GET", rf"{one}/members"): members.index,
        ("POST", rf"{one}/members"): members.create,
        ("GET", member): members.get,
        ("PUT", member): members.put,
        ("PATCH", member): members.patch,
        ("DELETE", member): members.archive,
        ("POST", rf"{member}/actions/delete-permanent"): members.forget,
        ("GET", rf"{member}/tags"): segments.tags,
        ("POST", rf"{member}/tags"): segments.change_tags,
        ("GET", rf"{one}/segments"): segments.index,
        ("POST", rf"{one}/segments"): segments.create,
        ("GET", segment): segments.get,
        ("POST", segment): segments.change_members,
        ("DELETE", segment): segments.delete,
        ("GET", rf"{segment}/members"): segments.members,
        ("GET", rf"{one}/merge-fields"): fields.index,
        ("POST", rf"{one}/merge-fields"): fields.create,
        ("POST", r"batches"): batches.create,
        ("GET", r"batches/(?P<batch>\w+)"): batches.get,
    }
    gate = Gate(context, handlers, batches)

    def told() -> JSONResponse:
        batches.settle()
        return JSONResponse(members.believed())

    async def believed(_: Request) -> JSONResponse:
        return await run_in_threadpool(told)

    return Starlette(
        routes=[
            Route("/_sandbox/members", believed),
            Route("/_results/{name}.tar.gz", batches.download),
            gate.route(),
        ]
    )
