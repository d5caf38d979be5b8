"""Insights: what Meta says of its ads, by level, day and publisher, as it says it at the clock's now.

    GET  <account, campaign, ad set or ad>/insights     at once, if it is not too much
    POST the same                                       a report that is made meanwhile (reports.py)

All numbers are text. Days are the account's. A window that Meta no longer serves is taken and never answered.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from sandbox.context import Context
from sandbox.vendors.meta.graph import Call, too_much, wrong
from sandbox.vendors.meta.objects import KEYS, Objects

MOST_ROWS, MOST_SYNC_ROWS, MOST_MONTHS = 1_000, 5_000, 37
KEPT = 8
LEVELS = {
    "account": (),
    "campaign": ("campaign_id",),
    "adset": ("campaign_id", "adset_id"),
    "ad": ("campaign_id", "adset_id", "ad_id"),
}
METRICS = ("impressions", "reach", "clicks", "inline_link_clicks", "spend")
RATES = ("frequency", "cpc", "cpm", "ctr", "purchase_roas")
FIELDS = (
    "account_id", "account_name", "account_currency", "campaign_id", "campaign_name", "adset_id", "adset_name",
    "ad_id", "ad_name", "objective", "date_start", "date_stop", "publisher_platform", *METRICS, *RATES, "actions",
    "action_values", "attribution_setting", "created_time", "updated_time",
)  # fmt: skip
DEFAULT_FIELDS = ("account_id", "date_start", "date_stop", "impressions", "spend")
# window: condition on a conversion. What is not served any more, or needs what is not here, has none.
WINDOWS = {
    "1d_click": "not is_view and delay_seconds < 86400",
    "7d_click": "not is_view and delay_seconds < 7 * 86400",
    "28d_click": "not is_view and delay_seconds < 28 * 86400",
    "1d_view": "is_view",
    "default": "is_view or delay_seconds < 7 * 86400",
}
EMPTY_WINDOWS = ("7d_view", "28d_view", "1d_ev", "incrementality", "dda", "skan_click", "skan_view")
# These overlap: a purchase that the pixel saw is in all three. They must not be added.
ALL_PURCHASES, PIXEL_PURCHASES = ("omni_purchase", "purchase"), "offsite_conversion.fb_pixel_purchase"
PRESETS = {"last_3d": 3, "last_7d": 7, "last_14d": 14, "last_28d": 28, "last_30d": 30, "last_90d": 90}


@dataclass(frozen=True)
class Question:
    """What an insights call asks for, checked."""

    level: str
    fields: tuple[str, ...]
    since: date
    until: date
    is_daily: bool
    by_publisher: bool
    windows: tuple[str, ...]
    only: tuple[tuple[str, tuple[str, ...]], ...]
    """Column and the ids that may pass."""


class Insights:
    """Answers questions from the world's tables."""

    def __init__(self, context: Context, objects: Objects) -> None:
        self._context, self._objects = context, objects
        self._kept: dict[tuple[Question, datetime], pa.Table] = {}
        self._lock = threading.Lock()

    def get(self, call: Call) -> dict[str, Any]:
        question = self.question(call)
        if self.count(question, call.now) > MOST_SYNC_ROWS:
            raise too_much()
        return self.page(call, question, call.now)

    def count(self, question: Question, now: datetime) -> int:
        """How many rows the answer has."""
        return len(self._found(question, now))

    def page(self, call: Call, question: Question, now: datetime) -> dict[str, Any]:
        """The page of the answer that the call asks for."""
        found = self._found(question, now)
        return call.page(
            len(found),
            lambda begin, end: [self._document(question, row) for row in found.slice(begin, end - begin).to_pylist()],
            MOST_ROWS,
        )

    def question(self, call: Call) -> Question:
        """Read and check the parameters. Raises GraphError."""
        kind = self._objects.kind(call.node) or ""
        level = call.text("level", kind)
        if level not in LEVELS:
            raise wrong("level must be one of account, campaign, adset, ad")
        breakdowns = call.listed("breakdowns")
        if set(breakdowns) - {"publisher_platform"}:
            raise wrong(f"breakdowns {', '.join(breakdowns)} can't be combined, or are not served here")
        windows = tuple(dict.fromkeys(call.listed("action_attribution_windows")))
        for window in windows:
            if window not in WINDOWS and window not in EMPTY_WINDOWS:
                raise wrong(f"action_attribution_windows: {window} is not one of the windows")
        if call.text("action_report_time", "impression") not in ("impression", "mixed"):
            raise wrong("action_report_time: only impression is served here")
        increment = call.text("time_increment", "all_days")
        if increment not in ("1", "all_days"):
            raise wrong("time_increment: only 1 and all_days are served here")
        since, until = self._range(call)
        only = [(KEYS[kind], (call.node,))] if kind in KEYS else []
        return Question(
            level=level,
            fields=tuple(call.fields(FIELDS, DEFAULT_FIELDS)),
            since=since,
            until=until,
            is_daily=increment == "1",
            by_publisher=bool(breakdowns),
            windows=windows,
            only=(*only, *self._filters(call)),
        )

    def today(self, now: datetime) -> date:
        """The account's day."""
        return now.astimezone(self._objects.zone).date()

    def _range(self, call: Call) -> tuple[date, date]:
        today = self.today(call.now)
        given = call.value("time_range")
        if given is not None:
            try:
                since, until = date.fromisoformat(given["since"]), date.fromisoformat(given["until"])
            except (TypeError, KeyError, ValueError):
                raise wrong("time_range must have since and until as YYYY-MM-DD") from None
            if since > until:
                raise wrong("time_range: since must not be after until")
        else:
            preset = call.text("date_preset", "last_30d")
            if preset in ("today", "yesterday"):
                since = until = today - timedelta(days=preset == "yesterday")
            elif preset in PRESETS:
                since, until = today - timedelta(days=PRESETS[preset]), today - timedelta(days=1)
            elif preset == "maximum":
                since, until = date(today.year - 3, today.month, 1), today
            else:
                raise wrong(f"date_preset: {preset} is not served here")
        months = (today.year - since.year) * 12 + today.month - since.month
        if months > MOST_MONTHS:
            raise wrong(f"The start date of the time range cannot be beyond {MOST_MONTHS} months from the current date")
        return since, until

    @staticmethod
    def _filters(call: Call) -> list[tuple[str, tuple[str, ...]]]:
        found = []
        for one in call.value("filtering") or ():
            if not isinstance(one, dict) or not {"field", "operator", "value"} <= set(one):
                raise wrong("param filtering must be an array of field, operator and value")
            column = str(one["field"]).replace(".", "_")
            if column not in KEYS.values() or one["operator"] not in ("IN", "EQUAL"):
                raise wrong(f"Filtering field '{one['field']}' with operation '{one['operator']}' is not supported")
            values = one["value"] if isinstance(one["value"], list) else [one["value"]]
            found.append((column, tuple(str(value) for value in values)))
        return found

    def _found(self, question: Question, now: datetime) -> pa.Table:
        """The answer's figures, one row a group that was shown to anybody; kept for the pages that follow."""
        with self._lock:
            if (question, now) not in self._kept:
                while len(self._kept) >= KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[question, now] = self._ask(question, now)
            return self._kept[question, now]

    def _ask(self, question: Question, now: datetime) -> pa.Table:
        keys = [*LEVELS[question.level]]
        keys += ["publisher_platform"] if question.by_publisher else []
        keys += ["day"] if question.is_daily else []
        # the groups of a question without any are one, which is there only if anything was shown
        groups = f"group by {', '.join(keys)} order by {', '.join(keys)}" if keys else "having count(*) > 0"
        claimed = [f"coalesce(sum({name}), 0)::bigint as {name}" for name, _ in _sums()]
        conditions = [f"{column} in ({', '.join(str(int(key)) for key in ids if key.isdigit()) or '-1'})"
                      for column, ids in question.only]  # fmt: skip
        query = f"""
            with told as (
                select * from read_parquet($insights)
                where day between $since and $until and updated_at <= $now and revealed_at <= $now
                qualify row_number() over (partition by insight_id order by version desc) = 1
            ), claims as (
                select ad_id, publisher_platform, day, {", ".join(f"{total} as {name}" for name, total in _sums())}
                from read_parquet($conversions)
                where revealed_at <= $now and day between $since and $until
                group by ad_id, publisher_platform, day
            )
            select {"".join(f"{key}, " for key in keys)}
                sum(impressions)::bigint as impressions, sum(clicks)::bigint as clicks,
                sum(inline_link_clicks)::bigint as inline_link_clicks, sum(spend_cents)::bigint as spend_cents,
                -- people who saw two of the parts count once: the reach of a whole is less than the sum
                case when count(*) = 1 then max(reach)
                    else greatest(max(reach), sum(reach)::bigint * 4 // 5) end as reach,
                {", ".join(claimed)}
            from told
            inner join read_parquet($ads) as ads using (ad_id)
            left join claims using (ad_id, publisher_platform, day)
            {"where " + " and ".join(conditions) if conditions else ""}
            {groups}"""
        tables = self._context.tables
        values: dict[str, object] = {
            "insights": tables.path("meta_insights"),
            "conversions": tables.path("meta_conversions"),
            "ads": tables.path("meta_ads"),
            "since": question.since,
            "until": question.until,
            "now": now.astimezone(UTC).replace(tzinfo=None),
        }
        return tables.arrow(query, values)

    def _document(self, question: Question, row: dict[str, Any]) -> dict[str, Any]:
        objects, clicks, shown = self._objects, row["clicks"], row["impressions"]
        spend, reach, worth = row["spend_cents"], row["reach"], row["default_all_cents"]
        begin, end = (row["day"], row["day"]) if question.is_daily else (question.since, question.until)
        values: dict[str, Any] = {
            "account_id": objects.account_id,
            "account_name": objects.account["name"],
            "account_currency": objects.account["currency"],
            "date_start": begin.isoformat(),
            "date_stop": end.isoformat(),
            "impressions": str(shown),
            "reach": str(reach),
            "clicks": str(clicks),
            "inline_link_clicks": str(row["inline_link_clicks"]),
            "spend": _money(spend),
            "frequency": f"{shown / reach:.6f}" if reach else None,
            "ctr": f"{100 * clicks / shown:.6f}" if shown else None,
            "cpc": f"{spend / 100 / clicks:.6f}" if clicks else None,
            "cpm": f"{spend * 10 / shown:.6f}" if shown else None,
            "attribution_setting": "7d_click_1d_view",
            "actions": self._actions(question, row, "orders", str) or None,
            "action_values": self._actions(question, row, "cents", _money) or None,
            "created_time": begin.isoformat(),
            "updated_time": end.isoformat(),
        }
        if worth and spend:
            values["purchase_roas"] = [{"action_type": "omni_purchase", "value": f"{worth / spend:.6f}"}]
        for kind, key in KEYS.items():
            if key in row:
                values |= {key: str(row[key]), f"{kind}_name": objects.rows[kind][str(row[key])]["name"]}
        if "campaign_id" in row:
            values["objective"] = objects.rows["campaign"][str(row["campaign_id"])]["objective"]
        document = {name: values[name] for name in question.fields if values.get(name) is not None}
        document |= {"date_start": values["date_start"], "date_stop": values["date_stop"]}
        if question.by_publisher:
            document["publisher_platform"] = row["publisher_platform"]
        return document

    @staticmethod
    def _actions(question: Question, row: dict[str, Any], what: str, write: Any) -> list[dict[str, str]]:
        """Actions by type, each with its value by the account's own window and by those that were asked for."""
        found = []
        if what == "orders" and row["inline_link_clicks"]:
            found.append({"action_type": "link_click", "value": str(row["inline_link_clicks"])})
        for action_type in (*ALL_PURCHASES, PIXEL_PURCHASES):
            part = "pixel" if action_type == PIXEL_PURCHASES else "all"
            amounts = {name: row[f"{name}_{part}_{what}"] for name in WINDOWS}
            asked = {name: write(amounts[name]) for name in question.windows if amounts.get(name)}
            if amounts["default"] or asked:
                found.append({"action_type": action_type, "value": write(amounts["default"]), **asked})
        return found


def _sums() -> list[tuple[str, str]]:
    """Name and sum by window, of all conversions and of those that the pixel saw."""
    return [
        (f'"{window}_{part}_{what}"', f"{total} filter (({condition}) and {seen})")
        for window, condition in WINDOWS.items()
        for part, seen in (("all", "true"), ("pixel", "by_pixel"))
        for total, what in (("count(*)", "orders"), ("sum(value_cents)", "cents"))
    ]


def _money(cents: int) -> str:
    """A decimal in the account's currency, without zeros behind: ``37.2``, as Meta writes it."""
    return f"{cents / 100:.2f}".rstrip("0").rstrip(".")
