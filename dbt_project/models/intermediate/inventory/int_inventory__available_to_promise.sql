-- After each reading, what of a SKU at a location each channel may promise, by today's rules. The pool is the vendor's
-- available less the safety stock it does not keep back itself. A channel asks for its percent of the pool, up to its
-- cap, and for nothing where the pool holds no more than its floor; channels are served in order until it is empty.
with pooled_stock as (

    select * from {{ ref('int_inventory__pooled_stock') }}

),

rules as (

    select * from {{ ref('int_inventory__stock_rules') }}

),

pooled as (

    select
        pooled_stock.sku,
        pooled_stock.location_key,
        rules.channel,
        pooled_stock.reading_number,
        pooled_stock.available_quantity,
        pooled_stock.vendor_safety_stock_quantity,
        rules.safety_stock_rule_id,
        rules.safety_stock_quantity,
        rules.allocation_rule_id,
        rules.allocation_order,
        rules.allocation_percent,
        rules.floor_quantity,
        rules.cap_quantity,
        pooled_stock.available_quantity - case
            when rules.safety_stock_quantity > pooled_stock.vendor_safety_stock_quantity
                then rules.safety_stock_quantity - pooled_stock.vendor_safety_stock_quantity
            else 0
        end as pooled_quantity,
        pooled_stock.as_of
    from pooled_stock
    inner join rules on pooled_stock.sku = rules.sku and pooled_stock.location_key = rules.location_key

),

available_to_promise as (

    {{ channel_shares('pooled', ['sku', 'location_key', 'reading_number'], [
        'sku', 'location_key', 'channel', 'reading_number', 'available_quantity', 'vendor_safety_stock_quantity',
        'safety_stock_rule_id', 'safety_stock_quantity', 'pooled_quantity', 'allocation_rule_id', 'allocation_order',
        'allocation_percent', 'floor_quantity', 'cap_quantity', 'as_of',
    ]) }}

)

select * from available_to_promise
