"""Web events: Segment-shaped JSON lines, dropped as files (``.jsonl``, gzip or not) below ``WEB_EVENTS_PATH``.

Each file is read once (its name, size and time are remembered; a file that changes is read again). Events are merged
by ``message_id``, so a late file or an event sent twice changes nothing; of two the one received first stays. Keys
that have no column are kept in ``properties``. A line that is no event goes to ``_quarantine`` with file, row, field
and reason; the other lines land.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc

import selvage
from ingestion import lines, reading
from ingestion.connect import Finding
from ingestion.tables import Column, ReadBy, Table, query
from ingestion.window import Window

DESCRIPTION = "The clickstream of site and app: pages, carts, check-outs, log-ins, as Segment-shaped JSON lines."
KINDS = {"files", "json"}
VERSION = None
SETTINGS = {"path": selvage.REQUIRED}
FRESHNESS = timedelta(hours=26)
NOT_READ = {
    "lines that are no events": "they are put aside in _quarantine with file, row, field and reason",
    "files of other names": "only .jsonl and .jsonl.gz are looked at",
}

VENDOR = "web_events"
EXTENSIONS = (".jsonl", ".jsonl.gz")
SCOPES: tuple[str, ...] = ()
LINES_PER_PAGE = 100_000
log = logging.getLogger(__name__)

_COLUMNS = (
    Column("message_id", path="messageId"),
    Column("type", path="type"),
    Column("event", path="event"),
    Column("anonymous_id", path="anonymousId"),
    Column("user_id", path="userId"),
    Column("original_timestamp", "ts", "originalTimestamp"),
    Column("sent_at", "ts", "sentAt"),
    Column("received_at", "ts", "receivedAt"),
    Column("timestamp", "ts", "timestamp"),
    Column("page_url", path="context.page.url|properties.url"),
    Column("page_path", path="context.page.path|properties.path"),
    Column("page_referrer", path="context.page.referrer|properties.referrer"),
    Column("page_title", path="context.page.title|properties.title|name"),
    Column("page_search", path="context.page.search|properties.search"),
    *(
        Column(f"campaign_{word}", path=f"context.campaign.{word}|properties.campaign.{word}")
        for word in ("source", "medium", "name", "term", "content")
    ),
    Column("user_agent", path="context.userAgent"),
    Column("ip", path="context.ip"),
    Column("locale", path="context.locale"),
    Column("device_type", path="context.device.type"),
    Column("device_id", path="context.device.id"),
    Column("device_token", path="context.device.token"),
    Column("app_name", path="context.app.name"),
    Column("app_version", path="context.app.version"),
    Column("traits_email", path="traits.email|context.traits.email"),
    Column("traits_phone", path="traits.phone|context.traits.phone"),
    Column("traits_first_name", path="traits.firstName|traits.first_name|context.traits.firstName"),
    Column("traits_last_name", path="traits.lastName|traits.last_name|context.traits.lastName"),
    Column("product_id", path="properties.product_id"),
    Column("sku", path="properties.sku"),
    Column("product_name", path="properties.name"),
    Column("quantity", "bigint", "properties.quantity"),
    Column("price_amount", "dec", "properties.price"),
    Column("cart_id", path="properties.cart_id"),
    Column("checkout_id", path="properties.checkout_id"),
    Column("order_id", path="properties.order_id"),
    Column("revenue_amount", "dec", "properties.revenue"),
    Column("total_amount", "dec", "properties.total"),
    Column("shipping_amount", "dec", "properties.shipping"),
    Column("tax_amount", "dec", "properties.tax"),
    Column("currency_code", path="properties.currency"),
    Column("products", "json", "properties.products"),
    Column("consent_advertising", "bool", "context.consent.categoryPreferences.Advertising"),
    Column("consent_analytics", "bool", "context.consent.categoryPreferences.Analytics"),
)


def _rest(columns: tuple[Column, ...]) -> str:
    """SQL of what no column holds, as JSON.

    A merge patch blanks out what is known; objects it leaves empty are dropped, the inner ones first.
    """
    patch: dict[str, Any] = {}
    objects = set()
    for path in (path for column in columns for path in column.path.split("|")):
        *parents, leaf = path.split(".")
        objects.update(parents)
        place = patch
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = None
    empty = f'"({"|".join(sorted(objects))})":\\{{\\}}'
    rest = f"json_merge_patch(item, '{json.dumps(patch)}')"
    for _ in range(3):
        rest = f"regexp_replace({rest}, ',{empty}|{empty},?', '', 'g')"
    return rest


_PROPERTIES = """nullif(json_merge_patch(
    json_merge_patch(rest, '{"properties":null}'), coalesce(json_extract(rest, '$.properties'), '{}')
), '{}')"""
EVENTS = Table(
    name="events",
    kind="event",
    deduplicate_by=("received_at", "asc"),
    rest=_rest(_COLUMNS),
    columns=(*_COLUMNS, Column("properties", "json", sql=_PROPERTIES), Column("source_file", sql="source_file")),
)
READ_BY = {EVENTS.name: ReadBy("source_file")}


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """The tables ``events`` and ``_quarantine``; with a window, the events received in it, whatever was read before."""

    @dlt.resource(name="dropped_lines", selected=False)
    def dropped_lines() -> Iterator[pa.Table]:
        yield from _read(window)

    @dlt.transformer(data_from=dropped_lines, name=EVENTS.name, **EVENTS.hints())
    def events(page: pa.Table) -> pa.Table | None:
        good = page.filter(pc.is_null(page["bad_field"]))
        if not good.num_rows:
            return None
        reading.note_newest(VENDOR, pc.max(good["received_at"]).as_py())
        return good.select([column.name for column in EVENTS.columns])

    @dlt.transformer(data_from=dropped_lines, name="_quarantine", write_disposition="merge", merge_key="source_file")
    def quarantine(page: pa.Table) -> pa.Table | None:
        bad = page.filter(pc.is_valid(page["bad_field"]))
        if not bad.num_rows:
            return None
        for counted in bad["source_file"].filter(pc.is_valid(bad["row_number"])).value_counts().to_pylist():
            reading.note(
                VENDOR, f"{counted['values']}: {counted['counts']:,} rows put aside in raw_{VENDOR}._quarantine"
            )
        columns = [bad[name] for name in ("source_file", "row_number", "bad_field", "bad_reason", "doc")]
        return pa.table(columns, schema=lines.QUARANTINE)

    return events, quarantine


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is the folder there, are there files of the right names, does the newest hold events."""
    folder = Path(settings["path"])
    if not folder.is_dir():
        step = "Point it at the folder into which the events are exported: <folder>/<day>/<name>.jsonl or .jsonl.gz."
        yield Finding("folder", False, f"WEB_EVENTS_PATH: {folder} is no folder on this machine.", step)
        return
    files = _files(folder, None)
    if not files:
        step = f"Files must be named {' or '.join(EXTENSIONS)}; anything else is passed over."
        yield Finding("folder", False, f"{folder} holds no file of events.", step)
        return
    yield Finding("folder", True, f"{folder} holds {len(files):,} files.")
    name = files[-1].relative_to(folder).as_posix()
    try:
        rows = next((_judged(page, None) for page in lines.pages(files[-1], name)), None)
        bad = rows.num_rows - rows["bad_field"].null_count if rows else 0
    except (lines.NotWhatItSays, *lines.BROKEN) as problem:
        yield Finding("events", False, f"{name} can't be read: {problem}", "Export it again.")
        return
    is_good = rows is not None and bad * 2 < rows.num_rows
    text = f"{name}: {rows.num_rows if rows else 0:,} lines looked at, {bad:,} of them are no Segment events."
    yield Finding("events", is_good, text, "" if is_good else "Each line is one JSON object with a messageId.")


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """The events received since a day, by reading the files; an event sent twice counts twice."""
    folder, window = Path(settings["path"]), Window(since, since + timedelta(days=36_500))
    found = 0
    for file in _files(folder, window):
        try:
            for page in lines.pages(file, file.name):
                found += _judged(page, window)["bad_field"].null_count
        except (lines.NotWhatItSays, *lines.BROKEN):
            continue
    return {EVENTS.name: found}


def _read(window: Window | None) -> Iterator[pa.Table]:
    """The lines of the files that are new or have changed, each with its columns and what is wrong with it."""
    folder = Path(selvage.vendor(VENDOR, SETTINGS)["path"])
    done: dict[str, str] = {} if window else dlt.current.source_state().setdefault("files", {})
    waiting: list[pa.Table] = []
    count = 0
    for file in _files(folder, window):
        name = file.relative_to(folder).as_posix()
        stamp = f"{file.stat().st_size}:{file.stat().st_mtime_ns}"
        if done.get(name) == stamp:
            continue
        try:
            for page in lines.pages(file, name):
                waiting.append(page)
                if sum(one.num_rows for one in waiting) >= LINES_PER_PAGE:
                    yield _judged(pa.concat_tables(waiting), window)
                    waiting = []
                count += page.num_rows
        except (lines.NotWhatItSays, *lines.BROKEN) as problem:
            reading.note(VENDOR, f"{name} could not be read to its end: {problem}")
            yield _judged_file(lines.refused(name, str(problem)))
        done[name] = stamp
    if waiting:
        yield _judged(pa.concat_tables(waiting), window)
    log.info("%s: %s events read", VENDOR, f"{count:,}")


def _files(folder: Path, window: Window | None) -> list[Path]:
    """The dropped files in order of name; for a window without those whose folder names a day outside of it."""
    files = [file for file in folder.rglob("*") if file.name.endswith(EXTENSIONS) and not file.name.startswith(".")]
    return sorted(file for file in files if window is None or _may_hold(file.parent.name, window))


def _may_hold(day: str, window: Window) -> bool:
    try:
        at = date.fromisoformat(day)
    except ValueError:
        return True
    return window.start.date() - timedelta(days=1) <= at <= window.end.date() + timedelta(days=1)


def _judged(page: pa.Table, window: Window | None) -> pa.Table:
    rows = query(EVENTS.judge(), page=page)
    if window is None:
        return rows
    at = rows["received_at"]
    inside = pc.and_(pc.greater_equal(at, pa.scalar(window.start)), pc.less(at, pa.scalar(window.end)))
    return rows.filter(pc.fill_null(inside, False))


def _judged_file(refusal: pa.Table) -> pa.Table:
    names = {"field": "bad_field", "reason": "bad_reason", "row": "doc"}
    page = refusal.rename_columns([names.get(name, name) for name in refusal.column_names])
    return page.set_column(page.column_names.index("bad_field"), "bad_field", pa.array(["file"], pa.string()))
