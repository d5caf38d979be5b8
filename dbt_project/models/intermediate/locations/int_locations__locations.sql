-- Every location a vendor lists, and every one that orders, refunds or stock name although none lists it any more.
with locations as (

    {{ union_shape('locations') }}

),

named as (

    select
        source_system,
        location_key
    from {{ ref('int_orders__headers') }}
    union
    select
        source_system,
        location_key
    from {{ ref('int_orders__refund_lines') }}
    union
    select
        source_system,
        location_key
    from {{ ref('int_inventory__levels') }}

),

listed as (

    select
        *,
        true as is_listed
    from locations

),

unlisted as (

    select
        named.source_system,
        named.location_key,
        cast(null as string) as location_id,
        cast(null as string) as location_name,
        'unknown' as location_type,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as country_code,
        false as is_active,
        false as is_listed
    from named
    left join locations on named.location_key = locations.location_key
    where
        locations.location_key is null
        and named.location_key is not null

),

combined as (

    select * from listed
    union all
    select * from unlisted

)

select * from combined
