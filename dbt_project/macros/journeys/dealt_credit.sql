{# Parts that sum to the whole, as differences of running totals: what goes to a touch is the rounded part of all touches up
   to it less that of the touches before it. Each part is off by less than one unit, their sum by none, and no remainder
   has to be ranked. A share is a double from 0 to 1, and exactly 1 at the last touch. #}

{# Credit, decimal(18,12), from the share of all touches up to one and of those before it. #}
{% macro dealt_credit(share, share_before) -%}
    cast(
        (floor(1000000000000 * {{ share }}) - floor(1000000000000 * {{ share_before }})) / 1000000000000.0
        as decimal(18, 12)
    )
{%- endmacro %}

{# Money, decimal(18,4), likewise, in whole cents with halves upwards; a part of a cent, which only an exchange rate can
   make, goes to the last touch. #}
{% macro dealt_amount(amount, share, share_before) -%}
    cast({{ amount_of_share(amount, share) }} - {{ amount_of_share(amount, share_before) }} as decimal(18, 4))
{%- endmacro %}

{% macro amount_of_share(amount, share) -%}
    case
        when {{ share }} >= 1 then {{ amount }}
        else
            cast(floor(cast(floor({{ amount }} * 100) as double) * {{ share }} + 0.5) as decimal(16, 0))
            * cast(0.01 as decimal(2, 2))
    end
{%- endmacro %}
