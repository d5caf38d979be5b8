"""Amazon's quirks: quotas without a word on waiting, tokens that end, empty reports, late money, the cursor of its own."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import duckdb
import orjson
import pytest
from requests import Response

import selvage
from ingestion.amazon import api, reports, tables
from ingestion.sources import amazon
from ingestion.window import Window
from sandbox.server import Running, running
from tests.ingestion.conftest import land

SETTINGS = {
    "base_url": "http://127.0.0.1:1",
    "token_url": "http://127.0.0.1:1/token",
    "client_id": "c",
    "client_secret": "s",
    "refresh_token": "r",
}


@pytest.fixture(scope="module")
def sellers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Enough buyers on Amazon for refunds, and its clock is this module's own to move."""
    with running(tmp_path_factory.mktemp("sellers"), people=1_200, days=60) as server:
        yield server


@pytest.fixture
def seller(sellers: Running, home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(sellers.port))
    monkeypatch.setattr("ingestion.http.BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(reports, "FIRST_PAUSE_SECONDS", 0.02)
    for kind in ("throttle", "error_500", "hangup", "slow", "duplicate_page", "expired_cursor", "job_failed"):
        sellers.faults("amazon", kind, 0)
    return sellers


def client(answers: list[tuple[int, Any]], monkeypatch: pytest.MonkeyPatch) -> tuple[api.Api, list[float], list[Any]]:
    """A client whose calls are answered from the list; how long it waited, and with which tokens it asked."""
    left, pauses, asked = iter(answers), list[float](), list[Any]()
    tokens = iter(range(100))

    def send(_: Any, request: Any, **__: Any) -> Response:
        asked.append(request.headers["x-amz-access-token"])
        response = Response()
        response.status_code, body = next(left)
        response._content = orjson.dumps(body)
        response.headers["x-amzn-RateLimit-Limit"] = "0.5"
        return response

    monkeypatch.setattr(api.Documents, "_send_request", send)
    monkeypatch.setattr(api.time, "sleep", pauses.append)
    monkeypatch.setattr(api, "_new_token", lambda _: ({"access_token": f"t{next(tokens)}"}, datetime(2026, 6, 1)))
    return api.Api(SETTINGS), pauses, asked


def error(code: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": "of marketplace buyer@example.com"}]}


def test_a_quota_that_is_used_up_is_waited_for_by_the_operations_rate(monkeypatch) -> None:
    found, pauses, _ = client([(429, error("QuotaExceeded"))] * 2 + [(200, {"a": 1})], monkeypatch)
    assert found.document("orders") == {"a": 1}
    assert pauses == [2.0, 2.0]


def test_a_token_that_ended_is_made_anew_once(monkeypatch) -> None:
    found, _, asked = client([(403, error("Unauthorized")), (200, {"a": 1})], monkeypatch)
    assert found.document("orders") == {"a": 1}
    assert len(set(asked)) == 2
    found, _, _ = client([(403, error("Unauthorized"))] * 3, monkeypatch)
    with pytest.raises(api.AmazonError, match="role") as refused:
        found.document("orders")
    assert "buyer" not in str(refused.value)


def test_pages_whose_token_ended_are_begun_anew(monkeypatch) -> None:
    first = {"n": 1, "next": "x"}
    answers = [(200, first), (400, error("InvalidInput")), (200, first), (200, {"n": 2})]
    found, _, _ = client(answers, monkeypatch)
    assert [page["n"] for page in found.pages("stock", {}, "nextToken", lambda page: page.get("next"))] == [1, 1, 2]
    found, _, _ = client([(400, error("InvalidInput"))], monkeypatch)
    with pytest.raises(api.AmazonError, match="400"):
        list(found.pages("stock", {}, "nextToken", lambda page: page.get("next")))


def test_reports_are_read_with_and_without_quotes() -> None:
    plain = reports._rows('sku\tquantity\r\nMUG "L"\t2\r\n')
    quoted = reports._rows('"MSKU"\t"Date"\r\n"MUG"\t"05/01/2026"\r\n')
    assert plain == [{"sku": 'MUG "L', "quantity": "2"}]
    assert quoted == [{"MSKU": "MUG", "Date": "05/01/2026"}]
    assert reports._decoded("Müller".encode("cp1252")) == "Müller"


def test_rows_of_reports_that_say_the_same_stay_apart() -> None:
    row = {"MSKU": "A", "Event Type": "Receipts", "Date": "05/31/2026", "Quantity": "4"}
    found = list(tables.moved(iter([row, row])))
    assert len({one["id"] for one in found}) == 2
    assert {one["moment"] for one in found} == {"2026-05-31T00:00:00"}


def test_money_is_told_by_its_innermost_parts() -> None:
    fees = {"breakdownType": "AmazonFees", "breakdowns": [_part("Commission", -1.5), _part("FBAFees", -3.86)]}
    item = {"breakdowns": [_part("ProductCharges", 10), fees], "contexts": [{"sku": "A", "quantityShipped": 2}]}
    made = tables.transaction({"relatedIdentifiers": [], "items": [item]})
    assert [(one["part"], one["currencyAmount"], one["sku"], one["quantity"]) for one in made["lines"]] == [
        ("ProductCharges", 10, "A", 2),
        ("AmazonFees/Commission", -1.5, "A", 2),
        ("AmazonFees/FBAFees", -3.86, "A", 2),
    ]


def _part(kind: str, amount: float) -> dict[str, Any]:
    return {"breakdownType": kind, "breakdownAmount": {"currencyCode": "USD", "currencyAmount": amount}}


def content(home: selvage.Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the raw tables, the load's id left out."""
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        rows = "select columns(c -> c <> '_dlt_load_id') from raw_amazon.{} order by all"
        return {table.name: warehouse.execute(rows.format(table.name)).fetchall() for table in tables.TABLES}


def test_all_lands_in_spite_of_faults_and_nothing_comes_twice(
    seller: Running, home: selvage.Settings, rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    for kind in ("expired_cursor", "throttle", "error_500", "job_failed"):
        seller.faults("amazon", kind, 1)
    landed = land("amazon")
    assert set(landed) == {table.name for table in tables.TABLES}
    assert landed["orders"] > 100, "one page alone"
    now = seller.now.replace(tzinfo=None)
    with duckdb.connect() as world:
        (told,) = world.execute(
            f"select count(distinct order_id) from '{seller.world}/amazon_orders.parquet' "
            f"where updated_at < timestamp '{now}' - interval 1 hour"
        ).fetchall()
    assert rows("select count(*) from raw_amazon.orders")[0][0] >= told[0]
    assert rows(
        "select count(*) from raw_amazon.orders where total_amount is not null and total_amount <> ("
        "select sum(total_amount) from raw_amazon.order_items where order_id = orders.id)"
    ) == [(0,)]
    assert land("amazon") == {}
    before = content(home)
    window = Window(datetime(2026, 3, 10), datetime(2026, 4, 1))
    again = land("amazon", window=window)
    assert 0 < again["transactions"] < landed["transactions"]
    assert content(home) == before


def test_late_money_of_days_before_is_found(
    seller: Running, home: selvage.Settings, rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    """A transaction is shown up to two days after its posting: a cursor by posting alone would miss it."""
    lines = f"'{seller.world}/amazon_transaction_lines.parquet'"
    with duckdb.connect() as world:
        first, late, key = world.execute(
            f"select newer.revealed_at, older.revealed_at, older.transaction_id from {lines} as older "
            f"join {lines} as newer on older.posted_at < newer.posted_at "
            "and older.revealed_at > newer.revealed_at + interval 20 hour "
            f"where newer.revealed_at > timestamp '{seller.now.replace(tzinfo=None)}' order by all limit 1"
        ).fetchone()  # type: ignore[misc]
    known = f"select count(*) from raw_amazon.transactions where id = '{key}'"
    for moment, count in ((first, 0), (late, 1)):
        seller.advance((moment - seller.now.replace(tzinfo=None)).total_seconds() / 86_400 + 0.02)
        land("amazon")
        assert rows(known) == [(count,)]


def test_what_amazon_sends_for_other_channels_is_left_out(seller: Running, home: selvage.Settings, monkeypatch) -> None:
    page = {"lastUpdatedBefore": "2026-05-01T00:00:00Z", "orders": [
        {"orderId": "1", "lastUpdatedTime": "2026-04-01T00:00:00Z", "salesChannel": {"channelName": "NON_AMAZON"}},
        {"orderId": "2", "lastUpdatedTime": "2026-04-01T00:00:00Z", "salesChannel": {"channelName": "AMAZON"}},
    ]}  # fmt: skip
    monkeypatch.setattr(api.Api, "pages", lambda *_: iter([page]))
    found = amazon._orders(Window(datetime(2026, 3, 1), datetime(2026, 4, 20)))
    assert [line[0] for line in found] == ["2"]
