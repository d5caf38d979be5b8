-- What models of customer value know of a person: how often he came back, when, and for how much; the same as of the
-- end of the calibration, two thirds through the history, with what came in the holdout after it.
with purchases as (

    select * from {{ ref('int_customers__purchases') }}

),

watermark as (

    select {{ to_reporting_date('as_of') }} as as_of_date
    from {{ ref('int_as_of') }}

),

began as (

    select min(purchase_date) as first_date from purchases

),

spans as (

    select
        watermark.as_of_date,
        began.first_date,
        {{ dbt.datediff('began.first_date', 'watermark.as_of_date', 'day') }} as span_days
    from watermark
    cross join began

),

periods as (

    select
        as_of_date,
        cast({{ dbt.dateadd('day', 'cast(floor(span_days * 2 / 3) as integer)', 'first_date') }} as date)
            as calibration_end_date
    from spans

),

placed as (

    select
        purchases.*,
        periods.as_of_date,
        periods.calibration_end_date,
        min(purchases.purchase_date) over (partition by purchases.customer_id) as first_purchase_date,
        purchases.purchase_date <= periods.calibration_end_date as is_calibration
    from purchases
    cross join periods

),

repeated as (

    select
        *,
        case when purchase_date > first_purchase_date and net_sales_amount > 0 then net_sales_amount end as paid_amount
    from placed

),

summed as (

    select
        customer_id,
        as_of_date,
        calibration_end_date,
        first_purchase_date,
        max(purchase_date) as last_purchase_date,
        max(case when is_calibration then purchase_date end) as calibration_last_date,
        count(*) - 1 as repeat_purchase_count,
        count(paid_amount) as paid_repeat_count,
        sum(paid_amount) as repeat_net_sales_amount,
        count(case when is_calibration then 1 end) as calibration_purchase_count,
        count(case when is_calibration then paid_amount end) as calibration_paid_repeat_count,
        sum(case when is_calibration then paid_amount end) as calibration_repeat_net_sales_amount,
        count(case when not is_calibration then 1 end) as holdout_purchase_count,
        sum(case when not is_calibration then net_sales_amount end) as holdout_net_sales_amount
    from repeated
    group by customer_id, as_of_date, calibration_end_date, first_purchase_date

),

summary as (

    select
        customer_id,
        '{{ reporting_currency() }}' as currency_code,
        repeat_purchase_count,
        {{ dbt.datediff('first_purchase_date', 'last_purchase_date', 'day') }} as recency_days,
        {{ dbt.datediff('first_purchase_date', 'as_of_date', 'day') }} as age_days,
        paid_repeat_count,
        cast(coalesce(repeat_net_sales_amount, 0) as decimal(18, 4)) as repeat_net_sales_amount,
        nullif(calibration_purchase_count, 0) - 1 as calibration_repeat_purchase_count,
        {{ dbt.datediff('first_purchase_date', 'calibration_last_date', 'day') }} as calibration_recency_days,
        case
            when calibration_purchase_count > 0
                then {{ dbt.datediff('first_purchase_date', 'calibration_end_date', 'day') }}
        end as calibration_age_days,
        calibration_paid_repeat_count,
        cast(coalesce(calibration_repeat_net_sales_amount, 0) as decimal(18, 4)) as calibration_repeat_net_sales_amount,
        {{ dbt.datediff('calibration_end_date', 'as_of_date', 'day') }} as holdout_days,
        holdout_purchase_count,
        cast(coalesce(holdout_net_sales_amount, 0) as decimal(18, 4)) as holdout_net_sales_amount,
        first_purchase_date,
        last_purchase_date,
        calibration_end_date,
        as_of_date
    from summed

)

select * from summary
