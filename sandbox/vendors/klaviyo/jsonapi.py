"""What all of Klaviyo's calls share: JSON:API documents and errors, filters, cursors and sparse answers."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/vnd.api+json"
CONDITION = re.compile(r"^(?P<sign>[a-z-]+)\((?P<field>[A-Za-z0-9_.$]+),(?P<value>.*)\)$", re.DOTALL)


class ApiError(Exception):
    """An error as Klaviyo answers it. ``source`` is a pointer into the body, or the name of a parameter."""

    def __init__(self, status: int, code: str, title: str, detail: str, source: str = "", meta: Any = None) -> None:
        super().__init__(detail)
        where = {"pointer": source or "/data"} if source.startswith("/") or not source else {"parameter": source}
        self.status = status
        self.body: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "status": status,
            "code": code,
            "title": title,
            "detail": detail,
            "source": where,
        }
        if meta is not None:
            self.body["meta"] = meta


def invalid(detail: str, source: str = "") -> ApiError:
    return ApiError(400, "invalid", "Invalid input.", detail, source)


def not_found(kind: str, key: str) -> ApiError:
    return ApiError(404, "not_found", "Not found.", f"A {kind} with id {key} does not exist.", "/data/id")


@dataclass
class Call:
    """One request that passed the gate: its parameters, its body, and where the caller thinks we are."""

    request: Request
    raw: bytes
    revision: str

    @cached_property
    def base(self) -> str:
        request = self.request
        return f"{request.url.scheme}://{request.headers['host']}{request.scope.get('sandbox.prefix', '')}/api"

    def parameter(self, name: str) -> str | None:
        return self.request.query_params.get(name)

    def listed(self, name: str) -> list[str]:
        return [one for one in (self.parameter(name) or "").split(",") if one]

    def key(self, name: str = "id") -> str:
        return str(self.request.path_params[name])

    @cached_property
    def body(self) -> dict[str, Any]:
        try:
            read = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            raise invalid("The request body is not JSON.") from None
        if not isinstance(read, dict):
            raise invalid("The request body must be an object.")
        return read

    def data(self, kind: str) -> dict[str, Any]:
        """``data`` of the body, of the type that the call takes."""
        found = self.body.get("data")
        if not isinstance(found, dict) or found.get("type") != kind:
            raise invalid(f"data must be an object of type {kind}.", "/data/type")
        return found

    def page_size(self, default: int, most: int) -> int:
        given = self.parameter("page[size]")
        if given is None:
            return default
        if not given.isdigit() or not 1 <= int(given) <= most:
            raise invalid(f"page[size] must be between 1 and {most}.", "page[size]")
        return int(given)

    def sort(self, allowed: tuple[str, ...], default: str) -> tuple[str, bool]:
        """The sort field, and whether it descends."""
        given = self.parameter("sort") or default
        field = given.removeprefix("-")
        if field not in allowed:
            raise invalid(f"{given} is not a field that can be sorted by.", "sort")
        return field, given.startswith("-")

    def filters(self, allowed: Mapping[str, tuple[str, ...]]) -> list[Condition]:
        """The conditions, all of which must hold. Raises ApiError for a field or operator that this call lacks."""
        found = parse_filter(self.parameter("filter") or "")
        for one in found:
            if one.sign not in allowed.get(one.field, ()):
                raise invalid(f"'{one.sign}' on '{one.field}' is not a filter of this resource.", "filter")
        return found

    def cursor(self) -> list[Any] | None:
        """Where the last page ended. A cursor of another filter or sort is invalid, as at the vendor."""
        given = self.parameter("page[cursor]")
        if given is None:
            return None
        try:
            read = orjson.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
            place, context = read["at"], read["of"]
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise invalid("Invalid cursor provided.", "page[cursor]") from None
        if context != self._context():
            raise invalid("Invalid cursor provided.", "page[cursor]")
        return list(place)

    def _context(self) -> list[str | None]:
        return [self.request.url.path, self.parameter("filter"), self.parameter("sort")]

    def page(self, data: list[dict[str, Any]], after: list[Any] | None, **more: Any) -> dict[str, Any]:
        """A page's document; ``after`` is the place of its last row if more rows follow."""
        here = f"{self.base}{self.request.url.path.removeprefix('/api')}"
        following = None
        if after is not None:
            # Without padding: clients copy a cursor out of the link as it stands, and a coded "=" would not survive.
            token = base64.urlsafe_b64encode(orjson.dumps({"at": after, "of": self._context()})).decode().rstrip("=")
            kept = [(key, value) for key, value in self.request.query_params.multi_items() if key != "page[cursor]"]
            following = f"{here}?{urlencode([*kept, ('page[cursor]', token)])}"
        query = f"?{self.request.url.query}" if self.request.url.query else ""
        return {"data": data, **more, "links": {"self": f"{here}{query}", "next": following, "prev": None}}


@dataclass(frozen=True)
class Condition:
    """One comparison of a filter; ``value`` is text, or a list for ``any``."""

    sign: str
    field: str
    value: Any

    def moment(self) -> int:
        """The value as UTC microseconds."""
        try:
            read = datetime.fromisoformat(str(self.value))
        except ValueError:
            raise invalid(f"{self.value!r} is not a datetime: it is written without quotes.", "filter") from None
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read
        return int(read.timestamp() * 1_000_000)

    def values(self) -> list[str]:
        return list(self.value) if isinstance(self.value, list) else [str(self.value)]


def parse_filter(text: str) -> list[Condition]:
    """``and(equals(a,"x"),less-than(b,2026-01-01T00:00:00Z))`` as conditions that must all hold."""
    if not text:
        return []
    conditions: list[Condition] = []
    for part in _split(text):
        if part.startswith("and(") and part.endswith(")"):
            conditions += parse_filter(part[4:-1])
            continue
        read = CONDITION.match(part)
        if read is None:
            raise invalid(f"The filter {part!r} can't be read.", "filter")
        conditions.append(Condition(read["sign"], read["field"], _value(read["value"].strip())))
    return conditions


def _split(text: str) -> list[str]:
    """Parts between commas that are outside of brackets and quotes."""
    parts, depth, quote, begin = [], 0, "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote and text[place - 1] != "\\" else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[begin:place].strip())
            begin = place + 1
    return [*parts, text[begin:].strip()]


def _value(text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        return [_value(one) for one in _split(text[1:-1]) if one]
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace(f"\\{text[0]}", text[0])
    return text


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    if body is None:
        return Response(status_code=status, headers=headers)
    return Response(orjson.dumps(body), status, headers, media_type=MEDIA_TYPE)


def refusal(error: ApiError, headers: dict[str, str] | None = None) -> Response:
    return answer({"errors": [error.body]}, error.status, headers)


def iso(micros: int | None) -> str | None:
    """UTC microseconds as Klaviyo writes times: ``2026-06-01T00:00:00+00:00``."""
    return None if micros is None else datetime.fromtimestamp(micros / 1_000_000, UTC).isoformat(timespec="seconds")
