-- When somebody first agreed to marketing by some channel. A conversion that is worth nothing in money: its credit sums
-- to 1 like an order's.
with statements as (

    select * from {{ ref('int_consent__statements') }}
    where consent_status = 'granted' and purpose = 'marketing' and changed_at is not null

),

first_statements as (

    select * from statements
    qualify
        row_number() over (
            partition by customer_id, channel
            order by changed_at asc nulls last, statement_key asc nulls last
        ) = 1

),

sign_ups as (

    select
        customer_id || ':' || channel as conversion_id,
        'sign_up' as conversion_type,
        split_part(record_key, ':', 1) as source_system,
        customer_id,
        '{{ reporting_currency() }}' as currency_code,
        cast(0 as decimal(18, 4)) as conversion_value_amount,
        changed_at as converted_at
    from first_statements

)

select * from sign_ups
