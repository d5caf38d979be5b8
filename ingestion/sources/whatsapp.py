"""WhatsApp (Cloud API): what became of messages sent to customers, what they answered, who wants no offers.

WhatsApp has no list of messages to ask for: it tells once, by webhook. A receiver keeps what it is told as lines of
files below ``WHATSAPP_PATH`` (``ingestion.journal``), each with its signature, and this source reads the files that are
new or have grown. A line that the app has not signed is not landed, whoever wrote it there. Rows are merged by message
and status, so what is told twice or out of order is neither doubled nor lost.

Nobody's words are landed: of a message only whether it is one of the words that stop or start offers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.resource import DltResource

import selvage
from ingestion import lines, reading
from ingestion.connect import Finding
from ingestion.journal import Journal
from ingestion.position import utc
from ingestion.tables import Line, ReadBy, Table, page_of
from ingestion.whatsapp import webhooks
from ingestion.whatsapp.tables import MESSAGES, PREFERENCES, STATUSES, TABLES
from ingestion.window import Window

DESCRIPTION = (
    "WhatsApp: messages sent, delivered, read or failed, answers and chats without their text, who wants no offers."
)
KINDS = {"whatsapp", "webhooks"}
VERSION = None
SETTINGS = {
    "path": selvage.REQUIRED,
    "app_secret": selvage.REQUIRED,
    "stop_words": "stop,stop promotions,unsubscribe,cancel,opt out",
    "start_words": "start,subscribe,unstop",
}
FRESHNESS = None  # nobody has to write
NOT_READ = {
    "what people wrote, media, carts": "nobody knows what they hold; of a text only a word that stops or starts offers",
    "what was told while no receiver stood there": "WhatsApp tries for some days, and has no list of it afterwards",
    "texts and approvals of templates, quality of numbers": "no mart asks for them; a sent message names its template",
    "money": "a message tells its category of price; what that costs stands in the account's invoice",
    "clicks on links, groups, calls": "of clicks only taps on buttons are told; a link is seen when its visit comes",
    "changes of number": "a new number is a user of its own, who is found again by what else is known",
}

VENDOR = "whatsapp"
SCOPES: tuple[str, ...] = ()
READ_BY = {
    STATUSES.name: ReadBy("source_file"),
    MESSAGES.name: ReadBy("source_file"),
    PREFERENCES.name: ReadBy("source_file"),
}
WEBHOOK_SETTINGS, verified, challenge = webhooks.SETTINGS, webhooks.verified, webhooks.challenge
ROWS_PER_PAGE = 50_000
log = logging.getLogger(__name__)


def journal(settings: Mapping[str, str]) -> Journal:
    """Where deliveries are kept, and read from."""
    return Journal(Path(settings["path"]))


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table, which share one reading; with a window, what was received in it."""

    @dlt.resource(name="deliveries_read", selected=False)
    def deliveries() -> Iterator[pa.Table]:
        yield from _read(window)

    return [_rows(table, deliveries) for table in TABLES]


def _rows(table: Table, deliveries: DltResource) -> DltResource:
    rows_of = table.reader()

    @dlt.transformer(data_from=deliveries, name=table.name, **table.hints())
    def rows(page: pa.Table) -> pa.Table | None:
        found = rows_of(page)
        if found is not None:
            reading.note_newest(VENDOR, pc.max(found["occurred_at"]).as_py())
        return found

    return rows


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is something kept, and has the app signed it."""
    files = journal(settings).files()
    if not files:
        step = "Start `make receive`, subscribe the app to it, and send the number a message."
        yield Finding("folder", False, f"WHATSAPP_PATH: {settings['path']} holds no delivery yet.", step)
        return
    yield Finding("folder", True, f"{settings['path']} holds {len(files):,} files.")
    good, bad = 0, ""
    for _, found in _said(files[-1], files[-1].name, settings):
        good, bad = good + isinstance(found, list), found if isinstance(found, str) else bad
    step = "WHATSAPP_APP_SECRET is the secret of the app that is subscribed; an older one may stand behind a comma."
    yield Finding(
        "deliveries", not bad, bad or f"{files[-1].name}: {good:,} deliveries, all signed.", step if bad else ""
    )


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """What was received since a day, by reading the files; what was told twice counts twice."""
    found = dict.fromkeys((table.kind for table in TABLES), 0)
    for file in journal(settings).files():
        for _, said in _said(file, file.name, settings):
            for kind, document in said if isinstance(said, list) else ():
                found[kind] += utc(document["received_at"]) >= since
    return {table.name: found[table.kind] for table in TABLES}


def _read(window: Window | None) -> Iterator[pa.Table]:
    """Pages of what the files hold that are new or have grown."""
    settings = selvage.vendor(VENDOR, SETTINGS)
    done: dict[str, str] = {} if window else dlt.current.source_state().setdefault("files", {})
    waiting: list[Line] = []
    total = 0
    for file in journal(settings).files():
        name = file.relative_to(settings["path"]).as_posix()
        stamp = f"{file.stat().st_size}:{file.stat().st_mtime_ns}"
        if done.get(name) == stamp:
            continue
        for number, said in _said(file, name, settings):
            if isinstance(said, str):
                reading.note(VENDOR, f"{said}; it is not landed")
                continue
            for kind, document in said:
                if window is None or window.start <= utc(document["received_at"]) < window.end:
                    text = orjson.dumps({**document, "source_file": name}).decode()
                    waiting.append((document["id"], None, number, kind, text))
        if len(waiting) >= ROWS_PER_PAGE:
            yield page_of(waiting)
            total, waiting = total + len(waiting), []
        done[name] = stamp
    if waiting:
        yield page_of(waiting)
    log.info("%s: %s statuses, messages and preferences read", VENDOR, f"{total + len(waiting):,}")


def _said(file: Path, name: str, settings: Mapping[str, str]) -> Iterator[tuple[int, list[webhooks.Row] | str]]:
    """By number of the line: what it says, or why it is no delivery."""
    try:
        for page in lines.pages(file, name):
            for number, line in zip(page["row_number"].to_pylist(), page["doc"].to_pylist(), strict=True):
                try:
                    yield number, webhooks.rows(line, settings)
                except webhooks.NotADelivery as problem:
                    yield number, f"{name}, row {number}: {problem}"
    except (lines.NotWhatItSays, *lines.BROKEN) as problem:
        yield 0, f"{name} could not be read to its end: {problem}"
