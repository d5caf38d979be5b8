"""What all calls of Meta's Graph API share: parameters in any of their forms, errors, fields, pages with cursors."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request

from sandbox.context import Context

PAGE = 25


class GraphError(Exception):
    """An error as Meta answers it; ``status`` is HTTP's."""

    def __init__(
        self,
        code: int,
        message: str,
        subcode: int | None = None,
        status: int = 400,
        kind: str = "OAuthException",
        is_transient: bool = False,
        title: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        # No chance here: the same refusal has the same trace.
        trace = hashlib.blake2b(f"{code} {message}".encode(), digest_size=8).hexdigest()
        self.error: dict[str, Any] = {"message": message, "type": kind, "code": code, "is_transient": is_transient}
        if subcode is not None:
            self.error["error_subcode"] = subcode
        if title:
            self.error |= {"error_user_title": title, "error_user_msg": detail}
        self.error["fbtrace_id"] = f"A{trace}"


def wrong(message: str, subcode: int | None = None, title: str = "", detail: str = "") -> GraphError:
    """A parameter that is missing or makes no sense."""
    return GraphError(100, f"(#100) {message}", subcode, title=title, detail=detail)


def unknown(node: str, method: str = "GET") -> GraphError:
    """An object that is not there, or that this token may not see: Meta does not tell which."""
    message = (
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation."
    )
    return GraphError(100, message, 33, kind="GraphMethodException")


def too_much() -> GraphError:
    return GraphError(1, "Please reduce the amount of data you're asking for, then retry your request", status=500)


@dataclass
class Call:
    """One request that passed the gate. ``params`` are those of the URL, of a form and of a JSON body together."""

    request: Request
    params: dict[str, Any]
    context: Context
    node: str
    edge: str

    @property
    def now(self) -> datetime:
        return self.context.clock.now

    def text(self, name: str, default: str = "") -> str:
        given = self.params.get(name)
        return default if given is None else str(given)

    def value(self, name: str) -> Any:
        """A parameter that is JSON: as such, or as the text of it. None if it is missing."""
        given = self.params.get(name)
        if not isinstance(given, str):
            return given
        try:
            return orjson.loads(given)
        except orjson.JSONDecodeError:
            raise wrong(f"param {name} must be JSON") from None

    def listed(self, name: str) -> list[str]:
        """A list as JSON or between commas."""
        given = self.params.get(name)
        if isinstance(given, str) and not given.lstrip().startswith("["):
            return [one.strip() for one in given.split(",") if one.strip()]
        read = self.value(name)
        if read is not None and not isinstance(read, list):
            raise wrong(f"param {name} must be an array")
        return [str(one) for one in read or ()]

    def fields(self, allowed: Sequence[str], default: Sequence[str]) -> list[str]:
        """The fields asked for, in their order. Raises GraphError for one that the object lacks."""
        asked = self.listed("fields") or list(default)
        for name in asked:
            if name not in allowed and not name.startswith("video_"):
                raise wrong(f"{name} is not valid for fields param")
        return list(dict.fromkeys(asked))

    def page_size(self, most: int) -> int:
        given = self.text("limit", str(PAGE))
        if not given.isdigit() or int(given) < 1:
            raise wrong("param limit must be a positive integer")
        if int(given) > most:
            raise too_much()
        return int(given)

    def page(self, count: int, rows: Callable[[int, int], list[dict[str, Any]]], most: int) -> dict[str, Any]:
        """One page of ``count`` rows; ``rows(begin, end)`` makes those of a part."""
        size, faults = self.page_size(most), self.context.faults
        begin = self._place()
        if begin and faults.take("meta", "expired_cursor"):
            raise wrong("The After Cursor specified exceeds the max limit supported by this endpoint")
        if begin and faults.take("meta", "duplicate_page"):
            begin = max(0, begin - size)
        end = min(count, begin + size)
        body: dict[str, Any] = {"data": rows(begin, end)}
        if end > begin:
            body["paging"] = {"cursors": {"before": _cursor(begin), "after": _cursor(end)}}
            if end < count:
                body["paging"]["next"] = self._next(_cursor(end))
        return body

    def _place(self) -> int:
        given = self.text("after")
        if not given:
            return 0
        try:
            return int(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode().removeprefix("at:"))
        except (binascii.Error, ValueError):
            raise wrong("Invalid cursor for param after") from None

    def _next(self, after: str) -> str:
        """The address of the next page; the token is in it only if it came in the address, as at Meta."""
        request = self.request
        host = f"{request.url.scheme}://{request.headers['host']}{request.scope.get('sandbox.prefix', '')}"
        kept = [(key, value) for key, value in request.query_params.multi_items() if key != "after"]
        return f"{host}{request.url.path}?{urlencode([*kept, ('after', after)])}"


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"at:{place}".encode()).decode().rstrip("=")


def read_params(request: Request, raw: bytes) -> dict[str, Any]:
    """The parameters of a request: of the URL and of its body, a form or JSON; the body's win."""
    params: dict[str, Any] = dict(request.query_params.multi_items())
    if not raw:
        return params
    if "json" in request.headers.get("content-type", ""):
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise wrong("The body is not JSON") from None
        if not isinstance(body, dict):
            raise wrong("The body must be an object")
        return params | body
    try:
        return params | dict(parse_qsl(raw.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise wrong("The body is not a form") from None
