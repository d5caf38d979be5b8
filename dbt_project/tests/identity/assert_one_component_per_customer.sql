-- Catches two components under one id: a split that both parts survived, or a derived id that met an older one.
select record_customers.customer_id
from {{ ref('int_identity__record_customers') }} as record_customers
inner join {{ ref('int_identity__components') }} as components
    on record_customers.record_key = components.record_key
group by record_customers.customer_id
having count(distinct components.component_number) > 1
