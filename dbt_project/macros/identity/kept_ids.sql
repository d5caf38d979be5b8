{# {component_number, customer_id}: the id that each component goes on with. Of the parts that an id fell into, the one with
   its oldest record keeps it; of the ids that met in one component, the one given first stays. Reads the CTEs known and
   ids of int_identity__customer_map. #}
{% macro kept_ids() -%}
(

    select
        heirs.component_number,
        heirs.customer_id
    from (
        select
            customer_id,
            component_number,
            record_number
        from known
        qualify row_number() over (partition by customer_id order by record_number asc nulls last) = 1
    ) as heirs
    inner join ids on heirs.customer_id = ids.customer_id
    qualify row_number() over (
        partition by heirs.component_number
        order by ids.first_assignment_number asc nulls last, heirs.record_number asc nulls last
    ) = 1

)
{%- endmacro %}
