-- What is at fault is in the facts all the same, but for documents whose order was never read: these are here alone.
with order_issues as (

    select * from {{ ref('int_orders__issues') }}

),

stock_issues as (

    select * from {{ ref('int_inventory__issues') }}

),

issues as (

    select
        issue_key,
        'orders' as issue_subject,
        issue_type,
        source_system,
        document_key,
        order_key,
        cast(null as {{ dbt.type_string() }}) as sku,
        cast(null as {{ dbt.type_string() }}) as location_key,
        currency_code as document_currency_code,
        issue_amount,
        cast(null as bigint) as issue_quantity,
        occurred_at
    from order_issues
    union all
    select
        issue_key,
        'inventory' as issue_subject,
        issue_type,
        source_system,
        document_key,
        cast(null as {{ dbt.type_string() }}) as order_key,
        sku,
        location_key,
        cast(null as {{ dbt.type_string() }}) as document_currency_code,
        cast(null as decimal(18, 4)) as issue_amount,
        issue_quantity,
        occurred_at
    from stock_issues

),

fct_data_quality_issues as (

    select
        *,
        {{ to_reporting_date('occurred_at') }} as occurred_date
    from issues

)

select * from fct_data_quality_issues
