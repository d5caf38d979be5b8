-- difference_amount is ours less the vendor's; of it flagged_amount comes from documents that do not add up themselves
-- (fct_data_quality_issues), and unexplained_amount, which is 0.00, would be ours to explain. The gap to a report that
-- dates otherwise is no difference: over all days it is nothing.
{%- set cell = ['source_system', 'channel', 'measure', 'document_date', 'order_currency_code'] %}
with reconciled as (

    select * from {{ ref('int_orders__reconciled') }}

),

dated as (

    select
        {{ cell | join(', ') }},
        mart_amount,
        document_amount,
        flagged_amount,
        cast(0 as decimal(18, 4)) as other_dated_amount
    from reconciled
    union all
    select
        source_system,
        channel,
        measure,
        other_date as document_date,
        order_currency_code,
        cast(0 as decimal(18, 4)) as mart_amount,
        cast(0 as decimal(18, 4)) as document_amount,
        cast(0 as decimal(18, 4)) as flagged_amount,
        document_amount as other_dated_amount
    from reconciled

),

summed as (

    select
        {%- for amount in ['mart', 'document', 'flagged', 'other_dated'] %}
            cast(sum({{ amount }}_amount) as decimal(18, 4)) as {{ amount }}_amount,
        {%- endfor %}
        {{ cell | join(', ') }}
    from dated
    group by {{ cell | join(', ') }}

),

fct_order_reconciliation as (

    select
        {{ surrogate_key(cell) }} as reconciliation_key,
        source_system,
        channel,
        measure,
        case when measure = 'refunds' then 'refund_date' else 'order_date' end as date_convention,
        case when measure = 'refunds' then 'order_date' else 'created_date' end as other_date_convention,
        order_currency_code,
        mart_amount,
        document_amount,
        cast(mart_amount - document_amount as decimal(18, 4)) as difference_amount,
        flagged_amount,
        cast(mart_amount - document_amount - flagged_amount as decimal(18, 4)) as unexplained_amount,
        other_dated_amount,
        cast(other_dated_amount - document_amount as decimal(18, 4)) as dating_gap_amount,
        document_date
    from summed

)

select * from fct_order_reconciliation
