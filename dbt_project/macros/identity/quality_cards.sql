{# One card of fct_identity_quality: {card, affected_count, total_count, example_customer_id} of the rows of a relation.
   `affected` is a condition that counts rows or, with is_most=true, a number whose largest is the card. With `by`, the
   example is the affected customer of whom that number is largest. #}
{% macro quality_card(card, relation, affected, by=none, is_most=false) %}
    select
        '{{ card }}' as card,
        {% if is_most -%}
            cast(coalesce(max({{ affected }}), 0) as bigint) as affected_count,
            cast(1 as bigint) as total_count,
        {%- else -%}
            cast(count(case when {{ affected }} then 1 end) as bigint) as affected_count,
            cast(count(*) as bigint) as total_count,
        {%- endif %}
        {% if by -%}
            -- Of equals the last id, so that two builds name the same one.
            max_by(
                customer_id, {% if not is_most %}case when {{ affected }} then {% endif -%}
                lpad(cast({{ by }} as string), 10, '0') || customer_id {%- if not is_most %} end{% endif %}
            ) as example_customer_id
        {%- else -%}
            cast(null as string) as example_customer_id
        {%- endif %}
    from {{ relation }}
{% endmacro %}

{# {customer_id, given_name_count} of each customer with a given name: the spellings of one name (given_names_agree) are
   counted once. `customer_records` is a relation of (customer_id, given_name_key). #}
{% macro given_names_of_customers(customer_records) %}
    select
        customer_id,
        count(distinct name_group) as given_name_count
    from (
        select
            name.customer_id,
            coalesce(other.given_name_key, name.given_name_key) as name_group
        from ({{ _distinct_given_names(customer_records) }}) as name
        left join ({{ _distinct_given_names(customer_records) }}) as other
            on
                name.customer_id = other.customer_id
                -- Far above any threshold whatever the spellings: its pairs need no comparing.
                and name.name_count <= 50
                and {{ given_names_agree('name.given_name_key', 'other.given_name_key') }}
        -- The fullest spelling stands for the group.
        qualify row_number() over (
            partition by name.customer_id, name.given_name_key
            order by length(other.given_name_key) desc nulls last, other.given_name_key asc nulls last
        ) = 1
    ) as grouped
    group by customer_id
{% endmacro %}

{% macro _distinct_given_names(customer_records) %}
    select customer_id, given_name_key, count(*) over (partition by customer_id) as name_count
    from {{ customer_records }}
    where given_name_key is not null
    group by customer_id, given_name_key
{% endmacro %}
