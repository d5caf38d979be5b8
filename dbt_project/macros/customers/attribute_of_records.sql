{# What each record tells of one attribute, made of one or several of its columns, as int_customers__attribute_values
   lists it. Its parts are counted; `also_counted`, SQL, adds to that count. Reads the CTEs records and buyers. #}
{% macro attribute_of_records(attribute, columns, also_counted='0') %}
    select
        records.customer_id,
        '{{ attribute }}' as attribute,
        records.record_key,
        records.source_system,
        lower(
            {%- for column in columns %}
            coalesce(trim(cast(records.{{ column }} as {{ dbt.type_string() }})), ''){{ " || '|' ||" if not loop.last }}
            {%- endfor %}
        ) as attribute_value,
        {%- for column in columns %}
        case when records.{{ column }} is not null then 1 else 0 end +
        {%- endfor %} {{ also_counted }} as part_count,
        buyers.record_key is not null as is_verified,
        coalesce(records.updated_at, records.created_at) as observed_at
    from records
    left join buyers on records.record_key = buyers.record_key
    where
        {%- for column in columns %}
        records.{{ column }} is not null{{ ' or' if not loop.last }}
        {%- endfor %}
{% endmacro %}
