-- Persons and households that any vendor holds a record of. No names, addresses or numbers: those stay in the
-- activation copy.
with customers as (

    select * from {{ ref('int_identity__customers') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

consents as (

    select * from {{ ref('int_consent__current') }}
    where purpose = 'marketing'

),

orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test and not is_cancelled

),

ordered as (

    select
        record_customers.customer_id,
        count(case when not orders.is_return then 1 end) as order_count,
        min(case when not orders.is_return then orders.order_date end) as first_order_date,
        max(case when not orders.is_return then orders.order_date end) as last_order_date,
        sum(orders.net_sales_amount) as net_sales_amount
    from orders
    inner join record_customers on orders.record_key = record_customers.record_key
    group by record_customers.customer_id

),

described as (

    select
        customers.customer_id,
        customers.customer_type,
        customers.country_code,
        customers.region_code,
        coalesce(email_consents.consent_status, 'unknown') as email_consent_status,
        coalesce(sms_consents.consent_status, 'unknown') as sms_consent_status,
        {%- for count in ['record', 'source_system', 'account', 'guest_checkout', 'profile', 'visitor'] %}
            cast(customers.{{ count }}_count as bigint) as {{ count }}_count,
        {%- endfor %}
        cast(coalesce(ordered.order_count, 0) as bigint) as order_count,
        '{{ reporting_currency() }}' as currency_code,
        cast(coalesce(ordered.net_sales_amount, 0) as decimal(18, 4)) as net_sales_amount,
        customers.has_email,
        customers.has_phone,
        ordered.first_order_date,
        ordered.last_order_date,
        customers.first_seen_at,
        customers.last_seen_at
    from customers
    left join ordered on customers.customer_id = ordered.customer_id
    left join consents as email_consents
        on customers.customer_id = email_consents.customer_id and email_consents.channel = 'email'
    left join consents as sms_consents
        on customers.customer_id = sms_consents.customer_id and sms_consents.channel = 'sms'

)

select * from described
