"""The files destination: whoever reads the folder as the manifest says holds exactly the members that we want."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import selvage
from activation import sync
from activation.destination import Audience, Contact, DestinationError, Evidence, Member
from activation.destinations import files
from tests.activation.world import AUDIENCE, World


@dataclass
class Reader:
    """Another company's program: it knows the folder's layout and nothing of ours."""

    folder: Path
    done: int = 0
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "manifest.json").read_text()))

    def table(self, about: dict[str, Any]) -> list[dict[str, Any]]:
        path = self.folder / about["name"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == about["sha256"]
        if path.suffix == ".parquet":
            rows = pq.read_table(path).to_pylist()
        else:
            with path.open(newline="") as file:
                rows = [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]
        assert len(rows) == about["rows"]
        return rows

    def read(self, take_away: bool = False) -> dict[str, str]:
        """E-mail -> last product, after everything that is new."""
        manifest = self.manifest()
        if manifest["mode"] == "state":
            (about,) = manifest["files"]
            self.rows = {row["customer_id"]: row for row in self.table(about)}
        for about in manifest["files"] if manifest["mode"] == "changes" else ():
            if about["sequence"] > self.done:
                for row in self.table(about):
                    self.rows.pop(row["customer_id"], None)
                    if about["action"] != "remove":
                        self.rows[row["customer_id"]] = row
                self.done = about["sequence"]
            if take_away:
                (self.folder / about["name"]).unlink()
        assert len({row["email"] for row in self.rows.values()}) == len(self.rows)
        return {row["email"]: row["last_product_sku"] for row in self.rows.values()}


@pytest.fixture
def drop(world: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FILES_PATH", str(world.home / "drop"))
    world.destinations = ("files",)
    return world.home / "drop" / AUDIENCE


@pytest.fixture(
    params=[("changes", "csv"), ("changes", "parquet"), ("state", "csv"), ("state", "parquet")], ids="-".join
)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("FILES_MODE", request.param[0])
    monkeypatch.setenv("FILES_FORMAT", request.param[1])
    monkeypatch.setattr(files, "BATCH_SIZE", {"add": 10, "update": 10, "remove": 10})
    return tuple(request.param)


def run(**options: Any) -> sync.SyncResult:
    return sync.apply(sync.plan(AUDIENCE, "files", **options))


def connection(channel: str = "email") -> files.Connection:
    return files.connect(selvage.vendor("files", files.SETTINGS), Audience("some", "", "marketing", channel, "files"))


def forget(_job_id: str) -> None: ...


def test_random_days_end_in_what_is_wanted(world: World, drop: Path, kind: tuple[str, str]) -> None:
    choice, reader = random.Random(7), Reader(drop)
    for day in range(3):
        world.people(sorted(choice.sample(range(60), 35)), product=f"SKU-{day % 2}")
        for customer in choice.sample(sorted(world.members), 4):
            world.contacts[customer] = (f"other-{choice.randrange(10)}@example.com", None)
        world.suppressed = dict.fromkeys(choice.sample(sorted(world.members), 3), "consent_denied")
        world.publish()
        run()
        assert reader.read(take_away=kind[0] == "changes" and day % 2 == 0) == world.wanted()
        before = sorted(path.name for path in drop.iterdir())
        world.publish()
        assert run().sent == 0
        assert sorted(path.name for path in drop.iterdir()) == before
    if kind[0] == "state":
        assert len(list(drop.glob("members-*"))) == 2  # today's, and yesterday's for who still reads it


def test_a_killed_run_drops_nothing_by_half(
    world: World, drop: Path, kind: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies before each of its renames in turn, those of the engine included; a reader looks in after each death."""
    replace, reader, deaths = os.replace, Reader(drop), 0
    world.people(range(25))
    world.publish()
    run()
    assert reader.read() == world.wanted()
    for at in (2, 4, 9):
        world.people(range(at, 25 + at), product=f"SKU-{at}")
        world.contacts[f"c_{at + 5:04d}"] = (f"moved-{at}@example.com", None)
        world.publish()
        count = 0

        def dying(source: str, target: str, at: int = at) -> None:
            nonlocal count
            count += 1
            if count == at:
                raise KeyboardInterrupt
            replace(source, target)

        monkeypatch.setattr("activation.ledger.os.replace", dying)
        with pytest.raises(KeyboardInterrupt):
            run()
        deaths += 1
        monkeypatch.setattr("activation.ledger.os.replace", replace)
        assert len(reader.read()) >= 15
        if at != 4:  # a run that dies twice in a row
            run()
            assert reader.read() == world.wanted()
    assert deaths == 3
    assert not list(drop.glob(".*"))
    known = {one["name"] for one in reader.manifest()["files"]}
    assert {path.name for path in drop.glob("changes-*")} <= known


def test_a_row_says_all_there_is(drop: Path) -> None:
    evidence = Evidence("consent-1", "2026-01", datetime(2026, 5, 1))  # noqa: DTZ001  (naive UTC, as in every table)
    contact = Contact(
        email=" Ana.Lima@Example.com", phone="(212) 555-0100", given_name='Ana "A", B\nC', country_code="usa"
    )
    properties = {"amount": Decimal("12.5000"), "is_new": True, "none": None, "empty": "", "email": "mine"}
    made = connection("ads")
    files.add(made, [Member("c_1", contact, properties, evidence=evidence)], forget)
    reader = Reader(made.folder)
    (about,) = reader.manifest()["files"]
    with (made.folder / about["name"]).open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "customer_id": "c_1", "email": "ana.lima@example.com", "phone": "+12125550100", "given_name": 'Ana "A", B\nC',
        "family_name": "", "city": "", "region_code": "", "postal_code": "", "country_code": "US",
        "consent_evidence_id": "consent-1", "consent_policy_version": "2026-01", "consent_as_of": "2026-05-01T00:00:00Z",
        "amount": "12.5000", "is_new": "true", "none": "", "empty": "", "property_email": "mine",
    }  # fmt: skip
    assert (made.folder / about["name"]).stat().st_mode & 0o777 == 0o600
    read = files._read(made.folder / about["name"]).to_pylist()[0]
    assert (read["none"], read["empty"]) == (None, "")


def test_parquet_keeps_types_and_amounts_to_the_last_digit(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILES_FORMAT", "parquet")
    monkeypatch.setenv("FILES_MODE", "state")
    made, contact = connection(), Contact(email="a@example.com")
    files.add(made, [Member("c_1", contact, {"amount": None, "orders": 3})], forget)
    files.add(made, [Member("c_2", contact, {"amount": Decimal("99999999999999.9999"), "orders": None})], forget)
    table = pq.read_table(next(iter(made.folder.glob("members-*2.parquet"))))
    assert table["amount"].to_pylist() == [None, Decimal("99999999999999.9999")]
    assert str(table.schema.field("amount").type) == "decimal128(38, 6)"
    assert table["orders"].to_pylist() == [3, None]
    files.update(made, [Member("c_2", contact, {"amount": "much", "orders": 1})], forget)
    reader = Reader(made.folder)
    assert [row["amount"] for row in reader.table(reader.manifest()["files"][0])] == [None, "much"]


def test_only_the_channels_contact_points_leave(world: World, drop: Path) -> None:
    world.people([1])
    world.contacts["c_0001"] = ("c_0001@example.com", "+12125550101")
    world.publish()
    run()
    assert "2125550101" not in "".join(path.read_text() for path in drop.glob("changes-*"))


def test_who_has_no_usable_address_is_rejected_and_comes_back(world: World, drop: Path) -> None:
    world.people([1, 2])
    world.contacts["c_0002"] = ("nobody", None)
    world.publish()
    result = run()
    assert (result.accepted, result.rejected_reasons) == (1, {"no usable email": 1})
    assert set(Reader(drop).read()) == {"c_0001@example.com"}
    assert sync.plan(AUDIENCE, "files").actions["customer_id"].to_pylist() == ["c_0002"]


def test_a_removal_tells_no_address(world: World, drop: Path) -> None:
    world.people(range(3))
    world.publish()
    run()
    world.people(range(2))
    world.suppressed = {"c_0001": "unsubscribed"}
    world.publish()
    run()
    about = Reader(drop).manifest()["files"][-1]
    assert about["action"] == "remove"
    assert Reader(drop).table(about) == [
        {"customer_id": "c_0001", "reason": "suppressed:unsubscribed"},
        {"customer_id": "c_0002", "reason": "left"},
    ]
    (row,) = [row for row in world.ledger_rows("files") if row["customer_id"] == "c_0002" and row["action"] == "remove"]
    assert row["request_id"] == about["name"]


@pytest.mark.parametrize(("variable", "value"), [("FILES_MODE", "both"), ("FILES_FORMAT", "xlsx")])
def test_a_wrong_setting_is_named(
    world: World, drop: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    world.people([1])
    world.publish()
    with pytest.raises(DestinationError, match=f"{variable} is '{value}'"):
        run()
    assert not drop.exists()


def test_what_was_taken_away_is_told_and_a_resend_heals_it(
    world: World, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES_MODE", "state")
    world.people(range(4))
    world.publish()
    run()
    for number, spoil in enumerate(("members", "manifest", "mode")):
        if spoil == "mode":
            monkeypatch.setenv("FILES_MODE", "changes")
        elif number:
            world.people(range(5), product=f"SKU-{number}")
            world.publish()
            run()
            (drop / "manifest.json").unlink()
        else:
            next(iter(drop.glob("members-*"))).unlink()
        world.people(range(4), product=f"SKU-{spoil}")
        world.publish()
        with pytest.raises(DestinationError, match=r"plan (with )?--resend"):
            run()
        for path in drop.iterdir():
            path.unlink()
        run(resend=True)
        assert Reader(drop).read() == world.wanted()


def test_a_folder_that_cannot_be_written_ends_in_words(world: World, drop: Path) -> None:
    drop.parent.write_text("a file where a folder should be")
    world.people([1])
    world.publish()
    with pytest.raises(DestinationError, match=r"Not a directory|File exists"):
        run()
    assert world.ledger_rows("files") == []
