"""TPC-DS as a shop of three channels: its sales, returns and stock in the words of our shapes.

A ticket or an order number is an order, an item on it a line; what one order gave back on one day is a refund. TPC-DS
leaves one figure in twenty-five out: a line without its list price was sold without discount, an amount that is not
there is 0, and an order has the day of those of its lines that tell one. The newest count of a warehouse is its stock.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

WORDS = ("sales", "s", "returns", "r", "number", "customer", "place", "shipping", "sent", "returned", "back")
STORE = ("store_sales", "ss", "store_returns", "sr", "ticket_number", "ss_customer_sk", "'store-' || ss_store_sk")
CATALOG = ("catalog_sales", "cs", "catalog_returns", "cr", "order_number", "cs_bill_customer_sk")
WEB = ("web_sales", "ws", "web_returns", "wr", "order_number", "ws_bill_customer_sk")
WAREHOUSE = "'warehouse-' || {}_warehouse_sk"
CHANNELS = {
    "store": (*STORE, "0", "null", "sr_return_amt", "'store-' || sr_store_sk"),
    "catalog": (
        *(*CATALOG, WAREHOUSE.format("cs"), "cs_ext_ship_cost", "cs_ship_date_sk", "cr_return_amount"),
        WAREHOUSE.format("cr"),
    ),
    "web": (*WEB, WAREHOUSE.format("ws"), "ws_ext_ship_cost", "ws_ship_date_sk", "wr_return_amt", "null"),
}
"""Channel -> what TPC-DS calls there what ``WORDS`` say: tables with the prefix of their columns, and columns."""
SOLD = """
    select '{channel}' as channel, 'tpcds:{channel}-' || {s}_{number} as order_key, {s}_item_sk as item,
        {customer} as customer, {place} as place, {s}_sold_date_sk as day, {s}_sold_time_sk as second, {sent} as sent,
        coalesce({s}_quantity, 0) as quantity, {s}_list_price as unit_price,
        coalesce({s}_ext_list_price, {s}_net_paid, 0) as gross_amount, coalesce({s}_net_paid, 0) as net_amount,
        coalesce({s}_ext_tax, 0) as tax_amount, coalesce({shipping}, 0) as shipping_amount,
        {s}_coupon_amt as coupon_amount
    from source.{sales}
"""
RETURNED = """
    select 'tpcds:{channel}-' || {r}_{number} as order_key, {r}_item_sk as item, {r}_returned_date_sk as day,
        {back} as place, {r}_reason_sk as reason, coalesce({r}_return_quantity, 0) as quantity,
        coalesce({returned}, 0) as amount, coalesce({r}_return_tax, 0) as tax_amount
    from source.{returns}
"""
SHAPES = {
    "orders": """
        with dated as (
            select channel, order_key, max(customer) as customer, max(place) as place, max(day) as day,
                max(second) as second, max(sent) as sent, sum(gross_amount) as gross_amount,
                sum(gross_amount - net_amount) as discount_amount, sum(tax_amount) as tax_amount,
                sum(shipping_amount) as shipping_amount,
                sum(net_amount + tax_amount + shipping_amount) as total_amount
            from sold group by all
        )
        select 'tpcds' as source_system, order_key, order_key as order_id, order_key as order_name,
            'tpcds:' || customer as record_key, channel, 'tpcds:' || place as location_key, 'paid' as financial_status,
            'fulfilled' as fulfilment_status, null as checkout_token, null as landing_page_url, null as referrer_url,
            null as cancel_reason, 'USD' as currency_code, 'USD' as presentment_currency_code, false as is_edited,
            false as is_test, false as is_tax_included, 1 as exchange_rate, gross_amount, discount_amount, tax_amount,
            shipping_amount, 0 as tip_amount, 0 as gift_card_amount, total_amount,
            null as original_total_amount, total_amount as presentment_total_amount,
            days.d_date + to_seconds(coalesce(second, 0)) as created_at,
            created_at as processed_at, created_at as paid_at,
            coalesce(sends.d_date::timestamp, created_at) as fulfilled_at,
            null as cancelled_at, created_at as updated_at
        from dated
        left join source.date_dim as days on day = days.d_date_sk
        left join source.date_dim as sends on sent = sends.d_date_sk
    """,
    "order_lines": """
        select 'tpcds' as source_system, order_key || '-' || item as order_line_key, order_key,
            order_line_key as order_line_id, 'tpcds:' || item as variant_key, item::varchar as sku,
            null as product_title, 'USD' as currency_code, item as line_number, quantity,
            quantity as current_quantity, false as is_gift_card, unit_price,
            gross_amount, gross_amount - net_amount as discount_amount, tax_amount
        from sold
    """,
    "order_adjustments": """
        select 'tpcds' as source_system, order_key || '-' || item || '-coupon' as order_adjustment_key, order_key,
            order_key || '-' || item as order_line_key, 'discount' as adjustment_type, null as discount_code,
            'Coupon' as description, 'USD' as currency_code, coupon_amount as amount, d_date::timestamp as occurred_at
        from sold left join source.date_dim on day = d_date_sk where coupon_amount <> 0
    """,
    "payments": """
        select 'tpcds' as source_system, order_key || '-paid' as payment_key, order_key, 'sale' as payment_type,
            'success' as payment_status, 'card' as gateway, currency_code, false as is_test, total_amount as amount,
            processed_at
        from {orders}
        union all by name
        select 'tpcds' as source_system, refund_key || '-paid' as payment_key, order_key, 'refund' as payment_type,
            'success' as payment_status, 'card' as gateway, currency_code, false as is_test, total_amount as amount,
            processed_at
        from {refunds}
    """,
    "refunds": """
        select 'tpcds' as source_system, order_key || '-' || coalesce(day, 0) as refund_key, order_key,
            refund_key as refund_id, 'USD' as currency_code, sum(amount + tax_amount) as total_amount,
            0 as shipping_amount, 0 as adjustment_amount, max(d_date)::timestamp as created_at,
            max(d_date)::timestamp as processed_at, max(d_date)::timestamp as updated_at
        from returned left join source.date_dim on day = d_date_sk group by order_key, day
    """,
    "refund_lines": """
        select 'tpcds' as source_system, order_key || '-' || item || '-returned' as refund_line_key,
            order_key || '-' || coalesce(day, 0) as refund_key, order_key, order_key || '-' || item as order_line_key,
            'tpcds:' || place as location_key, 'return' as restock_type, r_reason_desc as return_reason,
            false as is_exchange, 'USD' as currency_code, quantity, place is not null as is_restocked,
            amount as subtotal_amount, tax_amount
        from returned left join source.reason on reason = r_reason_sk
    """,
    "fulfilments": """
        select 'tpcds' as source_system,
            concat_ws('-', order_key, sent, place) as fulfilment_key, order_key,
            'tpcds:' || place as location_key, if(channel = 'store', 'in_store', 'shipped') as fulfilment_type,
            'success' as fulfilment_status, sum(quantity) as quantity, max(d_date)::timestamp as created_at,
            null as delivered_at, created_at as updated_at
        from sold left join source.date_dim on sent = d_date_sk group by order_key, channel, sent, place
    """,
    "document_totals": """
        select 'tpcds' as source_system, order_key as document_key, order_key, 'order' as document_type, currency_code,
            gross_amount - discount_amount as subtotal_amount, total_amount, null as current_total_amount,
            null as net_payment_amount, processed_at as occurred_at, created_at
        from {orders}
        union all by name
        select 'tpcds' as source_system, refund_key as document_key, order_key, 'refund' as document_type,
            currency_code, null as subtotal_amount, total_amount, null as current_total_amount,
            null as net_payment_amount, processed_at as occurred_at, created_at
        from {refunds}
    """,
    "products": """
        select 'tpcds' as source_system, 'tpcds:' || i_item_id as product_key, i_item_id as product_id,
            max(i_product_name) as title, max(i_category) as product_type, max(i_brand) as brand_name,
            'active' as product_status, null as created_at, null as updated_at
        from source.item group by i_item_id
    """,
    "variants": """
        select 'tpcds' as source_system, 'tpcds:' || i_item_sk as variant_key, i_item_sk::varchar as variant_id,
            'tpcds:' || i_item_id as product_key, i_item_sk::varchar as sku, i_size as title, null as barcode,
            i_item_sk::varchar as inventory_item_id, i_current_price as unit_price, i_wholesale_cost as unit_cost,
            null as created_at, null as updated_at
        from source.item
    """,
    "locations": """
        select 'tpcds' as source_system, 'tpcds:store-' || s_store_sk as location_key, s_store_id as location_id,
            s_store_name as location_name, 'store' as location_type, s_city as city, s_state as region_code,
            'US' as country_code, true as is_active
        from source.store
        union all by name
        select 'tpcds' as source_system, 'tpcds:warehouse-' || w_warehouse_sk as location_key,
            w_warehouse_id as location_id, w_warehouse_name as location_name, 'warehouse' as location_type,
            w_city as city, w_state as region_code, 'US' as country_code, true as is_active
        from source.warehouse
    """,
    "inventory_levels": """
        select 'tpcds' as source_system,
            concat_ws('-', 'tpcds:level', inv_item_sk, inv_warehouse_sk) as inventory_level_key,
            'tpcds:' || inv_item_sk as variant_key, inv_item_sk::varchar as sku,
            'tpcds:warehouse-' || inv_warehouse_sk as location_key, inv_quantity_on_hand as on_hand, null as available,
            0 as committed, 0 as reserved, 0 as damaged, 0 as quality_control, 0 as safety_stock, 0 as incoming,
            d_date::timestamp as updated_at
        from source.inventory inner join source.date_dim on inv_date_sk = d_date_sk
        qualify row_number() over (partition by inv_item_sk, inv_warehouse_sk order by inv_date_sk desc) = 1
    """,
}
"""Shape -> its rows, from the views ``sold`` and ``returned``; a shape in braces is that shape's file."""
CUSTOMERS = "select 'tpcds:' || c_customer_sk as record_key, 'c_' || c_customer_sk as customer_id from source.customer"


def generate(con: duckdb.DuckDBPyConnection, file: Path, scale: float) -> None:
    """TPC-DS at a scale (1 is about 5 million lines) in a file of its own, attached as ``source``.

    Raises RuntimeError where the package duckdb-extension-tpcds is missing or made for another DuckDB.
    """
    found = importlib.util.find_spec("duckdb_extension_tpcds")
    folder = Path(found.origin or "").parent if found else Path()
    extension = folder / "extensions" / f"v{duckdb.__version__}" / "tpcds.duckdb_extension"
    if not extension.exists():
        raise RuntimeError(f"TPC-DS needs duckdb-extension-tpcds=={duckdb.__version__}: pip install it and run again")
    con.execute(f"load '{extension}'")
    con.execute(f"attach '{file}' as source")
    con.execute(f"call dsdgen(sf = {scale}, catalog = 'source')")


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, empty: bool = False) -> None:
    """The attached ``source`` as ``<folder>/<shape>/rows.parquet``, and whose record is whose as ``customers``."""
    words = {channel: dict(zip(WORDS, told, strict=True)) for channel, told in CHANNELS.items()}
    for view, template in (("sold", SOLD), ("returned", RETURNED)):
        channels = " union all ".join(template.format(channel=name, **told) for name, told in words.items())
        con.execute(f"create or replace temp view {view} as {channels}")
    files = {name: folder / name / "rows.parquet" for name in (*SHAPES, "customers")}
    read = {name: f"read_parquet('{file}')" for name, file in files.items()}
    first = ("orders", "refunds")  # others are made of them
    for name in (*first, *(name for name in files if name not in first)):
        files[name].parent.mkdir(parents=True)
        rows = CUSTOMERS if name == "customers" else SHAPES[name].format(**read)
        con.execute(f"copy ({rows} {'limit 0' if empty else ''}) to '{files[name]}' (format parquet)")


def make(folder: Path, scale: float) -> dict[str, int]:
    """Write ``rows`` and ``empty`` below the folder; gives the rows of each shape."""
    source = folder / "source.duckdb"
    with duckdb.connect(config={"temp_directory": str(folder / "spill")}) as con:
        generate(con, source, scale)
        write(con, folder / "rows")
        write(con, folder / "empty", empty=True)
        con.execute("detach source")
        source.unlink()
        return {
            name: int((con.sql(f"select count(*) from '{folder}/rows/{name}/*.parquet'").fetchone() or [0])[0])
            for name in SHAPES
        }
