"""The limit: the same marts from the same files in hand-written DuckDB SQL, with no layer between.

``python -m benchmarks.marts.raw <rows> <file>`` is one process. It leaves out what TPC-DS has no rows for (gift cards,
edits, cancellations, tests, other currencies), keys made by hashing, and the list of faulty documents.
"""

from __future__ import annotations

import sys

import duckdb

FROM = "read_parquet('{rows}/{name}/*.parquet')"
NAMES = (
    *(
        "orders",
        "order_lines",
        "order_adjustments",
        "payments",
        "refunds",
        "refund_lines",
        "fulfilments",
        "document_totals",
    ),
    *("variants", "products", "locations", "inventory_levels", "customers"),
)
DAY = "cast(timezone('America/New_York', timezone('UTC', {})) as date)"
MONEY = "cast({} as decimal(18, 4))"
STATEMENTS = (
    """
    create table order_lines as
    with refunded as (
        select order_line_key, sum(quantity) as quantity, sum(subtotal_amount) as amount
        from {refund_lines} group by order_line_key
    ), priced as (
        select lines.*, customers.customer_id, orders.processed_at, coalesce(refunded.quantity, 0) as refunded_quantity,
            coalesce(refunded.amount, 0) as refunded_amount, variants.unit_cost,
            lines.quantity - coalesce(refunded.quantity, 0) as kept_quantity
        from {order_lines} as lines
        inner join {orders} as orders using (order_key)
        left join refunded using (order_line_key)
        left join {variants} as variants on lines.variant_key = variants.variant_key
        left join {customers} as customers on orders.record_key = customers.record_key
    )
    select source_system, order_line_key, order_key, order_line_id, customer_id, variant_key, sku, product_title,
        currency_code, line_number, quantity, current_quantity, refunded_quantity, unit_price,
        {gross_amount} as gross_amount, {discount_amount} as discount_amount, {refunded_amount} as refunded_amount,
        cast(gross_amount - discount_amount - refunded_amount as decimal(18, 4)) as net_sales_amount,
        {tax_amount} as tax_amount, cast(gross_amount - discount_amount as decimal(18, 4)) as document_net_amount,
        unit_cost, cast(unit_cost * kept_quantity as decimal(18, 4)) as cost_amount,
        cast(gross_amount - discount_amount - refunded_amount - unit_cost * kept_quantity as decimal(18, 4))
            as margin_amount,
        {processed_day} as order_date
    from priced
    """,
    """
    create table refunds as
    with lines as (
        select refund_key, sum(quantity) as quantity, sum(subtotal_amount) as line_amount, sum(tax_amount) as tax_amount
        from {refund_lines} group by refund_key
    )
    select refunds.source_system, refund_key, refunds.order_key, refund_id, customer_id, channel, refunds.currency_code,
        lines.quantity, {line_amount} as line_amount, cast(lines.tax_amount as decimal(18, 4)) as tax_amount,
        cast(refunds.total_amount as decimal(18, 4)) as total_amount, refunds.processed_at as refunded_at,
        {refund_day} as refund_date, {order_day} as order_date, orders.location_key
    from {refunds} as refunds
    inner join {orders} as orders using (order_key)
    left join lines using (refund_key)
    left join {customers} as customers on orders.record_key = customers.record_key
    """,
    """
    create table returns as
    select lines.source_system, refund_line_key, refund_key, lines.order_key, lines.order_line_key, customer_id,
        sold.variant_key, sold.sku, channel, orders.location_key, lines.location_key as return_location_key,
        return_reason, restock_type, lines.currency_code, lines.quantity, {subtotal_amount} as line_amount,
        cast(lines.tax_amount as decimal(18, 4)) as tax_amount, is_restocked,
        channel <> 'store' and location_type = 'store' as is_returned_in_store,
        orders.location_key <> lines.location_key as is_other_location, refunds.processed_at as returned_at,
        {refund_day} as refund_date, {order_day} as order_date
    from {refund_lines} as lines
    inner join {refunds} as refunds using (refund_key)
    inner join {orders} as orders on lines.order_key = orders.order_key
    left join {order_lines} as sold on lines.order_line_key = sold.order_line_key
    left join {locations} as locations on lines.location_key = locations.location_key
    left join {customers} as customers on orders.record_key = customers.record_key
    """,
    """
    create table payments as
    select payments.source_system, payment_key, payments.order_key, customer_id, channel, location_key, payment_type,
        payment_status, gateway, payments.currency_code,
        cast(if(payment_type = 'refund', -amount, amount) as decimal(18, 4)) as payment_amount,
        payments.processed_at, {payment_day} as payment_date, {order_day} as order_date
    from {payments} as payments
    inner join {orders} as orders using (order_key)
    left join {customers} as customers on orders.record_key = customers.record_key
    """,
    """
    create table fulfilments as
    select sent.source_system, fulfilment_key, sent.order_key, customer_id, channel, sent.location_key,
        if(fulfilment_type = 'shipped' and location_type = 'store' and channel <> 'store', 'ship_from_store',
            fulfilment_type) as fulfilment_type, sent.fulfilment_status, sent.quantity,
        row_number() over (partition by order_key order by sent.created_at, fulfilment_key) as parcel_number,
        orders.processed_at as ordered_at, sent.created_at as fulfilled_at, {order_day} as order_date
    from {fulfilments} as sent
    left join {orders} as orders using (order_key)
    left join {locations} as locations on sent.location_key = locations.location_key
    left join {customers} as customers on orders.record_key = customers.record_key
    """,
    """
    create table order_adjustments as
    select told.source_system, order_adjustment_key, told.order_key, order_line_key, customer_id, channel,
        adjustment_type, description, told.currency_code, cast(amount as decimal(18, 4)) as adjustment_amount,
        occurred_at, {order_day} as order_date
    from {order_adjustments} as told
    inner join {orders} as orders using (order_key)
    left join {customers} as customers on orders.record_key = customers.record_key
    union all by name
    select source_system, order_key || ':shipping' as order_adjustment_key, order_key, customer_id, channel,
        'shipping' as adjustment_type, 'Part of the total' as description, currency_code,
        {shipping_amount} as adjustment_amount, processed_at as occurred_at, {processed_day} as order_date
    from {orders} left join {customers} using (record_key) where shipping_amount <> 0
    """,
    """
    create table orders as
    with lines as (
        select order_key, count(*) as line_count, sum(quantity) as quantity, sum(gross_amount) as gross_amount,
            sum(discount_amount) as discount_amount, sum(refunded_amount) as refunded_line_amount,
            sum(net_sales_amount) as net_sales_amount, sum(cost_amount) as cost_amount,
            sum(margin_amount) as margin_amount, count(*) filter (margin_amount is null) as uncosted
        from order_lines group by order_key
    ), back as (
        select order_key, sum(total_amount) as refunded_amount from refunds group by order_key
    ), came as (
        select order_key, bool_or(is_returned_in_store) as is_returned_in_store from returns group by order_key
    ), paid as (
        select order_key, sum(payment_amount) as net_payment_amount from payments group by order_key
    ), sent as (
        select order_key, count(*) as parcel_count,
            if(count(distinct fulfilment_type) > 1, 'mixed', max(fulfilment_type)) as fulfilment_method
        from fulfilments group by order_key
    )
    select heads.source_system, order_key, order_id, order_name, customer_id, channel, location_key,
        case when refunded_amount > 0 and refunded_amount >= total_amount then 'refunded' else 'fulfilled' end
            as order_status,
        financial_status, fulfilment_status, fulfilment_method, currency_code, line_count, lines.quantity, parcel_count,
        row_number() over (partition by customer_id order by processed_at, order_key) as customer_order_number,
        cast(lines.gross_amount as decimal(18, 4)) as gross_amount,
        cast(lines.discount_amount as decimal(18, 4)) as discount_amount,
        {refunded_line_amount} as refunded_line_amount,
        {net_sales_amount} as net_sales_amount, {tax_amount} as tax_amount, {shipping_amount} as shipping_amount,
        {total_amount} as total_amount, cast(coalesce(refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
        {net_payment_amount} as net_payment_amount,
        if(uncosted = 0, cast(cost_amount as decimal(18, 4)), null) as cost_amount,
        if(uncosted = 0, cast(margin_amount as decimal(18, 4)), null) as margin_amount,
        parcel_count > 1 as is_split_shipment, coalesce(is_returned_in_store, false) as is_returned_in_store,
        processed_at as ordered_at, created_at, paid_at, fulfilled_at, updated_at, {processed_day} as order_date
    from {orders} as heads
    left join lines using (order_key)
    left join back using (order_key)
    left join came using (order_key)
    left join paid using (order_key)
    left join sent using (order_key)
    left join {customers} as customers using (record_key)
    """,
    """
    create table order_reconciliation as
    with told as (
        select channel, 'subtotal' as measure, document.currency_code, {processed_day} as day,
            document.subtotal_amount as amount
        from {document_totals} as document inner join {orders} as orders using (order_key)
        where document_type = 'order'
        union all
        select channel, 'total', document.currency_code, {processed_day}, document.total_amount
        from {document_totals} as document inner join {orders} as orders using (order_key)
        where document_type = 'order'
        union all
        select channel, 'refunds', document.currency_code, {occurred_day}, document.total_amount
        from {document_totals} as document inner join {orders} as orders using (order_key)
        where document_type = 'refund'
    ), ours as (
        select channel, 'subtotal' as measure, currency_code, order_date as day,
            gross_amount - discount_amount as amount
        from orders
        union all
        select channel, 'total', currency_code, order_date,
            gross_amount - discount_amount + tax_amount + shipping_amount
        from orders
        union all
        select channel, 'refunds', currency_code, refund_date, line_amount + tax_amount from refunds
    ), both_sides as (
        select *, 0 as document_amount from ours
        union all
        select channel, measure, currency_code, day, 0, amount from told
    )
    select channel, measure, currency_code, day, {amount_sum} as mart_amount, {document_sum} as document_amount
    from both_sides group by all
    """,
    """
    create table daily_sales as
    with sold as (
        select source_system, channel, location_key, currency_code, order_date as day, count(*) as order_count,
            count(*) filter (customer_order_number = 1) as new_customer_order_count, sum(quantity) as quantity,
            sum(gross_amount) as gross_amount, sum(discount_amount) as discount_amount,
            sum(refunded_line_amount) as refunded_line_amount, sum(net_sales_amount) as net_sales_amount,
            sum(tax_amount) as tax_amount, sum(shipping_amount) as shipping_amount, sum(margin_amount) as margin_amount
        from orders group by all
    ), back as (
        select source_system, channel, location_key, currency_code, refund_date as day,
            sum(line_amount) as returned_by_refund_date_amount, sum(total_amount) as refunded_by_refund_date_amount
        from refunds group by all
    )
    select *, (net_sales_amount / nullif(order_count, 0)) as average_order_amount
    from sold full join back using (source_system, channel, location_key, currency_code, day)
    """,
    """
    create table inventory_levels as
    select source_system, inventory_level_key, variant_key, sku, location_key, on_hand as on_hand_quantity,
        coalesce(available, on_hand) as available_quantity, incoming as incoming_quantity, updated_at
    from {inventory_levels}
    """,
)
CASTS = (
    *("gross_amount", "discount_amount", "refunded_amount", "tax_amount", "line_amount", "subtotal_amount"),
    *("shipping_amount", "refunded_line_amount", "net_sales_amount", "total_amount", "net_payment_amount"),
)


def main(rows: str, file: str) -> None:
    words = {name: FROM.format(rows=rows, name=name) for name in NAMES}
    words |= {name: MONEY.format(name) for name in CASTS}
    words |= {"amount_sum": MONEY.format("sum(amount)"), "document_sum": MONEY.format("sum(document_amount)")}
    words |= {"processed_day": DAY.format("processed_at"), "order_day": DAY.format("orders.processed_at")}
    words |= {"refund_day": DAY.format("refunds.processed_at"), "payment_day": DAY.format("payments.processed_at")}
    words |= {"occurred_day": DAY.format("document.occurred_at")}
    with duckdb.connect(file, config={"threads": 2}) as con:
        con.execute("set TimeZone = 'UTC'")
        for statement in STATEMENTS:
            con.execute(statement.format(**words))


if __name__ == "__main__":
    main(*sys.argv[1:])
