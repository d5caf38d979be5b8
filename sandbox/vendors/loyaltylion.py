"""LoyaltyLion's Admin API v2 in the sandbox: members and the ledger of points. Nothing is written.

What a ledger row says of its customer and its activity is how they stand now, as the vendor's does. ``ll_sandbox`` is
a key with all scopes, ``ll_customers_only`` one that may not read the ledger. The wording of errors is our guess.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows
from sandbox.streams import Place, Stream, Streams, seconds_of

KEYS = {"ll_sandbox": ("customers", "transactions"), "ll_customers_only": ("customers",)}
A_SECOND = 20
DEFAULT, MOST = 100, 500
APPROVED_AFTER = 14 * 86_400
TIERS = {"Bronze": (1, 0, 299), "Silver": (2, 300, 799), "Gold": (3, 800, None)}
REWARD = {"id": 21, "title": "$15 off"}

Row = dict[str, Any]


class ApiError(Exception):
    """An error as LoyaltyLion answers it."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": error, "message": message}


def build(context: Context) -> Starlette:
    programme = Programme(context)
    routes = [
        programme.route("/v2/customers", programme.customers, "customers"),
        programme.route("/v2/transactions", programme.transactions, "transactions"),
        programme.route("/v2/customers/{merchant_id}/transactions", programme.transactions, "transactions"),
    ]
    return Starlette(routes=routes, exception_handlers={404: _no_such_path})


class Programme:
    """The calls of the API behind its key and its limit."""

    def __init__(self, context: Context) -> None:
        self._context, self._streams = context, Streams(context)
        self._windows = Windows(((1.0, A_SECOND),), context.clock.seconds)

    def route(self, path: str, handler: Callable[[Request], Row], scope: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._serve, request, handler, scope)

        return Route(path, endpoint, methods=["GET"])

    def _serve(self, request: Request, handler: Callable[[Request], Row], scope: str) -> Response:
        try:
            key = request.headers.get("authorization", "").removeprefix("Bearer ")
            if scope not in KEYS.get(key, ()):
                raise ApiError(401, "unauthorized", f"The API key is not valid or lacks the scope read_{scope}")
            if self._windows.take() or self._context.faults.take("loyaltylion", "throttle"):
                raise ApiError(429, "rate_limited", "Too many requests")
            return _answer(handler(request))
        except ApiError as error:
            return _answer(error.body, error.status)

    def customers(self, request: Request) -> Row:
        asked = request.query_params
        by_update = asked.get("sort_field", "id") == "updated_at"
        stream = self._streams.get("loyaltylion_members", "member_id", "updated_at" if by_update else "created_at")
        keep = np.ones(len(stream), dtype=bool)
        for name in ("updated_at", "created_at"):
            times = stream.at if (name == "updated_at") == by_update else _seconds(stream, name)
            keep &= _between(asked.get(f"{name}_min"), asked.get(f"{name}_max"), times)
        if asked.get("email"):
            keep &= np.array(
                [asked["email"].lower() in (one or "").lower() for one in stream.table["email"].to_pylist()]
            )
        rows, cursor = self._page(request, stream, keep)
        return {"customers": [_customer(row) for row in rows], "cursor": cursor}

    def transactions(self, request: Request) -> Row:
        asked = request.query_params
        stream = self._streams.get("loyaltylion_transactions", "transaction_id", "created_at")
        members = self._streams.get("loyaltylion_members", "member_id")
        keep = _between(asked.get("created_at_min"), asked.get("created_at_max"), stream.at)
        if asked.get("since_id"):
            keep &= stream.keys > int(asked["since_id"])
        wanted = asked.get("customer_id")
        if "merchant_id" in request.path_params:
            merchant = np.array(members.table["merchant_id"].to_pylist(), dtype=object)
            found = members.keys[merchant == request.path_params["merchant_id"]]
            if not len(found):
                raise ApiError(404, "not_found", "No such customer")
            wanted = str(found[0])
        if wanted:
            keep &= stream.table["member_id"].to_numpy() == int(wanted)
        rows, cursor = self._page(request, stream, keep)
        now = self._streams.now()
        return {
            "transactions": [_transaction(row, members.row(row["member_id"]) or {}, now) for row in rows],
            "cursor": cursor,
        }

    def _page(self, request: Request, stream: Stream, keep: Any) -> tuple[list[Row], Row]:
        given = request.query_params.get("cursor")
        if given:
            keep[: stream.after(self._place(given))] = False
        limit = request.query_params.get("limit", str(DEFAULT))
        if not limit.isdigit() or not 1 <= int(limit) <= MOST:
            raise ApiError(400, "invalid_parameter", f"limit must be between 1 and {MOST}")
        found = np.flatnonzero(keep)
        page = found[: int(limit)].tolist()
        rows = [row for one in page for row in stream.rows(one, one + 1)]
        following = _cursor(stream.place(page[-1])) if len(found) > len(page) else None
        if following and given and self._context.faults.take("loyaltylion", "duplicate_page"):
            following = given
        return rows, {"prev": None, "next": following}

    def _place(self, given: str) -> Place:
        wrong = ApiError(400, "invalid_cursor", "The cursor is not valid")
        if self._context.faults.take("loyaltylion", "expired_cursor"):
            raise wrong
        try:
            at, key = orjson.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
        except (binascii.Error, ValueError, TypeError):
            raise wrong from None
        return at, key


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _between(low: str | None, high: str | None, times: Any) -> Any:
    try:
        return (times >= (seconds_of(low) if low else -(1 << 60))) & (times <= (seconds_of(high) if high else 1 << 60))
    except ValueError:
        raise ApiError(400, "invalid_parameter", "times are ISO 8601") from None


def _seconds(stream: Stream, name: str) -> Any:
    return np.array([seconds_of(one) for one in stream.table[name].to_pylist()], dtype=np.int64)


def _customer(row: Row) -> Row:
    key, lower, upper = TIERS[row["tier"]]
    tier = {"id": key, "name": row["tier"], "default": lower == 0, "lower_bound": lower, "upper_bound": upper}
    linked = [one for one in (row["linked_merchant_id"], row["merged_merchant_id"]) if one]
    return {
        "id": row["member_id"],
        "merchant_id": row["merchant_id"],
        "email": row["email"],
        "points_approved": row["points_approved"],
        "points_pending": row["points_pending"],
        "points_spent": row["points_spent"],
        "rewards_claimed": row["rewards_claimed"],
        "blocked": row["blocked"],
        "guest": row["guest"],
        "enrolled": True,
        "enrolled_at": row["created_at"],
        "birthday": row["birthday"],
        "referral_id": f"r{row['member_id']:x}",
        "referred_by": None,
        "insights_segment": "Loyal",
        "linked_merchant_ids": linked,
        "loyalty_tier_membership": {
            "started_at": row["created_at"],
            "expires_at": None,
            "manual": False,
            "loyalty_tier": tier,
        },
        "properties": {},
        "metadata": {},
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _transaction(row: Row, member: Row, now: int) -> Row:
    resource, rule = row["resource"], row["rule"]
    parts: Row = dict.fromkeys(("activity", "claimed_reward", "adjustment", "expiry"))
    if resource == "activity":
        state = "pending" if row["order_id"] and seconds_of(row["created_at"]) + APPROVED_AFTER > now else "approved"
        parts["activity"] = {
            "id": 7_000_000 + row["transaction_id"],
            "merchant_id": row["order_id"],
            "value": abs(row["points_approved"] or row["points_pending"]),
            "state": state,
            "rule": {"id": 5 if rule == "purchase" else 6, "name": rule, "title": str(rule).capitalize()},
        }
    else:
        parts[resource] = {
            "id": 8_000_000 + row["transaction_id"],
            **({"reward": REWARD} if resource == "claimed_reward" else {}),
        }
    shown = ("merchant_id", "email", "points_approved", "points_pending")
    return {
        "id": row["transaction_id"],
        "resource": resource,
        "points_approved": row["points_approved"],
        "points_pending": row["points_pending"],
        "created_at": row["created_at"],
        "customer": {"id": row["member_id"], **{name: member.get(name) for name in shown}},
        **parts,
    }


async def _no_such_path(_: Request, __: Exception) -> Response:
    return _answer({"error": "not_found", "message": "Not found"}, 404)


def _answer(body: Row, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
