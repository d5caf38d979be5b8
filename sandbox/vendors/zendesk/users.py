"""Writes to users: one by one, and up to a hundred by a job that runs later.

    PUT users/update_many -> queued -> working -> completed, in sandbox time

- "completed" may hold failed rows: ``results`` has one entry per row, with its index.
- A status is kept for an hour of sandbox time (half a minute at least) and of the last hundred jobs; then it is gone.
- ``create_or_update_many`` is off (403) until the account's owner asks for bulk imports, which nobody did here.
- One user may be updated five times a minute by ``PUT users/{id}``; thirty jobs may wait at a time.
- A write moves ``updated_at``, so the user comes in the next incremental export.
- ``search`` finds by e-mail, external id or a user field; it sees a write at once, where Zendesk takes some minutes.

Fault ``job_failed``: the next job ends as failed and does nothing.
"""

from __future__ import annotations

import secrets
import threading
from datetime import datetime
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.limits import Windows
from sandbox.vendors.zendesk.documents import Desk
from sandbox.vendors.zendesk.fields import UserFields, invalid
from sandbox.vendors.zendesk.gate import ApiError, Call

Row = dict[str, Any]
MOST_ROWS, MOST_WAITING, KEPT_JOBS = 100, 30, 100
KEPT_SECONDS, KEPT_REAL_SECONDS = 3600.0, 30.0  # the latter for clients, who wait in real time
QUEUED_SECONDS, BASE_SECONDS, ROW_SECONDS = 30.0, 60.0, 0.5
USER_UPDATES, MINUTE = 5, 60.0
TABLE = """create table if not exists zendesk_user_values (
    user_id integer primary key, fields text not null, updated_at text not null)"""


class Users:
    """The calls below /users and /job_statuses that write, or tell of what was written."""

    def __init__(self, context: Context, desk: Desk, fields: UserFields) -> None:
        self._context, self._state, self._desk, self._fields = context, context.state, desk, fields
        self._lock = threading.RLock()
        self._jobs: dict[str, Row] = {}
        self._windows: dict[int, Windows] = {}
        self._state.execute(TABLE)
        rows = self._state.rows("select user_id, updated_at from zendesk_user_values")
        desk.written.update({key: datetime.fromisoformat(at) for key, at in rows})
        desk.fields_of = self.values

    def values(self, user_id: int) -> Row:
        """All user fields of one user; those without a value are null."""
        rows = self._state.rows("select fields from zendesk_user_values where user_id = ?", (user_id,))
        held = orjson.loads(rows[0][0]) if rows else {}
        return {key: held.get(key, False if kind == "checkbox" else None) for key, kind in self._fields.kinds().items()}

    def show(self, call: Call) -> Row:
        return {"user": self._desk.user(self._known(int(call.request.path_params["id"])))}

    def show_many(self, call: Call) -> Row:
        rows = [
            self._desk.users().row(int(one)) for one in (call.text("ids") or "").split(",")[:MOST_ROWS] if one.isdigit()
        ]
        return {"users": [self._desk.user(row) for row in rows if row], "next_page": None}

    def search(self, call: Call) -> Row:
        name, _, value = (call.text("query") or "").partition(":")
        wanted, external = value.strip('"'), call.text("external_id")
        stream = self._desk.users()
        found = []
        for row in stream.rows(0, len(stream)):
            if external:
                fits = str(row["external_id"]).lower() == external.lower()
            elif name == "email":
                fits = str(row["email"]).lower() == wanted.lower()
            else:
                fits = row["user_id"] in self._desk.written and str(self.values(row["user_id"]).get(name)) == wanted
            if fits:
                found.append(self._desk.user(row))
        return {"users": found[:MOST_ROWS], "count": len(found), "next_page": None}

    def update(self, call: Call) -> Row:
        key = int(call.request.path_params["id"])
        self._known(key)
        window = self._windows.setdefault(key, Windows(((MINUTE, USER_UPDATES),), self._context.clock.seconds))
        if window.take():
            raise ApiError(429, "TooManyRequests", "Too many updates of this user", {"Retry-After": "1"})
        given = call.body.get("user")
        wrong = self._write(key, given if isinstance(given, dict) else {})
        if wrong:
            raise invalid(wrong[0], "InvalidValue", f"{wrong[0]}: is invalid")
        return self.show(call)

    def update_many(self, call: Call) -> Row:
        """One change for ``ids`` or ``external_ids``, or one each for the users of the body."""
        rows = call.body.get("users")
        for name, field in (("ids", "id"), ("external_ids", "external_id")):
            if chosen := call.text(name):
                rows = [{**(call.body.get("user") or {}), field: one} for one in chosen.split(",")]
        if not isinstance(rows, list) or not rows:
            raise ApiError(400, "BadRequest", "Users are required")
        if len(rows) > MOST_ROWS:
            raise ApiError(400, "TooManyValues", f"Cannot update more than {MOST_ROWS} users at once")
        with self._lock:
            self._settle()
            if sum(not job["done"] for job in self._jobs.values()) >= MOST_WAITING:
                raise ApiError(429, "TooManyJobs", "Too many jobs are queued or running", {"Retry-After": "1"})
            key = secrets.token_hex(16)
            now = self._context.clock.seconds()
            fails = self._context.faults.take("zendesk", "job_failed")
            self._jobs[key] = {"rows": rows, "began": now, "done": None, "results": [], "fails": fails}
            for old in list(self._jobs)[:-KEPT_JOBS]:
                del self._jobs[old]
        return self._status(call, key)

    def create_or_update_many(self, _: Call) -> Row:
        raise ApiError(403, "Forbidden", "Bulk user imports are not enabled for this account. Please contact support.")

    def job(self, call: Call) -> Row:
        with self._lock:
            self._settle()
            key = str(call.request.path_params["key"])
            found = self._jobs.get(key)
            kept = max(KEPT_SECONDS, KEPT_REAL_SECONDS * self._context.clock.speed)
            if found is None or (found["done"] and self._context.clock.seconds() - found["done"] > kept):
                raise ApiError(404, "RecordNotFound", "Not found")
            return self._status(call, key)

    def _settle(self) -> None:
        now = self._context.clock.seconds()
        for job in self._jobs.values():
            due = job["began"] + QUEUED_SECONDS + BASE_SECONDS + len(job["rows"]) * ROW_SECONDS
            if not job["done"] and now >= due:
                if not job["fails"]:
                    users = [self._find(row) for row in job["rows"]]  # before a write makes the stream anew
                    job["results"] = [
                        self._result(number, row, user)
                        for number, (row, user) in enumerate(zip(job["rows"], users, strict=True))
                    ]
                job["done"] = self._context.clock.seconds()

    def _result(self, number: int, row: Row, user: Row | None) -> Row:
        answer: Row = {"index": number, "action": "update", "success": False, "status": "Failed"}
        if user is None:
            return {**answer, "error": "UserNotFound", "details": "User not found"}
        answer["id"] = user["user_id"]
        wrong = self._write(user["user_id"], row)
        if wrong:
            return {**answer, "error": "UserUpdateError", "details": f"{wrong[0]}: is invalid"}
        return {**answer, "success": True, "status": "Updated"}

    def _status(self, call: Call, key: str) -> Row:
        job = self._jobs[key]
        waits = self._context.clock.seconds() - job["began"] < QUEUED_SECONDS
        finished = "failed" if job["fails"] else "completed"
        state = finished if job["done"] else "queued" if waits else "working"
        root = call.url.partition("/api/v2/")[0]
        return {
            "job_status": {
                "id": key,
                "job_type": "Bulk Update User",
                "url": f"{root}/api/v2/job_statuses/{key}.json",
                "status": state,
                "total": len(job["rows"]),
                "progress": len(job["results"]),
                "message": "Completed" if job["done"] else None,
                "results": job["results"] or None,
            }
        }

    def _find(self, row: Row) -> Row | None:
        key = row.get("id")
        if key is not None:
            return self._desk.users().row(int(key)) if str(key).isdigit() else None
        external, stream = str(row.get("external_id") or "").lower(), self._desk.users()
        found = stream.rows(0, len(stream)) if external else []
        return next((one for one in found if str(one["external_id"]).lower() == external), None)

    def _known(self, key: int) -> Row:
        found = self._desk.users().row(key)
        if found is None:
            raise ApiError(404, "RecordNotFound", "Not found")
        return found

    def _write(self, key: int, given: Row) -> list[str]:
        """Keep the values; returns the fields that refuse theirs (then nothing is kept)."""
        values = given.get("user_fields")
        kept, wrong = self._fields.checked(values if isinstance(values, dict) else {})
        if wrong:
            return wrong
        before = {name: value for name, value in self.values(key).items() if value not in (None, False)}
        after = {name: value for name, value in {**before, **kept}.items() if value is not None}
        if after != before:  # Zendesk moves updated_at for a change, not for a call
            now = self._context.clock.now
            self._state.execute(
                "insert or replace into zendesk_user_values values (?, ?, ?)",
                (key, orjson.dumps(after).decode(), now.isoformat()),
            )
            self._desk.written[key] = now
        return []
