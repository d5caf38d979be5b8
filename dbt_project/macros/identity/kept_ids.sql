{# Which id each component goes on with. All read CTEs of int_identity__customer_map.

   Who holds an id longest has the first claim to it, then the older record: a record's claim is the number of the build
   that gave it the id, then its own number, in one integer so that the smallest can be taken without sorting. The same
   order decides each time an id's records fall apart, so what a merge took is found again when it is undone. #}

{# {record_key, customer_id, claim, last_assignment_number}: every id that a record ever had. #}
{% macro held_ids() -%}
(

    select
        history.record_key,
        history.customer_id,
        min(components.component_number) as component_number,
        min(history.assignment_number) * 1000000000000 + min(components.record_number) as claim,
        max(history.assignment_number) as last_assignment_number
    from history
    inner join components on history.record_key = components.record_key
    group by history.record_key, history.customer_id

)
{%- endmacro %}

{# {record_key, component_number, customer_id, claim}: the id that each record has up to now. #}
{% macro known_ids() -%}
(

    select
        record_key,
        min(component_number) as component_number,
        max_by(customer_id, last_assignment_number) as customer_id,
        max_by(claim, last_assignment_number) as claim
    from held
    group by record_key

)
{%- endmacro %}

{# {component_number, customer_id}: of the parts that an id fell into, the one with the first claim keeps it; of the ids
   that met in one component, the one given first stays. #}
{% macro kept_ids() -%}
(

    select
        heirs.component_number,
        min_by(heirs.customer_id, ids.first_assignment_number * 1000000000000 + mod(heirs.claim, 1000000000000))
            as customer_id
    from (
        select
            customer_id,
            min_by(component_number, claim) as component_number,
            min(claim) as claim
        from known
        group by customer_id
    ) as heirs
    inner join ids on heirs.customer_id = ids.customer_id
    group by heirs.component_number

)
{%- endmacro %}
