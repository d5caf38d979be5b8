{# The canonical shapes: for each, its columns in their one order with their types. A vendor's
   shp_<vendor>__<shape> model gives every column by name (cast(null as ...) where the vendor has none);
   union_shape() reads this list, so the order of a model's columns never matters.

   Keys: <thing>_key is unique over all vendors: source_system || ':' || the vendor's id.
   record_key names one vendor's record of a person. Money is in the document's currency_code. #}
{% macro shape_columns(shape) %}
    {%- set shapes = {} -%}
    {%- for group in [customer_shapes(), order_shapes(), stock_shapes(), journey_shapes(), service_shapes()] -%}
        {%- do shapes.update(group) -%}
    {%- endfor -%}
    {%- if shape not in shapes -%}
        {{ exceptions.raise_compiler_error("There is no shape '" ~ shape ~ "'; known shapes: " ~ shapes.keys() | join(', ')) }}
    {%- endif -%}
    {{ return(shapes[shape]) }}
{% endmacro %}
