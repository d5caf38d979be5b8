"""The product's own models of orders and stock, run by dbt on TPC-DS in a copy of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from benchmarks.marts.tpcds import SHAPES
from benchmarks.project import Project, Run

MARTS = (
    "fct_orders",
    "fct_order_lines",
    "fct_order_adjustments",
    "fct_payments",
    "fct_refunds",
    "fct_returns",
    "fct_fulfilments",
    "fct_order_reconciliation",
    "fct_daily_sales",
    "fct_inventory_levels",
)


class Product(Project):
    """The chain from the shapes to ``MARTS``; who a record's customer is, is given."""

    def __init__(self, folder: Path, rows: Path) -> None:
        given = f"select record_key, customer_id from read_parquet('{rows}/customers/*.parquet')\n"
        super().__init__(folder, rows, SHAPES, {"int_identity__record_customers": given})

    def run(self) -> Run:
        return self.dbt("run", "--select", *(f"+{mart}" for mart in MARTS))


BY_CHANNEL = {
    "orders": """
        select channel, count(*), sum(line_count), sum(quantity), sum(gross_amount - discount_amount), sum(tax_amount),
            sum(shipping_amount), sum(total_amount), sum(refunded_line_amount), sum(net_sales_amount),
            sum(refunded_amount), sum(net_payment_amount), sum(margin_amount)
        from {}orders group by all order by all
    """,
    "order_lines": """
        select channel, count(*), sum(lines.quantity), sum(lines.gross_amount - lines.discount_amount),
            sum(lines.net_sales_amount), sum(lines.margin_amount)
        from {0}order_lines as lines inner join {0}orders using (order_key) group by all order by all
    """,
    "order_adjustments": """
        select channel, adjustment_type, count(*), sum(adjustment_amount) from {}order_adjustments
        group by all order by all
    """,
    "refunds": "select channel, count(*), sum(total_amount) from {}refunds group by all order by all",
    "returns": "select channel, count(*), sum(quantity), sum(line_amount) from {}returns group by all order by all",
    "payments": "select channel, count(*), sum(payment_amount) from {}payments group by all order by all",
    "fulfilments": "select channel, count(*), sum(quantity) from {}fulfilments group by all order by all",
    "daily_sales": """
        select channel, sum(net_sales_amount), sum(returned_by_refund_date_amount) from {}daily_sales
        group by all order by all
    """,
    "inventory_levels": """
        select location_key, count(*), sum(on_hand_quantity), sum(available_quantity) from {}inventory_levels
        group by all order by all
    """,
}
"""Mart -> its figures by channel (stock: by place); in braces what stands before the name of a table."""


def totals(warehouse: Path, before: str) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return {name: con.sql(query.format(before)).fetchall() for name, query in BY_CHANNEL.items()}
