"""TikTok in the sandbox: the Business API v1.3 for ads and their reports, events, and custom audiences of both kinds.

``/tiktok/_sandbox/audiences`` and ``.../audiences/<id>`` say what TikTok holds of an audience and how many people it
recognises in it, ``/tiktok/_sandbox/events`` which events count. TikTok itself tells a count of people, an hour later;
tests ask here.
"""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context
from sandbox.vendors.tiktok.audiences import Audiences
from sandbox.vendors.tiktok.entries import Entries
from sandbox.vendors.tiktok.event_sets import EventSets
from sandbox.vendors.tiktok.events import Events
from sandbox.vendors.tiktok.files import Files
from sandbox.vendors.tiktok.gate import Gate
from sandbox.vendors.tiktok.objects import KINDS, Objects
from sandbox.vendors.tiktok.people import People
from sandbox.vendors.tiktok.reports import Reports
from sandbox.vendors.tiktok.segments import Segments


def build(context: Context) -> Starlette:
    gate, people = Gate(context), People(context)
    audiences, sets = Audiences(context, Entries(context, people)), EventSets(context)
    events = Events(context, sets, people)
    files, segments = Files(audiences), Segments(audiences)
    objects = Objects(context)
    reports = Reports(context, objects)

    async def believed(request: Request) -> JSONResponse:
        found = await run_in_threadpool(audiences.believed, request.path_params.get("id"))
        return JSONResponse(found, 200 if found else 404)

    async def counted(_: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(events.believed))

    of_audiences = "/dmp/custom_audience"
    routes = [
        Route("/_sandbox/audiences", believed),
        Route("/_sandbox/audiences/{id}", believed),
        Route("/_sandbox/events", counted),
        gate.route("POST", "/oauth2/access_token/", gate.exchange, needs=""),
        gate.route("POST", "/oauth2/revoke_token/", gate.revoke, needs=""),
        gate.route("GET", "/oauth2/advertiser/get/", gate.advertisers, needs=""),
        gate.route("POST", f"{of_audiences}/file/upload/", files.upload),
        gate.route("POST", f"{of_audiences}/create/", files.create),
        gate.route("POST", f"{of_audiences}/update/", files.update),
        gate.route("GET", f"{of_audiences}/get/", audiences.get),
        gate.route("GET", f"{of_audiences}/list/", audiences.index),
        gate.route("POST", f"{of_audiences}/delete/", audiences.delete),
        gate.route("POST", "/segment/audience/", segments.audience),
        gate.route("POST", "/segment/mapping/", segments.mapping, needs="advertiser_ids"),
        gate.route("POST", "/offline/create/", sets.create),
        gate.route("GET", "/offline/get/", sets.get),
        gate.route("POST", "/offline/update/", sets.update),
        gate.route("POST", "/offline/delete/", sets.delete),
        gate.route("POST", "/event/track/", events.track, needs=""),
        gate.route("GET", "/advertiser/info/", objects.info, needs="advertiser_ids"),
        *(gate.route("GET", f"/{kind}/get/", partial(objects.listing, kind)) for kind in KINDS),
        gate.route("GET", "/report/integrated/get/", reports.get),
        gate.elsewhere(),
    ]
    return Starlette(routes=routes)
