-- The days that hold orders, and the one currency of all amounts.
select
    min(order_date) as first_date,
    max(order_date) as last_date,
    min(currency_code) as currency_code
from fct_orders
where
    not is_test
    and not is_cancelled
