-- Test and cancelled orders stay, marked, and so do returns whose sale nobody knows: they sell less than nothing. Sales
-- are sums of the lines; document_* columns are the vendor's own figures in the order's currency, to tie out with.
-- ordered_at is when the shopper ordered (processed_at).
with headers as (

    select * from {{ ref('int_orders__headers') }}

),

lines as (

    select
        order_key,
        cast(count(*) as bigint) as line_count,
        cast(sum(quantity) as bigint) as quantity,
        {%- for amount in [
            'gross_amount', 'discount_amount', 'refunded_amount', 'removed_amount', 'cancelled_amount',
            'net_sales_amount', 'gift_card_amount', 'document_net_amount'
        ] %}
        cast(sum({{ amount }}) as decimal(18, 4)) as {{ amount }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('int_orders__order_lines') }}
    group by order_key

),

refunds as (

    select
        order_key,
        cast(sum(total_amount) as decimal(18, 4)) as refunded_amount,
        cast(sum(document_total_amount) as decimal(18, 4)) as document_refunded_amount
    from {{ ref('int_orders__refunds') }}
    group by order_key

),

charges as (

    select
        order_key,
        cast(sum(amount) as decimal(18, 4)) as service_charge_amount
    from {{ ref('int_orders__order_adjustments') }}
    where adjustment_type in ('service_charge', 'rounding')
    group by order_key

),

combined as (

    select
        headers.order_key,
        headers.source_system,
        headers.order_id,
        headers.order_name,
        headers.record_key,
        headers.channel,
        headers.location_key,
        case
            when headers.cancelled_at is not null then 'cancelled'
            when headers.financial_status = 'return_without_sale' then 'return'
            when refunds.document_refunded_amount > 0 and refunds.document_refunded_amount >= headers.total_amount
                then 'refunded'
            when headers.fulfilled_at is not null then 'fulfilled'
            when headers.paid_at is not null then 'paid'
            else 'open'
        end as order_status,
        {%- for column in [
            'financial_status', 'fulfilment_status', 'checkout_token', 'landing_page_url', 'referrer_url',
            'cancel_reason', 'currency_code', 'order_currency_code', 'presentment_currency_code', 'exchange_rate',
            'exchange_rate_date', 'exchange_rate_source', 'is_edited'
        ] %}
            headers.{{ column }},
        {%- endfor %}
        headers.is_test,
        headers.cancelled_at is not null as is_cancelled,
        coalesce(headers.financial_status = 'return_without_sale', false) as is_return,
        headers.is_tax_included,
        coalesce(lines.line_count, 0) as line_count,
        coalesce(lines.quantity, 0) as quantity,
        {%- for amount in ['gross', 'discount', 'removed', 'cancelled', 'net_sales', 'gift_card'] %}
            {{ amount_or_zero('lines.' ~ amount ~ '_amount', 'headers.exchange_rate') }} as {{ amount }}_amount,
        {%- endfor %}
        {{ amount_or_zero('lines.refunded_amount', 'headers.exchange_rate') }} as refunded_line_amount,
        coalesce(lines.document_net_amount, cast(0 as decimal(18, 4))) as document_line_amount,
        {{ reported_amount('coalesce(headers.tax_amount, 0)', 'headers.exchange_rate') }} as tax_amount,
        {{ reported_amount('coalesce(headers.shipping_amount, 0)', 'headers.exchange_rate') }} as shipping_amount,
        {{ reported_amount('coalesce(headers.tip_amount, 0)', 'headers.exchange_rate') }} as tip_amount,
        {{ amount_or_zero('charges.service_charge_amount', 'headers.exchange_rate') }} as service_charge_amount,
        {{ reported_amount('headers.total_amount', 'headers.exchange_rate') }} as total_amount,
        {{ reported_amount('headers.total_amount - headers.original_total_amount', 'headers.exchange_rate') }}
            as added_amount,
        {{ amount_or_zero('refunds.refunded_amount', 'headers.exchange_rate') }} as refunded_amount,
        headers.total_amount as document_total_amount,
        headers.discount_amount as document_discount_amount,
        case when headers.is_tax_included then 0 else coalesce(headers.tax_amount, 0) end as document_added_tax_amount,
        headers.presentment_total_amount,
        coalesce(refunds.document_refunded_amount, cast(0 as decimal(18, 4))) as document_refunded_amount,
        coalesce(headers.processed_at, headers.created_at) as ordered_at,
        headers.created_at,
        headers.paid_at,
        headers.fulfilled_at,
        headers.cancelled_at,
        headers.updated_at,
        headers.order_date
    from headers
    left join lines on headers.order_key = lines.order_key
    left join refunds on headers.order_key = refunds.order_key
    left join charges on headers.order_key = charges.order_key

)

select * from combined
