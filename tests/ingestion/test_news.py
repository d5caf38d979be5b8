"""What of a page is news: nothing that differs in its time of change alone, least of all what activation itself wrote."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import orjson
import pytest

import selvage
from activation.client import Client
from activation.destination import Audience, Contact, Member
from activation.destinations import klaviyo, shopify, zendesk
from ingestion.news import news
from ingestion.position import Position
from ingestion.tables import Line, page_of
from ingestion.zendesk.tables import USER_IDENTITIES, USERS
from sandbox.server import Running
from tests.ingestion.conftest import land

TABLES = (USERS, USER_IDENTITIES)
LATER = cast(Position, SimpleNamespace(goes_on=True))
FIRST = cast(Position, SimpleNamespace(goes_on=False))


def user(key: int, at: int = 1, *identities: dict[str, Any], **more: Any) -> Line:
    told = {"id": key, "name": "Ann", "email": None, "updated_at": f"2026-05-0{at}T00:00:00Z", "identities": identities}
    return str(key), None, 1, "users", orjson.dumps({**told, **more}).decode()


def identity(key: int, value: str = "a@example.com") -> dict[str, Any]:
    return {"id": key, "type": "email", "value": value, "verified": True, "created_at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def landed(home: selvage.Settings) -> Callable[..., None]:
    """Put lines into the raw tables of this home, as a load does."""

    def put(*lines: Line) -> None:
        home.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(home.warehouse)) as warehouse:
            warehouse.execute("create schema if not exists raw_zendesk")
            for table in TABLES:
                rows = table.reader()(page_of(lines))
                warehouse.register("rows", rows)
                warehouse.execute(f"create or replace table raw_zendesk.{table.name} as select * from rows")

    return put


def kept(*lines: Line) -> list[str]:
    """The lines that are news."""
    return list(news(LATER, "zendesk", TABLES, page_of(lines))["gid"].to_pylist())


def test_a_time_of_change_alone_is_no_news(landed: Callable[..., None]) -> None:
    landed(user(1, 1, identity(10)), user(2, 1, identity(20)), user(3, 1, identity(30)), user(4, 1, identity(40)))
    assert kept(user(1, 2, identity(10)), user(2, 2, identity(20), name="Bea"), user(5, 2)) == ["2", "5"]
    assert kept(user(3, 2, identity(30), user_fields={"of": "ours"}), user(4, 2, identity(40), email="")) == ["4"]


def test_a_user_is_judged_with_its_identities(landed: Callable[..., None]) -> None:
    """One that changed, came or went is news of the whole user: all its rows must bear one time."""
    landed(user(1, 1, identity(10), identity(11)), user(2, 1, identity(20)), user(3, 1, identity(30)))
    gone, more = user(1, 2, identity(10)), user(2, 2, identity(20), identity(21))
    assert kept(gone, more, user(3, 2, identity(30, "b@example.com"))) == ["1", "2", "3"]


def test_of_two_versions_in_one_page_both_stay_if_one_is_news(landed: Callable[..., None]) -> None:
    landed(user(1, 1, identity(10)))
    assert kept(user(1, 2, identity(10), name="Bea"), user(1, 3, identity(10))) == ["1", "1"]


def test_first_readings_backfills_and_other_kinds_are_not_judged(landed: Callable[..., None]) -> None:
    landed(user(1, 1, identity(10)))
    page = page_of([user(1, 2, identity(10)), ("7", None, 1, "tickets", "{}")])
    assert news(FIRST, "zendesk", TABLES, page) is page
    assert news(LATER, "zendesk", TABLES, page)["gid"].to_pylist() == ["7"]


def test_what_is_not_there_is_news(home: selvage.Settings, landed: Callable[..., None]) -> None:
    line = user(1, 2, identity(10))
    assert kept(line) == ["1"]  # no warehouse yet
    landed(line)
    assert kept(line) == []
    for statement in ("delete from raw_zendesk.user_identities", "alter table raw_zendesk.users drop column identity_ids"):
        with duckdb.connect(str(home.warehouse)) as warehouse:
            warehouse.execute(statement)
        assert kept(line) == ["1"]
        landed(line)


def test_what_activation_writes_does_not_come_back(
    moving_shop: Running, home: selvage.Settings, rows: Callable[[str], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(moving_shop.port))
    monkeypatch.setattr(zendesk, "FIRST_POLL_SECONDS", 0.01)
    for module in (shopify, zendesk, klaviyo):
        monkeypatch.setattr(module, "Client", functools.partial(Client, sleep=lambda _: None))
    vendors = {"shopify": "customers", "zendesk": "users", "klaviyo": "profiles"}
    for vendor in vendors:
        land(vendor)

    def state() -> dict[str, list[Any]]:
        return {vendor: rows(f"from raw_{vendor}.{table} order by id") for vendor, table in vendors.items()}

    def told(vendor: str, module: Any, contacts: list[Contact], use: tuple[str, str]) -> None:
        members = [Member(f"c{place}", one, {"rfm_segment": "loyal"}) for place, one in enumerate(contacts)]
        connection = module.connect(selvage.vendor(vendor, module.SETTINGS), Audience("echo", "", *use, vendor))
        outcomes = module.add(connection, members, lambda _: None)
        assert {one.status for one in outcomes} == {"acknowledged"}

    shop = [Contact(shopify_ids=key) for (key,) in rows("select id from raw_shopify.customers order by id limit 60")]
    desk = [Contact(zendesk_ids=key) for (key,) in rows("select id from raw_zendesk.users order by id limit 60")]
    found = rows("select min(email) from raw_klaviyo.profiles where email like '%@%' group by lower(email) limit 60")
    told("shopify", shopify, shop, ("service", "shop"))
    told("zendesk", zendesk, desk, ("service", "support"))
    told("klaviyo", klaviyo, [Contact(email=key) for (key,) in found], ("marketing", "email"))
    before = state()
    for vendor in vendors:
        assert land(vendor) == {}
    assert state() == before

    at = moving_shop.now.replace(tzinfo=None)
    moving_shop.advance(days=1)
    for vendor, table in vendors.items():
        count = len(before[vendor])
        assert land(vendor).get(table, 0) < count / 4, "only who really changed"
        stamp = "updated" if vendor == "klaviyo" else "updated_at"
        assert rows(f"select count(*) from raw_{vendor}.{table} where {stamp} = '{at}'") == [(0,)]
    assert rows("select count(*) from raw_shopify.customers where tags like '%selvage%'") == [(0,)]
    assert rows("select count(*) from raw_klaviyo.profiles where properties like '%selvage\\_%' escape '\\'") == [(0,)]
