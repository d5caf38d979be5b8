-- Sales by the day of the order, and what came back by the day of the refund beside it: net_sales_amount takes refunds
-- from the day of their sale, net_sales_by_refund_date_amount from their own, as the shops' own reports do. Test orders
-- are left out; cancelled ones are counted apart and sell nothing.
{%- set cell = ['source_system', 'channel', 'location_key', 'currency_code'] %}
{%- set amounts = [
    'gross', 'discount', 'removed', 'cancelled', 'refunded_line', 'net_sales', 'tax', 'shipping', 'tip', 'service_charge',
    'gift_card', 'gift_card_redeemed'
] %}
with orders as (
    select * from {{ ref('fct_orders') }}
    where not is_test
),

refunds as (

    select
        refunds.*,
        orders.location_key
    from {{ ref('fct_refunds') }} as refunds
    inner join orders on refunds.order_key = orders.order_key

),

margins as (

    select
        order_key,
        sum(case when margin_amount is not null then net_sales_amount end) as costed_net_sales_amount,
        sum(margin_amount) as margin_amount
    from {{ ref('fct_order_lines') }}
    where not is_gift_card
    group by order_key

),

sold as (

    select
        {%- for column in cell %}
            orders.{{ column }},
        {%- endfor %}
        orders.order_date as sales_date,
        count(case when not orders.is_cancelled and not orders.is_return then 1 end) as order_count,
        count(case when orders.is_cancelled then 1 end) as cancelled_order_count,
        count(
            case when orders.exchange_rate is null and not orders.is_cancelled and not orders.is_return then 1 end
        ) as unconverted_order_count,
        count(case when orders.is_new_customer then 1 end) as new_customer_order_count,
        count(case when not orders.is_new_customer then 1 end) as returning_customer_order_count,
        sum(case when not orders.is_cancelled then orders.quantity else 0 end) as quantity,
        sum(case when orders.is_new_customer then orders.net_sales_amount else 0 end) as new_customer_net_sales_amount,
        {%- for amount in amounts %}
            coalesce(sum(orders.{{ amount }}_amount), 0) as {{ amount }}_amount,
        {%- endfor %}
        coalesce(sum(margins.costed_net_sales_amount), 0) as costed_net_sales_amount,
        coalesce(sum(margins.margin_amount), 0) as margin_amount
    from orders
    left join margins on orders.order_key = margins.order_key
    group by
        {%- for column in cell %}
            orders.{{ column }},
        {%- endfor %}
        orders.order_date

),

came_back as (

    select
        {{ cell | join(', ') }},
        refund_date as sales_date,
        coalesce(sum(line_amount), 0) as returned_by_refund_date_amount,
        coalesce(sum(total_amount), 0) as refunded_by_refund_date_amount
    from refunds
    group by {{ cell | join(', ') }}, refund_date

),

fct_daily_sales as (

    select
        {{ surrogate_key([
            'coalesce(sold.source_system, came_back.source_system)', 'coalesce(sold.channel, came_back.channel)',
            'coalesce(sold.location_key, came_back.location_key)', 'coalesce(sold.sales_date, came_back.sales_date)'
        ]) }} as daily_sales_key,
        {%- for column in cell + ['sales_date'] %}
            coalesce(sold.{{ column }}, came_back.{{ column }}) as {{ column }},
        {%- endfor %}
        {%- for count in [
            'order', 'cancelled_order', 'unconverted_order', 'new_customer_order', 'returning_customer_order'
        ] %}
            cast(coalesce(sold.{{ count }}_count, 0) as bigint) as {{ count }}_count,
        {%- endfor %}
        cast(coalesce(sold.quantity, 0) as bigint) as quantity,
        {%- for amount in amounts + ['new_customer_net_sales', 'costed_net_sales', 'margin'] %}
            cast(coalesce(sold.{{ amount }}_amount, 0) as decimal(18, 4)) as {{ amount }}_amount,
        {%- endfor %}
        cast(coalesce(came_back.returned_by_refund_date_amount, 0) as decimal(18, 4)) as returned_by_refund_date_amount,
        cast(coalesce(came_back.refunded_by_refund_date_amount, 0) as decimal(18, 4)) as refunded_by_refund_date_amount,
        cast(
            coalesce(sold.net_sales_amount + sold.refunded_line_amount, 0)
            - coalesce(came_back.returned_by_refund_date_amount, 0) as decimal(18, 4)
        ) as net_sales_by_refund_date_amount,
        cast(
            {{ safe_divide('sold.net_sales_amount', 'sold.order_count - sold.unconverted_order_count') }}
            as decimal(18, 4)
        ) as average_order_amount,
        cast({{ safe_divide('sold.discount_amount', 'sold.gross_amount') }} as decimal(18, 6)) as discount_share
    from sold
    full join came_back
        on
            sold.source_system = came_back.source_system
            and sold.channel = came_back.channel
            and coalesce(sold.location_key, '') = coalesce(came_back.location_key, '')
            and sold.sales_date = came_back.sales_date

)

select * from fct_daily_sales
