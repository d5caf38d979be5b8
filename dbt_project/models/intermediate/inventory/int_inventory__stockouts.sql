-- Spells in which a channel had nothing of a SKU to sell, and what it sold before them. The rate is that of the 56 days
-- before (vars: stockouts), without the time in them in which it was out of stock too.
{%- set settings = var('stockouts') %}
{%- set seconds = 24 * 60 * 60 %}
with selling_points as (

    select
        *,
        sum(case when available_quantity > 0 then 1 else 0 end) over (
            partition by sku, channel, selling_location_key order by changed_at asc nulls last
            rows between unbounded preceding and current row
        ) as spell_number
    from {{ ref('int_inventory__selling_points') }}

),

told_until as (

    select
        selling_points.*,
        int_as_of.as_of,
        coalesce(selling_points.changed_next_at, int_as_of.as_of) as told_until
    from selling_points
    cross join {{ ref('int_as_of') }} as int_as_of

),

spells as (

    select
        sku,
        channel,
        selling_location_key,
        spell_number,
        min(known_since) as known_since,
        min(changed_at) as started_at,
        case when count(*) = count(changed_next_at) then max(changed_next_at) end as ended_at,
        max(told_until) as counted_until,
        sum(demand_quantity) - min_by(demand_quantity, changed_at) as demand_quantity
    from told_until
    where available_quantity <= 0
    group by sku, channel, selling_location_key, spell_number

),

windows as (

    select
        *,
        greatest(known_since, {{ dbt.dateadd('day', '-' ~ settings.rate_days, 'started_at') }}) as window_started_at
    from spells

),

-- Every stretch of a window in which something was for sale, with what was sold at its end.
sold_before as (

    select
        windows.sku,
        windows.channel,
        windows.selling_location_key,
        windows.spell_number,
        sum(
            case
                when selling_points.changed_at > windows.window_started_at then selling_points.demand_quantity else 0
            end
        ) as demand_quantity,
        sum(
            case
                when selling_points.available_quantity > 0
                    then
                        {{ epoch_seconds('least(selling_points.told_until, windows.started_at)') }}
                        - {{ epoch_seconds('greatest(selling_points.changed_at, windows.window_started_at)') }}
            end
        ) as in_stock_seconds
    from windows
    inner join told_until as selling_points
        on
            windows.sku = selling_points.sku
            and windows.channel = selling_points.channel
            and coalesce(windows.selling_location_key, '') = coalesce(selling_points.selling_location_key, '')
            and windows.started_at >= selling_points.changed_at
            and windows.window_started_at < selling_points.told_until
    group by windows.sku, windows.channel, windows.selling_location_key, windows.spell_number

),

stockouts as (

    select
        windows.sku,
        windows.channel,
        windows.selling_location_key,
        windows.started_at,
        windows.ended_at,
        windows.counted_until,
        cast(windows.demand_quantity as bigint) as sold_quantity,
        {{ epoch_seconds('windows.counted_until') }} - {{ epoch_seconds('windows.started_at') }}
            as out_of_stock_seconds,
        case
            when sold_before.in_stock_seconds >= {{ settings.minimum_days }} * {{ seconds }}
                then cast(
                    sold_before.demand_quantity * {{ seconds }}.0 / sold_before.in_stock_seconds as decimal(18, 6)
                )
        end as daily_demand
    from windows
    left join sold_before
        on
            windows.sku = sold_before.sku
            and windows.channel = sold_before.channel
            and coalesce(windows.selling_location_key, '') = coalesce(sold_before.selling_location_key, '')
            and windows.spell_number = sold_before.spell_number
    where windows.counted_until > windows.started_at

)

select * from stockouts
