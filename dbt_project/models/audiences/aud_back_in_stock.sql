-- Who looked at or put into a cart what was sold out online, has not bought it since, and can buy it again: the stock
-- came back in the last seven days and the interest is 30 days old at most. Of several products the last one wanted.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

back as (

    select
        stockouts.sku,
        max(stockouts.started_at) as sold_out_at,
        max(stockouts.ended_at) as back_at
    from {{ ref('fct_stockouts') }} as stockouts
    inner join {{ ref('int_inventory__eligible_products') }} as products
        on stockouts.sku = products.sku and products.channel = 'online' and products.is_sellable
    cross join as_of
    where
        stockouts.channel = 'online'
        and not stockouts.is_open
        and stockouts.ended_at > {{ dbt.dateadd('day', -7, 'as_of.as_of') }}
    group by stockouts.sku

),

wanted as (

    select
        record_customers.customer_id,
        events.sku,
        max(events.occurred_at) as last_wanted_at
    from {{ ref('int_events__events') }} as events
    inner join back on events.sku = back.sku
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on events.record_key = record_customers.record_key
    cross join as_of
    where
        events.event_name in ('Product Viewed', 'Product Added')
        and not (events.is_bot or events.is_test_host)
        and events.occurred_at > {{ dbt.dateadd('day', -30, 'as_of.as_of') }}
        and events.occurred_at < back.back_at
    group by record_customers.customer_id, events.sku

),

bought as (

    select
        customer_id,
        sku,
        max(order_date) as last_bought_date
    from {{ ref('fct_order_lines') }}
    group by customer_id, sku

),

candidates as (

    select
        wanted.customer_id,
        wanted.sku as wanted_product_sku,
        back.back_at as back_in_stock_at
    from wanted
    inner join back on wanted.sku = back.sku
    left join bought on wanted.customer_id = bought.customer_id and wanted.sku = bought.sku
    where coalesce(bought.last_bought_date < {{ to_reporting_date('wanted.last_wanted_at') }}, true)
    qualify row_number() over (
        partition by wanted.customer_id order by wanted.last_wanted_at desc nulls last, wanted.sku asc nulls last
    ) = 1

)

select * from {{ eligible_members('candidates') }}
