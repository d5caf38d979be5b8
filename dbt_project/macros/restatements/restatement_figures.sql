{# What the restatement log compares between two builds, one shape for both: a row per order (what it sold, by its sales
   channel) and a row per order and channel of its path (credit and money by every model). A row `build` says by which
   data, rules and code they were made. #}
{% macro restatement_columns() %}
    {%- set columns = {
        'figure_type': 'string', 'order_key': 'string', 'channel': 'string', 'metric_date': 'date',
        'customer_id': 'string', 'currency_code': 'string', 'net_sales_amount': 'decimal(18, 4)',
        'refunded_line_amount': 'decimal(18, 4)', 'document_refunded_amount': 'decimal(18, 4)',
        'happened_at': 'timestamp', 'updated_at': 'timestamp', 'touch_count': 'bigint', 'touch_seconds': 'bigint',
        'assignment_number': 'bigint', 'rules_checksum': 'string', 'code_checksum': 'string',
        'restatement_number': 'bigint',
    } -%}
    {%- for name in attribution_models() -%}
        {%- do columns.update({name ~ '_credit': 'decimal(18, 12)', name ~ '_revenue': 'decimal(18, 4)'}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{# Columns by name, those not given null; `given`: name -> SQL. #}
{% macro restatement_row(given) %}
    {%- for column, type in restatement_columns().items() %}
        cast({{ given.get(column, 'null') }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# As this build has them. Credit is kept per channel of a path, not per touch, so it is a fraction of the credits. #}
{% macro present_figures() %}
    {%- set credit = {
        'figure_type': "'credit'", 'order_key': 'conversion_id', 'channel': 'channel', 'metric_date': 'converted_date',
        'touch_count': 'count(touchpoint_id)', 'touch_seconds': 'sum(' ~ epoch_seconds('touched_at') ~ ')',
    } -%}
    {%- for name in attribution_models() -%}
        {%- do credit.update({
            name ~ '_credit': 'sum(' ~ name ~ '_credit)', name ~ '_revenue': 'sum(' ~ name ~ '_revenue)',
        }) -%}
    {%- endfor %}
    select
        {{ restatement_row({
            'figure_type': "'order'", 'order_key': 'orders.order_key', 'channel': 'orders.channel',
            'metric_date': 'orders.order_date', 'customer_id': 'record_customers.customer_id',
            'currency_code': 'orders.currency_code',
            'net_sales_amount': 'coalesce(orders.net_sales_amount, 0)',
            'refunded_line_amount': 'coalesce(orders.refunded_line_amount, 0)',
            'document_refunded_amount': 'orders.document_refunded_amount', 'happened_at': 'orders.ordered_at',
            'updated_at': 'orders.updated_at',
        }) }}
    from {{ ref('int_orders__orders') }} as orders
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where not orders.is_test
    union all
    select
        {{ restatement_row(credit) }}
    from {{ ref('int_journeys__credits') }}
    where conversion_type <> 'sign_up'
    group by conversion_id, channel, converted_date
{% endmacro %}

{# This build in a row. #}
{% macro present_build() %}
    select
        as_of.as_of,
        coalesce(assignments.assignment_number, 0) as assignment_number,
        {{ rules_checksum() }} as rules_checksum,
        '{{ code_checksum() }}' as code_checksum
    from {{ ref('int_as_of') }} as as_of
    cross join (
        select max(assignment_number) as assignment_number from {{ ref('int_identity__customer_map') }}
    ) as assignments
{% endmacro %}

{# As the former build left them; no rows where there was none. Not a ref: the table is written behind the log, and says
   until then what was before. A macro, so that unit tests can put rows in its place. #}
{% macro former_figures() %}
    {%- set former = load_relation(api.Relation.create(
        database=this.database, schema=this.schema, identifier='int_restatements__figures'
    )) if execute else none -%}
    {%- if former %}
        select {{ restatement_columns() | join(', ') }} from {{ former }}
    {%- else %}
        select
            {{ restatement_row({}) }}
        where 1 = 0
    {%- endif %}
{% endmacro %}

{# The number of this build in the log. #}
{% macro next_restatement_number() %}
    {%- if is_incremental() %}
        select cast(coalesce(max(restatement_number), 0) + 1 as bigint) as restatement_number from {{ this }}
    {%- else %}
        select cast(1 as bigint) as restatement_number
    {%- endif %}
{% endmacro %}
