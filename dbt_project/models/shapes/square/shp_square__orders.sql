-- A return without its sale, or a refund without its order, is an order of nothing that its refund finds; nobody bought
-- anything by it (return_without_sale). Lines are said without tax, as Square adds the tax in one country and includes
-- it in another. Service charges and the rounding of cash are in the total and stand in order_adjustments.
with documents as (

    {{ square_orders() }}

),

lines as (

    select
        order_id,
        order_updated_at,
        sum(
            case
                when coalesce(item_type, 'ITEM') <> 'GIFT_CARD'
                    then total_amount - tax_amount - service_charge_amount + discount_amount
            end
        ) as gross_amount,
        sum(case when item_type = 'GIFT_CARD' then total_amount - tax_amount end) as gift_card_amount
    from {{ ref('stg_square__order_lines') }}
    group by order_id, order_updated_at

),

shaped as (

    select
        'square' as source_system,
        'square:' || documents.order_id as order_key,
        documents.order_id,
        cast(null as string) as order_name,
        'square:' || documents.source_record_id as record_key,
        'store' as channel,
        'square:' || documents.location_id as location_key,
        case
            when documents.is_return_only then 'return_without_sale'
            when documents.order_state = 'CANCELED' then 'voided'
            else 'paid'
        end as financial_status,
        case when documents.order_state = 'COMPLETED' then 'fulfilled' end as fulfilment_status,
        cast(null as string) as checkout_token,
        cast(null as string) as landing_page_url,
        cast(null as string) as referrer_url,
        cast(null as string) as cancel_reason,
        documents.currency_code,
        documents.currency_code as presentment_currency_code,
        false as is_edited,
        false as is_test,
        false as is_tax_included,
        cast(null as decimal(18, 6)) as exchange_rate,
        cast(coalesce(lines.gross_amount, 0) as decimal(18, 4)) as gross_amount,
        {%- for part in ['discount', 'tax', 'tip', 'total'] %}
            case when documents.is_return_only then cast(0 as decimal(18, 4)) else documents.{{ part }}_amount end
                as {{ part }}_amount,
        {%- endfor %}
        case when documents.is_return_only then cast(0 as decimal(18, 4)) else documents.total_amount end
            as presentment_total_amount,
        cast(null as decimal(18, 4)) as original_total_amount,
        cast(0 as decimal(18, 4)) as shipping_amount,
        cast(coalesce(lines.gift_card_amount, 0) as decimal(18, 4)) as gift_card_amount,
        documents.created_at,
        documents.till_at as processed_at,
        case when documents.order_state = 'COMPLETED' then coalesce(documents.paid_at, documents.closed_at) end
            as paid_at,
        case when documents.order_state = 'COMPLETED' then documents.closed_at end as fulfilled_at,
        case
            when documents.order_state = 'CANCELED' then coalesce(documents.closed_at, documents.updated_at)
        end as cancelled_at,
        documents.updated_at
    from documents
    left join lines on documents.order_id = lines.order_id and documents.updated_at = lines.order_updated_at

)

select * from shaped
