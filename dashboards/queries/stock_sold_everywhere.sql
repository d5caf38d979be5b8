-- Units sold by SKU over all channels, as first sold: a return does not undo the demand.
select
    sku,
    sum(quantity) as sold_quantity
from fct_order_lines
where
    not is_test
    and not is_cancelled
    and order_date between $first_date and $last_date
group by sku
