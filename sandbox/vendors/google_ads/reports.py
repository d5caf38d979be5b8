"""What a query answers: objects, or what Google says of its ads by day, as it says it at the clock's now.

Cost is whole millionths, and every 64-bit number is text; conversions are broken numbers. Days are the account's.
``metrics.conversions`` mixes purchases and sign-ups: the conversion action tells them apart, and then cost can't be
asked for. ``metrics.all_conversions`` has actions besides that count the same orders again.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.context import Context
from sandbox.vendors.google_ads.errors import ApiError, wrong_query
from sandbox.vendors.google_ads.gaql import Query, parse

MOST_MONTHS, CLICK_DAYS, CLICKS_OF_SIGN_UP = 37, 30, 4
MICROS_OF_CENT = 10_000
CUSTOMER = {
    "customer.id": "customer_id",
    "customer.descriptive_name": "descriptive_name",
    "customer.currency_code": "currency_code",
    "customer.time_zone": "time_zone",
    "customer.manager": "manager",
    "customer.status": "status",
}
CAMPAIGN = {
    "campaign.id": "campaign_id",
    "campaign.name": "campaign_name",
    "campaign.status": "campaign_status",
    "campaign.advertising_channel_type": "channel_type",
}
AD_GROUP = {
    "ad_group.id": "ad_group_id",
    "ad_group.name": "ad_group_name",
    "ad_group.status": "ad_group_status",
    "ad_group.type": "ad_group_type",
}
# resource: its fields beside the account's, and the column that tells its rows apart
RESOURCES: dict[str, tuple[dict[str, str], str]] = {
    "customer": ({}, "customer_id"),
    "campaign": (CAMPAIGN, "campaign_id"),
    "ad_group": (CAMPAIGN | AD_GROUP, "ad_group_id"),
    "ad_group_ad": (
        CAMPAIGN
        | AD_GROUP
        | {
            "ad_group_ad.ad.id": "ad_id",
            "ad_group_ad.ad.name": "ad_name",
            "ad_group_ad.ad.type": "ad_type",
            "ad_group_ad.status": "ad_status",
        },
        "ad_id",
    ),
    "asset_group": (
        CAMPAIGN | {"asset_group.id": "ad_id", "asset_group.name": "ad_name", "asset_group.status": "ad_status"},
        "ad_id",
    ),
    "conversion_action": (
        {
            "conversion_action.id": "conversion_action_id",
            "conversion_action.name": "name",
            "conversion_action.category": "category",
            "conversion_action.status": "status",
            "conversion_action.primary_for_goal": "is_primary",
        },
        "conversion_action_id",
    ),
}
METRICS = {
    "metrics.impressions": "impressions",
    "metrics.clicks": "clicks",
    "metrics.cost_micros": "cost_micros",
    "metrics.conversions": "conversions",
    "metrics.conversions_value": "conversions_value",
    "metrics.all_conversions": "all_conversions",
    "metrics.all_conversions_value": "all_conversions_value",
}
BY_ACTION = {
    "segments.conversion_action": "conversion_action",
    "segments.conversion_action_name": "conversion_action_name",
    "segments.conversion_action_category": "conversion_action_category",
}
NOT_BY_ACTION = {"metrics.impressions", "metrics.clicks", "metrics.cost_micros"}
DATE = {"segments.date": "day"}
WHOLE = {"impressions", "clicks", "cost_micros"}
Row = dict[str, Any]


class Reports:
    """Answers queries for one customer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.customers = {str(row["customer_id"]): row for row in self._rows("google_ads_customers", "customer_id")}

    def _rows(self, table: str, key: str) -> list[Row]:
        tables = self._context.tables
        found: list[Row] = tables.arrow(
            f"select * from read_parquet($path) order by {key}", {"path": tables.path(table)}
        ).to_pylist()
        return found

    def answer(self, customer: str, text: str) -> tuple[list[Row], str]:
        """The documents that a query of a customer asks for, and its field mask. Raises ApiError."""
        account = self.customers[customer]
        today = self._context.clock.now.astimezone(ZoneInfo(account["time_zone"])).date()
        query = parse(text, today)
        columns = self._columns(query, account, today)
        rows = self._told(query, columns) if columns.keys() & (METRICS | DATE | BY_ACTION).keys() else []
        if not columns.keys() & (METRICS | DATE | BY_ACTION).keys():
            rows = self._objects(query)
        account_row = {**account, "status": "ENABLED"}
        full = [{**account_row, **row} for row in ([] if account["manager"] and query.resource != "customer" else rows)]
        kept = [row for row in full if all(test(row[columns[field]]) for field, test in query.tests)]
        documents = [_document(customer, query.fields, columns, row) for row in kept[: query.limit]]
        return documents, ",".join(_camel(field) for field in query.fields)

    def _columns(self, query: Query, account: Row, today: date) -> dict[str, str]:
        """The column of each field that the query names."""
        if query.resource not in RESOURCES:
            raise wrong_query("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"{query.resource} is no resource.")
        known = CUSTOMER | RESOURCES[query.resource][0] | METRICS | BY_ACTION | DATE
        unknown = [field for field in query.named if field not in known]
        if unknown:
            raise wrong_query("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{unknown[0]}'.")
        named = set(query.named)
        if named & METRICS.keys() and account["manager"]:
            raise wrong_query("REQUESTED_METRICS_FOR_MANAGER", "Metrics cannot be requested for a manager account.")
        if named & BY_ACTION.keys() and named & NOT_BY_ACTION:
            message = f"Cannot select {min(named & NOT_BY_ACTION)} with a segment of conversion actions."
            raise wrong_query("PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE", message)
        if "segments.date" in named and query.since < today - timedelta(days=MOST_MONTHS * 31):
            raise ApiError(400, "dateRangeError", "INVALID_DATE", f"Days go back {MOST_MONTHS} months only.")
        return {field: known[field] for field in query.named}

    def _objects(self, query: Query) -> list[Row]:
        if query.resource == "customer":
            return [{}]
        if query.resource == "conversion_action":
            actions = self._rows("google_ads_conversion_actions", "conversion_action_id")
            return [{**row, "status": "ENABLED"} for row in actions]
        key = RESOURCES[query.resource][1]
        found = {row[key]: row for row in self._ads() if _is_of(query.resource, row)}
        return [found[one] for one in sorted(found)]

    def _ads(self) -> list[Row]:
        """Every ad and asset group with its parents; those that are not there yet are left out."""
        now = self._context.clock.now.astimezone(UTC).replace(tzinfo=None)
        tables = self._context.tables
        query = """
            select ads.ad_id, ads.kind, ads.name as ad_name, campaigns.campaign_id, campaigns.name as campaign_name,
                campaigns.channel_type, groups.ad_group_id, groups.name as ad_group_name,
                'ENABLED' as campaign_status, 'ENABLED' as ad_group_status,
                if(ads.removed_at <= $now, 'REMOVED', 'ENABLED') as ad_status,
                if(channel_type = 'VIDEO', 'VIDEO_TRUE_VIEW_IN_STREAM', 'SEARCH_STANDARD') as ad_group_type,
                if(channel_type = 'VIDEO', 'VIDEO_AD', 'RESPONSIVE_SEARCH_AD') as ad_type
            from read_parquet($ads) as ads
            inner join read_parquet($campaigns) as campaigns using (campaign_id)
            inner join read_parquet($groups) as groups using (ad_group_id)
            where ads.revealed_at <= $now order by ads.ad_id"""
        paths = {name: tables.path(f"google_ads_{name}") for name in ("ads", "campaigns")}
        found: list[Row] = tables.arrow(
            query, {**paths, "groups": tables.path("google_ads_ad_groups"), "now": now}
        ).to_pylist()
        return found

    def _told(self, query: Query, columns: dict[str, str]) -> list[Row]:
        """Figures by the rows of the resource, by day if that is selected, by conversion action if that is."""
        key, tables = RESOURCES[query.resource][1], self._context.tables
        by_action = bool(columns.keys() & BY_ACTION.keys())
        sql = f"""
            with told as (
                select ad_id, day, impressions, clicks, spend_cents * {MICROS_OF_CENT} as cost_micros
                from read_parquet($metrics)
                where day between $since and $until and updated_at <= $now and revealed_at <= $now
                qualify row_number() over (partition by metric_id order by version desc) = 1
            ), claims as (
                select ad_id, day, sum(share) as orders, sum(share * value_cents) / 100 as worth,
                    sum(share) filter (by_pixel) as again,
                    sum(share * value_cents) filter (by_pixel) / 100 as again_worth
                from read_parquet($conversions)
                where revealed_at <= $now and day between $since and $until and delay_seconds < {CLICK_DAYS} * 86400
                group by ad_id, day
            ), actions as (
                select told.*, conversion_action_id, actions.name as conversion_action_name,
                    actions.category as conversion_action_category, is_primary,
                    case when category = 'SIGNUP' then told.clicks // {CLICKS_OF_SIGN_UP}
                        when is_primary then coalesce(orders, 0) else coalesce(again, 0) end as converted,
                    case when category = 'SIGNUP' then 0
                        when is_primary then coalesce(worth, 0) else coalesce(again_worth, 0) end as converted_worth
                from told left join claims using (ad_id, day) cross join read_parquet($actions) as actions
            )
            select ad_id, day, {"conversion_action_id, conversion_action_name, conversion_action_category," * by_action}
                any_value(impressions) as impressions, any_value(clicks) as clicks,
                any_value(cost_micros) as cost_micros,
                coalesce(sum(converted) filter (is_primary), 0)::double as conversions,
                coalesce(sum(converted_worth) filter (is_primary), 0)::double as conversions_value,
                sum(converted)::double as all_conversions, sum(converted_worth)::double as all_conversions_value
            from actions group by all {"having sum(converted) > 0" * by_action} order by all"""
        values: dict[str, object] = {
            **{name: tables.path(f"google_ads_{name}") for name in ("metrics", "conversions")},
            "actions": tables.path("google_ads_conversion_actions"),
            "since": query.since,
            "until": query.until,
            "now": self._context.clock.now.astimezone(UTC).replace(tzinfo=None),
        }
        ads = {row["ad_id"]: row for row in self._ads() if _is_of(query.resource, row)}
        found: dict[tuple[Any, ...], Row] = {}
        for row in tables.arrow(sql, values).to_pylist():
            if row["ad_id"] not in ads:
                continue
            full = {"customer_id": 0, **ads[row["ad_id"]], **row}
            mark = (full[key], row["day"] if "segments.date" in columns else None, row.get("conversion_action_id"))
            sums = found.setdefault(mark, {**full, **dict.fromkeys(METRICS.values(), 0)})
            for name in METRICS.values():
                sums[name] += row[name]
        return [{name: value for name, value in row.items() if name != "customer_id"} for row in found.values()]


def _is_of(resource: str, row: Row) -> bool:
    """Whether an ad's row is one of the resource: asset groups are no ads, and have no ad group."""
    if resource in ("ad_group", "ad_group_ad"):
        return bool(row["kind"] == "ad")
    return resource != "asset_group" or row["kind"] == "asset_group"


def _document(customer: str, fields: tuple[str, ...], columns: dict[str, str], row: Row) -> Row:
    document: Row = {}
    for field in fields:
        place = document
        *path, last = _camel(field).split(".")
        for part in path:
            place = place.setdefault(part, {})
        value = row.get(columns[field])
        if columns[field] == "conversion_action":
            value = f"customers/{customer}/conversionActions/{row['conversion_action_id']}"
        place[last] = _told_as(columns[field], value)
    return document


def _told_as(column: str, value: Any) -> Any:
    """64-bit numbers are text."""
    if isinstance(value, date):
        return value.isoformat()
    is_whole = column in WHOLE or (column.endswith("_id") and not isinstance(value, str))
    return str(value) if is_whole else value


def _camel(field: str) -> str:
    def one(part: str) -> str:
        first, *more = part.split("_")
        return first + "".join(word.title() for word in more)

    return ".".join(one(part) for part in field.split("."))
