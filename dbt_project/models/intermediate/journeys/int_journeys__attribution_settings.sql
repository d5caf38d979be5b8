-- The settings of the attribution models as one row, and a stop before any credit is given: a row of the seed that
-- can't be meant is named in the error.
with settings as (

    select * from {{ ref('attribution_settings') }}

),

errors as (

    {{ attribution_setting_errors() }}

),

checked as (

    select
        case
            when count(*) > 0
                then
                    {{ raise_error(
                        "'Attribution has wrong settings: ' || min(error) || ' (of ' || cast(count(*) as string) || ')'"
                    ) }}
        end as error
    from errors

),

sound as (

    select settings.*
    from settings
    cross join checked
    where checked.error is null

),

chosen as (

    select
        max(case when setting = 'path_transform' then setting_value end) as path_transform,
        max(case when setting = 'shapley_value' then setting_value end) as shapley_value,
        {%- for setting in ['first_weight', 'middle_weight', 'last_weight', 'half_life_days'] %}
            max(case when setting = '{{ setting }}' then cast(setting_value as double) end) as {{ setting }},
        {%- endfor %}
        max(case when setting = 'markov_order' then cast(setting_value as bigint) end) as markov_order,
        max(case when setting = 'shapley_channels' then cast(setting_value as bigint) end) as shapley_channels
    from sound
    where channel = '*' and touch_type = '*'

)

select * from chosen
