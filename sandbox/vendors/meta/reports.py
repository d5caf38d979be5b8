"""Asynchronous insights: asked for, made meanwhile in sandbox time, then read page by page.

    POST .../insights -> report_run_id;  GET <report_run_id> until Job Completed;  GET <report_run_id>/insights

The percentage reaches 100 while the job still runs, as at Meta. A report shows what Meta said when it was asked
for. Reports are in the state file; one that a stopped server left behind is complete.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.meta.graph import Call, GraphError
from sandbox.vendors.meta.insights import Insights, Question
from sandbox.vendors.meta.objects import Objects

WAITS_SECONDS, STARTS_SECONDS, RUNS_SECONDS, ROW_SECONDS, LAST_SECONDS = 3.0, 6.0, 10.0, 0.01, 2.0
FIRST_ID = 6_085_000_000_000
FIELDS = (
    "id", "account_id", "time_ref", "time_completed", "async_status", "async_percent_completion", "date_start",
    "date_stop", "is_running",
)  # fmt: skip
TABLE = """create table if not exists meta_reports (
    report_id integer primary key, question text not null, asked integer not null, rows integer not null,
    fails integer not null)"""


class Reports:
    """The calls that make and read reports."""

    def __init__(self, context: Context, objects: Objects, insights: Insights) -> None:
        self._context, self._objects, self._insights = context, objects, insights
        context.state.execute(TABLE)
        self._began: dict[int, float] = {}

    def exists(self, node: str) -> bool:
        return node.isdigit() and bool(self._row(node))

    def _row(self, node: str) -> list[tuple[Any, ...]]:
        columns = "report_id, question, asked, rows, fails"
        return self._context.state.rows(f"select {columns} from meta_reports where report_id = ?", (int(node),))

    def create(self, call: Call) -> dict[str, Any]:
        question = self._insights.question(call)
        count = self._insights.count(question, call.now)
        fails = int(self._context.faults.take("meta", "job_failed"))
        state, text = self._context.state, orjson.dumps(asdict(question)).decode()
        with state.together():
            state.execute(
                f"insert into meta_reports select coalesce(max(report_id), {FIRST_ID}) + 17, ?, ?, ?, ? "
                "from meta_reports",
                (text, int(call.now.timestamp()), count, fails),
            )
            ((key,),) = state.rows("select max(report_id) from meta_reports")
        self._began[key] = self._context.clock.seconds()
        return {"report_run_id": str(key)}

    def get(self, call: Call) -> dict[str, Any]:
        fields = call.fields(FIELDS, FIELDS[:6])
        ((key, text, asked, count, fails),) = self._row(call.node)
        status, percent = self._progress(key, count, fails)
        question = orjson.loads(text)
        is_over = status in ("Job Completed", "Job Failed")
        values = {
            "id": str(key),
            "account_id": self._objects.account_id,
            "time_ref": asked,
            "time_completed": asked if is_over else 0,
            "async_status": status,
            "async_percent_completion": percent,
            "date_start": question["since"],
            "date_stop": question["until"],
            "is_running": not is_over,
        }
        return {name: values[name] for name in fields if name in values} | {"id": str(key)}

    def result(self, call: Call) -> dict[str, Any]:
        ((key, text, asked, count, fails),) = self._row(call.node)
        if self._progress(key, count, fails)[0] != "Job Completed":
            raise GraphError(2601, "(#2601) Error accessing adreport job. The report is not complete.", 1815107)
        return self._insights.page(call, _question(text), datetime.fromtimestamp(asked, UTC))

    def _progress(self, key: int, count: int, fails: int) -> tuple[str, int]:
        since = self._context.clock.seconds() - self._began.get(key, float("-inf"))
        ends = STARTS_SECONDS + RUNS_SECONDS + count * ROW_SECONDS
        if since >= ends:
            return ("Job Failed", 0) if fails else ("Job Completed", 100)
        if since < WAITS_SECONDS:
            return "Job Not Started", 0
        if since < STARTS_SECONDS:
            return "Job Started", 0
        share = (since - STARTS_SECONDS) / (ends - STARTS_SECONDS - LAST_SECONDS)
        return "Job Running", min(100, int(100 * share))


def _question(text: str) -> Question:
    read = orjson.loads(text)
    return Question(
        **read
        | {name: date.fromisoformat(read[name]) for name in ("since", "until")}
        | {name: tuple(read[name]) for name in ("fields", "windows")}
        | {"only": tuple((column, tuple(ids)) for column, ids in read["only"])}
    )
