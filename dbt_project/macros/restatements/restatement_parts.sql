{# Each figure of `figures` with its order's causes and the steps of its change: `refund_amount`, `order_amount`,
   `path_amount`, which sum to it. A figure that was or is not there, or lies on another day, is not taken apart
   (`is_whole`). #}
{% macro restatement_dealt() %}
    {%- set by_order = 'partition by figures.metric, figures.attribution_model, figures.order_key' -%}
    select
        *,
        case
            when is_path_changed then path_cause
            else coalesce(project_cause, case when is_estimated then 'reestimation' else 'code_change' end)
        end as model_cause,
        now_amount - was_amount - refund_amount - order_amount as path_amount
    from (
        select
            *,
            case
                when now_net_sales = net_sales_after_refunds then 0
                when is_credit_changed then dealt_amount - was_amount - refund_amount
                else now_amount - was_amount - refund_amount
            end as order_amount
        from (
            select
                *,
                {{ dealt_amount('now_net_sales', 'share', 'share_before') }} as dealt_amount,
                case
                    when was_refunded = now_refunded then 0
                    when is_credit_changed or now_net_sales <> net_sales_after_refunds
                        then {{ dealt_amount('net_sales_after_refunds', 'share', 'share_before') }} - was_amount
                    else now_amount - was_amount
                end as refund_amount
            from (
                select
                    *,
                    case when is_additive then cast(credit_so_far as double) else cast(was_credit as double) end
                        as share,
                    case when is_additive then cast(credit_so_far - was_credit as double) else 0.0 end as share_before
                from (
                    select
                        figures.*,
                        orders.was_net_sales,
                        orders.now_net_sales,
                        orders.was_refunded,
                        orders.now_refunded,
                        orders.net_sales_after_refunds,
                        orders.project_cause,
                        orders.order_cause,
                        orders.refund_cause,
                        orders.path_cause,
                        orders.currency_code,
                        marks.was_date,
                        marks.now_date,
                        marks.is_path_changed,
                        marks.was_there,
                        marks.is_there,
                        not marks.was_there or not marks.is_there or marks.was_date <> marks.now_date as is_whole,
                        bool_or(figures.was_credit <> figures.now_credit) over ({{ by_order }}) as is_credit_changed,
                        sum(figures.was_credit) over (
                            {{ by_order }} order by figures.channel asc nulls last
                            rows between unbounded preceding and current row
                        ) as credit_so_far
                    from figures
                    inner join orders on figures.order_key = orders.order_key
                    inner join marks
                        on figures.order_key = marks.order_key and figures.figure_type = marks.figure_type
                ) as ordered
            ) as shared
        ) as refunded
    ) as changed
{% endmacro %}

{# One row per figure and part of its change that is not 0, with its cause. `steps`: amount, credit, cause. #}
{% macro restatement_parts(steps) %}
    {%- set columns = 'metric, attribution_model, is_additive, channel, order_key, currency_code' -%}
    select
        {{ columns }},
        was_date as metric_date,
        order_cause as cause,
        -was_amount as change_amount,
        -was_credit as change_credit
    from dealt
    where is_whole and was_there
    union all
    select
        {{ columns }},
        now_date as metric_date,
        order_cause as cause,
        now_amount as change_amount,
        now_credit as change_credit
    from dealt
    where is_whole and is_there
    {%- for amount, credit, cause in steps %}
    union all
    select
        {{ columns }},
        now_date as metric_date,
        {{ cause }} as cause,
        {{ amount }} as change_amount,
        {{ credit }} as change_credit
    from dealt
    where not is_whole and ({{ amount }} <> 0 or {{ credit }} <> 0)
    {%- endfor %}
{% endmacro %}
