"""M08: between two runs with added data only, no customer id changes except through a row in the merge log."""

from pathlib import Path

import duckdb

from tests.conftest import Walk


def customers_by_record(warehouse: Path) -> dict[str, str]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return dict(
            con.sql("select record_key, customer_id from intermediate.int_identity__record_customers").fetchall()
        )


def test_ids_change_only_through_the_merge_log(second: Walk, next_day: Walk):
    before, after = (customers_by_record(walk.folder / "warehouse.duckdb") for walk in (second, next_day))
    assert set(before) <= set(after), "records vanished"
    assert len(after) > len(before), "the day added no record: nothing was tested"
    with next_day.marts() as con:
        merged = dict(
            con.sql(
                "select from_customer_id, to_customer_id from fct_customer_merges where from_customer_id is not null"
            ).fetchall()
        )
    for record, customer in before.items():
        now = after[record]
        if now != customer:
            assert merged.get(customer) == now, f"{record} moved without a row in the merge log"


def test_ids_stay_without_new_data(first: Walk, rebuilt: Path):
    assert customers_by_record(first.folder / "warehouse.duckdb") == customers_by_record(rebuilt)
