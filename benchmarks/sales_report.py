"""One day of Shopify's sales report beside ours: the same lines, the difference, and its name.

    make report DAY=2026-06-12

"Documents" are the vendor's own orders, lines and refunds as they stood at the sandbox's clock, added up here in
integer cents by the definitions of Shopify's report: sales on the day of the order, returns on the day of the refund,
without test orders, gift cards and the tax that prices contain.
"Ours" are the published marts. The two paths share nothing but the documents.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

import selvage
from sandbox import server

LINES = ("Gross sales", "Discounts", "Returns", "Net sales", "Shipping", "Taxes", "Total sales")


@dataclass(frozen=True)
class Line:
    """One line of the report in cents. ``difference`` is documents minus ours; ``why`` names it when it is not 0."""

    name: str
    documents: int
    ours: int
    why: str = ""

    @property
    def difference(self) -> int:
        return self.documents - self.ours


def documents(world: Path, now: datetime, day: date, zone: str) -> dict[str, int]:
    """The report's lines in cents from the vendor's documents as they stood at ``now``; ``day`` in ``zone``."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for table, key in (("orders", "order_id"), ("order_lines", "line_id")):
            con.execute(
                f"create table {table} as select * from '{world}/shopify_{table}.parquet' "
                f"where updated_at <= timestamp '{now}' "
                f"qualify row_number() over (partition by {key} order by version desc) = 1"
            )
        local = f"cast(timezone('{zone}', timezone('UTC', processed_at)) as date)"
        sold = con.sql(
            f"""
            with day_orders as (select * from orders where not test and {local} = date '{day}')
            select
                coalesce(
                    sum(quantity * unit_price_cents - if(taxes_included, order_lines.tax_cents, 0))
                    filter (not is_gift_card), 0
                ),
                coalesce(sum(discount_cents) filter (not is_gift_card), 0),
                (select coalesce(sum(shipping_cents), 0) from day_orders),
                (select coalesce(sum(tax_cents), 0) from day_orders)
            from order_lines join day_orders using (order_id)
            """
        ).fetchone()
        refunds = con.sql(
            f"""
            with day_refunds as (
                select refunds.*, taxes_included
                from '{world}/shopify_refunds.parquet' as refunds join orders using (order_id)
                where not test and refunds.updated_at <= timestamp '{now}'
                    and cast(timezone('{zone}', timezone('UTC', refunds.processed_at)) as date) = date '{day}'
            )
            select
                coalesce(
                    sum(lines.subtotal_cents - if(taxes_included, lines.tax_cents, 0)) filter (not is_gift_card), 0
                ),
                coalesce(sum(lines.tax_cents), 0),
                (select coalesce(sum(shipping_cents), 0) from day_refunds)
            from '{world}/shopify_refund_lines.parquet' as lines
            join day_refunds using (refund_id)
            join order_lines on order_lines.line_id = lines.line_id
            """
        ).fetchone()
    gross, discounts, shipping, taxes = (int(value) for value in sold or (0, 0, 0, 0))
    returned, returned_tax, returned_shipping = (int(value) for value in refunds or (0, 0, 0))
    return _with_totals(gross, discounts, returned, shipping - returned_shipping, taxes - returned_tax)


def ours(marts: Path, day: date) -> tuple[dict[str, int], dict[str, int]]:
    """The same lines in cents from the marts: returns by refund date (Shopify's way), and by order date."""
    with duckdb.connect(str(marts), read_only=True) as con:
        sold = con.execute(
            "select sum(gross_amount), sum(discount_amount), sum(refunded_line_amount), sum(shipping_amount), "
            "sum(tax_amount) from fct_orders where not is_test and source_system = 'shopify' and order_date = ?",
            [day],
        ).fetchone()
        refunds = (
            "select sum(line_amount), sum(tax_amount), sum(shipping_amount) from fct_refunds "
            "where not is_test and source_system = 'shopify' and "
        )
        by_refund = con.execute(refunds + "refund_date = ?", [day]).fetchone()
        by_order = con.execute(refunds + "order_date = ?", [day]).fetchone()
    gross, discounts, returned_by_order, shipping, taxes = _cents(sold)
    returned, tax, ship = _cents(by_refund)
    _, order_tax, order_ship = _cents(by_order)
    return (
        _with_totals(gross, discounts, returned, shipping - ship, taxes - tax),
        _with_totals(gross, discounts, returned_by_order, shipping - order_ship, taxes - order_tax),
    )


def report(world: Path, now: datetime, marts: Path, day: date, zone: str) -> tuple[list[Line], list[Line]]:
    """The day's lines against ours under both dating conventions: (returns by refund date, returns by order date)."""
    theirs = documents(world, now, day, zone)
    by_refund, by_order = ours(marts, day)
    why = "returns lie on the day of the order they take back, not of the refund"
    moved = {"Returns", "Net sales", "Shipping", "Taxes", "Total sales"}
    return (
        [Line(name, theirs[name], by_refund[name]) for name in LINES],
        [
            Line(name, theirs[name], by_order[name], why if name in moved and theirs[name] != by_order[name] else "")
            for name in LINES
        ],
    )


def _with_totals(gross: int, discounts: int, returns: int, shipping: int, taxes: int) -> dict[str, int]:
    net = gross - discounts - returns
    values = (gross, -discounts, -returns, net, shipping, taxes, net + shipping + taxes)
    return dict(zip(LINES, values, strict=True))


def _cents(row: tuple | None) -> list[int]:
    return [round((value or 0) * 100) for value in row or ()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--day", type=date.fromisoformat, required=True)
    chosen = parser.parse_args()
    settings = selvage.settings()
    port = int(selvage.vendor("selvage", {"sandbox_port": str(server.PORT)})["sandbox_port"])
    health = server.health(port)
    if not health:
        print("The sandbox is not running. Try: make report DAY=...", file=sys.stderr)
        return 2
    world = Path(health["home"]) / "world" / health["world"]
    now = datetime.fromisoformat(health["now"]).replace(tzinfo=None)
    by_refund, by_order = report(world, now, settings.marts_file, chosen.day, settings.brand.reporting_timezone)
    print(f"{chosen.day}          documents         ours   difference | by order date   difference")
    for line, other in zip(by_refund, by_order, strict=True):
        print(
            f"{line.name:<12} {line.documents / 100:>14,.2f} {line.ours / 100:>12,.2f} {line.difference / 100:>12,.2f}"
            f" | {other.ours / 100:>13,.2f} {other.difference / 100:>12,.2f}  {other.why}"
        )
    return 1 if any(line.difference for line in by_refund) else 0


if __name__ == "__main__":
    sys.exit(main())
