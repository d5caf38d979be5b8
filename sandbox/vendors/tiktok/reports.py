"""GET report/integrated/get/: what TikTok says of its ads, by level and day, as it says it at the clock's now.

All figures are text, in the advertiser's currency; days are the advertiser's and say no zone. A metric that nobody
knows is answered with 0 and not refused, as TikTok does with some. Claims are those within the ad groups' own windows
(seven days after a click, one after a view); a part of them comes days later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from sandbox.context import Context
from sandbox.vendors.tiktok.envelope import Call, wrong
from sandbox.vendors.tiktok.objects import KINDS, Objects, filters, is_deleted, page_of

LEVELS = {"AUCTION_ADVERTISER": "advertiser", "AUCTION_CAMPAIGN": "campaign", "AUCTION_ADGROUP": "adgroup",
          "AUCTION_AD": "ad"}  # fmt: skip
DAY_DIMENSION = "stat_time_day"
MOST_DAYS, MOST_DAYS_WHOLE = 30, 364
MOST_IN_LIST = 100


@dataclass(frozen=True)
class Question:
    """What a call asks for, checked. ``only``: the ads that may pass."""

    level: str
    is_daily: bool
    metrics: tuple[str, ...]
    since: date
    until: date
    only: tuple[int, ...]


class Reports:
    """Answers from the world's tables."""

    def __init__(self, context: Context, objects: Objects) -> None:
        self._context, self._objects = context, objects

    def get(self, call: Call) -> dict[str, Any]:
        """GET report/integrated/get/."""
        question = self._question(call)
        ours = self._objects.is_ours(call.needed("advertiser_id"))
        found = page_of(call, self._ask(question) if ours else [])
        found["list"] = [self._document(question, row) for row in found["list"]]
        return found

    def _question(self, call: Call) -> Question:
        if call.needed("report_type") != "BASIC":
            raise wrong("report_type: only BASIC is served here")
        if call.text("service_type", "AUCTION") != "AUCTION":
            raise wrong("service_type: only AUCTION is served here")
        level = LEVELS.get(call.needed("data_level"))
        if level is None:
            raise wrong(f"data_level: must be one of {', '.join(LEVELS)}")
        dimensions = call.listed("dimensions")
        if f"{level}_id" not in dimensions or set(dimensions) - {f"{level}_id", DAY_DIMENSION}:
            raise wrong(f"dimensions: at this level they are {level}_id and {DAY_DIMENSION}")
        is_daily = DAY_DIMENSION in dimensions
        since, until = self._range(call, is_daily)
        metrics = tuple(str(one) for one in call.listed("metrics")) or ("spend", "impressions")
        return Question(level, is_daily, metrics, since, until, self._only(call))

    def _range(self, call: Call, is_daily: bool) -> tuple[date, date]:
        try:
            since, until = (date.fromisoformat(call.needed(name)) for name in ("start_date", "end_date"))
        except ValueError:
            raise wrong("start_date, end_date: must be YYYY-MM-DD") from None
        most = MOST_DAYS if is_daily else MOST_DAYS_WHOLE
        if since > until or (until - since).days >= most:
            raise wrong(f"end_date: The time range must be between 1 and {most} days.")
        return since, until

    def _only(self, call: Call) -> tuple[int, ...]:
        """The ads that the filters let pass; without one about the status, those that were not deleted."""
        now, status = self._context.clock.now.astimezone(UTC).replace(tzinfo=None), "STATUS_NOT_DELETE"
        rows = list(self._objects.rows["ad"].values())
        for one in filters(call) or ():
            if not isinstance(one, dict) or one.get("filter_type") != "IN":
                raise wrong("filtering: must be a list of field_name, filter_type and filter_value")
            name, values = str(one.get("field_name")), filters(Call(call.context, one), "filter_value")
            if not isinstance(values, list) or len(values) > MOST_IN_LIST:
                raise wrong(f"filtering.filter_value: must be a list of at most {MOST_IN_LIST} values, as text")
            if name in (f"{kind}_status" for kind in KINDS):
                status = str(values[0])
            elif name in (f"{kind}_ids" for kind in KINDS):
                rows = [row for row in rows if str(row[name.removesuffix("s")]) in values]
            else:
                raise wrong(f"filtering.field_name: {name} is not served here")
        return tuple(row["ad_id"] for row in rows if status == "STATUS_ALL" or not is_deleted(row, now))

    def _ask(self, question: Question) -> list[dict[str, Any]]:
        keys = [key for key in ("campaign_id", "adgroup_id", "ad_id") if question.level != "advertiser"]
        keys = keys[: list(LEVELS.values()).index(question.level)] + (["day"] if question.is_daily else [])
        groups = f"group by {', '.join(keys)} order by {', '.join(keys)}" if keys else "having count(*) > 0"
        query = f"""
            with told as (
                select * from read_parquet($reports)
                where day between $since and $until and updated_at <= $now and revealed_at <= $now
                qualify row_number() over (partition by report_id order by version desc) = 1
            ), claims as (
                select ad_id, day, count(*) as orders, sum(value_cents) as cents,
                    count(*) filter (is_view) as view_orders, sum(value_cents) filter (is_view) as view_cents
                from read_parquet($conversions)
                where revealed_at <= $now and day between $since and $until
                    and (is_view or delay_seconds < 7 * 86400)
                group by ad_id, day
            )
            select {"".join(f"{key}, " for key in keys)}
                sum(impressions)::bigint as impressions, sum(clicks)::bigint as clicks, sum(reach)::bigint as reach,
                sum(spend_cents)::bigint as spend, coalesce(sum(orders), 0)::bigint as orders,
                coalesce(sum(cents), 0)::bigint as cents, coalesce(sum(view_orders), 0)::bigint as view_orders,
                coalesce(sum(view_cents), 0)::bigint as view_cents
            from told
            inner join read_parquet($ads) as ads using (ad_id)
            left join claims using (ad_id, day)
            where ad_id in ({", ".join(map(str, question.only)) or "-1"})
            {groups}"""
        tables = self._context.tables
        values: dict[str, object] = {
            "reports": tables.path("tiktok_reports"),
            "conversions": tables.path("tiktok_conversions"),
            "ads": tables.path("tiktok_ads"),
            "since": question.since,
            "until": question.until,
            "now": self._context.clock.now.astimezone(UTC).replace(tzinfo=None),
        }
        return tables.arrow(query, values).to_pylist()

    def _document(self, question: Question, row: dict[str, Any]) -> dict[str, Any]:
        advertiser = self._objects.advertiser
        known = {
            "currency": advertiser["currency"],
            "spend": _money(row["spend"]),
            "impressions": str(row["impressions"]),
            "clicks": str(row["clicks"]),
            "reach": str(row["reach"]),
            "conversion": str(row["orders"]),
            "complete_payment": str(row["orders"]),
            # the name says rate, and it is the value of all of them
            "total_complete_payment_rate": _money(row["cents"]),
            "vta_complete_payment": str(row["view_orders"]),
            "vta_complete_payment_value": _money(row["view_cents"]),
            "complete_payment_roas": f"{row['cents'] / row['spend']:.2f}" if row["spend"] else "0.00",
        }
        for kind, objects in self._objects.rows.items():
            if f"{kind}_id" in row:
                key = str(row[f"{kind}_id"])
                known |= {f"{kind}_id": key, f"{kind}_name": objects[key][f"{kind}_name"]}
        own = str(advertiser["advertiser_id"]) if question.level == "advertiser" else known[f"{question.level}_id"]
        dimensions = {f"{question.level}_id": own}
        if question.is_daily:
            dimensions[DAY_DIMENSION] = f"{row['day'].isoformat()} 00:00:00"
        return {"dimensions": dimensions, "metrics": {name: known.get(name, "0") for name in question.metrics}}


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"
