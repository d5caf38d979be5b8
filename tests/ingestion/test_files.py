"""Dropped files: what lands, what is put aside, what happens when a file comes again."""

from __future__ import annotations

import gzip
import json
import os
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import pipeline
from ingestion.sources.files import table_name
from tests.ingestion.conftest import land

GOOD = [f"{number},0{1000 + number},{number}.50,2026-01-{number:02d},true,Name {number}" for number in range(1, 21)]
HEADER = "Customer ID,Zip,Amount Paid,Since,Active,Name"


def drop(home, name: str, content: str | bytes) -> Path:
    path = home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_names_of_tables() -> None:
    assert table_name(Path("crm/Customer List.csv.gz")) == "crm__customer_list"
    assert table_name(Path("Loyalty Cards/points/part-0.parquet")) == "loyalty_cards__points"


def test_csv_gets_types_and_money_is_no_float(home, rows) -> None:
    drop(home, "crm/people.csv", "\n".join([HEADER, *GOOD]))
    assert land("files") == {"crm__people": 20}
    types = dict(rows("select column_name, column_type from (describe raw_files.crm__people)"))
    assert types["customer_id"] == "BIGINT"
    assert types["zip"] == "VARCHAR"  # a leading zero is no number
    assert types["amount_paid"].startswith("DECIMAL")
    assert types["since"] == "DATE"
    assert types["active"] == "BOOLEAN"
    first = rows("select customer_id, zip, amount_paid, name, _source_file, _row_number from raw_files.crm__people")
    assert min(first) == (1, "01001", Decimal("1.5"), "Name 1", "crm/people.csv", 1)
    assert rows("select count(distinct _dlt_load_id) from raw_files.crm__people") == [(1,)]


def test_bad_rows_are_put_aside_with_file_row_and_field(home, rows) -> None:
    bad = [
        "21,02021,x9,2026-01-21,true,Cid",
        "22,02022,9.5,2026-13-40,true,Dan",
        "23,02023,9.5,2026-01-23,true,E,extra",
    ]
    drop(home, "crm/people.csv", "\n".join([HEADER, *GOOD[:10], *bad, *GOOD[10:]]))
    landed = pipeline.land("files")
    assert landed.rows == {"crm__people": 20, "_quarantine": 3}
    assert any("crm/people.csv: 3 rows" in note for note in landed.notes)
    aside = rows("select row_number, field, reason from raw_files._quarantine order by row_number")
    assert [(number, field) for number, field, _ in aside] == [(11, "amount_paid"), (12, "since"), (13, "row")]
    kept = rows("select row from raw_files._quarantine where row_number = 11")[0][0]
    assert json.loads(kept) == dict(zip(HEADER.split(","), bad[0].split(","), strict=True))
    # the rows behind the one that could not be split keep their place in the file
    assert rows("select _row_number from raw_files.crm__people where customer_id = 20") == [(23,)]


def test_json_lines_gzip_nested_and_malformed(home, rows) -> None:
    lines = [json.dumps({"orderId": f"A{i}", "total": 10.25 * i, "items": [{"sku": "x"}]}) for i in range(1, 21)]
    lines[4] = '{"orderId": "A5", "total": '
    lines[7] = json.dumps({"orderId": "A8", "total": "much", "items": []})
    drop(home, "pos/tickets/part-1.jsonl.gz", gzip.compress("\n".join(lines).encode()))
    assert land("files") == {"pos__tickets": 18, "_quarantine": 2}
    assert rows("select row_number, field from raw_files._quarantine order by row_number") == [(5, "row"), (8, "total")]
    assert rows("select total, items from raw_files.pos__tickets where order_id = 'A3'") == [
        (Decimal("30.75"), '[{"sku":"x"}]')
    ]


def test_a_file_that_lies_is_named_and_does_not_stop_the_others(home, rows) -> None:
    drop(home, "crm/people.csv", "\n".join([HEADER, *GOOD]))
    drop(home, "crm/liar.parquet", "no parquet at all, but long enough to be looked at")
    drop(home, "crm/packed.csv.gz", "not,packed\n1,2\n")
    drop(home, "crm/cut.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000)[:-20])
    sheet = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1]}), sheet)
    drop(home, "crm/sheet.csv", sheet.getvalue().to_pybytes())
    landed = pipeline.land("files")
    assert landed.rows["crm__people"] == 20
    named = dict(rows("select source_file, reason from raw_files._quarantine where row_number is null"))
    assert set(named) == {"crm/liar.parquet", "crm/packed.csv.gz", "crm/cut.jsonl.gz", "crm/sheet.csv"}
    assert all(str(home.landing) not in reason for reason in named.values())
    assert sum("could not be read" in note for note in landed.notes) == 4
    assert land("files") == {}


def test_unchanged_files_are_not_read_again_and_changed_ones_replace_their_rows(home, rows) -> None:
    path = drop(home, "crm/people.csv", "\n".join([HEADER, *GOOD, "21,02021,x9,2026-01-21,true,Cid"]))
    drop(home, "crm/people/more.csv", f"{HEADER}\n99,09999,1.00,2026-01-01,true,Zoe")
    assert land("files") == {"crm__people": 21, "_quarantine": 1}
    assert land("files") == {}
    path.write_text("\n".join([HEADER, *GOOD[:5]]))
    os.utime(path, ns=(1, 1))
    assert land("files")["crm__people"] == 5
    assert rows("select count(*), count(*) filter (_source_file = 'crm/people.csv') from raw_files.crm__people") == [
        (6, 5)
    ]
    assert rows("select count(*) from raw_files._quarantine") == [(0,)]  # mended


def test_a_table_keeps_its_types(home, rows) -> None:
    drop(home, "crm/a/one.csv", "id,n\n" + "\n".join(f"{i},{i}" for i in range(20)))
    land("files")
    drop(home, "crm/a/two.csv", "id,n,new\n100,7,hello\n101,1.5,hello\n")
    assert land("files") == {"crm__a": 1, "_quarantine": 1}
    assert rows("select n, new from raw_files.crm__a where id = 100") == [(7, "hello")]
    assert rows("select field from raw_files._quarantine") == [("n",)]  # a cast would have made 1.5 a 2


def test_parquet_keeps_its_own_types(home, rows) -> None:
    path = home.landing / "crm" / "cards.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"Card No": ["1", "2"], "paid": [Decimal("1.10"), None], "tags": [["a"], []]}), path)
    land("files")
    assert rows("select card_no, paid, tags, _row_number from raw_files.crm__cards order by card_no") == [
        ("1", Decimal("1.10"), '["a"]', 1),
        ("2", None, "[]", 2),
    ]
