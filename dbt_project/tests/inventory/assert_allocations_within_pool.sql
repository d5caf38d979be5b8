-- Catches the same unit promised to two channels: what all channels may promise of a SKU at a location is never more
-- than its pool, nor below zero.
select
    sku,
    location_key,
    max(pooled_quantity) as pooled_quantity,
    sum(atp_quantity) as promised_quantity
from {{ ref('fct_available_to_promise') }}
group by sku, location_key
having sum(atp_quantity) > greatest(max(pooled_quantity), 0) or min(atp_quantity) < 0
