"""What an upload to a custom audience carries: schema, rows and session, checked as Meta checks them.

A cell that should be a hash and is none makes its row an invalid entry: the others are taken. A payload of the wrong
shape is refused as a whole, and Meta does not tell which of its rows it was.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.vendors.meta.graph import Call, wrong

MOST_ROWS, SAMPLES = 10_000, 5
HASHED = ("EMAIL", "PHONE", "FN", "LN", "FI", "GEN", "DOBY", "DOBM", "DOBD", "CT", "ST", "ZIP", "COUNTRY")
CLEAR = ("EXTERN_ID", "MADID", "APPUID", "UID")
OPTIONS = ("DATA_PROCESSING_OPTIONS", "DATA_PROCESSING_OPTIONS_COUNTRY", "DATA_PROCESSING_OPTIONS_STATE")
NUMBERS = (*OPTIONS[1:], "LOOKALIKE_VALUE")
MULTI_KEYS = {*HASHED, *CLEAR, *OPTIONS, *NUMBERS}
SINGLE_KEYS = {
    "EMAIL_SHA256": "EMAIL",
    "PHONE_SHA256": "PHONE",
    "MOBILE_ADVERTISER_ID": "MADID",
    **{key: key for key in (*HASHED, *CLEAR)},
}
# A person is known by one of these, or by first and last name together.
IDENTIFYING = ("EXTERN_ID", "EMAIL", "PHONE", "MADID", "APPUID", "UID")
MULTI, SINGLE = "MULTI_HASHES", "HASHES_OR_USER_IDS"
HASH = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Row:
    """One person as uploaded: ``key`` names the row, ``cells`` are its keys that are not empty."""

    key: str
    cells: tuple[tuple[str, str], ...]

    def identifying(self) -> list[tuple[str, str]]:
        return [cell for cell in self.cells if cell[0] in IDENTIFYING]

    @property
    def extern_id(self) -> str | None:
        return dict(self.cells).get("EXTERN_ID")


@dataclass(frozen=True)
class Session:
    """A part of an upload: batch ``sequence`` of the session, which ends with ``is_last``."""

    key: int
    sequence: int
    is_last: bool
    estimated: int


@dataclass(frozen=True)
class Upload:
    """A payload that has the right shape. ``style`` is how the audience's data must be from now on."""

    style: str
    rows: tuple[Row, ...]
    received: int
    samples: dict[str, str]

    @property
    def invalid(self) -> int:
        return self.received - len(self.rows)


def read_upload(call: Call) -> Upload:
    """Read the parameter payload. Raises GraphError for one of the wrong shape."""
    payload = call.value("payload")
    if not isinstance(payload, dict):
        raise wrong("Missing parameter(s): payload")
    names, style = _schema(payload.get("schema"))
    data = payload.get("data")
    if not isinstance(data, list) or not data:
        raise wrong("payload.data must be a list with at least one row")
    if len(data) > MOST_ROWS:
        raise wrong(f"payload.data must have at most {MOST_ROWS} rows")
    if style == SINGLE:
        data = [[row] if isinstance(row, str) else row for row in data]
    rows: list[Row] = []
    samples: dict[str, str] = {}
    for given in data:
        problem = _check(names, given)
        if problem is None:
            rows.append(_row(names, given))
        elif len(samples) < SAMPLES:
            samples[orjson.dumps(given).decode()] = problem
    return Upload(style, tuple(rows), len(data), samples)


def _schema(given: Any) -> tuple[list[str], str]:
    """The keys of a row, and the style: one key's name alone, or a list of keys."""
    if isinstance(given, str) and given in SINGLE_KEYS:
        return [SINGLE_KEYS[given]], SINGLE
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise wrong("payload.schema must be a key or a list of keys")
    if set(given) - MULTI_KEYS or len(set(given)) < len(given):
        raise wrong("payload.schema has a key that is unknown or there twice")
    return given, MULTI


def _check(names: list[str], given: Any) -> str | None:
    """Why a row is an invalid entry. Raises GraphError if it has not even the shape of a row."""
    if not isinstance(given, list) or len(given) != len(names):
        raise wrong("payload.data: a row does not have one value for each key of the schema")
    known = set()
    for name, cell in zip(names, given, strict=True):
        _check_shape(name, cell)
        if name in HASHED and cell and not HASH.fullmatch(cell):
            return f"{name} is not a SHA-256 hash"
        if cell:
            known.add(name)
    if not known & set(IDENTIFYING) and not {"FN", "LN"} <= known:
        return "No key identifies anybody"
    return None


def _check_shape(name: str, cell: Any) -> None:
    """Raises GraphError for a value that is of the wrong type for its key."""
    if name == OPTIONS[0]:
        if not isinstance(cell, list) or any(option != "LDU" for option in cell):
            raise wrong("payload.data: data processing options must be a list of options")
    elif name in NUMBERS:
        if isinstance(cell, bool) or not isinstance(cell, int | float | str):
            raise wrong(f"payload.data: {name} must be a number")
    elif not isinstance(cell, str):
        raise wrong("payload.data: a value is not a string; what is missing is an empty string")


def _row(names: list[str], given: list[Any]) -> Row:
    cells = tuple(
        (name, cell) for name, cell in zip(names, given, strict=True) if name in (*HASHED, *CLEAR) and cell != ""
    )
    extern = dict(cells).get("EXTERN_ID")
    if extern is not None:
        return Row(f"extern:{extern}", cells)
    digest = hashlib.sha256(orjson.dumps(sorted(cells))).hexdigest()
    return Row(f"keys:{digest}", cells)


def read_session(call: Call) -> Session | None:
    """Read the parameter session; None without one. Raises GraphError."""
    given = call.value("session")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise wrong("session must be an object")
    try:
        key, sequence = int(given["session_id"]), int(given["batch_seq"])
        estimated = int(given.get("estimated_num_total") or 0)
    except (KeyError, TypeError, ValueError):
        raise wrong("session must have a session_id and a batch_seq that are numbers") from None
    if not 0 < key < 1 << 64 or sequence < 1:
        raise wrong("session: session_id is a positive 64-bit number, batch_seq counts from 1")
    return Session(key, sequence, given.get("last_batch_flag") in (True, "true", "True", 1), estimated)
