"""HubSpot's contacts against the sandbox: who is landed, who goes, who comes back, and that our own writing is no news."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage
from activation.destination import Audience, Contact, Member
from activation.destinations import hubspot as destination
from ingestion import pipeline
from ingestion.hubspot import api
from ingestion.window import Window
from sandbox.server import Running, running
from tests.ingestion.conftest import DAYS, PEOPLE, land
from tests.sandbox.conftest import Answer, request

Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def crm(small_shop: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of the same world with a clock and contacts of its own."""
    home = tmp_path_factory.mktemp("crm")
    (home / "vendors").mkdir()
    for name in ("world", "truth"):
        (home / "vendors" / name).symlink_to(small_shop.home / "vendors" / name)
    with running(home, people=PEOPLE, days=DAYS) as server:
        yield server


@pytest.fixture
def shop(crm: Running, home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(crm.port))
    monkeypatch.setattr("ingestion.http.BACKOFF_SECONDS", 0.01)
    return crm


def call(shop: Running, method: str, path: str, body: Any = None) -> Answer:
    headers = {"Authorization": "Bearer pat-na1-sandbox"}
    return request(f"{shop.url}/hubspot/crm/objects/2026-09/contacts{path}", headers, body, method)


def visible(shop: Running, where: str) -> set[str]:
    """Ids of the world's contacts, in their versions of now."""
    file, now = str(shop.world / "hubspot_contacts.parquet"), shop.now.replace(tzinfo=None)
    last = (
        "(select * from read_parquet(?) where updated_at < ? "
        "qualify row_number() over (partition by contact_id order by version desc) = 1)"
    )
    found = duckdb.execute(f"select contact_id::text from {last} where {where}", [file, now]).fetchall()
    return {key for (key,) in found}


def test_first_reading_brings_who_is_there_and_who_is_archived(shop: Running, rows: Rows) -> None:
    land("hubspot")
    assert {key for (key,) in rows("select id from raw_hubspot.contacts where not is_archived")} == visible(
        shop, "not is_gone and not is_archived"
    )
    assert {key for (key,) in rows("select id from raw_hubspot.contacts where is_archived")} == visible(
        shop, "is_archived"
    )
    said = rows(
        "select contact_id from raw_hubspot.subscriptions where purpose = 'Marketing' and status = 'SUBSCRIBED'"
    )
    asked = "subscribed_at is not null and unsubscribed_at is null and not is_gone and not is_archived"
    assert {key for (key,) in said} == visible(shop, asked)
    assert said
    assert rows("select count(*) from raw_hubspot.contacts where is_email_opted_out")[0][0]
    assert land("hubspot") == {}


def test_a_search_of_many_is_walked_by_id(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the ceiling a query begins behind the last id; a page that comes twice brings nobody twice."""
    account = api.account_of(selvage.vendor("hubspot", {**destination.SETTINGS, "customer_id_property": ""}))
    every = [one["id"] for one in api.changed(account, datetime(2020, 1, 1), None)]
    monkeypatch.setattr(api, "SEARCH_ROWS", 7)
    monkeypatch.setattr(api, "CEILING", 21)
    assert [one["id"] for one in api.changed(account, datetime(2020, 1, 1), None)] == every
    monkeypatch.setattr(api, "LIST_ROWS", 10)
    shop.faults("hubspot", "duplicate_page", 1)
    shop.faults("hubspot", "throttle", 2)
    assert list(dict.fromkeys(one["id"] for one in api.listed(account))) == every
    assert len(every) > 40


def test_who_was_merged_while_the_index_lags_is_not_gone(shop: Running, rows: Rows, monkeypatch) -> None:
    land("hubspot")
    shop.advance(days=1.5)
    with monkeypatch.context() as patch:
        patch.setattr(api, "changed", lambda *_: iter(()))
        landed = pipeline.land("hubspot")
    winners = "from raw_hubspot.contacts where merged_ids is not null"
    losers = f"from raw_hubspot.contacts where id in (select merged_ids {winners})"
    assert rows(f"select count(*) > 0, bool_or(is_deleted) is true {losers}") == [(True, False)]
    assert not [note for note in landed.notes if "deleted for good" in note]
    land("hubspot")
    assert {key for (key,) in rows(f"select id {winners}")} == visible(
        shop, "merged_ids is not null and not is_gone and not is_archived"
    )
    assert land("hubspot") == {}


def test_days_bring_changes_merges_and_those_who_are_gone(shop: Running, rows: Rows) -> None:
    land("hubspot")
    before = visible(shop, "not is_gone")
    asked = min(visible(shop, "not is_gone and not is_archived and merged_ids is null and email is not null"))
    call(shop, "POST", "/gdpr-delete", {"objectId": asked})
    shop.advance(days=20)
    landed = pipeline.land("hubspot")
    merged = {key for (key,) in rows("select merged_ids from raw_hubspot.contacts where merged_ids is not null")}
    assert merged
    forgotten = {asked} | (before & visible(shop, "is_gone")) - merged
    assert rows(
        "select id from raw_hubspot.contacts where is_deleted "
        "and coalesce(email, first_name, last_name, phone, mobile_phone, address_line) is null order by id"
    ) == [(key,) for key in sorted(forgotten)]
    assert any("deleted for good" in note for note in landed.notes)
    assert land("hubspot") == {}


def test_who_comes_back_from_the_archive_is_landed(shop: Running, rows: Rows) -> None:
    land("hubspot")
    key, name = rows(
        "select min(id), min_by(first_name, id) from raw_hubspot.contacts where not is_archived and merged_ids is null"
    )[0]
    call(shop, "DELETE", f"/{key}")
    shop.advance(days=0.1)
    land("hubspot")
    asked = f"select is_archived, first_name from raw_hubspot.contacts where id = '{key}'"
    assert rows(asked) == [(True, name)]
    call(shop, "POST", f"/{key}/restore")
    shop.advance(days=0.1)
    land("hubspot")
    assert rows(asked) == [(False, name)]


def test_what_a_sync_writes_is_no_news(shop: Running, rows: Rows) -> None:
    land("hubspot")
    (known,) = rows("select min(email) from raw_hubspot.contacts where not is_archived and made_by <> 'INTEGRATION'")[0]
    audience = Audience("echo", "", "marketing", "email", "hubspot")
    connection = destination.connect(selvage.vendor("hubspot", destination.SETTINGS), audience)
    emails = [known, "e@example.com"]
    members = [Member(f"c_{n}", Contact(email=email), {"tier": "gold"}) for n, email in enumerate(emails)]
    told = destination.add(connection, members, lambda _: None)
    shop.advance(days=0.1)
    assert land("hubspot") == {}
    destination.remove(connection, members, lambda _: None)
    shop.advance(days=0.1)
    assert land("hubspot") == {}
    call(shop, "POST", "/batch/update", {"inputs": [{"id": told[1].remote_id, "properties": {"lastname": "Novak"}}]})
    shop.advance(days=0.1)
    assert land("hubspot")["contacts"] == 1
    assert rows("select last_name from raw_hubspot.contacts where email = 'e@example.com'") == [("Novak",)]


def test_without_the_scope_contacts_land_alone_and_the_run_says_so(shop: Running, monkeypatch) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-na1-contacts")
    landed = pipeline.land("hubspot")
    assert landed.rows["contacts"] > 40
    assert "subscriptions" not in landed.rows
    assert any("may not ask" in note for note in landed.notes)


def test_a_backfill_leaves_the_position(shop: Running, tmp_path: Path) -> None:
    land("hubspot")
    assert land("hubspot", window=Window(datetime(2026, 3, 1), datetime(2026, 3, 29)))["contacts"] > 0
    assert land("hubspot") == {}
