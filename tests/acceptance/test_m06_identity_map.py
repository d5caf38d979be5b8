"""M06: every raw customer record maps to exactly one customer; no customer spans two values of an identifier whose limit is 1."""

import csv

from tests.conftest import ROOT, Walk


def test_each_record_has_exactly_one_customer(first: Walk):
    with first.warehouse() as con:
        raw = con.sql(
            "select 'shopify:' || id from raw_shopify.customers "
            "union select 'shopify:order-' || id from raw_shopify.orders where customer_id is null "
            "union select 'klaviyo:' || id from raw_klaviyo.profiles"
        ).fetchall()
        mapped = con.sql(
            "select record_key, count(*), count(distinct customer_id) from intermediate.int_identity__record_customers group by 1"
        ).fetchall()
    counts = {record: (rows, customers) for record, rows, customers in mapped}
    assert len(raw) > 1000
    assert {record for (record,) in raw} <= set(counts)
    assert set(counts.values()) == {(1, 1)}


def test_no_customer_spans_two_values_of_a_limited_identifier(first: Walk):
    with (ROOT / "dbt_project" / "seeds" / "identity" / "identity_rules.csv").open() as file:
        limited = {
            row["identifier_type"]: int(row["max_values_per_customer"])
            for row in csv.DictReader(file)
            if row["max_values_per_customer"]
        }
    assert limited, "no identifier has a limit: the rule is gone"
    with first.marts() as con:
        for identifier_type, limit in limited.items():
            over = con.execute(
                "select customer_id, count(distinct identifier_hash) from bridge_customer_identifiers "
                "where identifier_type = ? and is_accepted group by 1 having count(distinct identifier_hash) > ?",
                [identifier_type, limit],
            ).fetchall()
            assert not over, f"{len(over)} customers carry more than {limit} values of {identifier_type}"
