"""The bank's table of rates: new and revised days land, others do not, and what is no table lands nothing."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from requests import Response

import selvage
from ingestion import pipeline
from ingestion.sources import exchange_rates
from ingestion.window import Window
from sandbox.server import Running
from tests.ingestion.conftest import land

Rows = Callable[[str], list[tuple[Any, ...]]]
TABLE = "Date,USD,JPY,\n2026-05-04,1.0901,N/A,\n2026-04-30,1.0876,162.35,\n"


@pytest.fixture
def bank(home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the address answers: the last of these."""
    answers = [TABLE.encode()]

    class Client:
        def get(self, _: str) -> Response:
            response = Response()
            response.status_code, response._content = 200, answers[-1]
            response.headers["Date"] = "Mon, 04 May 2026 16:00:00 GMT"
            return response

    monkeypatch.setattr(exchange_rates, "rest_client", lambda *_: Client())
    return answers


def test_the_sandboxes_table_is_landed_as_decimals(shop: Running, rows: Rows) -> None:
    landed = land("exchange_rates")["rates"]
    days, weekends, currencies = rows(
        "select count(distinct rate_date), count(*) filter (where isodow(rate_date::date) > 5), "
        "count(distinct currency_code) from raw_exchange_rates.rates"
    )[0]
    assert (weekends, currencies) == (0, 4)
    assert landed > 3 * days
    (rate,) = rows("select rate from raw_exchange_rates.rates where currency_code = 'USD' limit 1")[0]
    assert isinstance(rate, Decimal)
    assert Decimal("1.0") < rate < Decimal("1.2")
    assert land("exchange_rates") == {}


def test_a_revised_day_replaces_the_former(bank: list[bytes], rows: Rows) -> None:
    assert land("exchange_rates") == {"rates": 3}
    bank.append(b"Date,USD,JPY,\n2026-05-05,1.0911,162.4,\n2026-05-04,1.0901,N/A,\n2026-04-30,1.0877,N/A,\n")
    assert land("exchange_rates") == {"rates": 3}
    found = rows("select rate_date, currency_code, rate from raw_exchange_rates.rates order by all")
    assert found == [
        ("2026-04-30", "USD", Decimal("1.087700")),
        ("2026-05-04", "USD", Decimal("1.090100")),
        ("2026-05-05", "JPY", Decimal("162.400000")),
        ("2026-05-05", "USD", Decimal("1.091100")),
    ]


def test_a_packed_table_is_read_too_and_a_window_lands_its_days(bank: list[bytes], rows: Rows) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("eurofxref-hist.csv", TABLE)
    bank.append(packed.getvalue())
    assert land("exchange_rates", window=Window(datetime(2026, 5, 1), datetime(2026, 5, 5))) == {"rates": 1}
    assert land("exchange_rates") == {"rates": 3}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("<html>", "EXCHANGE_RATES_URL answers does not begin with the column Date"),
        ("Date,USD,\n2026-05-04,much,\n", "row 2, USD: not a rate"),
        ("Date,USD,\n2026-05-04,-1,\n", "row 2, USD: not a rate"),
        ("Date,USD,\nyesterday,1.1,\n", "row 2, Date: not a day"),
    ],
)
def test_what_is_no_table_lands_nothing(bank: list[bytes], table: str, words: str) -> None:
    bank.append(table.encode())
    with pytest.raises(pipeline.SourceFailed, match=words):
        pipeline.land("exchange_rates")
