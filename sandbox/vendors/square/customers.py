"""Locations, customers and loyalty accounts.

Search shows customers as they stood half a minute ago, as the vendor's does; list and retrieve are at once. A profile
that was merged away is listed nowhere; asked for by its id, the profile that took its place answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sandbox.vendors.square.gate import ApiError, Call, invalid, not_found
from sandbox.vendors.square.rows import Positions, Row, Shown, View, among, filled, listing, time, within

MERCHANT = "MLSELVAGEDEMO"
MOST, SEARCH_LAG_SECONDS = 100, 30.0
MOST_LOYALTY, DEFAULT_LOYALTY = 200, 30
ORDERS = ("ASC", "DESC")
SORTS = ("DEFAULT", "CREATED_AT")
PUBLIC = ("given_name", "family_name", "email", "phone")


class Customers:
    """The calls below /locations, /customers and /loyalty."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def locations(self, _: Call) -> Row:
        view = self._shown.view("square_locations", "location_id")
        return listing("locations", [_location(row) for row in view.rows(view.every())], {})

    def location(self, call: Call) -> Row:
        view = self._shown.view("square_locations", "location_id")
        for row in view.rows(view.every()):
            if row["location_id"] == call.key() or (call.key() == "main" and row["is_main"]):
                return {"location": _location(row)}
        raise not_found("Location", call.key())

    def index(self, call: Call) -> Row:
        view = self._view()
        asked = call.asked
        found = _living(view)
        return self._page(
            call, view, found, asked.get("sort_field"), asked.get("sort_order"), asked.get("count") == "true"
        )

    def search(self, call: Call) -> Row:
        view = self._view(SEARCH_LAG_SECONDS)
        wanted, sort = call.part("query", "filter"), call.part("query", "sort")
        found = _living(view)
        for name in ("created_at", "updated_at"):
            found = within(view, found, name, wanted.get(name) or {}, f"query.filter.{name}")
        sources = wanted.get("creation_source") or {}
        if sources.get("values"):
            inside = among(view, found, "creation_source", sources["values"])
            found = np.setdiff1d(found, inside) if sources.get("rule") == "EXCLUDE" else inside
        for name, column in (("email_address", "email"), ("phone_number", "phone")):
            found = _matching(view, found, column, wanted.get(name) or {})
        if wanted.get("reference_id"):
            found = found[:0]
        return self._page(call, view, found, sort.get("field"), sort.get("order"), call.asked.get("count") is True)

    def get(self, call: Call) -> Row:
        return {"customer": self._one(call.key())}

    def several(self, call: Call) -> Row:
        """Each id has an answer of its own."""
        keys = call.listed("customer_ids") or []
        if not 1 <= len(keys) <= MOST:
            raise invalid("BAD_REQUEST", f"Between 1 and {MOST} customer IDs are needed.", "customer_ids")
        found: Row = {}
        for key in keys:
            try:
                found[key] = {"customer": self._one(key)}
            except ApiError as error:
                found[key] = {"errors": [error.body]}
        return {"responses": found}

    def _one(self, key: str) -> Row:
        view = self._view()
        row = view.row(key)
        while row is not None and row["is_deleted"]:
            row = view.row(row["merged_into"])
        if row is None:
            raise not_found("Customer", key)
        return profile(row)

    def loyalty_accounts(self, call: Call) -> Row:
        view = self._shown.view("square_loyalty_accounts", "account_id")
        query = call.part("query")
        phones = [one.get("phone_number", "") for one in query.get("mappings") or []]
        found = among(view, view.every(), "phone", phones)
        found = among(view, found, "customer_id", query.get("customer_ids"))
        size = call.size(DEFAULT_LOYALTY, MOST_LOYALTY)
        rows, more = self._shown.page(call, view, found, "created_at", size)
        return listing("loyalty_accounts", [account(row) for row in rows], more)

    def loyalty_account(self, call: Call) -> Row:
        row = self._shown.view("square_loyalty_accounts", "account_id").row(call.key())
        if row is None:
            raise not_found("LoyaltyAccount", call.key())
        return {"loyalty_account": account(row)}

    def _view(self, lag_seconds: float = 0.0) -> View:
        view = self._shown.view("square_customers", "customer_id", lag_seconds=lag_seconds)
        names = zip(view.values("given_name"), view.values("family_name"), strict=True)
        view.derive("display_name", [f"{given} {family}".lower() for given, family in names])
        return view

    def _page(self, call: Call, view: View, found: Positions, field: Any, order: Any, counts: bool) -> Row:
        by = call.choice(field, SORTS, "DEFAULT", "sort_field")
        descends = call.choice(order, ORDERS, "ASC", "sort_order") == "DESC"
        column = "created_at" if by == "CREATED_AT" else "display_name"
        rows, more = self._shown.page(call, view, found, column, call.size(MOST, MOST), descends)
        answer = listing("customers", [profile(row) for row in rows], more)
        return answer | ({"count": _public(view, found)} if counts else {})


def _living(view: View) -> Positions:
    return np.flatnonzero(~view.values("is_deleted").astype(bool))


def _public(view: View, found: Positions) -> int:
    """Profiles without anything public are not counted."""
    return sum(any(row[name] for name in PUBLIC) for row in view.rows(found))


def _matching(view: View, found: Positions, column: str, wanted: Row) -> Positions:
    exact, fuzzy = wanted.get("exact"), wanted.get("fuzzy")
    if exact and fuzzy:
        raise invalid("BAD_REQUEST", "Only one of `exact` and `fuzzy` can be given.", f"query.filter.{column}")
    if not exact and not fuzzy:
        return found
    values, text = view.values(column), str(exact or fuzzy).lower()
    hits = [at for at in found.tolist() if (values[at].lower() == text if exact else text in values[at].lower())]
    return np.array(hits, dtype=np.int64)


def _location(row: Row) -> Row:
    return {
        "id": row["location_id"],
        "name": row["name"],
        "address": {
            "address_line_1": row["address"],
            "locality": row["city"],
            "administrative_district_level_1": row["province_code"],
            "postal_code": row["zip"],
            "country": "US",
        },
        "timezone": row["timezone"],
        "capabilities": ["CREDIT_CARD_PROCESSING"],
        "status": "ACTIVE",
        "created_at": time(row["created_at"]),
        "merchant_id": MERCHANT,
        "country": "US",
        "language_code": "en-US",
        "currency": "USD",
        "business_name": "Selvage Demo",
        "type": "PHYSICAL",
        "mcc": "5651",
    }


def profile(row: Row) -> Row:
    return filled(
        {
            "id": row["customer_id"],
            "created_at": time(row["created_at"]),
            "updated_at": time(row["updated_at"]),
            "given_name": row["given_name"],
            "family_name": row["family_name"],
            "email_address": row["email"],
            "phone_number": row["phone"],
            "birthday": row["birthday"],
            "address": _address(row),
            "preferences": {"email_unsubscribed": row["email_unsubscribed"]},
            "creation_source": row["creation_source"],
            "version": row["version"] - 1,
        }
    )


def _address(row: Row) -> Row | None:
    """What is known of it; a postcode alone is an address too."""
    known = filled(
        {
            "address_line_1": row["address1"],
            "locality": row["city"],
            "administrative_district_level_1": row["province_code"],
            "postal_code": row["zip"],
        }
    )
    return {**known, "country": "US"} if known else None


def account(row: Row) -> Row:
    return {
        "id": row["account_id"],
        "program_id": "selvage-loyalty-program",
        "balance": row["balance"],
        "lifetime_points": row["balance"],
        "customer_id": row["customer_id"],
        "enrolled_at": time(row["created_at"]),
        "created_at": time(row["created_at"]),
        "updated_at": time(row["updated_at"]),
        "mapping": {
            "id": f"{row['account_id']}-phone",
            "created_at": time(row["created_at"]),
            "phone_number": row["phone"],
        },
    }
