-- The SKU is what channels have in common. A variant is matched if another vendor lists the same SKU, once each.
with variants as (

    select * from {{ ref('int_products__variants') }}

),

skus as (

    select
        sku,
        count(distinct source_system) as system_count,
        count(*) as variant_count
    from variants
    where sku is not null
    group by sku

),

own as (

    select
        source_system,
        sku,
        count(*) as variant_count
    from variants
    where sku is not null
    group by source_system, sku

),

bridge_skus as (

    select
        variants.variant_key,
        variants.source_system,
        variants.sku,
        variants.product_title,
        coalesce(skus.system_count, 0) as system_count,
        case
            when variants.sku is null then 'no_sku'
            when own.variant_count > 1 then 'several_variants_of_one_sku'
            when skus.system_count = 1 then 'in_one_channel_only'
            when skus.variant_count > skus.system_count then 'several_variants_elsewhere'
            else 'matched'
        end as match_status,
        coalesce(skus.system_count > 1 and skus.variant_count = skus.system_count, false) as is_matched,
        variants.is_catalogued
    from variants
    left join skus on variants.sku = skus.sku
    left join own on variants.sku = own.sku and variants.source_system = own.source_system

)

select * from bridge_skus
