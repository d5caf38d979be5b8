"""Meta in the sandbox: the Graph API's ads, insights, custom audiences and events, in the versions still served.

``/meta/_sandbox/audiences`` and ``.../audiences/<id>`` say what Meta believes of an audience: the rows that it holds
and the people it recognises in them. Meta itself tells neither; tests ask it.
``/meta/_sandbox/events`` says which events it counts.
"""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context
from sandbox.vendors.meta.audiences import Audiences
from sandbox.vendors.meta.events import Events
from sandbox.vendors.meta.gate import Gate, Handler
from sandbox.vendors.meta.insights import Insights
from sandbox.vendors.meta.members import Members
from sandbox.vendors.meta.objects import Objects
from sandbox.vendors.meta.people import People
from sandbox.vendors.meta.reports import Reports


def build(context: Context) -> Starlette:
    objects = Objects(context)
    insights = Insights(context, objects)
    reports = Reports(context, objects, insights)
    people = People(context)
    members, events = Members(context, people), Events(context, people)
    audiences = Audiences(context, objects.account_id, members)

    def find(node: str) -> str | None:
        if audiences.exists(node):
            return "audience"
        if events.exists(node):
            return "dataset"
        return objects.kind(node) or ("report" if reports.exists(node) else None)

    async def believed(request: Request) -> JSONResponse:
        found = await run_in_threadpool(audiences.believed, request.path_params.get("id"))
        return JSONResponse(found, 200 if found else 404)

    async def counted(_request: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(events.believed))

    handlers: dict[tuple[str, str, str], tuple[Handler, str]] = {
        ("me", "", "GET"): (objects.me, "ads_management"),
        ("me", "adaccounts", "GET"): (objects.my_accounts, "ads_management"),
        ("me", "permissions", "GET"): (objects.my_permissions, "ads_management"),
        ("report", "", "GET"): (reports.get, "ads_insights"),
        ("report", "insights", "GET"): (reports.result, "ads_insights"),
        ("account", "customaudiences", "GET"): (audiences.index, "custom_audience"),
        ("account", "customaudiences", "POST"): (audiences.create, "custom_audience"),
        ("audience", "", "GET"): (audiences.get, "custom_audience"),
        ("audience", "", "POST"): (audiences.update, "custom_audience"),
        ("audience", "", "DELETE"): (audiences.delete, "custom_audience"),
        ("audience", "users", "POST"): (partial(audiences.change, members.add), "custom_audience"),
        ("audience", "users", "DELETE"): (partial(audiences.change, members.remove), "custom_audience"),
        ("audience", "usersreplace", "POST"): (partial(audiences.change, members.replace), "custom_audience"),
        ("dataset", "", "GET"): (events.get, "ads_management"),
        ("dataset", "events", "POST"): (events.take, "events"),
        ("audience", "sessions", "GET"): (audiences.sessions, "custom_audience"),
    }
    for kind, edges in (
        ("account", ("campaign", "adset", "ad")),
        ("campaign", ("adset", "ad")),
        ("adset", ("ad",)),
        ("ad", ()),
    ):
        handlers[kind, "", "GET"] = (objects.get, "ads_management")
        handlers[kind, "insights", "GET"] = (insights.get, "ads_insights")
        handlers[kind, "insights", "POST"] = (reports.create, "ads_insights")
        for edge in edges:
            handlers[kind, f"{edge}s", "GET"] = (partial(objects.edge, edge), "ads_management")
    gate = Gate(context, objects.account_id, find, handlers)
    told = [
        Route("/_sandbox/audiences", believed),
        Route("/_sandbox/audiences/{id}", believed),
        Route("/_sandbox/events", counted),
    ]
    return Starlette(routes=[*told, gate.route()])
