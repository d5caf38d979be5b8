"""Audiences from files: a file of hashes is uploaded, then makes an audience or changes one.

An update that does not say its action replaces all that the audience holds. None may leave fewer than 1,000 in it, and
none is taken while the audience is still at the last one. Lines that are no hash of the file's kind are dropped without
a word.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sandbox.vendors.tiktok.audiences import LEAST_PEOPLE, Audiences, Row
from sandbox.vendors.tiktok.envelope import (
    FILE_TOO_LARGE,
    HASH,
    NO_CONTENT,
    NO_FILE,
    NOT_READY,
    WRONG_KIND,
    WRONG_SIGNATURE,
    ApiError,
    Call,
    wrong,
)

SHA256 = ("EMAIL_SHA256", "PHONE_SHA256", "IDFA_SHA256", "GAID_SHA256")
MD5 = ("IDFA_MD5", "GAID_MD5")
MD5_HASH = re.compile(r"[0-9a-f]{32}")
SUB_TYPES, ACTIONS = ("NORMAL", "REACH_FREQUENCY"), ("APPEND", "REMOVE", "REPLACE")
MOST_BYTES, MOST_PATHS, MOST_FILES, LONGEST_RETENTION = 50_000_000, 49, 500, 365
TABLE = """create table if not exists tiktok_files (
    path text primary key, advertiser_id text not null, calculate_type text not null, content blob not null)"""


class Files:
    """The calls that upload files and use them."""

    def __init__(self, audiences: Audiences) -> None:
        self._audiences, self._state = audiences, audiences.context.state
        self._state.execute(TABLE)

    def upload(self, call: Call) -> dict[str, Any]:
        """POST file/upload/ as a form: advertiser_id, calculate_type, file, file_signature (its MD5)."""
        advertiser, kind = call.needed("advertiser_id"), call.needed("calculate_type")
        content = call.files.get("file")
        if kind not in (*SHA256, *MD5):
            raise wrong("calculate_type: Not a valid choice.")
        if not content:
            raise ApiError(NO_CONTENT, "file: The file is empty.")
        if len(content) > MOST_BYTES:
            raise ApiError(FILE_TOO_LARGE, "file: The file is larger than 50 MB.")
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if call.needed("file_signature").lower() != digest:
            raise ApiError(WRONG_SIGNATURE, "file_signature: Does not match the file.")
        path = f"{advertiser}/{hashlib.md5(f'{kind} {digest}'.encode(), usedforsecurity=False).hexdigest()}"
        self._state.execute(
            "insert or replace into tiktok_files values (?, ?, ?, ?)", (path, advertiser, kind, content)
        )
        return {"file_path": path}

    def create(self, call: Call) -> dict[str, Any]:
        """POST create/."""
        kind, sub_type = call.needed("calculate_type"), call.text("audience_sub_type", "NORMAL")
        if sub_type not in SUB_TYPES:
            raise wrong("audience_sub_type: Not a valid choice.")
        retention = call.number("retention_in_days", 0, LONGEST_RETENTION) or None
        cells, files = self._read(call, kind, call.needed("advertiser_id"))
        row = self._audiences.make(call, "file", calculate_type=kind, sub_type=sub_type, retention=retention)
        self._hold(row, cells, files)
        return {"custom_audience_id": str(row["audience_id"])}

    def update(self, call: Call) -> dict[str, Any]:
        """POST update/."""
        advertiser = call.needed("advertiser_id")
        row = self._audiences.open([advertiser], call.needed("custom_audience_id"))
        key, entries = row["audience_id"], self._audiences.entries
        if row["kind"] != "file":
            raise wrong("custom_audience_id: The audience is not from files.")
        if not entries.is_ready(key):
            raise ApiError(NOT_READY, "The audience is being processed. Please try again later.")
        sub_type, name = call.text("audience_sub_type"), call.text("custom_audience_name", row["name"])
        if sub_type:  # then nothing else in the call counts
            self._state.execute("update tiktok_audiences set sub_type = ? where audience_id = ?", (sub_type, key))
            return {"custom_audience_id": str(key)}
        self._state.execute("update tiktok_audiences set name = ? where audience_id = ?", (name, key))
        if call.listed("file_paths"):
            self._change(call, row, call.text("action", "REPLACE"))
        return {"custom_audience_id": str(key)}

    def _change(self, call: Call, row: Row, action: str) -> None:
        if action not in ACTIONS:
            raise wrong("action: Not a valid choice.")
        key, entries = row["audience_id"], self._audiences.entries
        cells, files = self._read(call, row["calculate_type"], row["advertiser_id"])
        if row["files"] + files > MOST_FILES:
            raise wrong(f"An audience can have at most {MOST_FILES} files.")
        held = set(entries.held(key))
        after = {"APPEND": held | cells, "REMOVE": held - cells, "REPLACE": cells}[action]
        if len(after) < LEAST_PEOPLE:
            raise wrong(f"The audience would have fewer than {LEAST_PEOPLE} entries.")
        with self._state.together(), entries.changing(key):
            entries.take(key, held - after)
            self._hold(row, after - held, files)
            self._audiences.note(key, action, f"{files} files", call.moment)

    def _hold(self, row: Row, cells: set[tuple[str, str]], files: int) -> None:
        with self._audiences.entries.changing(row["audience_id"]):
            self._audiences.entries.put(row["audience_id"], cells)
        self._state.execute(
            "update tiktok_audiences set files = files + ? where audience_id = ?", (files, row["audience_id"])
        )

    def _read(self, call: Call, kind: str, advertiser: str) -> tuple[set[tuple[str, str]], int]:
        """The hashes of the files that are named; all must be of the audience's one type."""
        paths = call.listed("file_paths")
        if not 1 <= len(paths) <= MOST_PATHS:
            raise wrong(f"file_paths: must have from 1 to {MOST_PATHS} paths")
        form, cells = (HASH if kind in SHA256 else MD5_HASH), set()
        for path in paths:
            found = self._state.rows(
                "select calculate_type, content from tiktok_files where path = ? and advertiser_id = ?",
                (str(path), advertiser),
            )
            if not found:
                raise ApiError(NO_FILE, "file_paths: No such file.")
            if found[0][0] != kind:
                raise ApiError(WRONG_KIND, "file_paths: The files are not all of the audience's calculate_type.")
            lines = (line.strip() for line in found[0][1].decode("utf-8", "replace").splitlines())
            cells |= {(kind, line) for line in lines if form.fullmatch(line)}
        return cells, len(paths)
