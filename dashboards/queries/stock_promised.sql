-- Units that each sales channel may promise, at one location or ($location_key null) at all together.
select
    sku,
    channel,
    sum(atp_quantity) as atp_quantity
from fct_available_to_promise
where location_key = $location_key or cast($location_key as varchar) is null
group by sku, channel
order by channel asc, sku asc
