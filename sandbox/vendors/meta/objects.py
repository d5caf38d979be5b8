"""The ad account and what is in it: campaigns, ad sets, ads. Archived ones are shown only to who asks for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.context import Context
from sandbox.vendors.meta.graph import Call, wrong

MOST_ROWS = 500
PERMISSIONS = ("ads_read", "ads_management", "business_management")
SPEC = [{"event_type": "CLICK_THROUGH", "window_days": 7}, {"event_type": "VIEW_THROUGH", "window_days": 1}]
COMMON = ("id", "account_id", "name", "status", "effective_status", "configured_status", "created_time", "updated_time")
FIELDS = {
    "account": (
        "id", "account_id", "name", "currency", "timezone_name", "timezone_id", "timezone_offset_hours_utc",
        "account_status", "created_time", "tos_accepted", "disable_reason",
    ),
    "campaign": (*COMMON, "objective", "daily_budget", "buying_type"),
    "adset": (*COMMON, "campaign_id", "attribution_spec", "optimization_goal", "billing_event"),
    "ad": (*COMMON, "adset_id", "campaign_id", "creative"),
}  # fmt: skip
KEYS = {"campaign": "campaign_id", "adset": "adset_id", "ad": "ad_id"}


class Objects:
    """Reads the account's tables once; they do not change but for what is archived at its time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.account = self._rows("meta_accounts", "account_id")[0]
        self.zone = ZoneInfo(self.account["timezone_name"])
        self.rows = {
            kind: {str(row[key]): row for row in self._rows(f"meta_{kind}s", key)} for kind, key in KEYS.items()
        }

    def _rows(self, table: str, key: str) -> list[dict[str, Any]]:
        query = f"select * from read_parquet($path) order by {key}"
        found: list[dict[str, Any]] = self._context.tables.arrow(
            query, {"path": self._context.tables.path(table)}
        ).to_pylist()
        return found

    @property
    def account_id(self) -> str:
        return str(self.account["account_id"])

    def kind(self, node: str) -> str | None:
        """What an id names; None if nothing here."""
        if node == "me":
            return "me"
        if node == f"act_{self.account_id}":
            return "account"
        return next((kind for kind, rows in self.rows.items() if node in rows), None)

    def get(self, call: Call) -> dict[str, Any]:
        """GET of one object: its id, and the fields that are asked for."""
        kind = self.kind(call.node) or ""
        fields = call.fields(FIELDS[kind], ("id",))
        if kind == "account":
            return self._account(fields)
        return self._document(kind, self.rows[kind][call.node], fields, call.now)

    def edge(self, kind: str, call: Call) -> dict[str, Any]:
        """An edge of the account, of a campaign or of an ad set."""
        fields = call.fields(FIELDS[kind], ("id",))
        parent = self.kind(call.node) or ""
        rows = list(self.rows[kind].values())
        if parent in KEYS:
            rows = [row for row in rows if str(row[KEYS[parent]]) == call.node]
        rows = self._filtered(kind, rows, call)
        return call.page(
            len(rows),
            lambda begin, end: [self._document(kind, row, fields, call.now) for row in rows[begin:end]],
            MOST_ROWS,
        )

    def _filtered(self, kind: str, rows: list[dict[str, Any]], call: Call) -> list[dict[str, Any]]:
        statuses = call.listed("effective_status")
        for one in call.value("filtering") or ():
            if not isinstance(one, dict) or not {"field", "operator", "value"} <= set(one):
                raise wrong("param filtering must be an array of field, operator and value")
            field, operator, value = str(one["field"]).rpartition(".")[2], one["operator"], one["value"]
            if field == "effective_status" and operator == "IN":
                statuses = [str(status) for status in value]
            elif field == "id" and operator in ("IN", "EQUAL"):
                wanted = {str(key) for key in (value if isinstance(value, list) else [value])}
                rows = [row for row in rows if str(row[KEYS[kind]]) in wanted]
            elif field == "updated_time" and operator == "GREATER_THAN":
                rows = [row for row in rows if row["updated_at"].replace(tzinfo=UTC).timestamp() > float(value)]
            else:
                raise wrong(f"Filtering field '{one['field']}' with operation '{operator}' is not supported")
        if statuses:
            return [row for row in rows if status_of(row, call.now) in statuses]
        return [row for row in rows if status_of(row, call.now) != "ARCHIVED"]

    def _account(self, fields: list[str]) -> dict[str, Any]:
        now = self._context.clock.now.astimezone(self.zone)
        offset = now.utcoffset() or timedelta()
        faults = self._context.faults.waiting().get("meta", {})
        values = {
            "account_id": self.account_id,
            "name": self.account["name"],
            "currency": self.account["currency"],
            "timezone_name": self.account["timezone_name"],
            "timezone_id": 1,
            "timezone_offset_hours_utc": offset.total_seconds() / 3_600,
            "account_status": 1,
            "disable_reason": 0,
            "created_time": self.moment(self.account["created_at"]),
            "tos_accepted": {"custom_audience_tos": int("terms_not_accepted" not in faults)},
        }
        return {name: values[name] for name in fields if name in values} | {"id": f"act_{self.account_id}"}

    def _document(self, kind: str, row: dict[str, Any], fields: list[str], now: datetime) -> dict[str, Any]:
        status = status_of(row, now)
        values = {
            "account_id": self.account_id,
            "name": row["name"],
            "status": status,
            "configured_status": status,
            "effective_status": status,
            "created_time": self.moment(row["created_at"]),
            "updated_time": self.moment(row["updated_at"] if row["updated_at"] <= _naive(now) else row["created_at"]),
            "objective": row.get("objective"),
            "buying_type": "AUCTION",
            # budgets are in cents, unlike spend
            "daily_budget": str(row.get("daily_budget_cents")),
            "campaign_id": str(row["campaign_id"]),
            "adset_id": str(row.get("adset_id")),
            "attribution_spec": SPEC,
            "optimization_goal": "OFFSITE_CONVERSIONS",
            "billing_event": "IMPRESSIONS",
            "creative": {"id": str(row.get("ad_id", 0) + 100_000_000_000)},
        }
        return {name: values[name] for name in fields if name in values} | {"id": str(row[KEYS[kind]])}

    def moment(self, at: datetime) -> str:
        """A time as Meta writes it, in the account's zone: ``2026-03-01T08:00:00-0800``."""
        return at.replace(tzinfo=UTC).astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S%z")

    def me(self, call: Call) -> dict[str, Any]:
        call.fields(("id", "name"), ("id", "name"))
        return {"id": "100900100200", "name": "Warehouse"}

    def my_accounts(self, call: Call) -> dict[str, Any]:
        fields = call.fields(FIELDS["account"], ("account_id", "id"))
        return call.page(1, lambda begin, end: [self._account(fields)][begin:end], MOST_ROWS)

    @staticmethod
    def my_permissions(_: Call) -> dict[str, Any]:
        return {"data": [{"permission": name, "status": "granted"} for name in PERMISSIONS]}


def status_of(row: dict[str, Any], now: datetime) -> str:
    archived = row.get("archived_at")
    return "ARCHIVED" if archived is not None and archived <= _naive(now) else "ACTIVE"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
