-- A draft that is written anew has new lines, and comes with all of them: those of earlier loads are gone from it.
with source as (

    select * from {{ source('shopify', 'draft_order_lines') }}

),

latest as (

    select *
    from source
    qualify
        rank() over (partition by draft_order_id order by _dlt_load_id desc nulls last) = 1
        and {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as draft_order_line_id,
        draft_order_id,
        variant_id,
        sku,
        quantity
    from latest

)

select * from renamed
