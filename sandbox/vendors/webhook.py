"""A receiver of webhooks in the sandbox: verifies signatures, does no message twice, and answers in three ways.

    POST /webhook/rows     every row has its result        /webhook/counts   only how many were accepted and rejected
    POST /webhook/batch    204, or 422 and none of it done /webhook/later    202: the message is done, nothing is said

Messages are those of the Standard Webhooks specification. One that is older or younger than five real minutes, or has
no signature of ours, is refused (401). An id that was seen is not done again: the same message gets the answer it got
(its sender may never have seen it), another one under that id is refused (409). Rows without a plausible address or
number are bad. ``/webhook/_sandbox/members`` tells tests who is a member, and how many messages were done.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
import time
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.context import Context

KEY = base64.b64decode("c2VsdmFnZS1zYW5kYm94LXdlYmhvb2stc2VjcmV0")
TOLERANCE_SECONDS = 300
MOST_BYTES = 1_000_000
KINDS = ("rows", "batch", "counts", "later")
EMAIL, PHONE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), re.compile(r"\+[1-9]\d{6,14}")
NEVER = "bounced.example"  # addresses of this domain are refused
TABLES = (
    """create table if not exists webhook_messages (
        id text primary key, sha256 text not null, status integer not null, answer text not null)""",
    """create table if not exists webhook_members (
        audience text, customer_id text, content text not null, primary key (audience, customer_id))""",
)


class Refused(Exception):
    """A message that is not done."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error


def build(context: Context) -> Starlette:
    receiver = Receiver(context)

    async def receive(request: Request) -> Response:
        raw = await request.body()
        return await run_in_threadpool(receiver.receive, request, raw)

    async def members(_: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(receiver.believed))

    hooks = [Route(f"/{kind}", receive, methods=["POST"]) for kind in KINDS]
    return Starlette(routes=[*hooks, Route("/_sandbox/members", members)])


class Receiver:
    """The messages that were done, and the members that they left."""

    def __init__(self, context: Context) -> None:
        self._context, self._lock = context, threading.Lock()
        for table in TABLES:
            context.state.execute(table)

    def receive(self, request: Request, raw: bytes) -> Response:
        if self._context.faults.take("webhook", "throttle"):
            return JSONResponse({"error": "too_many"}, 429, {"Retry-After": "1"})
        try:
            key = verified(request, raw)
            with self._lock, self._context.state.together():
                status, answer = self._once(key, request.url.path.rpartition("/")[2], raw)
        except Refused as refused:
            return JSONResponse({"error": refused.error}, refused.status)
        return Response(answer, status, media_type="application/json" if answer else None)

    def _once(self, key: str, kind: str, raw: bytes) -> tuple[int, str]:
        state, digest = self._context.state, hashlib.sha256(raw).hexdigest()
        seen = state.rows("select sha256, status, answer from webhook_messages where id = ?", (key,))
        if seen and seen[0][0] != digest:
            raise Refused(409, "id_was_used")
        if seen:
            return int(seen[0][1]), str(seen[0][2])
        status, answer = self._do(kind, raw)
        if status != 422:  # nothing was done, so it may come again
            state.execute("insert into webhook_messages values (?, ?, ?, ?)", (key, digest, status, answer))
        return status, answer

    def _do(self, kind: str, raw: bytes) -> tuple[int, str]:
        try:
            message = orjson.loads(raw)
            audience, (*_, action), rows = message["audience"], message["type"].split("."), message["rows"]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise Refused(400, "no_message") from None
        if action not in ("add", "update", "remove"):
            raise Refused(400, "unknown_type")
        bad = {} if action == "remove" else {row["customer_id"]: why for row in rows if (why := _fault(row))}
        if bad and kind == "batch":
            return 422, orjson.dumps({"error": min(bad.values())}).decode()
        good = [row for row in rows if row["customer_id"] not in bad]
        self._context.state.execute_many(
            "delete from webhook_members where audience = ? and customer_id = ?",
            [(audience, row["customer_id"]) for row in good],
        )
        if action != "remove":
            values = [(audience, row["customer_id"], orjson.dumps(row).decode()) for row in good]
            self._context.state.execute_many("insert into webhook_members values (?, ?, ?)", values)
        return _answer(kind, rows, bad)

    def believed(self) -> dict[str, Any]:
        """Audience -> customer -> row, and the count of messages that had an effect."""
        audiences: dict[str, dict[str, Any]] = {}
        for audience, customer, content in self._context.state.rows("select * from webhook_members order by 1, 2"):
            audiences.setdefault(audience, {})[customer] = orjson.loads(content)
        ((messages,),) = self._context.state.rows("select count(*) from webhook_messages")
        return {"messages": messages, "audiences": audiences}


def verified(request: Request, raw: bytes) -> str:
    """The id of a message that is ours and new enough; raises Refused."""
    if len(raw) > MOST_BYTES:
        raise Refused(413, "too_large")
    key, at, given = (request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not key or not at.isdigit() or abs(time.time() - int(at)) > TOLERANCE_SECONDS:
        raise Refused(401, "too_old")
    expected = base64.b64encode(hmac.new(KEY, f"{key}.{at}.".encode() + raw, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(f"v1,{expected}", one) for one in given.split()):
        raise Refused(401, "wrong_signature")
    return key


def _fault(row: dict[str, Any]) -> str | None:
    email, phone = row.get("email"), row.get("phone")
    if email and (not EMAIL.fullmatch(email) or email.endswith(f"@{NEVER}")):
        return "invalid_email"
    if phone and not PHONE.fullmatch(phone):
        return "invalid_phone"
    return None if email or phone else "unreachable"


def _answer(kind: str, rows: list[dict[str, Any]], bad: dict[str, str]) -> tuple[int, str]:
    if kind in ("batch", "later"):
        return (204 if kind == "batch" else 202), ""
    answer: dict[str, Any] = {"accepted": len(rows) - len(bad), "rejected": len(bad)}
    if kind == "rows":
        names = [row["customer_id"] for row in rows]
        answer = {
            "results": [
                {"customer_id": name, "status": "rejected" if name in bad else "accepted", "reason": bad.get(name)}
                for name in names
            ]
        }
    return 200, orjson.dumps(answer).decode()
