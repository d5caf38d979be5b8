-- Persons and households that any vendor holds a record of. No names, addresses or numbers: those stay in the
-- activation copy.
{%- set counts = [
    'customers.record_count', 'customers.source_system_count', 'customers.account_count',
    'customers.guest_checkout_count', 'customers.profile_count', 'customers.visitor_count', 'channels.channel_count',
    'channels.device_count', 'orders.order_count', 'orders.return_count', 'service.ticket_count',
    'service.open_ticket_count'
] %}
{%- set channels = ['web', 'app', 'store', 'marketplace', 'email'] %}
with customers as (

    select * from {{ ref('int_identity__customers') }}

),

households as (

    select * from {{ ref('int_identity__households') }}

),

golden_records as (

    select * from {{ ref('int_customers__golden_record') }}

),

consents as (

    select * from {{ ref('int_customers__consents') }}

),

orders as (

    select * from {{ ref('int_customers__orders') }}

),

channels as (

    select
        {{ array_text(agg_ordered('channel', 'channel'), ', ') }} as channels_used,
        max(case when is_preferred then channel end) as preferred_channel,
        count(*) as channel_count,
        cast(sum(device_count) as bigint) as device_count,
        {%- for channel in channels %}
            min(case when channel = '{{ channel }}' then first_seen_at end) as {{ channel }}_first_seen_at,
            max(case when channel = '{{ channel }}' then last_seen_at end) as {{ channel }}_last_seen_at,
        {%- endfor %}
        customer_id
    from {{ ref('int_customers__channels') }}
    group by customer_id

),

service as (

    select * from {{ ref('int_customers__service') }}

),

described as (

    select
        customers.customer_id,
        customers.customer_type,
        households.household_key,
        coalesce(golden_records.country_code, customers.country_code) as country_code,
        case when golden_records.country_code is null then customers.region_code else golden_records.region_code end
            as region_code,
        golden_records.language_code,
        {%- for use in ['email', 'sms', 'whatsapp', 'ads', 'analytics'] %}
            coalesce(consents.{{ use }}_consent_status, 'unknown') as {{ use }}_consent_status,
        {%- endfor %}
        channels.channels_used,
        channels.preferred_channel,
        service.last_nps_group,
        {%- for count in counts %}
            cast(coalesce({{ count }}, 0) as bigint) as {{ count.split('.')[1] }},
        {%- endfor %}
        service.last_nps_score,
        service.points_balance,
        '{{ reporting_currency() }}' as currency_code,
        cast(coalesce(orders.net_sales_amount, 0) as decimal(18, 4)) as net_sales_amount,
        orders.average_order_amount,
        orders.gross_margin_amount,
        orders.costed_net_sales_amount,
        cast(coalesce(orders.returned_amount, 0) as decimal(18, 4)) as returned_amount,
        orders.return_rate,
        service.last_csat_rate,
        customers.has_email,
        customers.has_phone,
        coalesce(orders.order_count > 1, false) as is_returning,
        orders.first_order_date,
        orders.last_order_date,
        {%- for channel in channels %}
            channels.{{ channel }}_first_seen_at,
            channels.{{ channel }}_last_seen_at,
        {%- endfor %}
        customers.first_seen_at,
        customers.last_seen_at
    from customers
    left join households on customers.customer_id = households.customer_id
    left join golden_records on customers.customer_id = golden_records.customer_id
    left join consents on customers.customer_id = consents.customer_id
    left join orders on customers.customer_id = orders.customer_id
    left join channels on customers.customer_id = channels.customer_id
    left join service on customers.customer_id = service.customer_id

)

select * from described
