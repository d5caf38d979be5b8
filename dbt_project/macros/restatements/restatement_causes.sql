{# Why the figures of an order changed, from `pairs` and `builds` of the restatement log. Each CTE's body is a macro of its
   own; the log says in which order they stand. #}

{# One row per kind of figure and order: whether it was there in the former build and is now, on which day, and whether
   other touches count now. #}
{% macro restatement_marks() %}
    select
        figure_type,
        order_key,
        bool_or(was_there) as was_there,
        bool_or(is_there) as is_there,
        max(was_metric_date) as was_date,
        max(now_metric_date) as now_date,
        bool_or(
            not was_there or not is_there
            or was_touch_count is distinct from now_touch_count or was_touch_seconds is distinct from now_touch_seconds
        ) as is_path_changed
    from pairs
    group by figure_type, order_key
{% endmacro %}

{# Customers who got or lost a record by a merge or a split since the former build. #}
{% macro restatement_moved_customers() %}
    {%- for column in ['customer_id', 'previous_customer_id'] %}
        select customer_map.{{ column }} as customer_id
        from {{ ref('int_identity__customer_map') }} as customer_map
        inner join builds on customer_map.assignment_number > builds.former_assignment_number
        where customer_map.change_type <> 'new'
        {{ 'union' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# Orders on whose path lies a visit of which something was received after the former build's data ended. #}
{% macro restatement_late_orders() %}
    select distinct credits.conversion_id as order_key
    from {{ ref('int_journeys__credits') }} as credits
    inner join marks
        on credits.conversion_id = marks.order_key and marks.figure_type = 'credit' and marks.is_path_changed
    inner join {{ ref('int_journeys__touchpoints') }} as touchpoints
        on credits.touchpoint_id = touchpoints.touchpoint_id
    inner join builds on touchpoints.received_at > builds.former_as_of
{% endmacro %}

{# One row per order with its money before and after, and the cause of each kind of change that it may have. What the
   order's own documents and touches tell goes before rules, rules before code. A message has no time of receipt, so a path
   that changed although nothing else did is one that a message came to late. #}
{% macro restatement_orders() %}
    select
        orders.*,
        orders.was_net_sales - (orders.now_refunded - orders.was_refunded) as net_sales_after_refunds,
        case
            when orders.was_there then coalesce(
                case when orders.is_updated then 'order_change' end, orders.project_cause, 'order_change'
            )
            when orders.happened_at > orders.former_as_of then 'new_order'
            else 'late_event'
        end as order_cause,
        case when orders.is_refunded then 'refund' else coalesce(orders.project_cause, 'refund') end as refund_cause,
        case
            when
                orders.was_customer_id <> orders.now_customer_id or moved_customers.customer_id is not null
                then 'identity_change'
            when late_orders.order_key is not null then 'late_event'
            else coalesce(orders.project_cause, 'late_event')
        end as path_cause
    from (
        select
            pairs.order_key,
            max(builds.former_as_of) as former_as_of,
            max(builds.project_cause) as project_cause,
            bool_or(pairs.was_there) as was_there,
            max(pairs.now_happened_at) as happened_at,
            max(pairs.was_customer_id) as was_customer_id,
            max(pairs.now_customer_id) as now_customer_id,
            coalesce(max(pairs.was_currency_code), max(pairs.now_currency_code)) as currency_code,
            max(pairs.was_updated_at) is distinct from max(pairs.now_updated_at) as is_updated,
            max(pairs.was_document_refunded_amount) is distinct from max(pairs.now_document_refunded_amount)
                as is_refunded,
            coalesce(max(pairs.was_net_sales_amount), 0) as was_net_sales,
            coalesce(max(pairs.now_net_sales_amount), 0) as now_net_sales,
            coalesce(max(pairs.was_refunded_line_amount), 0) as was_refunded,
            coalesce(max(pairs.now_refunded_line_amount), 0) as now_refunded
        from pairs
        cross join builds
        where pairs.figure_type = 'order'
        group by pairs.order_key
    ) as orders
    left join moved_customers on orders.now_customer_id = moved_customers.customer_id
    left join late_orders on orders.order_key = late_orders.order_key
{% endmacro %}
