"""What an account says of itself: its name, zone and currency; and how many events each metric has."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.context import Context
from sandbox.vendors.klaviyo.catalogue import rows_of
from sandbox.vendors.klaviyo.events import Events
from sandbox.vendors.klaviyo.jsonapi import Call, Condition, invalid, not_found, parse_filter

LONGEST = timedelta(days=366)
STARTS = {"hour": "%Y-%m-%dT%H:00:00", "day": "%Y-%m-%dT00:00:00", "month": "%Y-%m-01T00:00:00"}


class Account:
    """The calls /accounts and /metric-aggregates."""

    def __init__(self, context: Context, events: Events) -> None:
        self._context, self._events = context, events

    def accounts(self, call: Call) -> dict[str, Any]:
        attributes = {
            "test_account": True,
            "contact_information": {
                "default_sender_name": "Selvage Demo",
                "default_sender_email": "hello@example.com",
                "website_url": "https://shop.example.com",
                "organization_name": "Selvage Demo",
            },
            "industry": "Ecommerce",
            "timezone": "America/New_York",
            "preferred_currency": "USD",
            "public_api_key": "SLVG01",
            "locale": "en-US",
        }
        links = {"self": f"{call.base}/accounts/SLVG01"}
        return call.page([{"type": "account", "id": "SLVG01", "attributes": attributes, "links": links}], None)

    def aggregates(self, call: Call) -> dict[str, Any]:
        """Events of one metric by interval, in UTC; a time range of at most a year is compulsory."""
        asked = call.data("metric-aggregate").get("attributes") or {}
        pointer = "/data/attributes"
        if asked.get("measurements") != ["count"] or asked.get("by") or asked.get("timezone", "UTC") != "UTC":
            raise invalid("Only counts in UTC are served here.", f"{pointer}/measurements")
        interval = asked.get("interval") or "day"
        if interval not in STARTS:
            raise invalid(f"interval must be one of {', '.join(STARTS)}.", f"{pointer}/interval")
        conditions = [one for text in asked.get("filter") or [] for one in parse_filter(text)]
        since = _end(conditions, "greater-or-equal")
        until = _end(conditions, "less-than")
        if not since < until <= since + LONGEST:
            raise invalid("The time range must be one of at most a year.", f"{pointer}/filter")
        table, metrics = self._events.table(), rows_of(self._context, "klaviyo_metrics", "metric_id")
        if asked.get("metric_id") not in [row["metric_id"] for row in metrics]:
            raise not_found("metric", str(asked.get("metric_id")))
        found = table.positions([*conditions, Condition("equals", "metric_id", asked["metric_id"])])
        starts = Counter(f"{datetime.fromtimestamp(at / 1e6, UTC):{STARTS[interval]}}" for at in table.times[found])
        dates = sorted(starts)
        rows = [{"dimensions": [], "measurements": {"count": [float(starts[date]) for date in dates]}}]
        attributes = {"dates": [f"{date}+00:00" for date in dates], "data": rows}
        links = {"self": f"{call.base}/metric-aggregates"}
        return {"data": {"type": "metric-aggregate", "id": "ephemeral", "attributes": attributes, "links": links}}


def _end(conditions: list[Condition], sign: str) -> datetime:
    """One end of the time range. Raises ApiError where it is not given."""
    found = [one.moment() for one in conditions if one.sign == sign and one.field == "datetime"]
    if len(found) != 1:
        raise invalid(f"A filter {sign}(datetime,...) is required.", "/data/attributes/filter")
    return datetime.fromtimestamp(found[0] / 1e6, UTC)
