-- What customers who ordered are worth so far. Amounts are net sales as in dim_customers, at the order's date.
{%- set windows = [30, 60, 90, 180, 365] %}
with as_of as (

    select * from {{ ref('int_as_of') }}

),

customers as (

    select
        customers.customer_id,
        customers.customer_type,
        orders.order_count,
        orders.net_sales_amount,
        orders.first_order_date,
        orders.last_order_date,
        {{ to_reporting_date('as_of.as_of') }} as as_of_date
    from {{ ref('int_identity__customers') }} as customers
    inner join {{ ref('int_customers__orders') }} as orders on customers.customer_id = orders.customer_id
    cross join as_of
    where orders.order_count > 0

),

windows as (

    select
        {%- for days in windows %}
            sum(
                case
                    when {{ dbt.datediff('customers.first_order_date', 'orders.order_date', 'day') }} <= {{ days }}
                        then orders.net_sales_amount
                    else 0
                end
            ) as ltv_{{ days }}d_amount,
        {%- endfor %}
        customers.customer_id
    from customers
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on customers.customer_id = record_customers.customer_id
    inner join {{ ref('int_orders__orders') }} as orders on record_customers.record_key = orders.record_key
    where not orders.is_test and not orders.is_cancelled
    group by customers.customer_id

),

-- Persons are compared with persons, households with households. rank() gives equal values one rank.
ranked as (

    select
        customers.*,
        {{ dbt.datediff('last_order_date', 'as_of_date', 'day') }} as recency_days,
        count(*) over (partition by customer_type) as buyer_count,
        rank() over (partition by customer_type order by last_order_date asc nulls last) - 1 as less_recent_count,
        rank() over (partition by customer_type order by order_count asc nulls last) - 1 as less_frequent_count,
        rank() over (partition by customer_type order by net_sales_amount asc nulls last) - 1 as less_monetary_count
    from customers

),

scored as (

    select
        {%- for score in ['recent', 'frequent', 'monetary'] %}
            cast(floor(less_{{ score }}_count * 5 / buyer_count) as bigint) + 1 as {{ score }}_score,
        {%- endfor %}
        *
    from ranked

),

valued as (

    select
        scored.customer_id,
        scored.customer_type,
        cast(scored.recent_score as {{ dbt.type_string() }})
        || cast(scored.frequent_score as {{ dbt.type_string() }})
        || cast(scored.monetary_score as {{ dbt.type_string() }}) as rfm_cell,
        case
            when scored.recent_score >= 4 and scored.order_count = 1 then 'new'
            when scored.recent_score >= 4 and scored.monetary_score >= 4 then 'best'
            when scored.recent_score >= 3 and scored.order_count > 1 then 'loyal'
            when scored.recent_score <= 2 and scored.monetary_score >= 4 then 'at_risk'
            when scored.recent_score = 1 then 'lost'
            else 'others'
        end as rfm_segment,
        cast(scored.order_count as bigint) as order_count,
        cast(scored.recency_days as bigint) as recency_days,
        scored.recent_score as recency_score,
        scored.frequent_score as frequency_score,
        scored.monetary_score,
        '{{ reporting_currency() }}' as currency_code,
        scored.net_sales_amount,
        {%- for days in windows %}
            cast(windows.ltv_{{ days }}d_amount as decimal(18, 4)) as ltv_{{ days }}d_amount,
        {%- endfor %}
        cast(predicted.expected_365d_orders as decimal(18, 6)) as expected_365d_orders,
        predicted.expected_365d_amount,
        cast(1 - predicted.purchase_365d_probability as decimal(18, 6)) as churn_probability,
        {%- for days in windows %}
            {{ dbt.datediff('scored.first_order_date', 'scored.as_of_date', 'day') }} > {{ days }}
                as is_ltv_{{ days }}d_mature,
        {%- endfor %}
        scored.first_order_date,
        scored.last_order_date
    from scored
    inner join windows on scored.customer_id = windows.customer_id
    left join {{ ref('int_customers__predicted_value') }} as predicted on scored.customer_id = predicted.customer_id

)

select * from valued
