"""WhatsApp's Cloud API in the sandbox, as far as it tells: webhooks, signed with the app's secret.

What it told up to now was taken by a receiver that has stood there all along: the deliveries lie as that one would have
kept them, in ``drops/whatsapp/<day>/``, one a line with its signature. Advancing adds files and never touches one.

    POST /_sandbox/subscription {"url"}                     asks an address whether it wants to be told: hub.challenge
    POST /_sandbox/webhooks {"url", "since"}                what was told after then (exclusive), one after the other
         "copies": 2     each as often          "seed": 7   in an order of chance

The answer of the latter counts what the receiver said, by status. Things told within the same second come together.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import requests
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.clock import text
from sandbox.context import Context

EAGER = True
APP_SECRET, VERIFY_TOKEN = "wa_app_secret_sandbox", "wa_verify_sandbox"
ACCOUNT, NUMBER = "102290129340398", {"display_phone_number": "15550100100", "phone_number_id": "106540352242922"}
CATEGORIES = {"order_confirmed": "utility"}
STOPPED_WORKING = {"code": 131026, "title": "Message undeliverable"}
CHALLENGE = "1158201444"
SECONDS = 5.0
Row = dict[str, Any]


class Webhooks:
    """All that was told, and the folder of what was taken."""

    def __init__(self, context: Context) -> None:
        self.folder = context.home / "drops" / "whatsapp"
        self._context, self._lock = context, threading.Lock()
        context.state.execute(
            "create table if not exists whatsapp_drops (one integer primary key check (one = 1), up_to text not null)"
        )

    def told(self, after: datetime, up_to: datetime) -> Iterator[tuple[datetime, bytes]]:
        """Moment and body of each delivery."""
        tables = self._context.tables
        rows = tables.arrow(
            "select * from read_parquet($path) where revealed_at > $after and revealed_at <= $up_to "
            "order by revealed_at, event_id",
            {"path": tables.path("whatsapp_events"), "after": _naive(after), "up_to": _naive(up_to)},
        ).to_pylist()
        for moment, together in groupby(rows, key=lambda row: row["revealed_at"]):
            yield moment.replace(tzinfo=UTC), _body(list(together))

    def fill(self, now: datetime) -> None:
        """Keep what was told since the last call and up to ``now``."""
        with self._lock:
            state = self._context.state
            rows = state.rows("select up_to from whatsapp_drops")
            if not rows:
                for path in filter(Path.is_file, self.folder.rglob("*")):
                    path.unlink()  # of another world, whose state is gone
            after = datetime.fromisoformat(rows[0][0]) if rows else self._context.clock.start - timedelta(days=400)
            lines = [
                (
                    f"{moment:%Y-%m-%d}",
                    {"received_at": text(moment), "signature": signature(body), "body": body.decode()},
                )
                for moment, body in self.told(after, now)
            ]
            for day, found in groupby(lines, key=lambda line: line[0]):
                self._keep(day, [line for _, line in found])
            state.execute("insert or replace into whatsapp_drops values (1, ?)", (now.isoformat(),))

    def _keep(self, day: str, lines: list[Row]) -> None:
        folder = self.folder / day
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = len(list(folder.glob("*.jsonl")))
        partial = folder / f".told-{number:02d}.partial"
        partial.touch(mode=0o600)
        partial.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        partial.rename(folder / f"told-{number:02d}.jsonl")

    def send(self, asked: Row) -> dict[str, int]:
        """Do what a request to the route asks for; raises KeyError and ValueError where it says too little."""
        since = datetime.fromisoformat(asked["since"])
        bodies = [body for _, body in self.told(since, self._context.clock.now)] * int(asked.get("copies", 1))
        if "seed" in asked:
            bodies = [bodies[place] for place in np.random.default_rng(asked["seed"]).permutation(len(bodies))]
        with requests.Session() as session:
            session.trust_env = False
            statuses = Counter(_post(session, asked["url"], body) for body in bodies)
        return {str(status): count for status, count in statuses.items()}


def signature(body: bytes) -> str:
    return "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


def subscribe(url: str) -> dict[str, Any]:
    """Whether an address gives back the challenge, as it must before it is told anything."""
    asked = {"hub.mode": "subscribe", "hub.challenge": CHALLENGE, "hub.verify_token": VERIFY_TOKEN}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, params=asked, timeout=SECONDS)
    return {"status": answer.status_code, "is_subscribed": answer.ok and answer.text == CHALLENGE}


def _post(session: requests.Session, url: str, body: bytes) -> int:
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(body)}
    return session.post(url, body, headers=headers, timeout=SECONDS).status_code


def _body(rows: list[Row]) -> bytes:
    changes = []
    for kind, name in (("status", "statuses"), ("message", "messages"), ("preference", "user_preferences")):
        found = [row for row in rows if row["kind"] == kind]
        if found:
            value: Row = {"messaging_product": "whatsapp", "metadata": NUMBER}
            contacts = [_contact(row) for row in found if row["profile_name"] is not None]
            if contacts:
                value["contacts"] = contacts
            value[name] = [
                {"status": _status, "message": _message, "preference": _preference}[kind](row) for row in found
            ]
            changes.append({"value": value, "field": "user_preferences" if kind == "preference" else "messages"})
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": changes}]})


def _contact(row: Row) -> Row:
    profile = {"name": row["profile_name"]}
    return _told({"profile": profile, "wa_id": row["wa_id"], "user_id": row["user_id"]})


def _status(row: Row) -> Row:
    offer = {"template": row["template"], **({"campaign": row["campaign"]} if row["campaign"] else {})}
    found = {
        "id": row["message_id"],
        "status": row["status"],
        "timestamp": _seconds(row),
        "recipient_id": row["wa_id"],
        "recipient_user_id": row["user_id"],
        "biz_opaque_callback_data": orjson.dumps(offer).decode(),
    }
    if row["status"] == "failed":
        found["errors"] = [{**STOPPED_WORKING, "message": STOPPED_WORKING["title"]}]
    elif row["status"] != "read":
        category = CATEGORIES.get(row["template"], "marketing")
        found["pricing"] = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
    return _told(found)


def _message(row: Row) -> Row:
    found = {"from": row["wa_id"], "from_user_id": row["user_id"], "id": row["message_id"], "timestamp": _seconds(row)}
    if row["context_id"]:
        found["context"] = {"from": NUMBER["display_phone_number"], "id": row["context_id"]}
    if row["is_tap"]:
        return _told({**found, "type": "button", "button": {"payload": "SHOW", "text": row["text"]}})
    return _told({**found, "type": "text", "text": {"body": row["text"]}})


def _preference(row: Row) -> Row:
    detail = f"User requested to {row['preference']} marketing messages"
    told = {"wa_id": row["wa_id"], "user_id": row["user_id"], "detail": detail, "category": "marketing_messages"}
    return _told({**told, "value": row["preference"], "timestamp": _seconds(row)})


def _told(found: Row) -> Row:
    """What is not known is left out, as WhatsApp does."""
    return {name: value for name, value in found.items() if value is not None}


def _seconds(row: Row) -> str:
    return str(int(row["occurred_at"].replace(tzinfo=UTC).timestamp()))


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def build(context: Context) -> Starlette:
    webhooks = Webhooks(context)
    webhooks.fill(context.clock.now)
    context.clock.listen(webhooks.fill)

    async def send(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await run_in_threadpool(webhooks.send, orjson.loads(await request.body())))
        except (KeyError, ValueError, OSError) as error:
            return JSONResponse({"error": str(error)}, 400)

    async def ask(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await run_in_threadpool(subscribe, orjson.loads(await request.body())["url"]))
        except (KeyError, ValueError, OSError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return Starlette(
        routes=[
            Route("/_sandbox/webhooks", send, methods=["POST"]),
            Route("/_sandbox/subscription", ask, methods=["POST"]),
        ]
    )
