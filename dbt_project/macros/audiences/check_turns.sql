{# Stops where the YAML says nonsense of whose turn it is (priority, capped), naming the audience and the key. #}
{% macro check_turns(activation) %}
    {%- set where = 'Audience ' ~ model.name ~ ' in _audiences.yml: ' -%}
    {%- set priority = activation.get('priority') -%}
    {%- if priority is not none -%}
        {%- if priority is not mapping or priority.keys() | sort != ['list', 'rank'] or priority.rank is not integer
            or priority.rank < 1 or priority.list is not string -%}
            {{ exceptions.raise_compiler_error(
                where ~ 'priority takes a list and a rank of 1 or more, such as {list: baskets, rank: 1}'
            ) }}
        {%- endif -%}
        {%- if activation.get('mode', 'mirror') != 'mirror' -%}
            {{ exceptions.raise_compiler_error(
                where ~ 'mode ' ~ activation.mode ~ ' keeps members who left, so it takes no priority'
            ) }}
        {%- endif -%}
    {%- endif -%}
    {%- if activation.get('capped', true) is not boolean -%}
        {{ exceptions.raise_compiler_error(where ~ 'capped is true or false') }}
    {%- endif -%}
{% endmacro %}
