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

shared as (

    select
        *,
        case
            when pooled_quantity <= floor_quantity or pooled_quantity <= 0 then 0
            else cast(floor(pooled_quantity * allocation_percent / 100.0) as bigint)
        end as share_quantity
    from pooled

),

wanted as (

    select
        *,
        case when share_quantity > cap_quantity then cap_quantity else share_quantity end as wanted_quantity
    from shared

),

served as (

    select
        *,
        pooled_quantity - coalesce(sum(wanted_quantity) over (
            partition by sku, location_key, reading_number order by allocation_order asc nulls last
            rows between unbounded preceding and 1 preceding
        ), 0) as left_quantity
    from wanted

),

available_to_promise as (

    select
        sku,
        location_key,
        channel,
        reading_number,
        available_quantity,
        vendor_safety_stock_quantity,
        safety_stock_rule_id,
        safety_stock_quantity,
        pooled_quantity,
        allocation_rule_id,
        allocation_order,
        allocation_percent,
        floor_quantity,
        cap_quantity,
        cast(case
            when left_quantity <= 0 then 0
            when wanted_quantity > left_quantity then left_quantity
            else wanted_quantity
        end as bigint) as atp_quantity,
        as_of
    from served

)

select * from available_to_promise
