"""Who is in an audience: rows added, removed and replaced, the sessions that did it, and what Meta makes of them.

A row is held at once, but it shows in an audience's size and in a session's result only after a while, in sandbox
time. Rows, keys and sessions are in the state file; what a stopped server had not shown yet is shown by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.context import Context
from sandbox.vendors.meta.graph import Call, GraphError, wrong
from sandbox.vendors.meta.payload import Row, Session, Upload, read_session, read_upload
from sandbox.vendors.meta.people import People

SHOWN_AFTER_SECONDS = 900.0
MOST_SESSIONS = 500
TABLES = (
    """create table if not exists meta_rows (
        number integer primary key autoincrement, audience_id integer not null, row_key text not null,
        session_id text not null, unique (audience_id, session_id, row_key))""",
    """create table if not exists meta_cells (
        audience_id integer not null, session_id text not null, row_key text not null, key text not null,
        value text not null, primary key (audience_id, session_id, row_key, key, value))""",
    "create index if not exists meta_cells_by_value on meta_cells (audience_id, key, value)",
    """create table if not exists meta_sessions (
        audience_id integer not null, session_id text not null, kind text not null, received integer not null,
        invalid integer not null, matched integer not null, began integer not null, ended integer,
        primary key (audience_id, session_id))""",
)
# Rows that are held belong to no session; those of a replacement wait under its own until it is complete.
HELD = ""


class Members:
    """The rows of all audiences."""

    def __init__(self, context: Context, people: People) -> None:
        self._context, self._people, self._state = context, people, context.state
        for table in TABLES:
            context.state.execute(table)
        # By audience: the sandbox second at which the last change shows, and the size that is shown until then.
        self._unseen: dict[int, tuple[float, int]] = {}
        self._unseen_sessions: dict[tuple[int, str], float] = {}

    def add(self, audience: int, call: Call) -> dict[str, Any]:
        """POST users: hold the rows. Adding again changes nothing; further keys of a row join those it has."""
        upload, session = self._read(audience, call), read_session(call)
        with self._state.together():
            self._will_change(audience)
            self._hold(audience, HELD, upload.rows)
            return self._answer(audience, "add", upload, session)

    def remove(self, audience: int, call: Call) -> dict[str, Any]:
        """DELETE users: drop the rows of the same EXTERN_ID; without one, those that share a key."""
        upload, session = self._read(audience, call), read_session(call)
        with self._state.together():
            self._will_change(audience)
            for row in upload.rows:
                self._drop(audience, row)
            return self._answer(audience, "remove", upload, session)

    def replace(self, audience: int, call: Call) -> dict[str, Any]:
        """POST usersreplace: collect the session's rows, and with its last batch hold these and no others."""
        upload, session = self._read(audience, call), read_session(call)
        if session is None:
            raise wrong("Missing parameter(s): session")
        key = str(session.key)
        running = self._state.rows(
            "select session_id, ended from meta_sessions where audience_id = ? and kind = 'replace'", (audience,)
        )
        if any(one != key and ended is None for one, ended in running):
            raise wrong("Another replacement of this audience is under way", 1870145)
        if (key, None) not in running and (session.sequence > 1 or key in dict(running)):
            raise wrong("The session of a replacement is over, or did not begin with batch 1")
        with self._state.together():
            self._will_change(audience)
            self._hold(audience, key, upload.rows)
            if session.is_last:
                for table in ("meta_rows", "meta_cells"):
                    self._state.execute(f"delete from {table} where audience_id = ? and session_id = ''", (audience,))
                    self._state.execute(
                        f"update {table} set session_id = '' where audience_id = ? and session_id = ?", (audience, key)
                    )
            return self._answer(audience, "replace", upload, session)

    def sessions(self, audience: int, call: Call) -> dict[str, Any]:
        """GET sessions, newest first."""
        fields = call.fields(
            ("session_id", "stage", "progress", "num_received", "num_matched", "num_invalid_entries", "start_time",
             "end_time"), ("session_id", "stage", "progress", "num_received", "num_invalid_entries"),
        )  # fmt: skip
        rows = self._state.rows(
            "select session_id, received, invalid, matched, began, ended from meta_sessions where audience_id = ? "
            "order by began desc, rowid desc",
            (audience,),
        )
        wanted = call.text("session_id")
        found = [self._session(audience, *row) for row in rows if not wanted or row[0] == wanted]
        kept = [{name: one[name] for name in fields if one.get(name) is not None} for one in found]
        return call.page(len(kept), lambda begin, end: kept[begin:end], MOST_SESSIONS)

    def _session(
        self, audience: int, key: str, received: int, invalid: int, matched: int, began: int, ended: int | None
    ) -> dict[str, str | None]:
        seen = self._context.clock.seconds() >= self._unseen_sessions.get((audience, key), float("-inf"))
        stage = "uploading" if ended is None else "completed" if seen else "processing"
        return {
            "session_id": key,
            "stage": stage,
            "progress": "100" if stage == "completed" else "0",
            "num_received": str(received),
            "num_invalid_entries": str(invalid),
            "num_matched": str(matched) if seen else None,
            "start_time": str(began),
            "end_time": None if ended is None else str(ended),
        }

    def forget(self, audience: int) -> None:
        """The audience is no more."""
        for table in ("meta_rows", "meta_cells", "meta_sessions"):
            self._state.execute(f"delete from {table} where audience_id = ?", (audience,))

    def size(self, audience: int) -> int:
        """How many people Meta shows to be in the audience."""
        due, size = self._unseen.get(audience, (float("-inf"), 0))
        return size if self._context.clock.seconds() < due else len(self.users(audience))

    def is_settled(self, audience: int) -> bool:
        return self._context.clock.seconds() >= self._unseen.get(audience, (float("-inf"), 0))[0]

    def has_upload(self, audience: int) -> bool:
        return bool(self._state.rows("select 1 from meta_sessions where audience_id = ? limit 1", (audience,)))

    def users(self, audience: int) -> set[int]:
        """The people whom Meta recognises in the rows that are held."""
        cells = self._state.rows(
            "select distinct key, value from meta_cells where audience_id = ? and session_id = '' "
            "and key in ('EMAIL', 'PHONE')",
            (audience,),
        )
        return self._people.matched((key, value) for key, value in cells)

    def rows(self, audience: int) -> list[dict[str, Any]]:
        """The rows that are held, each with all its keys, by the order in which they came."""
        found: dict[str, dict[str, Any]] = {
            key: {"row_key": key, "extern_id": key.removeprefix("extern:") if key.startswith("extern:") else None,
                  "keys": {}}
            for (key,) in self._state.rows(
                "select row_key from meta_rows where audience_id = ? and session_id = '' order by number", (audience,)
            )
        }  # fmt: skip
        for row, key, value in self._state.rows(
            "select row_key, key, value from meta_cells where audience_id = ? and session_id = '' order by key, value",
            (audience,),
        ):
            found[row]["keys"].setdefault(key, []).append(value)
        return list(found.values())

    def _read(self, audience: int, call: Call) -> Upload:
        """The upload, which must be in the style that the audience began with: single keys, or rows of several."""
        upload = read_upload(call)
        style = self._state.rows("select style from meta_audiences where audience_id = ?", (audience,))[0][0]
        if style not in (None, upload.style):
            message = (
                f"(#2650) Failed to update the custom audience: it was created from data source FILE_IMPORTED.{style}, "
                f"which does not support data source FILE_IMPORTED.{upload.style}."
            )
            raise GraphError(2650, message)
        if call.request.method == "POST":
            self._state.execute("update meta_audiences set style = ? where audience_id = ?", (upload.style, audience))
        return upload

    def _will_change(self, audience: int) -> None:
        self._unseen[audience] = (self._context.clock.seconds() + SHOWN_AFTER_SECONDS, self.size(audience))

    def _hold(self, audience: int, session: str, rows: Iterable[Row]) -> None:
        rows = list(rows)
        self._state.execute_many(
            "insert or ignore into meta_rows (audience_id, row_key, session_id) values (?, ?, ?)",
            ((audience, row.key, session) for row in rows),
        )
        self._state.execute_many(
            "insert or ignore into meta_cells values (?, ?, ?, ?, ?)",
            ((audience, session, row.key, key, value) for row in rows for key, value in row.cells),
        )

    def _drop(self, audience: int, row: Row) -> None:
        keys = {row.key}
        for key, value in row.identifying():
            sharing = self._state.rows(
                "select row_key from meta_cells where audience_id = ? and session_id = '' and key = ? and value = ?",
                (audience, key, value),
            )
            keys |= {one for (one,) in sharing if row.extern_id is None or not one.startswith("extern:")}
        for key in keys:
            for table in ("meta_rows", "meta_cells"):
                self._state.execute(
                    f"delete from {table} where audience_id = ? and session_id = '' and row_key = ?", (audience, key)
                )

    def _answer(self, audience: int, kind: str, upload: Upload, session: Session | None) -> dict[str, Any]:
        """Note the session and answer as Meta does, which never says which rows matched."""
        now = int(self._context.clock.now.timestamp())
        key = str(session.key) if session else str(900_000_000_000 + self._unnamed())
        matched = sum(bool(self._people.matched(row.cells)) for row in upload.rows)
        ended = now if session is None or session.is_last else None
        self._state.execute(
            "insert into meta_sessions values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set "
            "received = received + excluded.received, invalid = invalid + excluded.invalid, "
            "matched = matched + excluded.matched, ended = coalesce(excluded.ended, ended)",
            (audience, key, kind, upload.received, upload.invalid, matched, now, ended),
        )
        self._unseen_sessions[audience, key] = self._context.clock.seconds() + SHOWN_AFTER_SECONDS
        return {
            "audience_id": str(audience),
            "session_id": key,
            "num_received": upload.received,
            "num_invalid_entries": upload.invalid,
            "invalid_entry_samples": upload.samples,
        }

    def _unnamed(self) -> int:
        return int(self._state.rows("select count(*) from meta_sessions")[0][0])
