"""Twilio's API of 2010-04-01 in the sandbox: the list of messages, which is all that is read. It only reads.

    GET /2010-04-01/Accounts/{sid}.json                 GET /2010-04-01/Accounts/{sid}/Messages.json

The list is by ``DateSent``, the newest first, in pages that lead to each other by ``next_page_uri``; status and price
of a message change after it was sent, and nothing tells that they did. That ``DateSent<`` is inclusive, and what a
wrong token is answered with, are from memory.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows

SID, TOKEN, OUR_NUMBER = "AC00000000000000000000000000000001", "twilio_sandbox", "+15550100200"
SERVICE = "MG00000000000000000000000000000001"
A_SECOND, MOST, USUAL = 100, 1_000, 50
Row = dict[str, Any]


class Refused(Exception):
    """An error as Twilio answers it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        more = f"https://www.twilio.com/docs/errors/{code}"
        self.status, self.body = status, {"code": code, "message": message, "more_info": more, "status": status}


class Account:
    """The calls behind the account's id and token."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._calls = Windows(((1.0, A_SECOND),), context.clock.seconds)

    async def account(self, request: Request) -> Response:
        return await run_in_threadpool(self._serve, request, False)

    async def messages(self, request: Request) -> Response:
        return await run_in_threadpool(self._serve, request, True)

    def _serve(self, request: Request, lists: bool) -> Response:
        try:
            given = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {given}" or request.path_params["sid"] != SID:
                raise Refused(401, 20003, "Authenticate")
            if self._context.faults.take("twilio", "throttle") or self._calls.take():
                raise Refused(429, 20429, "Too Many Requests")
            return _answer(self._page(request) if lists else {"sid": SID, "status": "active", "type": "Full"})
        except Refused as refused:
            return _answer(refused.body, refused.status)

    def _page(self, request: Request) -> Row:
        asked = dict(request.query_params)
        try:
            size = max(1, min(MOST, int(asked.get("PageSize", USUAL))))
            since, until = (_moment(asked[name]) if name in asked else None for name in ("DateSent>", "DateSent<"))
        except ValueError:
            raise Refused(400, 20001, "PageSize or DateSent can't be read") from None
        tables = self._context.tables
        rows = tables.visible("twilio_messages", "sid", self._context.clock.now, "sent_at desc, sid desc").to_pylist()
        rows = [
            row for row in rows if (not since or row["sent_at"] >= since) and (not until or row["sent_at"] <= until)
        ]
        token = asked.get("PageToken")
        if token and self._context.faults.take("twilio", "expired_cursor"):
            raise Refused(400, 20006, "The page token is no longer valid")
        first = (
            0 if token is None else 1 + next((i for i, row in enumerate(rows) if row["sid"] == token[2:]), len(rows))
        )
        if token and self._context.faults.take("twilio", "duplicate_page"):
            first = max(0, first - size)
        shown = rows[first : first + size]
        following = None
        if first + size < len(rows):
            more = {
                **asked,
                "PageSize": size,
                "Page": int(asked.get("Page", 0)) + 1,
                "PageToken": f"PA{shown[-1]['sid']}",
            }
            following = f"{request.url.path}?{urlencode(more)}"
        found = [_message(row) for row in shown]
        return {"messages": found, "page_size": size, "next_page_uri": following, "start": first}


def _moment(text: str) -> datetime:
    """A day, or a moment of it; without a zone it is GMT."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read


def _message(row: Row) -> Row:
    ours, theirs = OUR_NUMBER, row["customer_number"]
    cost = row["price"]
    return {
        "sid": row["sid"],
        "account_sid": SID,
        "messaging_service_sid": None if row["is_inbound"] else SERVICE,
        "from": theirs if row["is_inbound"] else ours,
        "to": ours if row["is_inbound"] else theirs,
        "body": row["body"],
        "num_segments": "1",
        "num_media": "0",
        "direction": "inbound" if row["is_inbound"] else "outbound-api",
        "status": row["status"],
        "error_code": row["error_code"],
        "error_message": None,
        "price": None if cost is None else f"-{cost // 100_000}.{cost % 100_000:05}",
        "price_unit": "USD",
        "date_created": _date(row["sent_at"]),
        "date_sent": _date(row["sent_at"]),
        "date_updated": _date(row["updated_at"]),
        "api_version": "2010-04-01",
        "uri": f"/2010-04-01/Accounts/{SID}/Messages/{row['sid']}.json",
    }


def _date(at: datetime) -> str:
    return format_datetime(at.replace(tzinfo=UTC))


def _answer(body: Row, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def build(context: Context) -> Starlette:
    account = Account(context)
    return Starlette(
        routes=[
            Route("/2010-04-01/Accounts/{sid}.json", account.account),
            Route("/2010-04-01/Accounts/{sid}/Messages.json", account.messages),
        ]
    )
