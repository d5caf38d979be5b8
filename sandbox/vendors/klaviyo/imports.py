"""Bulk profile import: accepted at once, done later, with an error for each row that could not be taken.

    POST -> 202 queued -> processing -> complete   (in sandbox time; GET the job to see)

The rows are written when the job completes. An import never sets consent. Job and rows are in the state file, so a
job that a stopped server left behind completes with the next one.
"""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.klaviyo.jsonapi import ApiError, Call, invalid, iso, not_found
from sandbox.vendors.klaviyo.lists import Lists
from sandbox.vendors.klaviyo.profiles import Profiles
from sandbox.vendors.klaviyo.upserts import job_id, upsert

MOST_ROWS, MOST_BYTES, MOST_ROW_BYTES = 10_000, 5_000_000, 100_000
QUEUED_SECONDS, BASE_SECONDS, ROW_SECONDS = 1.0, 2.0, 0.005
EXPIRES_DAYS = 7
TABLES = (
    """create table if not exists klaviyo_jobs (
        job_id text primary key, number integer not null, created integer not null, lists text not null,
        rows text not null, total integer not null, completed integer not null, failed integer not null,
        done integer not null)""",
    """create table if not exists klaviyo_job_errors (
        job_id text not null, number integer not null, error text not null, primary key (job_id, number))""",
)
KIND = "profile-bulk-import-job"


class Imports:
    """The calls below /profile-bulk-import-jobs."""

    def __init__(self, context: Context, profiles: Profiles, lists: Lists) -> None:
        self._context, self._profiles, self._lists = context, profiles, lists
        for table in TABLES:
            context.state.execute(table)
        # When each unfinished job began, in sandbox seconds of this server; one that was left behind is due at once.
        left = context.state.rows("select job_id from klaviyo_jobs where not done order by number")
        self._began: dict[str, float] = {key: float("-inf") for (key,) in left}

    def create(self, call: Call) -> tuple[dict[str, Any], int]:
        if len(call.raw) > MOST_BYTES:
            raise ApiError(413, "too_large", "Payload too large.", "The payload is larger than 5 MB.")
        data = call.data(KIND)
        rows = ((data.get("attributes") or {}).get("profiles") or {}).get("data")
        if not isinstance(rows, list) or not rows:
            raise invalid("At least one profile is needed.", "/data/attributes/profiles/data")
        if len(rows) > MOST_ROWS:
            raise invalid(f"At most {MOST_ROWS} profiles are taken by one job.", "/data/attributes/profiles/data")
        wanted = ((data.get("relationships") or {}).get("lists") or {}).get("data") or []
        lists = [one.get("id") for one in wanted]
        for key in lists:
            if not self._lists.exists(key):
                raise ApiError(
                    404, "not_found", "Not found.", f"A list with id {key} does not exist.", "/data/relationships"
                )
        key, state = job_id(), self._context.state
        values = (
            key,
            self._profiles.now_micros(),
            orjson.dumps(lists).decode(),
            orjson.dumps(rows).decode(),
            len(rows),
        )
        state.execute(
            "insert into klaviyo_jobs select ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, 0, 0, 0 from klaviyo_jobs",
            values,
        )
        self._began[key] = self._context.clock.seconds()
        return {"data": self._document(key, call.base)}, 202

    def get(self, call: Call) -> dict[str, Any]:
        return {"data": self._document(call.key(), call.base)}

    def index(self, call: Call) -> dict[str, Any]:
        self.settle()
        wanted = call.filters({"status": ("any", "equals")})
        keys = [key for (key,) in self._context.state.rows("select job_id from klaviyo_jobs order by number desc")]
        found = [self._document(key, call.base) for key in keys]
        for one in wanted:
            found = [job for job in found if job["attributes"]["status"] in one.values()]
        cursor, size = call.cursor(), call.page_size(20, 100)
        begin = cursor[0] if cursor else 0
        return call.page(found[begin : begin + size], [begin + size] if len(found) > begin + size else None)

    def errors(self, call: Call) -> dict[str, Any]:
        self._document(call.key(), call.base)
        size, cursor = call.page_size(20, 100), call.cursor()
        rows = self._context.state.rows(
            "select number, error from klaviyo_job_errors where job_id = ? and number > ? order by number limit ?",
            (call.key(), cursor[0] if cursor else -1, size + 1),
        )
        data = [orjson.loads(error) for _, error in rows[:size]]
        return call.page(data, [rows[size - 1][0]] if len(rows) > size else None)

    def settle(self) -> None:
        """Write the rows of every job whose time has come, oldest first."""
        now = self._context.clock.seconds()
        with self._profiles.lock:
            for key, began in list(self._began.items()):
                (total,) = self._context.state.rows("select total from klaviyo_jobs where job_id = ?", (key,))[0]
                if now - began >= QUEUED_SECONDS + BASE_SECONDS + total * ROW_SECONDS:
                    self._apply(key)
                    del self._began[key]

    def _apply(self, key: str) -> None:
        state = self._context.state
        rows, lists = state.rows("select rows, lists from klaviyo_jobs where job_id = ?", (key,))[0]
        members, errors = [], []
        with state.together():
            for number, row in enumerate(orjson.loads(rows)):
                try:
                    members.append(self._take(row, f"/data/attributes/profiles/data/{number}"))
                except ApiError as error:
                    errors.append((key, number, orjson.dumps(_import_error(key, number, error, row)).decode()))
            for one in orjson.loads(lists):
                self._lists.add(one, members)
            state.execute_many("insert or replace into klaviyo_job_errors values (?, ?, ?)", errors)
            state.execute(
                "update klaviyo_jobs set done = 1, completed = ?, failed = ?, rows = '[]' where job_id = ?",
                (len(members), len(errors), key),
            )

    def _take(self, row: Any, pointer: str) -> str:
        if not isinstance(row, dict) or row.get("type") != "profile":
            raise invalid("A row must be an object of type profile.", f"{pointer}/type")
        if len(orjson.dumps(row)) > MOST_ROW_BYTES:
            raise invalid("A profile is larger than 100 KB.", pointer)
        return upsert(self._profiles, row, pointer)[0]

    def _document(self, key: str, base: str) -> dict[str, Any]:
        self.settle()
        columns = "created, lists, total, completed, failed, done"
        found = self._context.state.rows(f"select {columns} from klaviyo_jobs where job_id = ?", (key,))
        if not found:
            raise not_found(KIND, key)
        created, lists, total, completed, failed, done = found[0]
        began = self._began.get(key, float("-inf"))
        waiting = not done and self._context.clock.seconds() - began < QUEUED_SECONDS
        status = "complete" if done else "queued" if waiting else "processing"
        return {
            "type": KIND,
            "id": key,
            "attributes": {
                "status": status,
                "created_at": iso(created),
                "total_count": total,
                "completed_count": completed,
                "failed_count": failed,
                "started_at": None if waiting else iso(created),
                "completed_at": iso(created) if done else None,
                "expires_at": iso(created + EXPIRES_DAYS * 86_400_000_000),
            },
            "relationships": {
                "lists": {"data": [{"type": "list", "id": one} for one in orjson.loads(lists)]},
                "import-errors": {"links": {"related": f"{base}/profile-bulk-import-jobs/{key}/import-errors"}},
            },
            "links": {"self": f"{base}/profile-bulk-import-jobs/{key}"},
        }


def _import_error(job: str, number: int, error: ApiError, row: Any) -> dict[str, Any]:
    body = error.body
    return {
        "type": "import-error",
        "id": f"{job}-{number}",
        "attributes": {
            "code": body["code"],
            "title": body["title"],
            "detail": body["detail"],
            "source": body["source"],
            "original_payload": row,
            **({"meta": body["meta"]} if "meta" in body else {}),
        },
    }
