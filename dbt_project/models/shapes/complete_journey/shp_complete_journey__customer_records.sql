-- A loyalty card belongs to a household: its purchases may be of several persons, and no name is given. So the record
-- is a household, never joined to a person by anything but its card.
with transactions as (

    select * from {{ ref('stg_complete_journey__transactions') }}

),

households as (

    select
        household_id,
        min(transacted_at) as first_transacted_at,
        max(transacted_at) as last_transacted_at
    from transactions
    group by household_id

),

customer_records as (

    select
        'complete_journey' as source_system,
        household_id as source_record_id,
        'complete_journey:' || household_id as record_key,
        'household' as record_type,
        cast(null as string) as given_name,
        cast(null as string) as family_name,
        cast(null as date) as birth_date,
        cast(null as string) as address_line,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as postal_code,
        cast(null as string) as country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        first_transacted_at as created_at,
        last_transacted_at as updated_at
    from households

)

select * from customer_records
