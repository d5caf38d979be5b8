-- What came back of each variant, by the reason that the shopper gave, over the whole history. Sold units are those of
-- orders that are neither tests nor cancelled; units of returns whose sale nobody knows are no part of the rate.
with sold as (

    select
        variant_key,
        max(sku) as sku,
        max(product_title) as product_title,
        sum(quantity) as sold_quantity,
        sum(gross_amount - discount_amount) as sold_amount
    from {{ ref('fct_order_lines') }}
    where not is_test and not is_cancelled and not is_gift_card and variant_key is not null
    group by variant_key

),

returned as (

    select
        variant_key,
        return_reason,
        sum(quantity) as returned_quantity,
        sum(line_amount) as returned_amount,
        sum(case when is_returned_in_store then quantity else 0 end) as returned_in_store_quantity
    from {{ ref('fct_returns') }}
    where not is_test and variant_key is not null
    group by variant_key, return_reason

),

fct_product_returns as (

    select
        {{ surrogate_key(['returned.variant_key', 'returned.return_reason']) }} as product_return_key,
        returned.variant_key,
        sold.sku,
        sold.product_title,
        returned.return_reason,
        cast(sold.sold_quantity as bigint) as sold_quantity,
        cast(returned.returned_quantity as bigint) as returned_quantity,
        cast(returned.returned_in_store_quantity as bigint) as returned_in_store_quantity,
        cast(sold.sold_amount as decimal(18, 4)) as sold_amount,
        cast(returned.returned_amount as decimal(18, 4)) as returned_amount,
        cast({{ safe_divide('returned.returned_quantity', 'sold.sold_quantity') }} as decimal(18, 6)) as return_rate
    from returned
    inner join sold on returned.variant_key = sold.variant_key

)

select * from fct_product_returns
