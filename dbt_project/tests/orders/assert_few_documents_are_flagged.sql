-- Catches a landing that lost lines or refunds, and a vendor that changed what its fields mean: a few documents that do
-- not add up are the vendor's and only listed, but more than five and one in a hundred have a cause of ours.
with issues as (

    select
        source_system,
        issue_type,
        count(*) as issue_count
    from {{ ref('fct_data_quality_issues') }}
    where issue_subject = 'orders' and issue_type <> 'unknown_currency'
    group by source_system, issue_type

),

orders as (

    select
        source_system,
        count(*) as order_count
    from {{ ref('fct_orders') }}
    group by source_system

)

select
    issues.source_system,
    issues.issue_type,
    issues.issue_count,
    orders.order_count
from issues
left join orders on issues.source_system = orders.source_system
where issues.issue_count > 5 and issues.issue_count * 100 > coalesce(orders.order_count, 0)
