"""Square's webhooks in the sandbox, sent when somebody asks for them; a test plays what a network does to them.

    POST /_sandbox/webhooks {"url", "since"}            what has changed since then (exclusive), one after the other
         "copies": 2          each as often, under the same id          "seed": 7      in an order of chance
    POST /_sandbox/webhooks {"url", "type", "data"}     this one

The answer counts what the receiver said, by status. As at Square, orders of the till tell nothing of themselves: their
payments do. The time at which an event was made is the real one, as a receiver judges by its own clock how old it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import numpy as np
import orjson
import requests
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.clock import text
from sandbox.vendors.square.customers import MERCHANT, account, profile
from sandbox.vendors.square.inventory import count
from sandbox.vendors.square.payments import payment, refund_of
from sandbox.vendors.square.rows import Row, Shown, time

SIGNATURE_KEY = "sq_webhook_sandbox"
SECONDS = 10.0  # as long as Square waits for an answer
ATTEMPTS = 3  # what was not answered is told again; Square does so for days
Told = tuple[str, Row]
LISTS: tuple[tuple[str, str, str, str, Callable[[Row], Row]], ...] = (
    ("payment", "payment", "square_payments", "payment_id", payment),
    ("refund", "refund", "square_refunds", "refund_id", refund_of),
    ("loyalty.account", "loyalty_account", "square_loyalty_accounts", "account_id", account),
)


async def answer(shown: Shown, request: Request) -> Response:
    try:
        return JSONResponse(await run_in_threadpool(send, shown, orjson.loads(await request.body())))
    except (KeyError, ValueError, OSError) as error:
        return JSONResponse({"error": str(error)}, 400)


def send(shown: Shown, asked: Row) -> dict[str, int]:
    """Do what a request to the route asks for; raises KeyError and ValueError where it says too little."""
    if "type" in asked:
        told: list[Told] = [(asked["type"], asked["data"])]
    else:
        told = list(changed(shown, datetime.fromisoformat(asked["since"])))
    bodies = [_body(*one) for one in told] * int(asked.get("copies", 1))
    if "seed" in asked:
        bodies = [bodies[place] for place in np.random.default_rng(asked["seed"]).permutation(len(bodies))]
    with requests.Session() as session:
        session.trust_env = False
        statuses = Counter(_post(session, asked["url"], body) for body in bodies)
    return {str(status): number for status, number in statuses.items()}


def changed(shown: Shown, since: datetime) -> Iterator[Told]:
    """Type and data of all that has changed after ``since`` and is told of."""
    after = int(since.astimezone(UTC).timestamp() * 1_000_000)
    for row in _moved(shown, "square_customers", "customer_id", after):
        yield _customer(row, after)
    for row in _moved(shown, "square_orders", "order_id", after):
        if row["has_version"]:
            yield _order(row, after)
    for subject, inside, table, key, build in LISTS:
        for row in _moved(shown, table, key, after):
            yield f"{subject}.{_event(row, after)}", {"type": inside, "id": row[key], "object": {inside: build(row)}}
    for row in _moved(shown, "square_inventory_counts", "count_id", after, "calculated_at"):
        counts = {"inventory_counts": [count(row)]}
        yield "inventory.count.updated", {"type": "inventory_counts", "id": row["count_id"], "object": counts}
    goods = [row["updated_at"] for row in _moved(shown, "square_catalog", "object_id", after)]
    if goods:
        version = {"catalog_version": {"updated_at": time(max(goods))}}
        yield "catalog.version.updated", {"type": "catalog", "object": version}


def signature(url: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(SIGNATURE_KEY.encode(), url.encode() + body, hashlib.sha256).digest()).decode()


def _moved(shown: Shown, table: str, key: str, after: int, column: str = "updated_at") -> list[Row]:
    view = shown.view(table, key)
    return view.rows(np.flatnonzero(view.values(column) > after))


def _event(row: Row, after: int) -> str:
    return "created" if row["created_at"] > after else "updated"


def _customer(row: Row, after: int) -> Told:
    """A merge makes a profile anew and deletes those that it was made of."""
    told: Row = {"customer": profile(row)}
    if row["is_deleted"]:
        told["event_context"] = {
            "merge": {"from_customer_ids": [row["customer_id"]], "to_customer_id": row["merged_into"]}
        }
    event = "deleted" if row["is_deleted"] else _event(row, after)
    return f"customer.{event}", {"type": "customer", "id": row["customer_id"], "object": told}


def _order(row: Row, after: int) -> Told:
    """Little more than the id."""
    event, key = _event(row, after), row["order_id"]
    said = {"order_id": key, "version": row["version"], "location_id": row["location_id"], "state": row["state"]}
    said |= {"created_at": time(row["created_at"])}
    return f"order.{event}", {"type": f"order_{event}", "id": key, "object": {f"order_{event}": said}}


def _body(kind: str, data: Row) -> bytes:
    """The event's id is the same for the same event, as a retry has it."""
    key = uuid.uuid5(uuid.NAMESPACE_URL, kind + orjson.dumps(data).decode())
    said = {"merchant_id": MERCHANT, "type": kind, "event_id": str(key), "created_at": text(datetime.now(UTC))}
    return orjson.dumps({**said, "data": data})


def _post(session: requests.Session, url: str, body: bytes) -> int:
    headers = {
        "Content-Type": "application/json",
        "x-square-hmacsha256-signature": signature(url, body),
        "square-environment": "Sandbox",
    }
    for _ in range(ATTEMPTS - 1):
        with suppress(requests.ConnectionError, requests.Timeout):
            return session.post(url, body, headers=headers, timeout=SECONDS).status_code
    return session.post(url, body, headers=headers, timeout=SECONDS).status_code
