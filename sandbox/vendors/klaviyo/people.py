"""The calls below /profiles and /profile-import."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from sandbox.context import Context
from sandbox.vendors.klaviyo.jsonapi import Call, Condition, invalid, not_found
from sandbox.vendors.klaviyo.profiles import Profiles
from sandbox.vendors.klaviyo.upserts import upsert

DEFAULT_PAGE, MOST = 20, 100
FILTERS = {
    "id": ("any", "equals"),
    "email": ("any", "equals"),
    "phone_number": ("any", "equals"),
    "external_id": ("any", "equals"),
    "created": ("greater-than", "less-than"),
    "updated": ("greater-than", "less-than"),
}
MOST_VALUES = 100


class People:
    """Reads and single writes of profiles."""

    def __init__(self, context: Context, profiles: Profiles, settle: Callable[[], None]) -> None:
        self._context, self._profiles, self._settle = context, profiles, settle

    def index(self, call: Call) -> dict[str, Any]:
        self._settle()
        size, conditions = call.page_size(DEFAULT_PAGE, MOST), call.filters(FILTERS)
        field, descends = call.sort(("created", "email", "id", "updated"), "id")
        values, keys = self._profiles.sorted(field)
        low, high = 0, len(keys)
        wanted: set[str] | None = None
        for one in conditions:
            if one.field == field and one.field in ("created", "updated"):
                low, high = _narrow(values, one, low, high)
            else:
                fits = self._fitting(one)
                wanted = fits if wanted is None else wanted & fits
        pairs = list(zip(values[low:high], keys[low:high], strict=True))
        if wanted is not None:
            pairs = [pair for pair in pairs if pair[1] in wanted]
        if descends:
            pairs.reverse()
        cursor = call.cursor()
        if cursor is not None:
            if self._context.faults.take("klaviyo", "expired_cursor"):
                raise invalid("Invalid cursor provided.", "page[cursor]")
            last = (cursor[0], cursor[1])
            pairs = [pair for pair in pairs if (pair < last if descends else pair > last)]
        after: list[Any] | None = list(pairs[size - 1]) if len(pairs) > size else None
        if after is not None and cursor is not None and self._context.faults.take("klaviyo", "duplicate_page"):
            after = cursor
        return call.page(self._documents(call, [key for _, key in pairs[:size]]), after)

    def _fitting(self, one: Condition) -> set[str]:
        if one.field in ("created", "updated"):
            values, keys = self._profiles.sorted(one.field)
            low, high = _narrow(values, one, 0, len(keys))
            return set(keys[low:high])
        if len(one.values()) > MOST_VALUES:
            raise invalid(f"any() takes at most {MOST_VALUES} values.", "filter")
        if one.field == "id":
            return {key for key in one.values() if self._profiles.exists(key)}
        found = (self._profiles.by_identifier(one.field, value) for value in one.values())
        return {key for key in found if key is not None}

    def _documents(self, call: Call, keys: list[str]) -> list[dict[str, Any]]:
        return self._profiles.documents(keys, call.base, "subscriptions" in call.listed("additional-fields[profile]"))

    def get(self, call: Call) -> dict[str, Any]:
        self._settle()
        return {"data": self._known(call, call.key())}

    def _known(self, call: Call, key: str) -> dict[str, Any]:
        if not self._profiles.exists(key):
            raise not_found("profile", key)
        return self._documents(call, [key])[0]

    def upsert(self, call: Call) -> tuple[dict[str, Any], int]:
        key, is_new = upsert(self._profiles, call.data("profile"), "/data")
        return {"data": self._known(call, key)}, 201 if is_new else 200

    def create(self, call: Call) -> tuple[dict[str, Any], int]:
        key, _ = upsert(self._profiles, call.data("profile"), "/data", must_be_new=True)
        return {"data": self._known(call, key)}, 201

    def change(self, call: Call) -> dict[str, Any]:
        self._known(call, call.key())
        key, _ = upsert(self._profiles, {**call.data("profile"), "id": call.key()}, "/data")
        return {"data": self._known(call, key)}


def _narrow(values: list[Any], one: Condition, low: int, high: int) -> tuple[int, int]:
    at = one.moment()
    if one.sign == "greater-than":
        return max(low, bisect_right(values, at)), high
    return low, min(high, bisect_left(values, at))
