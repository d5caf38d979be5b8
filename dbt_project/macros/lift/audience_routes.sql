{# Where each audience goes, from the YAML (config.meta.activation): a query of audience (without aud_), destination and the
   channel of the consent it needs there; global_control goes wherever somebody is held out. While dbt only parses, the
   YAML is not joined yet, and in a unit test override this macro. #}
{% macro audience_routes() -%}
{%- set routes = [] -%}
{%- if execute -%}
{%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
{%- set activation = node.config.get('meta', {}).get('activation') or {} -%}
{%- for destination, use in (activation.get('destinations') or {}).items() -%}
{%- do routes.append((node.name | replace('aud_', '', 1), destination, use.channel)) -%}
{%- if (activation.get('holdout') or 0) > 0 -%}{%- do routes.append(('global_control', destination, use.channel)) -%}{%- endif -%}
{%- endfor -%}
{%- endfor -%}
{%- endif -%}
{%- for audience, destination, channel in routes | unique | sort %}
    select '{{ audience }}' as audience, '{{ destination }}' as destination, '{{ channel }}' as channel
    {{ 'union all' if not loop.last }}
{%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as audience,
        cast(null as {{ dbt.type_string() }}) as destination,
        cast(null as {{ dbt.type_string() }}) as channel
    where 1 = 0
{%- endfor -%}
{%- endmacro %}

{# The customer that an id stands for now: the same while it stands for anybody, else the one that most of its records are in.
   A query of customer_id (as it was) and current_customer_id; ids that no record is left of are missing. #}
{% macro current_customers() %}
    select
        customer_map.customer_id,
        record_customers.customer_id as current_customer_id
    from {{ ref('int_identity__customer_map') }} as customer_map
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on customer_map.record_key = record_customers.record_key
    group by customer_map.customer_id, record_customers.customer_id
    qualify row_number() over (
        partition by customer_map.customer_id
        order by
            case when customer_map.customer_id = record_customers.customer_id then 0 else 1 end asc nulls last,
            count(*) desc nulls last,
            record_customers.customer_id asc nulls last
    ) = 1
{% endmacro %}
