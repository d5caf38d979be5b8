with ledger as (

    select * from {{ ref('int_loyalty__ledger') }}

),

fct_loyalty_ledger as (

    select
        loyalty_entry_key,
        source_system,
        customer_id,
        entry_type,
        document_key,
        points,
        pending_points,
        points_balance,
        pending_points_balance,
        occurred_at,
        {{ to_reporting_date('occurred_at') }} as occurred_date
    from ledger

)

select * from fct_loyalty_ledger
