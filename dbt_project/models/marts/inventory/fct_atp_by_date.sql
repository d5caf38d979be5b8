-- What each channel may promise for a later date: the pool, what is expected by then and what is kept only until then,
-- by the same rules. A hold counts if the pool was read while it stood; of all never more than was reserved then.
with today as (

    select
        *,
        {{ to_reporting_date('(select as_of from ' ~ ref('int_as_of') ~ ')') }} as today_date
    from {{ ref('fct_available_to_promise') }}

),

reserved as (

    select
        coalesce(sku, variant_key) as sku,
        location_key,
        sum(coalesce(reserved, 0)) as reserved_quantity
    from {{ ref('int_inventory__levels') }}
    group by coalesce(sku, variant_key), location_key

),

dates as (

    select
        sku,
        location_key,
        today_date as available_from_date,
        0 as incoming_quantity,
        0 as expiring_quantity
    from today
    where allocation_order = 1
    union all
    select
        sku,
        location_key,
        {{ to_reporting_date('expected_at') }} as available_from_date,
        quantity as incoming_quantity,
        0 as expiring_quantity
    from {{ ref('int_inventory__deliveries') }}
    where received_at is null
    union all
    select
        holds.sku,
        holds.location_key,
        greatest({{ to_reporting_date('holds.expires_at') }}, today.today_date) as available_from_date,
        0 as incoming_quantity,
        holds.quantity as expiring_quantity
    from {{ ref('int_inventory__reservations') }} as holds
    inner join today on holds.sku = today.sku and holds.location_key = today.location_key
    where
        today.allocation_order = 1
        and holds.reservation_status in ('open', 'expired')
        and holds.placed_at <= today.as_of
        and holds.expires_at > today.as_of

),

by_date as (

    select distinct
        sku,
        location_key,
        available_from_date,
        cast(sum(incoming_quantity) over dates_so_far as bigint) as incoming_quantity,
        cast(sum(expiring_quantity) over dates_so_far as bigint) as expiring_quantity
    from dates
    window dates_so_far as (
        partition by sku, location_key order by available_from_date asc nulls last
        range between unbounded preceding and current row
    )

),

pools as (

    select
        today.*,
        by_date.available_from_date,
        by_date.incoming_quantity,
        least(by_date.expiring_quantity, coalesce(reserved.reserved_quantity, 0)) as released_quantity
    from by_date
    inner join today on by_date.sku = today.sku and by_date.location_key = today.location_key
    left join reserved on by_date.sku = reserved.sku and by_date.location_key = reserved.location_key

),

later_pools as (

    select
        {{ surrogate_key(['sku', 'location_key', 'channel', 'available_from_date']) }} as atp_by_date_key,
        sku,
        location_key,
        channel,
        cast({{ dbt.datediff('today_date', 'available_from_date', 'day') }} as bigint) as atp_horizon_days,
        incoming_quantity,
        cast(released_quantity as bigint) as released_quantity,
        cast(pooled_quantity + incoming_quantity + released_quantity as bigint) as pooled_quantity,
        available_from_date,
        allocation_order,
        allocation_percent,
        floor_quantity,
        cap_quantity
    from pools

),

fct_atp_by_date as (

    {{ channel_shares('later_pools', ['sku', 'location_key', 'available_from_date'], [
        'atp_by_date_key', 'sku', 'location_key', 'channel', 'atp_horizon_days', 'incoming_quantity',
        'released_quantity', 'pooled_quantity', 'available_from_date',
    ]) }}

)

select * from fct_atp_by_date
