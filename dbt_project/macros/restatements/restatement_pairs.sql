{# Both builds' figures beside each other: every figure of `present` and of `former`. #}
{% macro restatement_pairs() %}
    select
        coalesce(present.figure_type, former.figure_type) as figure_type,
        coalesce(present.order_key, former.order_key) as order_key,
        coalesce(present.channel, former.channel) as channel,
        {%- for column in restatement_columns() if column not in ('figure_type', 'order_key', 'channel') %}
        former.{{ column }} as was_{{ column }},
        present.{{ column }} as now_{{ column }},
        {%- endfor %}
        former.order_key is not null as was_there,
        present.order_key is not null as is_there
    from present
    full join (select * from former where figure_type <> 'build') as former
        on
            present.figure_type = former.figure_type
            and present.order_key = former.order_key
            and present.channel = former.channel
{% endmacro %}

{# Orders of which any figure of `every_pair` is another, new or gone. #}
{% macro restatement_changed_orders() %}
    {%- set figures = ['metric_date', 'net_sales_amount', 'refunded_line_amount'] -%}
    {%- for name in attribution_models() -%}
        {%- do figures.extend([name ~ '_credit', name ~ '_revenue']) -%}
    {%- endfor %}
    select distinct order_key
    from every_pair
    where
        was_there <> is_there
        {%- for column in figures %}
        or was_{{ column }} is distinct from now_{{ column }}
        {%- endfor %}
{% endmacro %}

{# Figures that changed, and all others of an order whose money did: these were dealt together. One row per order, channel
   and model, and one per order for its net sales. #}
{% macro restatement_compared() %}
    {%- set compared = {'': {}} -%}
    {%- do compared.update(attribution_models()) %}
    {%- for name, model in compared.items() %}
    {%- set amount = name ~ '_revenue' if name else 'net_sales_amount' %}
    {%- set credit = ['was_' ~ name ~ '_credit', 'now_' ~ name ~ '_credit'] if name
        else ['case when pairs.was_there then 1 end', 'case when pairs.is_there then 1 end'] %}
    select
        {{ "'attributed_revenue'" if name else "'net_sales'" }} as metric,
        cast({{ "'" ~ name ~ "'" if name else 'null' }} as string) as attribution_model,
        {{ (model.is_additive | default(true)) | lower }} as is_additive,
        {{ (model.is_estimated | default(false)) | lower }} as is_estimated,
        pairs.figure_type,
        pairs.order_key,
        pairs.channel,
        coalesce(pairs.was_{{ amount }}, 0) as was_amount,
        coalesce(pairs.now_{{ amount }}, 0) as now_amount,
        cast(coalesce({{ credit[0] }}, 0) as decimal(18, 12)) as was_credit,
        cast(coalesce({{ credit[1] }}, 0) as decimal(18, 12)) as now_credit
    from pairs
    inner join orders on pairs.order_key = orders.order_key
    where
        pairs.figure_type = '{{ 'credit' if name else 'order' }}'
        and (
            pairs.was_{{ amount }} is distinct from pairs.now_{{ amount }}
            or {{ credit[0] }} is distinct from {{ credit[1] }}
            or pairs.was_metric_date is distinct from pairs.now_metric_date
            or orders.was_net_sales <> orders.now_net_sales
            or orders.was_refunded <> orders.now_refunded
        )
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
