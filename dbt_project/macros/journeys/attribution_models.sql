{# The attribution models. For each: the weight of a touch on its path, at most 1, as SQL over the columns of
   int_journeys__paths (touchpoint_position from 1), `seconds_before` (the conversion) and `settings.*`; whether its credit
   adds up; and whether it is estimated, so that others' paths change it. Weights need not sum to 1: credit is a touch's
   part of their sum on the path, which must be above 0. The credit of a model that does not add up is the weight itself,
   0 or 1.

   Anything that reads the models loops over this: a new one is an entry here, and its word where fct_attribution's YAML
   explains them. #}
{% macro attribution_models() %}
    {{ return({
        'first_touch': {
            'weight': 'case when touchpoint_position = 1 then 1 else 0 end',
            'is_additive': true,
        },
        'last_touch': {
            'weight': 'case when touchpoint_position = path_length then 1 else 0 end',
            'is_additive': true,
        },
        'last_non_direct': {
            'weight': 'case when touchpoint_position = last_non_direct_position then 1 else 0 end',
            'is_additive': true,
        },
        'linear': {
            'weight': '1',
            'is_additive': true,
        },
        'position_based': {
            'weight':
                'case when path_length = 1 then 1'
                ~ ' when touchpoint_position = 1 then settings.first_weight'
                ~ ' when touchpoint_position = path_length then settings.last_weight'
                ~ ' else settings.middle_weight / cast(path_length - 2 as double) end',
            'is_additive': true,
        },
        'time_decay': {
            'weight': 'pow(0.5, seconds_before / (86400.0 * settings.half_life_days))',
            'is_additive': true,
        },
        'any_click': {
            'weight': 'case when touchpoint_position = channel_last_position then 1 else 0 end',
            'is_additive': false,
        },
        'markov': {
            'weight': 'channel_values.markov_weight / channel_touch_count',
            'is_additive': true,
            'is_estimated': true,
        },
        'shapley': {
            'weight': 'channel_values.shapley_weight / channel_touch_count',
            'is_additive': true,
            'is_estimated': true,
        },
    }) }}
{% endmacro %}

{# The names, as a relation of one column. #}
{% macro attribution_model_names() %}
    {%- for attribution_model in attribution_models() %}
        select '{{ attribution_model }}' as attribution_model
        {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
