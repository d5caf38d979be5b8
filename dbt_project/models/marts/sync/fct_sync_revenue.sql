-- Beside each member that a platform took, the orders of the days after. An order that several operations stand before
-- is dealt to them in equal parts, differences of rounded running totals; with the orders that no operation stands
-- before, the parts sum to fct_orders exactly. What was caused none of this says, but lift_share, of the audience.
{%- set days = var('sync_revenue').window_days %}
with current_customers as (

    {{ current_customers() }}

),

-- At the moment of the data that it stood on, not of the wall clock.
adds as (

    select
        records.sync_record_key,
        records.audience,
        records.destination,
        records.recorded_at,
        coalesce(current_customers.current_customer_id, records.customer_id) as customer_id,
        coalesce(records.consent_as_of, records.recorded_at) as added_at
    from {{ ref('fct_sync_records') }} as records
    left join current_customers on records.customer_id = current_customers.customer_id
    where records.action = 'add' and records.status <> 'rejected'

),

orders as (

    select * from {{ ref('fct_orders') }}
    where not is_test

),

-- Told again after leaving, a member's orders are the later operation's.
claims as (

    select
        orders.order_key,
        adds.sync_record_key,
        adds.added_at
    from orders
    inner join adds
        on
            orders.customer_id = adds.customer_id
            and orders.ordered_at > adds.added_at
            and orders.ordered_at <= {{ dbt.dateadd('day', days, 'adds.added_at') }}
    qualify row_number() over (
        partition by orders.order_key, adds.audience, adds.destination
        order by adds.added_at desc nulls last, adds.recorded_at desc nulls last, adds.sync_record_key asc nulls last
    ) = 1

),

dealt as (

    select
        claims.sync_record_key,
        orders.*,
        count(claims.sync_record_key) over (partition by orders.order_key) as operation_count,
        greatest(count(claims.sync_record_key) over (partition by orders.order_key), 1) as parts,
        row_number() over (
            partition by orders.order_key
            order by claims.added_at asc nulls last, claims.sync_record_key asc nulls last
        ) as place
    from orders
    left join claims on orders.order_key = claims.order_key

),

lifts as (

    select
        audience,
        lift_share
    from {{ ref('fct_audience_lift') }}
    where window_days = {{ days }} and missing_interval_reason is null
    qualify row_number() over (
        partition by audience order by last_assigned_at desc nulls last, holdout_share desc nulls last
    ) = 1

),

revenue as (

    select
        {{ surrogate_key(['adds.sync_record_key', 'dealt.order_key']) }} as sync_revenue_key,
        adds.sync_record_key,
        adds.audience,
        adds.destination,
        coalesce(adds.customer_id, dealt.customer_id) as customer_id,
        dealt.order_key,
        coalesce(dealt.currency_code, '{{ reporting_currency() }}') as currency_code,
        cast(coalesce(dealt.operation_count, 0) as bigint) as operation_count,
        {%- for name in ['net_sales_amount', 'margin_amount'] %}
            cast(
                cast(dealt.{{ name }} * dealt.place / dealt.parts as decimal(18, 4))
                - cast(dealt.{{ name }} * (dealt.place - 1) / dealt.parts as decimal(18, 4)) as decimal(18, 4)
            ) as {{ name }},
            case when dealt.sync_record_key is not null then dealt.{{ name }} end as claimed_{{ name }},
        {%- endfor %}
        lifts.lift_share,
        cast(dealt.net_sales_amount * lifts.lift_share as decimal(18, 4)) as incremental_net_sales_amount,
        adds.added_at,
        dealt.ordered_at,
        dealt.order_date
    from dealt
    full join adds on dealt.sync_record_key = adds.sync_record_key
    left join lifts on adds.audience = lifts.audience

)

select * from revenue
