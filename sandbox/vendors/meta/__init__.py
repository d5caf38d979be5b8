"""Meta in the sandbox: the Graph API's ads, insights and custom audiences, in the versions that are still served."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.vendors.meta.gate import Gate, Handler
from sandbox.vendors.meta.insights import Insights
from sandbox.vendors.meta.objects import Objects
from sandbox.vendors.meta.reports import Reports


def build(context: Context) -> Starlette:
    objects = Objects(context)
    insights = Insights(context, objects)
    reports = Reports(context, objects, insights)

    def find(node: str) -> str | None:
        return objects.kind(node) or ("report" if reports.exists(node) else None)

    handlers: dict[tuple[str, str, str], tuple[Handler, str]] = {
        ("me", "", "GET"): (objects.me, "ads_management"),
        ("me", "adaccounts", "GET"): (objects.my_accounts, "ads_management"),
        ("me", "permissions", "GET"): (objects.my_permissions, "ads_management"),
        ("report", "", "GET"): (reports.get, "ads_insights"),
        ("report", "insights", "GET"): (reports.result, "ads_insights"),
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
    return Starlette(routes=[Gate(context, objects.account_id, find, handlers).route()])
