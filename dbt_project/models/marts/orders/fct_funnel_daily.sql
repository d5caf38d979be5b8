-- From visit to order, by the channel that brought the visit. A visit counts for a step if it reached it or a later
-- one, so steps never grow; bots and test hosts are left out. An order that no browser reported is in no visit.
{%- set steps = ['product_view', 'cart_addition', 'checkout', 'order'] %}
with sessions as (

    select * from {{ ref('fct_sessions') }}
    where not is_bot and not is_test_host

),

reached as (

    select
        source_system,
        channel,
        started_date,
        case when order_count > 0 then 1 else 0 end as has_order,
        case when checkout_count + order_count > 0 then 1 else 0 end as has_checkout,
        case when cart_addition_count + checkout_count + order_count > 0 then 1 else 0 end as has_cart_addition,
        case when product_view_count + cart_addition_count + checkout_count + order_count > 0 then 1 else 0 end
            as has_product_view
    from sessions

),

fct_funnel_daily as (

    select
        {{ surrogate_key(['source_system', 'channel', 'started_date']) }} as funnel_key,
        source_system,
        channel,
        count(*) as session_count,
        {%- for step in steps %}
            cast(sum(has_{{ step }}) as bigint) as {{ step }}_session_count,
        {%- endfor %}
        cast({{ safe_divide('sum(has_order)', 'count(*)') }} as decimal(18, 6)) as conversion_rate,
        {%- for step, before in [
            ('product_view', 'count(*)'), ('cart_addition', 'sum(has_product_view)'),
            ('checkout', 'sum(has_cart_addition)'), ('order', 'sum(has_checkout)')
        ] %}
            cast(1 - {{ safe_divide('sum(has_' ~ step ~ ')', before) }} as decimal(18, 6)) as {{ step }}_drop_off_share,
        {%- endfor %}
        started_date
    from reached
    group by source_system, channel, started_date

)

select * from fct_funnel_daily
