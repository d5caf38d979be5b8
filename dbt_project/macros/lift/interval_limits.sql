{# The inverse of Hall's transformation (lift_estimates): the t of a limit from its normal quantile. #}
{% macro unskewed(value, skewness) -%}
    case
        when abs({{ skewness }}) < 0.000001 then {{ value }}
        else
            3 / {{ skewness }} * (
                sign(1 + {{ skewness }} * ({{ value }} - {{ skewness }} / 6))
                * power(abs(1 + {{ skewness }} * ({{ value }} - {{ skewness }} / 6)), cast(1 as double) / 3) - 1
            )
    end
{%- endmacro %}

{# One limit of Wilson's score interval of a share (Journal of the American Statistical Association 22:209, 1927): the upper
   one for a positive quantile of the normal distribution, the lower one for a negative. #}
{% macro wilson_limit(share, cases, quantile) -%}
    (
        {{ share }} + {{ quantile * quantile / 2 }} / {{ cases }}
        + ({{ quantile }}) * sqrt(({{ share }} * (1 - {{ share }}) + {{ quantile * quantile / 4 }} / {{ cases }}) / {{ cases }})
    ) / (1 + {{ quantile * quantile }} / {{ cases }})
{%- endmacro %}
