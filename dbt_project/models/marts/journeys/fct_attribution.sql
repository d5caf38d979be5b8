-- A view: int_journeys__credits holds the credit of all models, side by side.
{{ config(materialized='view') }}
with credits as (

    select * from {{ ref('int_journeys__credits') }}

),

attribution as (

    {%- for name, model in attribution_models().items() %}
    select
        {{ surrogate_key(['conversion_id', "'" ~ name ~ "'", 'touchpoint_id']) }} as attribution_key,
        conversion_id,
        conversion_type,
        source_system,
        '{{ name }}' as attribution_model,
        {{ model.is_additive | lower }} as is_additive,
        touchpoint_id,
        customer_id,
        channel,
        touch_type,
        campaign,
        currency_code,
        touchpoint_position,
        path_length,
        {{ name }}_credit as credit,
        {{ name }}_revenue as attributed_revenue,
        touched_at,
        converted_at,
        touched_date,
        converted_date
    from credits
    where {{ name }}_credit > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from attribution
