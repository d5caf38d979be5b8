"""No e-mail, phone or full name of the world lies in what is published, logged or left behind by work.

Searched: every text column of the published marts and of their Parquet files, and the bytes of every other file below
the home that is not the warehouse, the activation copy or the landing folder (those are private, mode 0700 and 0600).
"""

from __future__ import annotations

import gzip
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Road, Walk

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<!\d)1?(\d{3}555\d{4})(?!\d)")
NAME = re.compile(r"[A-Z][\w'-]+ [A-Z][\w'-]+")
PRIVATE = ("warehouse.duckdb", "activation.duckdb", "hash.key")


@dataclass
class Known:
    """What must not be found."""

    emails: set[str]
    phones: set[str]
    names: set[str]

    def found_in(self, text: str) -> list[str]:
        """The kinds of personal data in a text, never the data."""
        kinds = []
        if any(match.lower() in self.emails for part in near("@", text) for match in EMAIL.findall(part)):
            kinds.append("e-mail")
        if any(match in self.phones for part in near("555", text) for match in PHONE.findall(part)):
            kinds.append("phone")
        if any(match in self.names for match in NAME.findall(text)):
            kinds.append("name")
        return kinds


def near(mark: str, text: str) -> Iterator[str]:
    """What surrounds each place of a mark; most of what is searched is hashes, in which a pattern tries each character."""
    at = text.find(mark)
    while at >= 0:
        yield text[max(0, at - 100) : at + 100]
        at = text.find(mark, at + 1)


@pytest.fixture(scope="module")
def known(road: Road, next_day: Walk) -> Known:
    with duckdb.connect() as con:

        def column(sql: str) -> set[str]:
            return {str(value) for (value,) in con.sql(sql).fetchall() if value}

        tables = {
            name: f"'{road.sandbox.world}/{name}.parquet'"
            for name in ("shopify_customers", "shopify_orders", "klaviyo_profiles", "web_events")
        }
        people = [f"select email, phone, first_name, last_name from {tables['shopify_customers']}",
                  f"select email, phone, ship_first_name, ship_last_name from {tables['shopify_orders']}",
                  f"select email, phone_number, first_name, last_name from {tables['klaviyo_profiles']}",
                  f"select traits_email, traits_phone, traits_first_name, traits_last_name from {tables['web_events']}"]  # fmt: skip
        everyone = " union ".join(people)
        # People live at example.*; what they type instead of an address (test@test.com) is nobody's.
        emails = column(
            f"select lower(email) from ({everyone}) as people(email, phone, given, family) where email ilike '%@%example.%'"
        )
        phones = column(
            f"select right(regexp_replace(phone, '[^0-9]', '', 'g'), 10) from ({everyone}) as people(email, phone, given, family)"
        )
        names = column(f"select given || ' ' || family from ({everyone}) as people(email, phone, given, family)")
    assert min(len(emails), len(phones), len(names)) > 500
    return Known(emails, phones, names)


def test_the_search_finds_what_is_there(known: Known):
    email, phone, name = (
        next(iter(known.emails)),
        next(p for p in known.phones if p[3:6] == "555"),
        next(n for n in known.names if NAME.fullmatch(n)),
    )
    assert known.found_in(f"x {email.upper()} y +1{phone} z {name}!") == ["e-mail", "phone", "name"]


def test_published_marts_hold_none(known: Known, road: Road, next_day: Walk):
    found = []
    with next_day.marts() as con:
        tables = [
            name
            for (name,) in con.sql("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        ]
        files = {str(path): f"'{path}'" for path in (road.home / "published").rglob("*.parquet")}
        assert len(files) >= len(tables) - 1
        for name, relation in {**{table: table for table in tables}, **files}.items():
            for column, kind, *_ in con.sql(f"describe select * from {relation}").fetchall():
                if kind == "VARCHAR":
                    values = con.sql(
                        f'select distinct "{column}" from {relation} where "{column}" is not null'
                    ).fetchall()
                    kinds = known.found_in("\n".join(value for (value,) in values))
                    found += [f"{Path(name).name}.{column}: {kind}" for kind in kinds]
    assert not found


def test_logs_and_work_folders_hold_none(known: Known, road: Road, next_day: Walk):
    found, searched = [], 0
    for path in sorted(road.home.rglob("*")):
        relative = path.relative_to(road.home)
        if not path.is_file() or relative.parts[0] in (*PRIVATE, "landing", "published"):
            continue
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        if path.suffix == ".parquet":
            with duckdb.connect() as con:
                content = "\n".join(map(str, con.sql(f"select * from '{path}'").fetchall())).encode()
        found += [f"{relative}: {kind}" for kind in known.found_in(content.decode(errors="ignore"))]
        searched += 1
    assert searched > 20
    assert not found


def test_private_files_are_private(road: Road, next_day: Walk):
    assert stat.S_IMODE(road.home.stat().st_mode) == 0o700
    for name in ("activation.duckdb", "hash.key"):
        assert stat.S_IMODE((road.home / name).stat().st_mode) == 0o600, name


def test_nothing_personal_is_printed(known: Known, first: Walk, next_day: Walk):
    assert known.found_in(first.output + next_day.output) == []
