"""What all calls of TikTok's Business API share: one envelope for answers and errors, parameters of any form.

An error is an answer with status 200 whose ``code`` is not 0. The codes are those that TikTok's own client names; which
call answers which of them is told nowhere, 40100 and 50002 aside.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from sandbox.context import Context

OK, DENIED, WRONG, TOO_FAST, NO_TOKEN, BAD_TOKEN, BROKEN = 0, 40001, 40002, 40100, 40104, 40105, 50002
WRONG_VERSION, NO_ROUTE, TOO_MANY_ROWS, NOT_HASHED, NOT_READY = 40051, 40400, 40061, 40062, 40201
NO_FILE, NO_CONTENT, FILE_TOO_LARGE, WRONG_KIND, WRONG_SIGNATURE = 40905, 40906, 40907, 40909, 40900
PAGE, LONGEST_PAGE, MOST_IDS = 10, 100, 100
HASH = re.compile(r"[0-9a-f]{64}")
_numbers = itertools.count(1)


class ApiError(Exception):
    """A refusal, told as ``code`` and ``message`` in a body of status 200."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def wrong(message: str) -> ApiError:
    """A parameter that is missing or makes no sense."""
    return ApiError(WRONG, message)


@dataclass
class Call:
    """One request that passed the gate. ``params`` come from the address, or from a JSON body or a form."""

    context: Context
    params: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def now(self) -> datetime:
        return self.context.clock.now

    @property
    def moment(self) -> int:
        return int(self.now.timestamp())

    def text(self, name: str, default: str = "") -> str:
        given = self.params.get(name)
        if given is None:
            return default
        if not isinstance(given, str):
            raise wrong(f"{name}: must be a string")
        return given

    def needed(self, name: str) -> str:
        found = self.text(name).strip()
        if not found:
            raise wrong(f"{name}: Missing data for required field.")
        return found

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to ``most``, also as the text of an address."""
        given = self.params.get(name)
        if given is None:
            return default
        if isinstance(given, bool) or not str(given).isdigit() or not 1 <= int(given) <= most:
            raise wrong(f"{name}: must be between 1 and {most}")
        return int(given)

    def listed(self, name: str) -> list[Any]:
        """A list; in an address it is the JSON of it."""
        given = self.params.get(name)
        if isinstance(given, str):
            try:
                given = orjson.loads(given)
            except orjson.JSONDecodeError:
                raise wrong(f"{name}: Not a valid list.") from None
        if given is None:
            return []
        if not isinstance(given, list):
            raise wrong(f"{name}: Not a valid list.")
        return given


async def read_call(context: Context, request: Request) -> Call:
    """Raises ApiError for a body that cannot be read."""
    if request.method == "GET":
        return Call(context, dict(request.query_params))
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        params: dict[str, Any] = {}
        files: dict[str, bytes] = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = await value.read()
                else:
                    params[name] = value
        return Call(context, params, files)
    try:
        body = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError:
        raise wrong("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise wrong("The request body must be an object.")
    return Call(context, body)


def answer(context: Context, code: int, message: str, data: Any) -> Response:
    """The envelope. Its request_id begins with the time, as TikTok's does."""
    mark = hashlib.blake2b(f"{next(_numbers)}".encode(), digest_size=8).hexdigest().upper()
    request_id = f"{context.clock.now:%Y%m%d%H%M%S}{mark}"
    body = {"code": code, "message": message, "request_id": request_id, "data": data}
    return Response(orjson.dumps(body), media_type="application/json")
