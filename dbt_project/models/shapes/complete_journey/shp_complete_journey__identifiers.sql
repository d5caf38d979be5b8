with transactions as (

    select * from {{ ref('stg_complete_journey__transactions') }}

),

identifiers as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || household_id as record_key,
        'household_card_id' as identifier_type,
        household_id as identifier_value,
        cast(null as string) as country_code,
        'loyalty card at the till' as observed_by,
        min(transacted_at) as first_seen_at,
        max(transacted_at) as last_seen_at
    from transactions
    group by household_id

)

select * from identifiers
