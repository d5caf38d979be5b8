-- Every variant of a catalogue, and every one sold or stocked although no catalogue has it (deleted since, or never
-- listed): sales and stock must always find their product. Of such a one only what its lines say is known. A variant
-- of a catalogue that tells no products goes by its own title.
with variants as (

    {{ union_shape('variants') }}

),

products as (

    {{ union_shape('products') }}

),

used as (

    select
        source_system,
        variant_key,
        sku,
        product_title
    from {{ ref('int_orders__order_lines') }}
    union all
    select
        source_system,
        variant_key,
        sku,
        cast(null as string) as product_title
    from {{ ref('int_inventory__levels') }}

),

catalogued as (

    select
        variants.variant_key,
        variants.source_system,
        variants.variant_id,
        variants.product_key,
        variants.sku,
        coalesce(products.title, case when variants.product_key is null then variants.title end) as product_title,
        variants.title as variant_title,
        products.product_type,
        products.brand_name,
        coalesce(products.product_status, 'unknown') as product_status,
        variants.barcode,
        variants.inventory_item_id,
        variants.unit_price,
        variants.unit_cost,
        true as is_catalogued,
        variants.created_at,
        variants.updated_at
    from variants
    left join products on variants.product_key = products.product_key

),

uncatalogued as (

    select
        used.variant_key,
        used.source_system,
        cast(null as string) as variant_id,
        cast(null as string) as product_key,
        max(used.sku) as sku,
        max(used.product_title) as product_title,
        cast(null as string) as variant_title,
        cast(null as string) as product_type,
        cast(null as string) as brand_name,
        'unknown' as product_status,
        cast(null as string) as barcode,
        cast(null as string) as inventory_item_id,
        cast(null as decimal(18, 6)) as unit_price,
        cast(null as decimal(18, 6)) as unit_cost,
        false as is_catalogued,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at
    from used
    left join catalogued on used.variant_key = catalogued.variant_key
    where
        catalogued.variant_key is null
        and used.variant_key is not null
    group by used.variant_key, used.source_system

),

combined as (

    select * from catalogued
    union all
    select * from uncatalogued

)

select * from combined
