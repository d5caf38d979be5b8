{# Every reading that int_inventory__level_history holds so far. A macro, so that the model's unit test can put rows in its
   place: dbt can't fake a table that does not exist yet. #}
{% macro level_history(states) -%}
    {%- set columns = {'inventory_level_key': 'string', 'source_system': 'string', 'variant_key': 'string',
                       'sku': 'string', 'location_key': 'string', 'updated_at': 'timestamp', 'is_stocked': 'boolean',
                       'snapshot_at': 'timestamp', 'reading_number': 'bigint'} -%}
    {%- for state in states %}{% do columns.update({state: 'bigint'}) %}{% endfor -%}
    {%- if is_incremental() -%}
        select {{ columns | join(', ') }} from {{ this }}
    {%- else -%}
        select
        {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
        where 1 = 0
    {%- endif -%}
{%- endmacro %}
