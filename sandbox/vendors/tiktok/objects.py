"""The advertiser and its campaigns, ad groups and ads. What was deleted is shown only to who asks for all statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sandbox.context import Context
from sandbox.vendors.tiktok.envelope import PAGE, Call, wrong

LONGEST_PAGE, MOST_ADVERTISERS = 1_000, 100
KINDS = {"campaign": "CAMPAIGN", "adgroup": "ADGROUP", "ad": "AD"}
STATUSES = ("STATUS_ALL", "STATUS_NOT_DELETE", "STATUS_DELETE", "STATUS_DELIVERY_OK")
Row = dict[str, Any]


def page_of(call: Call, rows: Sequence[Any]) -> dict[str, Any]:
    """The page that the call asks for. Pages are counted anew each time: a row that came in between shifts them."""
    page, size = call.number("page", 1, 1_000_000), call.number("page_size", PAGE, LONGEST_PAGE)
    shifted = 1 if page > 1 and call.context.faults.take("tiktok", "duplicate_page") else 0
    first = (page - 1) * size - shifted
    info = {"page": page, "page_size": size, "total_number": len(rows), "total_page": -(-len(rows) // size)}
    return {"list": list(rows[first : first + size]), "page_info": info}


def filters(call: Call, name: str = "filtering") -> Any:
    """A parameter that is JSON in the address; None if it is missing."""
    given = call.params.get(name)
    try:
        return orjson.loads(given) if isinstance(given, str) else given
    except orjson.JSONDecodeError:
        raise wrong(f"{name}: Not valid JSON.") from None


class Objects:
    """Reads the advertiser's tables once; they do not change but for what is deleted at its time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.advertiser = self._rows("tiktok_advertisers", "advertiser_id")[0]
        self.zone = ZoneInfo(self.advertiser["timezone"])
        self.rows = {
            kind: {str(row[f"{kind}_id"]): row for row in self._rows(f"tiktok_{kind}s", f"{kind}_id")} for kind in KINDS
        }

    def _rows(self, table: str, key: str) -> list[Row]:
        query = f"select * from read_parquet($path) order by {key}"
        tables = self._context.tables
        found: list[Row] = tables.arrow(query, {"path": tables.path(table)}).to_pylist()
        return found

    def is_ours(self, advertiser: str) -> bool:
        """Whether it is the shop's: the token's other client advertises nothing."""
        return advertiser == str(self.advertiser["advertiser_id"])

    def info(self, call: Call) -> dict[str, Any]:
        """GET advertiser/info/."""
        ids = call.listed("advertiser_ids")
        if len(ids) > MOST_ADVERTISERS:
            raise wrong(f"advertiser_ids: must have at most {MOST_ADVERTISERS} ids")
        return {"list": [self._advertiser(key, call.listed("fields")) for key in ids]}

    def _advertiser(self, key: str, fields: list[Any]) -> Row:
        row, offset = self.advertiser, self._context.clock.now.astimezone(self.zone).utcoffset()
        hours = -round(offset.total_seconds() / 3_600) if offset else 0
        found = {
            "advertiser_id": key,
            "name": row["name"] if self.is_ours(key) else "Another client",
            "company": "Selvage and Loom" if self.is_ours(key) else "Another client",
            "country": "US",
            "currency": row["currency"],
            "timezone": f"Etc/GMT{hours:+d}",
            "display_timezone": row["timezone"],
            "status": "STATUS_ENABLE",
            "create_time": int(row["created_at"].replace(tzinfo=UTC).timestamp()),
        }
        return {name: value for name, value in found.items() if not fields or name in fields}

    def listing(self, kind: str, call: Call) -> dict[str, Any]:
        """GET campaign/get/, adgroup/get/, ad/get/."""
        rows = list(self.rows[kind].values()) if self.is_ours(call.needed("advertiser_id")) else []
        given = filters(call) or {}
        if not isinstance(given, dict):
            raise wrong("filtering: must be an object")
        status = given.pop("primary_status", "STATUS_NOT_DELETE")
        if status not in STATUSES:
            raise wrong(f"filtering.primary_status: {status} is not one of the statuses")
        for name, ids in given.items():
            if name.removesuffix("_ids") not in KINDS or not isinstance(ids, list):
                raise wrong(f"filtering.{name}: is not served here")
            rows = [row for row in rows if str(row.get(name.removesuffix("s"))) in ids]
        now = _naive(self._context.clock.now)
        if status != "STATUS_ALL":
            rows = [row for row in rows if is_deleted(row, now) == (status == "STATUS_DELETE")]
        found, fields = page_of(call, rows), call.listed("fields")
        documents = [self._document(kind, row, now) for row in found["list"]]
        found["list"] = [
            {name: value for name, value in one.items() if not fields or name in fields} for one in documents
        ]
        return found

    def _document(self, kind: str, row: Row, now: datetime) -> Row:
        parents = [parent for parent in KINDS if f"{parent}_id" in row and parent != kind]
        common = {
            f"{kind}_id": str(row[f"{kind}_id"]),
            f"{kind}_name": row[f"{kind}_name"],
            "advertiser_id": str(self.advertiser["advertiser_id"]),
            **{f"{parent}_id": str(row[f"{parent}_id"]) for parent in parents},
            **{f"{parent}_name": self.rows[parent][str(row[f"{parent}_id"])][f"{parent}_name"] for parent in parents},
            "operation_status": "ENABLE",
            "secondary_status": f"{KINDS[kind]}_STATUS_{'DELETE' if is_deleted(row, now) else 'DELIVERY_OK'}",
            "create_time": _text(row["created_at"]),
            "modify_time": _text(row["updated_at"] if row["updated_at"] <= now else row["created_at"]),
        }
        if kind == "campaign":
            return common | {
                "objective_type": row["objective_type"],
                "budget": row["budget_cents"] / 100,
                "budget_mode": "BUDGET_MODE_DAY",
            }
        if kind == "adgroup":
            windows = {"click_attribution_window": "SEVEN_DAYS", "view_attribution_window": "ONE_DAY"}
            return common | {"optimization_goal": "CONVERT", "billing_event": "OCPM", **windows}
        return common | {"ad_format": "SINGLE_VIDEO", "landing_page_url": "https://shop.example.com/"}


def is_deleted(row: Row, now: datetime) -> bool:
    """``now`` is UTC without zone."""
    at = row.get("deleted_at")
    return at is not None and at <= now


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _text(at: datetime) -> str:
    """Times of objects are UTC, and do not say so."""
    return at.strftime("%Y-%m-%d %H:%M:%S")
