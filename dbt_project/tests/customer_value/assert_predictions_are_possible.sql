-- Catches a fit gone wrong that no error told of: chances outside 0 to 1, more days with orders than days, money below
-- nothing, a person without a prediction or a prediction missing without a reason.
select
    summary.customer_id,
    predicted.prediction_status
from {{ ref('int_customers__purchase_summary') }} as summary
left join {{ ref('int_customers__predicted_value') }} as predicted on summary.customer_id = predicted.customer_id
where
    predicted.customer_id is null
    or predicted.probability_active not between 0 and 1
    or predicted.purchase_365d_probability not between 0 and predicted.probability_active
    or predicted.expected_365d_orders < predicted.purchase_365d_probability - 0.000001
    or predicted.expected_365d_amount < 0
    or summary.recency_days not between 0 and summary.age_days
    or summary.repeat_purchase_count > summary.recency_days
    or (
        predicted.prediction_status = 'predicted'
        and (predicted.expected_365d_orders is null or predicted.expected_365d_amount is null)
    )
