{# Parts that sum to the whole, as differences of running totals: what goes to a touch is the rounded part of all touches up
   to it less that of the touches before it. Each part is off by less than one unit, their sum by none, and no ranking of
   remainders is needed. Credit is counted in units of 10^-12. #}

{# Units of a running total of weights (doubles that hold whole numbers). #}
{% macro credit_units(so_far, total) -%}
    cast(floor(1000000000000 * (({{ so_far }}) / {{ total }})) as bigint)
{%- endmacro %}

{% macro units_as_credit(units) -%}
    cast(cast({{ units }} as decimal(18, 0)) * cast(0.000000000001 as decimal(18, 12)) as decimal(18, 12))
{%- endmacro %}

{# Money, decimal(18,4), for the units after some touches: in whole cents, halves upwards; all of it for all units, with a
   part of a cent, which only an exchange rate can make. #}
{% macro amount_of_units(amount, units) -%}
    case
        when {{ units }} = 1000000000000 then {{ amount }}
        when {{ units }} = 0 then 0
        else
            cast(floor(
                cast(floor({{ amount }} * 100) as decimal(18, 0)) * {{ units_as_credit(units) }} + 0.5
            ) as decimal(18, 0)) * cast(0.01 as decimal(4, 2))
    end
{%- endmacro %}

{# The money of a touch, from its units and those of all touches before it. #}
{% macro dealt_amount(amount, units, units_before) -%}
    cast({{ amount_of_units(amount, units) }} - {{ amount_of_units(amount, units_before) }} as decimal(18, 4))
{%- endmacro %}
