-- What lies of a SKU at a location, how long it will last, how old it is, and when and how much to order again.
{%- set settings = var('replenishment') %}
{%- set window_days = 28 %}
with running_stock as (

    select * from {{ ref('int_inventory__running_stock') }}

),

positions as (

    select
        running_stock.sku,
        running_stock.location_key,
        max_by(running_stock.on_hand_after, running_stock.place) as on_hand_quantity,
        max_by(running_stock.available_after, running_stock.place) as available_quantity,
        cast(sum(
            case
                when running_stock.occurred_at > {{ dbt.dateadd('day', -window_days, 'int_as_of.as_of') }}
                    then running_stock.demand_quantity
                else 0
            end
        ) as bigint) as sold_28d_quantity,
        least(
            (
                {{ epoch_seconds('max(int_as_of.as_of)') }}
                - {{ epoch_seconds('min(running_stock.known_since)') }}
            ) / 86400.0,
            {{ window_days }}
        ) as known_days,
        max(running_stock.occurred_at) as last_moved_at
    from running_stock
    cross join {{ ref('int_as_of') }} as int_as_of
    where running_stock.occurred_at <= int_as_of.as_of
    group by running_stock.sku, running_stock.location_key

),

incoming as (

    select
        sku,
        location_key,
        cast(sum(quantity) as bigint) as incoming_quantity,
        min(expected_at) as next_expected_at
    from {{ ref('int_inventory__deliveries') }}
    where received_at is null
    group by sku, location_key

),

joined as (

    select
        positions.*,
        coalesce(incoming.incoming_quantity, 0) as incoming_quantity,
        incoming.next_expected_at,
        stock_ages.average_age_days,
        stock_ages.oldest_age_days,
        coalesce(stock_ages.aged_90d_quantity, 0) as aged_90d_quantity,
        forecasts.demand_class,
        forecasts.forecast_model,
        coalesce(forecasts.daily_forecast, cast(0 as decimal(18, 6))) as daily_forecast,
        forecasts.lead_days,
        forecasts.service_level,
        coalesce(forecasts.reorder_point_quantity, 0) as reorder_point_quantity
    from positions
    left join incoming on positions.sku = incoming.sku and positions.location_key = incoming.location_key
    left join {{ ref('int_inventory__stock_ages') }} as stock_ages
        on positions.sku = stock_ages.sku and positions.location_key = stock_ages.location_key
    left join {{ ref('int_inventory__demand_forecasts') }} as forecasts
        on positions.sku = forecasts.sku and positions.location_key = forecasts.location_key

),

fct_stock_cover as (

    select
        {{ surrogate_key(['sku', 'location_key']) }} as stock_cover_key,
        sku,
        location_key,
        on_hand_quantity,
        on_hand_quantity < 0 as is_on_hand_negative,
        available_quantity,
        incoming_quantity,
        sold_28d_quantity,
        cast({{ safe_divide('sold_28d_quantity', 'known_days') }} as decimal(18, 6)) as daily_sales,
        cast(
            {{ safe_divide('greatest(available_quantity, 0) * known_days', 'sold_28d_quantity') }} as decimal(18, 6)
        ) as days_of_cover,
        cast(
            {{ safe_divide('sold_28d_quantity', 'sold_28d_quantity + greatest(on_hand_quantity, 0)') }}
            as decimal(18, 6)
        ) as sell_through_rate,
        average_age_days,
        oldest_age_days,
        aged_90d_quantity,
        demand_class,
        forecast_model,
        daily_forecast,
        lead_days,
        service_level,
        reorder_point_quantity,
        available_quantity + incoming_quantity <= reorder_point_quantity and daily_forecast > 0 as is_to_reorder,
        case
            when available_quantity + incoming_quantity <= reorder_point_quantity and daily_forecast > 0
                then cast(ceil(
                    reorder_point_quantity + daily_forecast * {{ settings.order_days }}
                    - available_quantity - incoming_quantity
                ) as bigint)
            else 0
        end as reorder_quantity,
        next_expected_at,
        last_moved_at
    from joined

)

select * from fct_stock_cover
