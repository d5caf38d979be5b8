-- Customers by the month of their first order, and what became of them month by month: once by resolved customer, and
-- once as a tool counts that takes each e-mail for a customer (orders without one it can't count at all).
with as_of as (

    select * from {{ ref('int_as_of') }}

),

orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test and not is_cancelled and not is_return

),

emails as (

    select
        record_key,
        min(contact_value) as email
    from {{ ref('int_identity__record_identifiers') }}
    where identifier_type = 'email'
    group by record_key

),

owned as (

    select
        'customer' as identity_basis,
        record_customers.customer_id as owner,
        cast(date_trunc('month', orders.order_date) as date) as order_month,
        orders.net_sales_amount
    from orders
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    union all
    select
        'email' as identity_basis,
        emails.email as owner,
        cast(date_trunc('month', orders.order_date) as date) as order_month,
        orders.net_sales_amount
    from orders
    inner join emails on orders.record_key = emails.record_key

),

months as (

    select
        identity_basis,
        owner,
        order_month,
        min(order_month) over (partition by identity_basis, owner) as cohort_date,
        count(*) as order_count,
        sum(net_sales_amount) as net_sales_amount
    from owned
    group by identity_basis, owner, order_month

),

activity as (

    select
        identity_basis,
        cohort_date,
        {{ dbt.datediff('cohort_date', 'order_month', 'month') }} as month_number,
        count(*) as active_customer_count,
        sum(order_count) as order_count,
        sum(net_sales_amount) as net_sales_amount
    from months
    group by identity_basis, cohort_date, {{ dbt.datediff('cohort_date', 'order_month', 'month') }}

),

-- A month without any order of the cohort is a row of zeros, not a missing one.
cohort_months as (

    select
        activity.identity_basis,
        activity.cohort_date,
        numbers.month_number,
        activity.active_customer_count as customer_count,
        {{ dbt.datediff('activity.cohort_date', to_reporting_date('as_of.as_of'), 'month') }} as months_passed
    from activity
    cross join as_of
    cross join range(0, 1200) as numbers (month_number)
    where activity.month_number = 0

),

cohorts as (

    select
        {{ surrogate_key(['cohort_months.identity_basis', 'cohort_months.cohort_date', 'cohort_months.month_number']) }}
            as customer_cohort_key,
        cohort_months.identity_basis,
        '{{ reporting_currency() }}' as currency_code,
        cast(cohort_months.month_number as bigint) as month_number,
        cast(cohort_months.customer_count as bigint) as customer_count,
        cast(coalesce(activity.active_customer_count, 0) as bigint) as active_customer_count,
        cast(coalesce(activity.order_count, 0) as bigint) as order_count,
        cast(coalesce(activity.net_sales_amount, 0) as decimal(18, 4)) as net_sales_amount,
        cast(
            {{ safe_divide('coalesce(activity.active_customer_count, 0)', 'cohort_months.customer_count') }}
            as decimal(18, 6)
        ) as retention_rate,
        cohort_months.month_number < cohort_months.months_passed as is_mature,
        cohort_months.cohort_date
    from cohort_months
    left join activity
        on
            cohort_months.identity_basis = activity.identity_basis
            and cohort_months.cohort_date = activity.cohort_date
            and cohort_months.month_number = activity.month_number
    where cohort_months.month_number <= cohort_months.months_passed

)

select * from cohorts
