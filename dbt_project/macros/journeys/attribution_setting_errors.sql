{# {error}: each row of the seed attribution_settings that can't be meant, named by its setting, channel and kind of touch.
   Reads the CTE settings of int_journeys__attribution_settings. #}
{% macro attribution_setting_errors() -%}
    {%- set words = {'path_transform': path_transforms('x') | list, 'shapley_value': ['count', 'rate']} -%}
    {%- set numbers = {
        'lookback_days': [0, 3650], 'half_life_days': [0.001, 3650], 'first_weight': [0, 1], 'middle_weight': [0, 1],
        'last_weight': [0, 1], 'markov_order': [1, 3], 'shapley_channels': [1, 16],
    } -%}
    {%- set whole = ['lookback_days', 'markov_order', 'shapley_channels'] -%}
    {%- set row = "'attribution_settings, ' || coalesce(setting, '(none)') || ' ' || coalesce(channel, '(none)') || ' '"
        ~ " || coalesce(touch_type, '(none)') || ', value ' || coalesce(setting_value, '(none)') || ': '" -%}
    select {{ row }} || 'no such setting' as error
    from settings
    where coalesce(setting, '') not in ('{{ (words | list + numbers | list) | join("', '") }}')
    union all
    select {{ row }} || 'stands twice' as error
    from settings
    qualify count(*) over (partition by setting, channel, touch_type) > 1
    union all
    select {{ row }} || 'only a look-back may differ by channel or kind of touch' as error
    from settings
    where setting <> 'lookback_days' and (coalesce(channel, '') <> '*' or coalesce(touch_type, '') <> '*')
    union all
    select {{ row }} || 'channel and touch_type need a word or *' as error
    from settings
    where channel is null or touch_type is null
    {%- for setting, allowed in words.items() %}
    union all
    select {{ row }} || 'not one of {{ allowed | join(", ") }}' as error
    from settings
    where setting = '{{ setting }}' and coalesce(setting_value, '') not in ('{{ allowed | join("', '") }}')
    {%- endfor %}
    {%- for setting, range in numbers.items() %}
    union all
    select {{ row }} || 'not a {{ "whole " if setting in whole }}number from {{ range[0] }} to {{ range[1] }}' as error
    from settings
    where
        setting = '{{ setting }}'
        and coalesce(
            try_cast(setting_value as decimal(18, 6)) not between {{ range[0] }} and {{ range[1] }}
            {%- if setting in whole %}
            or try_cast(setting_value as decimal(18, 6)) <> floor(try_cast(setting_value as decimal(18, 6)))
            {%- endif %},
            true
        )
    {%- endfor %}
    {%- for setting in words | list + numbers | list %}
    union all
    select 'attribution_settings: no row {{ setting }} * *' as error
    from settings
    having count(case when setting = '{{ setting }}' and channel = '*' and touch_type = '*' then 1 end) = 0
    {%- endfor %}
    union all
    select
        'attribution_settings, first_weight, middle_weight, last_weight: they sum to '
        || cast(sum(try_cast(setting_value as decimal(18, 6))) as string) || ', not to 1' as error
    from settings
    where setting in ('first_weight', 'middle_weight', 'last_weight')
    having sum(try_cast(setting_value as decimal(18, 6))) <> 1
    union all
    select
        'attribution_settings, first_weight and last_weight: both are 0, so a path of two touches has no credit' as error
    from settings
    where setting in ('first_weight', 'last_weight')
    having sum(try_cast(setting_value as decimal(18, 6))) = 0
{%- endmacro %}
