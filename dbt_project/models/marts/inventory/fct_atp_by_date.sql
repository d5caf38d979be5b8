-- What each channel may promise for a later date: the pool of today and what is expected to have come by then, shared
-- out by the same rules. One row today, and one per date on which something is expected.
with today as (

    select
        *,
        {{ to_reporting_date('(select as_of from ' ~ ref('int_as_of') ~ ')') }} as today_date
    from {{ ref('fct_available_to_promise') }}

),

incoming as (

    select
        sku,
        location_key,
        {{ to_reporting_date('expected_at') }} as available_from_date,
        sum(quantity) as incoming_quantity
    from {{ ref('int_inventory__deliveries') }}
    where received_at is null
    group by sku, location_key, {{ to_reporting_date('expected_at') }}

),

dates as (

    select
        sku,
        location_key,
        today_date as available_from_date,
        0 as incoming_quantity
    from today
    union all
    select
        sku,
        location_key,
        available_from_date,
        incoming_quantity
    from incoming

),

by_date as (

    select distinct
        sku,
        location_key,
        available_from_date,
        cast(sum(incoming_quantity) over (
            partition by sku, location_key order by available_from_date asc nulls last
            range between unbounded preceding and current row
        ) as bigint) as incoming_quantity
    from dates

),

pools as (

    select
        by_date.sku,
        by_date.location_key,
        today.channel,
        by_date.available_from_date,
        by_date.incoming_quantity,
        today.pooled_quantity + by_date.incoming_quantity as pooled_quantity,
        today.allocation_order,
        today.allocation_percent,
        today.floor_quantity,
        today.cap_quantity,
        cast({{ dbt.datediff('today.today_date', 'by_date.available_from_date', 'day') }} as bigint) as atp_horizon_days
    from by_date
    inner join today on by_date.sku = today.sku and by_date.location_key = today.location_key

),

shares as (

    {{ channel_shares('pools', ['sku', 'location_key', 'available_from_date'], [
        'sku', 'location_key', 'channel', 'available_from_date', 'atp_horizon_days', 'incoming_quantity',
        'pooled_quantity',
    ]) }}

),

fct_atp_by_date as (

    select
        {{ surrogate_key(['sku', 'location_key', 'channel', 'available_from_date']) }} as atp_by_date_key,
        sku,
        location_key,
        channel,
        atp_horizon_days,
        incoming_quantity,
        pooled_quantity,
        atp_quantity,
        available_from_date
    from shares

)

select * from fct_atp_by_date
