{# What components are called that keep no id. Both read CTEs of int_identity__customer_map; kept_ids.sql says what a
   claim is. #}

{# {component_number, customer_id}: a component without an id takes back one that its records had before and nobody has
   now, the newest first: what a split gives back is the id from before the merge. #}
{% macro revived_ids() -%}
(

    select
        heirs.component_number,
        heirs.customer_id
    from (
        select
            held.component_number,
            held.customer_id,
            min(held.claim) as claim,
            max(held.last_assignment_number) as last_assignment_number
        from held
        left join kept as with_id on held.component_number = with_id.component_number
        left join kept as taken on held.customer_id = taken.customer_id
        where with_id.component_number is null and taken.customer_id is null
        group by held.component_number, held.customer_id
        qualify row_number() over (partition by held.customer_id order by min(held.claim) asc nulls last) = 1
    ) as heirs
    inner join ids on heirs.customer_id = ids.customer_id
    qualify row_number() over (
        partition by heirs.component_number
        order by
            heirs.last_assignment_number desc nulls last, ids.first_assignment_number asc nulls last,
            heirs.claim asc nulls last
    ) = 1

)
{%- endmacro %}

{# {component_number, customer_id}: a new id for each component that has none, named after its oldest record; where that
   very name was given before, after the build too. #}
{% macro fresh_ids() -%}
(

    select
        components.component_number,
        'c_' || substr(
            case
                when ids.customer_id is null then components.id_hash
                else {{ sha256_hex("components.record_key || ':' || cast(this_build.assignment_number as string)") }}
            end, 1, 16
        ) as customer_id
    from (
        select
            components.component_number,
            components.record_key,
            {{ sha256_hex('components.record_key') }} as id_hash
        from components
        left join kept on components.component_number = kept.component_number
        left join revived on components.component_number = revived.component_number
        where
            components.record_number = components.component_number
            and kept.component_number is null
            and revived.component_number is null
    ) as components
    cross join this_build
    left join ids on 'c_' || substr(components.id_hash, 1, 16) = ids.customer_id

)
{%- endmacro %}
