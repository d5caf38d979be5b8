-- All of Amazon's houses are one place: what lies in which of them is Amazon's business.
with orders as (

    select * from {{ ref('stg_amazon__orders') }}

),

inventory_summaries as (

    select * from {{ ref('stg_amazon__inventory_summaries') }}

),

marketplaces as (

    select
        marketplace_id,
        max(marketplace_name) as marketplace_name,
        max(country_code) as country_code
    from (
        select
            marketplace_id,
            marketplace_name,
            cast(null as string) as country_code
        from orders
        union all
        select
            marketplace_id,
            cast(null as string) as marketplace_name,
            cast(null as string) as country_code
        from inventory_summaries
    ) as named
    group by marketplace_id

),

shaped as (

    select
        'amazon' as source_system,
        {{ amazon_location_key('marketplace_id') }} as location_key,
        'fba-' || marketplace_id as location_id,
        'Fulfilled by ' || coalesce(marketplace_name, 'Amazon') as location_name,
        'marketplace' as location_type,
        cast(null as string) as city,
        cast(null as string) as region_code,
        country_code,
        true as is_active
    from marketplaces

)

select * from shaped
