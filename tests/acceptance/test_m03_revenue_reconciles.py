"""M03: per channel, day and currency our net sales equal the vendor's documents, computed by an independent path.

The independent path never touches the warehouse: it reads the vendor's own documents as they stood when the first run
read them, in integer cents, with Python's integers. The difference is 0 cents on every day. The mart that holds ours
against the totals which the documents state themselves shows the same, for all that they state.
"""

from collections import defaultdict
from zoneinfo import ZoneInfo

import duckdb

from tests.conftest import Road, Walk

CHANNELS = {"web": "online", "shopify_draft_order": "draft_order", "marketplace": "marketplace",
            "iphone": "app", "android": "app"}  # fmt: skip


ZONE = ZoneInfo("America/New_York")


def latest_at(world, now):
    """A function from (table, key) to SQL for the table's rows as they stood then."""

    def latest(table: str, key: str) -> str:
        return (
            f"(select * from '{world}/{table}.parquet' where updated_at <= timestamp '{now}' "
            f"qualify row_number() over (partition by {key} order by version desc) = 1)"
        )

    return latest


def day_of(moment) -> str:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONE).date().isoformat()


def till_net_sales(world, now) -> dict[tuple[str, str, str], int]:
    """Cents by (channel, day, currency) from Square's completed orders: what came back counts on the day of its sale."""
    latest = latest_at(world, now)
    with duckdb.connect() as con:
        days = {
            order_id: day_of(till_at)
            for order_id, till_at in con.sql(
                "select orders.order_id, coalesce(min(payments.client_created_at), any_value(orders.created_at)) "
                f"from {latest('square_orders', 'order_id')} as orders "
                f"left join {latest('square_payments', 'payment_id')} as payments using (order_id) "
                "where orders.state = 'COMPLETED' group by orders.order_id"
            ).fetchall()
        }
        lines = con.sql(
            f"select order_id, quantity * unit_price_cents - discount_cents from '{world}/square_order_lines.parquet'"
        ).fetchall()
        returned = con.sql(
            "select order_id, coalesce(source_order_id, order_id), total_cents - tax_cents "
            f"from '{world}/square_return_lines.parquet'"
        ).fetchall()
    cents: dict[tuple[str, str, str], int] = defaultdict(int)
    for order_id, amount in lines:
        if order_id in days:
            cents["store", days[order_id], "USD"] += amount
    for order_id, sale_id, amount in returned:
        if order_id in days:
            cents["store", days[sale_id], "USD"] -= amount
    return {key: value for key, value in cents.items() if value}


def amazon_net_sales(world, now) -> dict[tuple[str, str, str], int]:
    """Cents by (channel, day, currency) from Amazon's orders and refunds, as far as it had shown them by then."""
    with duckdb.connect() as con:
        orders = con.sql(
            f"select order_id, min(created_at), max_by(status, version) from '{world}/amazon_orders.parquet' "
            f"where updated_at <= timestamp '{now}' - interval 2 minute group by order_id"
        ).fetchall()
        lines = con.sql(
            "select order_id, quantity * unit_price_cents - discount_cents "
            f"from '{world}/amazon_order_lines.parquet' "
            f"where cancelled_at is null or cancelled_at > timestamp '{now}' - interval 2 minute"
        ).fetchall()
        refunds = con.sql(
            f"select order_id, product_cents from '{world}/amazon_transaction_lines.parquet' where transaction_type = 'Refund' "
            f"and posted_at < timestamp '{now}' - interval 2 minute and revealed_at <= timestamp '{now}'"
        ).fetchall()
    days = {order_id: day_of(at) for order_id, at, status in orders if status in ("UNSHIPPED", "SHIPPED")}
    cents: dict[tuple[str, str, str], int] = defaultdict(int)
    for order_id, amount in (*lines, *refunds):
        if order_id in days:
            cents["marketplace", days[order_id], "USD"] += amount
    return {key: value for key, value in cents.items() if value}


def documents_net_sales(world, now) -> dict[tuple[str, str, str], int]:
    """Cents by (channel, day in the shop's zone, currency) from Shopify's order, line and refund documents."""
    latest = latest_at(world, now)
    with duckdb.connect() as con:
        orders = con.sql(
            f"select order_id, processed_at, currency_code, source_name, taxes_included from {latest('shopify_orders', 'order_id')} where not test"
        ).fetchall()
        lines = con.sql(
            f"select order_id, quantity, unit_price_cents, discount_cents, tax_cents from {latest('shopify_order_lines', 'line_id')} where not is_gift_card"
        ).fetchall()
        refunds = con.sql(
            f"select order_id, refund_line.subtotal_cents, refund_line.tax_cents from '{world}/shopify_refund_lines.parquet' as refund_line "
            f"join '{world}/shopify_refunds.parquet' as refund using (refund_id, order_id) "
            f"join '{world}/shopify_order_lines.parquet' as line on line.line_id = refund_line.line_id and line.version = 1 "
            f"where refund.updated_at <= timestamp '{now}' and not line.is_gift_card"
        ).fetchall()
    of_order = {}
    with_tax = set()
    for order_id, processed_at, currency, source_name, taxes_included in orders:
        if taxes_included:
            with_tax.add(order_id)
        of_order[order_id] = (CHANNELS[source_name], day_of(processed_at), currency)
    cents: dict[tuple[str, str, str], int] = defaultdict(int)
    for order_id, quantity, price, discount, tax in lines:
        if order_id in of_order:
            cents[of_order[order_id]] += quantity * price - discount - tax * (order_id in with_tax)
    for order_id, subtotal, tax in refunds:
        if order_id in of_order:
            cents[of_order[order_id]] -= subtotal - tax * (order_id in with_tax)
    return {key: value for key, value in cents.items() if value}


def test_net_sales_tie_to_the_documents_to_the_cent(road: Road, first: Walk):
    online = documents_net_sales(road.sandbox.world, first.now)
    tills = till_net_sales(road.sandbox.world, first.now)
    assert sum(tills.values()) > 500_000, "the stores sold next to nothing: the comparison would prove nothing"
    amazon = amazon_net_sales(road.sandbox.world, first.now)
    assert sum(amazon.values()) > 500_000, "next to nothing was sold on Amazon: the comparison would prove nothing"
    theirs: dict[tuple[str, str, str], int] = defaultdict(int)
    for vendor in (online, tills, amazon):  # two of them sell on marketplaces
        for key, cents in vendor.items():
            theirs[key] += cents
    theirs = {key: cents for key, cents in theirs.items() if cents}
    with first.marts() as con:
        ours = {
            (channel, day.isoformat(), currency): int(amount * 100)
            for channel, day, currency, amount in con.sql(
                "select channel, order_date, currency_code, sum(net_sales_amount) from fct_orders "
                "where not is_test group by all"
            ).fetchall()
            if amount
        }
    assert sum(theirs.values()) > 1_000_000, "the shop sold next to nothing: the comparison would prove nothing"
    assert ours == theirs


def test_nothing_is_left_between_ours_and_what_documents_state(next_day: Walk):
    with next_day.marts() as con:
        found = con.sql(
            "select source_system, measure, sum(abs(document_amount)), sum(abs(difference_amount)), sum(dating_gap_amount), "
            "sum(abs(dating_gap_amount)) from fct_order_reconciliation group by all"
        ).fetchall()
        listed = con.sql("select * from fct_data_quality_issues where issue_subject = 'orders'").fetchall()
    stated = {(source, measure) for source, measure, amount, *_ in found if amount > 0}
    assert stated == {
        *(("shopify", name) for name in ("subtotal", "total", "current_total", "net_payment", "refunds")),
        *((vendor, name) for vendor in ("square", "amazon") for name in ("subtotal", "total", "refunds")),
    }
    assert [row for row in found if row[3] != 0] == []
    # Another date moves money between days, and never makes any.
    assert [row for row in found if row[4] != 0] == []
    assert {("square", "total"), ("shopify", "refunds")} <= {row[:2] for row in found if row[5] > 0}
    assert listed == [], "the sandbox's documents are sound"
