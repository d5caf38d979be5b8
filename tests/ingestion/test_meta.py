"""What is Meta's own: limits that are told in headers, reports that are too large, emptied days, tokens."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dlt
import orjson
import pytest
from requests import Response

import selvage
from ingestion import pipeline
from ingestion.ads.days import Account, Days
from ingestion.meta import graph
from ingestion.sources import meta
from sandbox.server import Running


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(graph.time, "sleep", found.append)
    return found


def test_a_throttled_call_waits_as_long_as_the_header_says(pauses: list[float], monkeypatch) -> None:
    usage = {"900100200": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 7}]}
    answers = [
        _answer(400, {"error": {"code": 80000, "message": "too many calls"}}, usage),
        _answer(400, {"error": {"code": 17, "message": "user request limit reached"}}, {}),
        _answer(200, {"id": "act_1"}, usage),
        _answer(200, {"id": "act_1"}, {}),
    ]
    client = _client_of(answers, monkeypatch)
    assert client.document("act_1", {}) == {"id": "act_1"}
    assert pauses[0] == 7 * 60
    assert 0 < pauses[1] < 60, "no time was named: the pause grows by itself"
    assert pauses[2] == 7 * 60, "a limit that is used up is waited for before the next call"
    client.document("act_1", {})
    assert len(pauses) == 3


def test_too_many_refusals_end_the_reading(pauses: list[float], monkeypatch) -> None:
    refusal = _answer(400, {"error": {"code": 613, "message": "rate limit"}}, {})
    client = _client_of([refusal] * 50, monkeypatch)
    with pytest.raises(graph.GraphError, match="code 613"):
        client.document("act_1", {})
    assert len(pauses) < 20


def test_a_report_that_is_too_large_is_asked_for_in_halves(monkeypatch) -> None:
    asked: list[tuple[str, str]] = []

    class Small:
        def report(self, _: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
            span = orjson.loads(parameters["time_range"])
            asked.append((span["since"], span["until"]))
            if date.fromisoformat(span["until"]) - date.fromisoformat(span["since"]) > timedelta(days=1):
                raise graph.TooMuchData("too much")
            yield {"date_start": span["since"]}

    account = Account("act_1", "UTC", datetime(2026, 6, 10))
    days = Days(date(2026, 6, 1), date(2026, 6, 5))
    found = list(meta._report(Small(), account, days))  # type: ignore[arg-type]
    read = [day for part, _ in found for day in part.each()]
    assert read == days.each()
    assert len(asked) == 5


def test_a_day_that_lost_its_rows_is_emptied(home: selvage.Settings, rows) -> None:
    account = Account("act_7", "America/Los_Angeles", datetime(2026, 6, 10, 12))
    given = {"start_date": "2026-06-08", "restatement_days": "28"}
    row = {"account_id": "7", "ad_id": "a", "publisher_platform": "facebook", "spend": "1.10"}
    told: dict[str, list[dict[str, Any]]] = {}

    class Fake:
        def report(self, _: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
            for day in sorted(told):
                yield from ({"date_start": day, **one} for one in told[day])

        def items(self, *_: Any) -> Iterator[dict[str, Any]]:
            yield from ()

    def read() -> dict[str, int]:
        lines = meta._days_that_changed(Fake(), account, given, None)  # type: ignore[arg-type]

        @dlt.source(name="meta")
        def source() -> Any:
            @dlt.resource(name="insights", **{**meta.INSIGHTS.hints(), "primary_key": None, "merge_key": meta.DAY_KEY})
            def insights() -> Iterator[Any]:
                found = list(lines)
                if found:
                    yield from meta.pages(meta.INSIGHTS, found)

            return insights

        flow = pipeline.pipeline("meta")
        flow.run(source(), **pipeline.run_arguments())
        return dict(flow.landed.rows)

    told["2026-06-08"], told["2026-06-09"] = [row, {**row, "ad_id": "b"}], [row]
    assert read() == {"insights": 3}
    assert read() == {}
    told["2026-06-08"], told["2026-06-09"] = [row], []
    assert read() == {"insights": 2}
    assert rows("select date_start, ad_id, spend from raw_meta.insights order by 1") == [
        ("2026-06-08", "a", Decimal("1.1000")),
        ("2026-06-09", None, None),
    ]
    assert read() == {}


@pytest.mark.parametrize(
    ("now", "last", "ended"),
    [
        (datetime(2026, 6, 10, 6, 59), date(2026, 6, 8), datetime(2026, 6, 9, 7)),
        (datetime(2026, 6, 10, 7, 0), date(2026, 6, 9), datetime(2026, 6, 10, 7)),
        (datetime(2026, 12, 10, 7, 30), date(2026, 12, 8), datetime(2026, 12, 9, 8)),
    ],
)
def test_a_day_is_over_where_the_account_is(now: datetime, last: date, ended: datetime) -> None:
    account = Account("act_1", "America/Los_Angeles", now)
    assert account.last_day() == last
    assert account.end_of(last) == ended


def test_the_probe_tells_what_is_wrong_and_counts(shop: Running, home) -> None:
    settings = selvage.vendor("meta", meta.SETTINGS)
    found = list(meta.probe(settings))
    assert [finding.is_ok for finding in found] == [True, True]
    assert "Los_Angeles" in found[1].text
    other, token = meta.probe({**settings, "account_id": "act_1"}), meta.probe({**settings, "access_token": "no"})
    assert [(finding.is_ok, bool(finding.next_step)) for finding in other] == [(True, False), (False, True)]
    assert [finding.is_ok for finding in token] == [False]
    counts = meta.count(settings, datetime(2026, 1, 1))
    assert counts == {"accounts": 1, "campaigns": 5, "ad_sets": 10, "ads": 21, "insights": None}


def _answer(status: int, body: dict[str, Any], usage: dict[str, Any]) -> Response:
    response = Response()
    response.status_code = status
    response._content = orjson.dumps(body)
    if usage:
        response.headers["X-Business-Use-Case-Usage"] = orjson.dumps(usage).decode()
    return response


def _client_of(answers: list[Response], monkeypatch: pytest.MonkeyPatch) -> graph.Graph:
    """A client whose requests are answered from the list."""
    left: Callable[[], Response] = iter(answers).__next__
    monkeypatch.setattr(graph.Documents, "_send_request", lambda *_, **__: left())
    return graph.Graph("http://127.0.0.1:1", "v26.0", "token")
