"""Metrics and campaigns: few rows, read only.

Campaigns changed with revision 2026-10-15. Up to 2026-07-15 each has one channel, flat attributes, and the filter on
``messages.channel`` is compulsory; since then the channel filter is gone and the name sits in ``definition``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.context import Context
from sandbox.vendors.klaviyo.jsonapi import Call, invalid, iso, not_found

TIME_SIGNS = ("greater-or-equal", "greater-than", "less-or-equal", "less-than")
MULTI_CHANNEL = "2026-10-15"
CAMPAIGN_FILTERS = {
    "id": ("any",),
    "messages.channel": ("equals",),
    "name": ("contains",),
    "status": ("any", "equals"),
    "archived": ("equals",),
    "created_at": TIME_SIGNS,
    "scheduled_at": TIME_SIGNS,
    "updated_at": TIME_SIGNS,
}
GONE = ("messages.channel", "status", "scheduled_at")
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "greater-than": operator.gt,
    "greater-or-equal": operator.ge,
    "less-than": operator.lt,
    "less-or-equal": operator.le,
}
CAMPAIGN_PAGE = 100


def rows_of(context: Context, table: str, key: str) -> list[dict[str, Any]]:
    """A small table's visible rows, times as UTC microseconds."""
    read = context.tables.visible(table, key, context.clock.now)
    for number, field in enumerate(read.schema):
        if pa.types.is_timestamp(field.type):
            micros = pc.cast(pc.cast(read.column(number), pa.timestamp("us")), pa.int64())
            read = read.set_column(number, field.name, micros)
    return read.to_pylist()


class Catalogue:
    """The calls below /metrics and /campaigns."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def metrics(self, call: Call) -> dict[str, Any]:
        if call.parameter("page[size]") is not None:
            raise invalid("page[size] is not a parameter of this resource.", "page[size]")
        wanted = call.filters({"integration.name": ("equals",), "integration.category": ("equals",)})
        rows = rows_of(self._context, "klaviyo_metrics", "metric_id")
        for one in wanted:
            if one.field == "integration.name":
                rows = [row for row in rows if row["integration_name"] == one.value]
        return call.page([_metric(row, call.base) for row in rows], None)

    def metric(self, call: Call) -> dict[str, Any]:
        for row in rows_of(self._context, "klaviyo_metrics", "metric_id"):
            if row["metric_id"] == call.key():
                return {"data": _metric(row, call.base)}
        raise not_found("metric", call.key())

    def campaigns(self, call: Call) -> dict[str, Any]:
        conditions = call.filters(CAMPAIGN_FILTERS)
        multi = call.revision >= MULTI_CHANNEL
        if multi and any(one.field in GONE for one in conditions):
            raise invalid(f"{', '.join(GONE)} are no filters of this revision.", "filter")
        if not multi and not any(one.field == "messages.channel" for one in conditions):
            raise invalid("A channel filter is required to list campaigns.", "filter")
        rows = rows_of(self._context, "klaviyo_campaigns", "campaign_id")
        for one in conditions:
            rows = [row for row in rows if _fits(row, one)]
        field, descends = call.sort(("created_at", "id", "name", "scheduled_at", "updated_at"), "-created_at")
        column = "campaign_id" if field == "id" else field
        rows.sort(key=lambda row: (row[column], row["campaign_id"]), reverse=descends)
        cursor, size = call.cursor(), call.page_size(CAMPAIGN_PAGE, CAMPAIGN_PAGE)
        if cursor is not None:
            ids = [row["campaign_id"] for row in rows]
            rows = rows[ids.index(cursor[0]) + 1 :] if cursor[0] in ids else []
        after = [rows[size - 1]["campaign_id"]] if len(rows) > size else None
        shape = _multi_channel if multi else _flat
        return call.page([shape(row, call.base) for row in rows[:size]], after)


def _fits(row: dict[str, Any], one: Any) -> bool:
    if one.field == "messages.channel":
        return bool(row["channel"] == one.value)
    if one.field == "id":
        return row["campaign_id"] in one.values()
    if one.field == "name":
        return str(one.value).lower() in row["name"].lower()
    if one.field == "status":
        return row["status"] in one.values()
    if one.field == "archived":
        return str(one.value).lower() == "false"
    value = row[one.field]
    return value is not None and bool(COMPARE[one.sign](value, one.moment()))


def _metric(row: dict[str, Any], base: str) -> dict[str, Any]:
    name = row["integration_name"]
    integration = {
        "object": "integration",
        "id": name.lower(),
        "name": name,
        "category": {"object": "category", "name": name},
    }
    return {
        "type": "metric",
        "id": row["metric_id"],
        "attributes": {
            "name": row["name"],
            "created": iso(row["created"]),
            "updated": iso(row["updated"]),
            "integration": integration,
        },
        "links": {"self": f"{base}/metrics/{row['metric_id']}"},
    }


def _campaign(row: dict[str, Any], attributes: dict[str, Any], base: str) -> dict[str, Any]:
    message = {"data": [{"type": "campaign-message", "id": row["message_id"]}]}
    return {
        "type": "campaign",
        "id": row["campaign_id"],
        "attributes": attributes,
        "relationships": {"campaign-messages": message, "tags": {"data": []}},
        "links": {"self": f"{base}/campaigns/{row['campaign_id']}"},
    }


def _flat(row: dict[str, Any], base: str) -> dict[str, Any]:
    attributes = {
        "name": row["name"],
        "status": row["status"],
        "archived": False,
        "audiences": {"included": [], "excluded": []},
        "send_options": {"use_smart_sending": True},
        "tracking_options": {"add_tracking_params": True, "is_tracking_clicks": True, "is_tracking_opens": True},
        "send_strategy": {"method": "static", "datetime": iso(row["send_time"]), "options": {"is_local": False}},
        "created_at": iso(row["created_at"]),
        "scheduled_at": iso(row["scheduled_at"]),
        "updated_at": iso(row["updated_at"]),
        "send_time": iso(row["send_time"]),
    }
    return _campaign(row, attributes, base)


def _multi_channel(row: dict[str, Any], base: str) -> dict[str, Any]:
    attributes = {
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "definition": {"name": row["name"], "builder": "canvas", "archived": False, "send_settings": {}},
    }
    return _campaign(row, attributes, base)
