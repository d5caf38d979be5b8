-- The documents are in the facts all the same, but for those whose order was never read: these are here alone.
with issues as (

    select * from {{ ref('int_orders__issues') }}

),

fct_data_quality_issues as (

    select
        issue_key,
        issue_type,
        source_system,
        document_key,
        order_key,
        currency_code as document_currency_code,
        issue_amount,
        occurred_at,
        {{ to_reporting_date('occurred_at') }} as occurred_date
    from issues

)

select * from fct_data_quality_issues
