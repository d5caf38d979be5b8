{# The attribution models: for each, the weight of a touchpoint on its path, as SQL over the columns of
   int_journeys__paths (touchpoint_position from 1, path_length, channel, touched_at, converted_at). Weights need not
   sum to 1; fct_attribution divides by their sum and drops touchpoints of weight 0, so each model must give at least
   one touchpoint of a path a weight above 0. A new model is one line here and one accepted value of
   fct_attribution.attribution_model. #}
{% macro attribution_weights() %}
    {{ return({
        'first_touch': 'case when touchpoint_position = 1 then 1 else 0 end',
        'last_touch': 'case when touchpoint_position = path_length then 1 else 0 end',
        'linear': '1',
    }) }}
{% endmacro %}
