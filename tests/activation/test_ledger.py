"""The ledger: whole files or none, readers all along, folding that loses and doubles nothing, time that never turns."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activation import ledger as ledger_module
from activation.ledger import SCHEMA, Ledger, initialise
from activation.lock import DestinationBusy, destination_lock
from activation.state import read_state

BEFORE_ANSWER = pa.schema([field for field in SCHEMA if field.name != "recorded_at"])


def batch(number: int, customers: list[str], **values: str) -> pa.Table:
    known = {"destination": "shelf", "audience": "a", "action": "add", "fingerprint": "i-c", "status": "acknowledged"}
    columns = {**known, **values, "batch_id": f"batch-{number:04d}"}
    return pa.table(
        {
            field.name: pa.array(
                customers if field.name == "customer_id" else [columns.get(str(field.name))] * len(customers),
                field.type,
            )
            for field in BEFORE_ANSWER
        }
    )


def read(folder: Path) -> list[tuple[str, str]]:
    """What dbt reads: every file of every destination."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"select distinct batch_id, customer_id from read_parquet('{folder}/*/*.parquet') order by all nulls last"
        ).fetchall()


def test_readers_find_columns_before_the_first_sync(tmp_path: Path) -> None:
    path = initialise(tmp_path)
    assert pq.read_schema(path).equals(SCHEMA)
    assert read(tmp_path) == []
    before = path.stat().st_mtime_ns
    assert initialise(tmp_path) == path
    assert path.stat().st_mtime_ns == before


def test_a_file_cut_before_its_rename_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path, "shelf")
    ledger.record(batch(1, ["c_1"]))

    def cut(source: str, target: str) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr("activation.ledger.os.replace", cut)
        with pytest.raises(InterruptedError):
            ledger.record(batch(2, ["c_2"]))
    assert list(ledger.folder.glob(".*.partial"))
    assert read(tmp_path) == [("batch-0001", "c_1")]
    ledger.tidy()
    assert not list(ledger.folder.glob(".*.partial"))


def test_recording_a_batch_again_replaces_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "shelf")
    for _ in range(2):
        ledger.record(batch(1, ["c_1", "c_2"]))
    assert len(ledger.files()) == 1
    assert len(read(tmp_path)) == 2


def test_files_are_private_and_typed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "shelf")
    ledger.record(batch(1, ["c_1"]))
    (path,) = ledger.files()
    assert path.stat().st_mode & 0o777 == 0o600
    assert pq.read_schema(path).equals(SCHEMA)


def test_time_goes_on_when_the_clock_is_set_back(tmp_path: Path) -> None:
    Ledger(tmp_path, "shelf").record(batch(1, ["c_1"]))
    ahead = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=300)
    table = pq.read_table(Ledger(tmp_path, "shelf").files()[0])
    index = table.schema.get_field_index("recorded_at")
    ledger_module.write_file(
        tmp_path / "shelf" / "batch-0001.parquet",
        table.set_column(index, SCHEMA.field("recorded_at"), pa.array([ahead], pa.timestamp("us"))),
    )
    later = Ledger(tmp_path, "shelf").record(batch(2, ["c_1"], action="remove"))
    assert later["recorded_at"][0].as_py() > ahead
    with duckdb.connect() as connection:
        read_state(connection, Ledger(tmp_path, "shelf"), "a")
        assert connection.execute("select is_member from state").fetchall() == [(False,)]


def test_a_reader_never_fails_while_batches_and_folds_are_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "shelf")
    counts: list[int] = []
    errors: list[Exception] = []
    done = threading.Event()

    def reader() -> None:
        while not done.is_set():
            try:
                counts.append(len(read(tmp_path)))
            except duckdb.Error as error:
                errors.append(error)

    thread = threading.Thread(target=reader)
    thread.start()
    for number in range(60):
        ledger.record(batch(number, [f"c_{number}"]))
        if number % 20 == 19:
            ledger.tidy(fold_files=10)
    done.set()
    thread.join()
    assert errors == []
    assert counts == sorted(counts)
    assert len(counts) > 2
    assert len(read(tmp_path)) == 60


@pytest.mark.parametrize("point", ["before", "after"])
def test_folding_killed_at_its_rename_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    ledger = Ledger(tmp_path, "shelf")
    for number in range(12):
        ledger.record(batch(number, [f"c_{number}"]))
    replace = os.replace

    def dying(source: str, target: str) -> None:
        if point == "after":
            replace(source, target)
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr("activation.ledger.os.replace", dying)
        with pytest.raises(InterruptedError):
            ledger.tidy(fold_files=10)
    rows = read(tmp_path)
    assert len(rows) == 12
    with duckdb.connect() as connection:
        assert len(ledger.rows(connection).fetchall()) == 12  # a row that stands in two files is read once
    ledger.tidy(fold_files=10)
    ledger.tidy(fold_files=10, grace_seconds=0)
    assert len(ledger.files()) == 1
    assert read(tmp_path) == rows


def test_old_files_stay_for_the_grace_time(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "shelf")
    for number in range(12):
        ledger.record(batch(number, [f"c_{number}"]))
    ledger.tidy(fold_files=10)
    ledger.tidy(fold_files=10)
    assert len(ledger.files()) == 13
    ledger.tidy(fold_files=10, grace_seconds=0)
    assert len(ledger.files()) == 1


def test_state_is_the_latest_acknowledged_word(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "shelf")
    ledger.record(batch(1, ["in", "out", "refused", "elsewhere"]))
    ledger.record(batch(2, ["out"], action="remove"))
    ledger.record(batch(3, ["refused"], action="update", fingerprint="i-d", status="rejected", reason="no"))
    ledger.record(batch(4, ["elsewhere"], action="remove", audience="b"))
    ledger.record(batch(5, ["counted"], status="accepted_unverified"))
    with duckdb.connect() as connection:
        read_state(connection, ledger, "a")
        members = connection.execute(
            "select customer_id, fingerprint, rejections from state where is_member order by customer_id nulls last"
        ).fetchall()
    assert members == [("counted", "i-c", 0), ("elsewhere", "i-c", 0), ("in", "i-c", 0), ("refused", "i-c", 1)]


def test_two_syncs_of_one_destination_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "sync-shelf.lock"
    with (
        destination_lock(path, "applying one"),
        pytest.raises(DestinationBusy, match="applying one"),
        destination_lock(path, "applying two", timeout_seconds=0.1),
    ):
        pass
    with destination_lock(path, "applying two", timeout_seconds=0.1):
        pass
