-- The totals that the vendors state themselves, on the days of our order book: the business day of the order, that
-- of the document (a refund's own), and that on which the vendor made it. A document whose order was never read
-- keeps its own.
{{ config(materialized='view') }}

with document_totals as (

    {{ union_shape('document_totals') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

dated as (

    select
        document_totals.document_key,
        document_totals.source_system,
        document_totals.order_key,
        document_totals.document_type,
        coalesce(orders.channel, 'unknown') as channel,
        document_totals.currency_code as document_currency_code,
        document_totals.subtotal_amount,
        document_totals.total_amount,
        document_totals.current_total_amount,
        document_totals.net_payment_amount,
        coalesce(orders.is_test, false) as is_test,
        case
            when document_totals.document_type = 'order' and orders.order_date is not null then orders.order_date
            else {{ to_reporting_date('document_totals.occurred_at') }}
        end as document_date,
        {{ to_reporting_date('document_totals.created_at') }} as created_date,
        orders.order_date
    from document_totals
    left join orders on document_totals.order_key = orders.order_key

)

select * from dated
