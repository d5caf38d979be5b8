"""Reports: asked for, made meanwhile in sandbox time, then fetched as a compressed text of tabs from a link that ends.

A report without rows ends as CANCELLED, a span of more than 31 days as FATAL. It shows what was known when it was
asked for. Reports are in the state file; one that a stopped server left behind is complete.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.streams import ISO
from sandbox.vendors.amazon.gate import MARKETPLACE, ApiError, Call, invalid

Row = dict[str, Any]
WAITS_SECONDS, RUNS_SECONDS, LINK_SECONDS, LONGEST_SECONDS = 10.0, 40.0, 300.0, 31 * 86_400
FIRST_ID = 50_017_018_000
TABLE = """create table if not exists amazon_reports (
    report_id integer primary key, kind text not null, since integer not null, until integer not null,
    asked integer not null, fails integer not null)"""


def _returned(row: Row) -> Row:
    return {
        "return-date": row["moment"].strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "order-id": row["order_id"],
        "sku": row["sku"],
        "asin": row["asin"],
        "fnsku": row["fnsku"],
        "product-name": row["title"],
        "quantity": row["quantity"],
        "fulfillment-center-id": row["centre"],
        "detailed-disposition": row["disposition"],
        "reason": row["reason"],
        "status": "Unit returned to inventory",
        "license-plate-number": row["return_id"],
        "customer-comments": "",
    }


def _moved(row: Row) -> Row:
    return {
        "Date": row["moment"].strftime("%m/%d/%Y"),
        "FNSKU": row["fnsku"],
        "ASIN": row["asin"],
        "MSKU": row["sku"],
        "Title": row["title"],
        "Event Type": row["event_type"],
        "Reference ID": row["reference_id"],
        "Quantity": row["quantity"],
        "Fulfillment Center": row["centre"],
        "Disposition": row["disposition"],
        "Reason": "",
        "Country": "US",
        "Date and Time": row["moment"].strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }


KINDS: dict[str, tuple[str, str, Callable[[Row], Row]]] = {
    "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA": ("amazon_returns", "returned_at", _returned),
    "GET_LEDGER_DETAIL_VIEW_DATA": ("amazon_ledger", "happened_at", _moved),
}


class Reports:
    """The calls below /reports, and the links to documents."""

    def __init__(self, context: Context) -> None:
        self._context = context
        context.state.execute(TABLE)
        self._began: dict[int, float] = {}

    def create(self, call: Call) -> Row:
        kind, since = call.text("reportType"), call.moment("dataStartTime")
        if kind not in KINDS:
            raise invalid("Report type is not supported.")
        if call.listed("marketplaceIds") != [MARKETPLACE]:
            raise ApiError(403, "Unauthorized", "Access to requested resource is denied.")
        now = int(self._context.clock.now.timestamp())
        until = call.moment("dataEndTime") or now
        fails = int(self._context.faults.take("amazon", "job_failed"))
        state = self._context.state
        with state.together():
            state.execute(
                f"insert into amazon_reports select coalesce(max(report_id), {FIRST_ID}) + 13, ?, ?, ?, ?, ? "
                "from amazon_reports",
                (kind, now if since is None else since, until, now, fails),
            )
            ((key,),) = state.rows("select max(report_id) from amazon_reports")
        self._began[key] = self._context.clock.seconds()
        return {"reportId": str(key)}

    def get(self, call: Call) -> Row:
        key, kind, since, until, asked, fails = self._row(call.key())
        passed = self._context.clock.seconds() - self._began.get(key, float("-inf"))
        status = "IN_QUEUE" if passed < WAITS_SECONDS else "IN_PROGRESS"
        if passed >= WAITS_SECONDS + RUNS_SECONDS:
            is_empty = not self._rows(kind, since, until, asked)
            status = "FATAL" if fails or until - since > LONGEST_SECONDS else "CANCELLED" if is_empty else "DONE"
        times = {"dataStartTime": _iso(since), "dataEndTime": _iso(until), "createdTime": _iso(asked)}
        answer = {"reportId": str(key), "reportType": kind, "processingStatus": status, **times}
        return answer | ({"reportDocumentId": f"amzn1.spdoc.1.{key}"} if status == "DONE" else {})

    def document(self, call: Call) -> Row:
        key = self._row(call.key().removeprefix("amzn1.spdoc.1."))[0]
        expires = int(time.time() + LINK_SECONDS)
        host = (
            f"{call.request.url.scheme}://{call.request.headers['host']}{call.request.scope.get('sandbox.prefix', '')}"
        )
        link = f"{host}/documents/{key}?expires={expires}&signature={_signature(key, expires)}"
        return {"reportDocumentId": call.key(), "url": link, "compressionAlgorithm": "GZIP"}

    def download(self) -> Route:
        """The link itself asks for no token; it is good for some minutes."""

        async def endpoint(request: Request) -> Response:
            key, expires = int(request.path_params["id"]), int(request.query_params.get("expires", 0))
            if request.query_params.get("signature") != _signature(key, expires) or expires < time.time():
                return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
            return Response(await run_in_threadpool(self._text, key), media_type="application/octet-stream")

        return Route("/documents/{id:int}", endpoint, methods=["GET"])

    def _text(self, key: int) -> bytes:
        _, kind, since, until, asked, _ = self._row(str(key))
        rows = [KINDS[kind][2](row) for row in self._rows(kind, since, until, asked)]
        lines = ["\t".join(rows[0]), *("\t".join(str(value) for value in row.values()) for row in rows)]
        return gzip.compress(("\r\n".join(lines) + "\r\n").encode("cp1252", "replace"))

    def _rows(self, kind: str, since: int, until: int, asked: int) -> list[Row]:
        table, time_column, _ = KINDS[kind]
        found = self._context.tables.arrow(
            f"select *, {time_column} as moment from read_parquet($path) "
            f"where {time_column} >= $since and {time_column} < $until and revealed_at <= $asked "
            "order by moment nulls last, sku nulls last, 1 nulls last",
            {
                "path": self._context.tables.path(table),
                **{name: _naive(at) for name, at in {"since": since, "until": until, "asked": asked}.items()},
            },
        )
        listed: list[Row] = found.to_pylist()
        return listed

    def _row(self, key: str) -> tuple[Any, ...]:
        columns = "report_id, kind, since, until, asked, fails"
        found = self._context.state.rows(
            f"select {columns} from amazon_reports where report_id = ?", (int(key) if key.isdigit() else -1,)
        )
        if not found:
            raise ApiError(404, "NotFound", "The report doesn't exist.")
        return found[0]


def _signature(key: int, expires: int) -> str:
    return hashlib.sha256(f"{key}:{expires}:sandbox".encode()).hexdigest()[:32]


def _naive(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(ISO)
