"""Amazon's reports: asked for, waited for, fetched from a link, read as rows of texts.

A report that ends as CANCELLED has nothing to tell, which is no failure. One that ends as FATAL is asked for once more.
"""

from __future__ import annotations

import csv
import gzip
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from requests import Response

from ingestion.amazon.api import AmazonError, Api, Row, at

VERSION = "2021-06-30"
LONGEST = timedelta(days=30)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PATIENCE_SECONDS = 0.1, 30.0, 3_600.0
LINK_IS_OLD = 403
log = logging.getLogger(__name__)


def rows(api: Api, kind: str, marketplaces: list[str], since: datetime, until: datetime) -> Iterator[Row]:
    """What a report tells of a span, a month at a time. Raises AmazonError."""
    while since < until:
        end = min(since + LONGEST, until)
        found = _report(api, kind, marketplaces, since, end)
        log.info("amazon: %s rows of %s from %s to %s read", f"{len(found):,}", kind, since, end)
        yield from found
        since = end


def _report(api: Api, kind: str, marketplaces: list[str], since: datetime, until: datetime) -> list[Row]:
    asked = {
        "reportType": kind,
        "marketplaceIds": marketplaces,
        "dataStartTime": at(since),
        "dataEndTime": at(until),
    }
    status = ""
    for _ in range(2):
        report = api.document(f"reports/{VERSION}/reports", body=asked)
        made = _made(api, str(report["reportId"]), kind)
        status = str(made["processingStatus"])
        if status == "CANCELLED":
            return []
        if status == "DONE":
            return _rows(_text(api, str(made["reportDocumentId"])))
    raise AmazonError(f"amazon: the report {kind} ended as {status} twice; the next reading asks for it again")


def _made(api: Api, report_id: str, kind: str) -> Row:
    """The report when it is over. Raises AmazonError after an hour."""
    pause, waited = FIRST_PAUSE_SECONDS, 0.0
    while waited < PATIENCE_SECONDS:
        found = api.document(f"reports/{VERSION}/reports/{report_id}")
        if found["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
            return found
        time.sleep(pause)
        waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE_SECONDS)
    raise AmazonError(f"amazon: the report {kind} was not made within an hour; the next reading asks for it again")


def _text(api: Api, document_id: str) -> str:
    """The report's text. The link to it ends within minutes: a new one is asked for once."""
    for _ in range(2):
        document = api.document(f"reports/{VERSION}/documents/{document_id}")
        response: Response = api.session.get(document["url"])
        if response.ok:
            content = response.content
            return _decoded(gzip.decompress(content) if document.get("compressionAlgorithm") == "GZIP" else content)
        if response.status_code != LINK_IS_OLD:
            break
    raise AmazonError(f"amazon: a report's document answered {response.status_code}", response.status_code)


def _decoded(content: bytes) -> str:
    """Older reports are written in Windows' alphabet."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _rows(text: str) -> list[Row]:
    """Lines as dicts by the names of the columns; some reports put all values in quotes, and others none."""
    lines = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    names = [one.strip('" ') for one in next(lines, [])]
    return [dict(zip(names, (one.strip('" ') for one in line), strict=False)) for line in lines if any(line)]
