-- The baskets' sums straight from the file's rows, to hold ours against.
with transactions as (

    select * from {{ ref('stg_complete_journey__transactions') }}

),

shaped as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || basket_id as document_key,
        'complete_journey:' || basket_id as order_key,
        'order' as document_type,
        'USD' as currency_code,
        cast(sum(sales_value_amount) as decimal(18, 4)) as subtotal_amount,
        cast(sum(sales_value_amount) as decimal(18, 4)) as total_amount,
        cast(sum(sales_value_amount) as decimal(18, 4)) as current_total_amount,
        cast(null as decimal(18, 4)) as net_payment_amount,
        min(transacted_at) as occurred_at,
        min(transacted_at) as created_at
    from transactions
    group by basket_id

)

select * from shaped
