-- How the variants of each vendor match those of others by SKU.
select
    match_status,
    source_system,
    count(*) as variant_count,
    min(sku) as example_sku
from bridge_skus
where is_catalogued
group by match_status, source_system
order by match_status asc, source_system asc
