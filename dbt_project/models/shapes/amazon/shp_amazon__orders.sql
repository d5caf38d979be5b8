-- What a buyer pays is on the items; the order's own total is for the documents to be held against. Amazon tells no
-- time of payment or of sending: both are when it booked the first parcel, as an order is paid for when it leaves.
with orders as (

    {{ amazon_orders() }}

),

items as (

    select
        order_items.order_id,
        {%- for part in ['item', 'discount', 'tax', 'shipping', 'tip'] %}
            cast(sum(order_items.{{ part }}_amount) as decimal(18, 4)) as {{ part }}_amount,
        {%- endfor %}
        bool_or(order_items.cancelled_by is not null) as has_cancelled_items
    from {{ ref('stg_amazon__order_items') }} as order_items
    inner join orders
        on order_items.order_id = orders.order_id and order_items.order_updated_at = orders.updated_at
    group by order_items.order_id

),

parcels as (

    select
        order_id,
        min(posted_at) as posted_at
    from {{ ref('stg_amazon__transactions') }}
    where transaction_type = 'Shipment'
    group by order_id

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || orders.order_id as order_key,
        orders.order_id,
        orders.order_id as order_name,
        'amazon:order-' || orders.order_id as record_key,
        'marketplace' as channel,
        cast(null as string) as location_key,
        case when orders.is_cancelled then 'voided' when parcels.order_id is null then 'authorized' else 'paid' end
            as financial_status,
        case orders.fulfilment_status
            when 'SHIPPED' then 'fulfilled' when 'PARTIALLY_SHIPPED' then 'partial' else 'unfulfilled'
        end as fulfilment_status,
        cast(null as string) as checkout_token,
        cast(null as string) as landing_page_url,
        cast(null as string) as referrer_url,
        cast(null as string) as cancel_reason,
        orders.order_currency_code as currency_code,
        orders.order_currency_code as presentment_currency_code,
        not orders.is_cancelled and coalesce(items.has_cancelled_items, false) as is_edited,
        false as is_test,
        false as is_tax_included,
        cast(null as decimal(18, 6)) as exchange_rate,
        {%- for amount, part in [
            ('gross', 'item'), ('discount', 'discount'), ('tax', 'tax'), ('shipping', 'shipping'), ('tip', 'tip')
        ] %}
            coalesce(items.{{ part }}_amount, cast(0 as decimal(18, 4))) as {{ amount }}_amount,
        {%- endfor %}
        cast(0 as decimal(18, 4)) as gift_card_amount,
        coalesce(orders.total_amount, cast(0 as decimal(18, 4))) as total_amount,
        cast(null as decimal(18, 4)) as original_total_amount,
        coalesce(orders.total_amount, cast(0 as decimal(18, 4))) as presentment_total_amount,
        orders.created_at,
        orders.created_at as processed_at,
        parcels.posted_at as paid_at,
        parcels.posted_at as fulfilled_at,
        case when orders.is_cancelled then orders.updated_at end as cancelled_at,
        orders.updated_at
    from orders
    left join items on orders.order_id = items.order_id
    left join parcels on orders.order_id = parcels.order_id

)

select * from shaped
