"""SurveyMonkey: surveys with the choices of their questions, and who chose what.

Calls are few (500 a day for a private app): one lists the surveys, one per survey asks for the answers that changed
since the last reading, and a survey's questions are asked for only when it was edited. Answers come by their last
change, the oldest first: some are left half-way and finished later, some are edited. If the day's calls run out, what
was read is landed and the next reading goes on there. A deleted answer is not reported, and stays.

What people typed is not landed, nor from where they answered. An answer without an address is tied to a customer only
by what the shop wrote into its link: ``cid``, ``oid``, ``tid`` and ``loc``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import dlt
import orjson
import pyarrow as pa
from dlt.extract.resource import DltResource

import selvage
from ingestion import reading
from ingestion.position import Position, utc
from ingestion.surveymonkey import api, connect, tables
from ingestion.tables import Line, ReadBy, Table, page_of
from ingestion.window import Window

DESCRIPTION = "Surveys: what customers chose when asked, such as how likely they are to recommend the shop; no texts."
KINDS = {"surveymonkey", "rest"}
VERSION = selvage.ApiVersion("v3", None)  # no end of it was told
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "api_version": VERSION.name,
    "survey_ids": "",
    "start_date": "2026-01-01",
}
FRESHNESS = None  # nobody has to answer
NOT_READ = {
    "what people typed": "nobody knows what it holds; of an answer only the choice is kept",
    "network addresses": "nothing would be done with them",
    "answers that were deleted": "nobody reports them; what was landed of them stays",
    "contacts, collectors and their messages": "a customer is told by what the shop wrote into the survey's link",
}

VENDOR = "surveymonkey"
LAG = timedelta(minutes=10)
READ_BY = {
    tables.SURVEYS.name: ReadBy(),
    tables.CHOICES.name: ReadBy(of=tables.SURVEYS.name),
    tables.RESPONSES.name: ReadBy("modified_at", LAG),
    tables.ANSWERS.name: ReadBy(of=tables.RESPONSES.name),
}
SCOPES, probe, count = connect.SCOPES, connect.probe, connect.count
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table, all from one reading; with a window, the answers that changed in it."""

    @dlt.resource(name="read", selected=False)
    def documents() -> Iterator[pa.Table]:
        yield from _read(window)

    return [_rows(table, documents) for table in (tables.SURVEYS, tables.CHOICES, tables.RESPONSES, tables.ANSWERS)]


def _rows(table: Table, documents: DltResource) -> DltResource:
    rows_of = table.reader()

    @dlt.transformer(data_from=documents, name=table.name, **table.hints())
    def rows(page: pa.Table) -> pa.Table | None:
        return rows_of(page)

    return rows


def _read(window: Window | None) -> Iterator[pa.Table]:
    """Pages of surveys that were edited, then of answers that changed."""
    given = selvage.vendor(VENDOR, SETTINGS)
    account = api.Account(given)
    found = api.surveys(account, given["survey_ids"])
    now = account.now()
    reading.note_now(VENDOR, now)
    known: dict[str, str] = {} if window else dlt.current.source_state().setdefault("surveys", {})
    try:
        lines = list(_surveys(account, found, known))
        if lines:
            yield page_of(lines)
        for survey in found:
            yield from _responses(account, survey["id"], datetime.fromisoformat(given["start_date"]), now, window)
    except api.DayIsSpent as spent:
        reading.note(VENDOR, f"{spent}; the rest is read then")


def _surveys(account: api.Account, found: list[api.Document], known: dict[str, str]) -> Iterator[Line]:
    """The surveys that are not as they were landed, with their choices."""
    for survey in found:
        if known.get(survey["id"]) != survey["date_modified"]:
            details = api.with_choices(account.document(f"surveys/{survey['id']}/details"))
            known[survey["id"]] = survey["date_modified"]
            yield survey["id"], None, 1, tables.SURVEYS.kind, orjson.dumps(details).decode()


def _responses(
    account: api.Account, survey_id: str, start: datetime, now: datetime, window: Window | None
) -> Iterator[pa.Table]:
    """A survey's answers since the last reading, up to where the day's calls last."""
    position = Position(f"responses_{survey_id}", LAG, now, window, is_open=False)
    lines, last = list[Line](), None
    try:
        for one in api.responses(account, survey_id, position.since or start):
            last = one["date_modified"]
            if position.is_new(one["id"], last):
                lines.append((one["id"], None, 1, tables.RESPONSES.kind, orjson.dumps(api.chosen(one)).decode()))
    except api.DayIsSpent:
        if last is not None:
            position.now = utc(last)  # the next reading begins here; what it shows again is merged
            position.complete()
        if lines:
            yield page_of(lines)
        raise
    if lines:
        yield page_of(lines)
    position.complete()
    log.info("%s: %s answers of survey %s read", VENDOR, f"{len(lines):,}", survey_id)
