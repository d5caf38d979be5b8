-- Goods on their way and goods that came, by SKU, with when they are expected: as many days after they were ordered as
-- the same SKU took to the same place before (half of its deliveries were faster), else as anything from there took;
-- what is late is expected today. Deliveries of the same morning (a courier's) don't say how long an order takes.
with deliveries as (

    {{ union_shape('deliveries') }}

),

timed as (

    select
        coalesce(variants.sku, deliveries.sku, deliveries.variant_key) as pooled_sku,
        deliveries.*,
        case
            when deliveries.received_at >= {{ dbt.dateadd('day', 1, 'deliveries.ordered_at') }}
                then {{ epoch_seconds('deliveries.received_at') }} - {{ epoch_seconds('deliveries.ordered_at') }}
        end as lead_seconds,
        int_as_of.as_of
    from deliveries
    cross join {{ ref('int_as_of') }} as int_as_of
    left join {{ ref('int_products__variants') }} as variants on deliveries.variant_key = variants.variant_key

),

of_items as (

    select
        pooled_sku,
        location_key,
        percentile_cont(0.5) within group (order by lead_seconds asc nulls last) as lead_seconds
    from timed
    where lead_seconds is not null
    group by pooled_sku, location_key

),

of_places as (

    select
        origin,
        location_key,
        percentile_cont(0.5) within group (order by lead_seconds asc nulls last) as lead_seconds
    from timed
    where lead_seconds is not null
    group by origin, location_key

),

expected as (

    select
        timed.*,
        cast(coalesce(of_items.lead_seconds, of_places.lead_seconds) / 86400.0 as decimal(18, 6)) as typical_lead_days
    from timed
    left join of_items on timed.pooled_sku = of_items.pooled_sku and timed.location_key = of_items.location_key
    left join of_places on timed.origin = of_places.origin and timed.location_key = of_places.location_key

),

int_deliveries as (

    select
        delivery_line_key,
        source_system,
        delivery_key,
        variant_key,
        pooled_sku as sku,
        origin,
        location_key,
        case when origin = 'supplier' then 'purchase_order' else 'transfer' end as delivery_type,
        quantity,
        case when received_at is not null then accepted_quantity end as accepted_quantity,
        typical_lead_days,
        ordered_at,
        shipped_at,
        received_at,
        case
            when received_at is null
                then greatest(
                    {{ dbt.dateadd(
                        'hour', 'cast(ceil(coalesce(typical_lead_days, 0) * 24) as integer)', 'ordered_at'
                    ) }},
                    as_of
                )
        end as expected_at
    from expected

)

select * from int_deliveries
