{# Money in major units from whole minor ones, by the currency's own number of decimals (ISO 4217): 4992 EUR is 49.92,
   4992 JPY is 4992. #}
{% macro from_minor_units(amount, currency_code) -%}
    cast(
        case
            when {{ currency_code }} in (
                'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF',
                'XOF', 'XPF'
            ) then {{ amount }} * cast(1 as decimal(4, 3))
            when {{ currency_code }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND')
                then {{ amount }} * cast(0.001 as decimal(4, 3))
            else {{ amount }} * cast(0.01 as decimal(4, 3))
        end as decimal(18, 4)
    )
{%- endmacro %}
