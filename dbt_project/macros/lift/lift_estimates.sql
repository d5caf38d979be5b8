{# What a holdout shows of an audience, with 95 % intervals. `outcomes` has one row per person: the columns of `keys`, arm
   (treated or holdout), is_converter, net_sales_amount, unpriced_order_count (orders without an amount); the result one row per
   combination of the keys. Nothing is fitted or drawn, so the same rows give the same interval.

   Conversion: difference of two proportions by Newcombe's hybrid score interval (Statistics in Medicine 17:873, 1998,
   method 10). It holds near 0 and 1, where the usual one is too short.

   Net sales per person: difference of two means. Most persons buy nothing and a few buy much, and the holdout is the small
   group, so Welch's interval (Biometrika 34:28, 1947) misses to one side. Its t is therefore corrected for the skewness of the
   difference by Hall's cubic transformation (Journal of the Royal Statistical Society B 54:221, 1992; of two samples: Zhou and
   Dinh, Biostatistics 6:187, 2005): with k the skewness, T + k T^2 / 3 + k^2 T^3 / 27 + k / 6 is nearly normal, and its inverse
   gives the limits. Student's t comes from the normal one by its expansion in 1 / degrees of freedom (Abramowitz and Stegun
   26.7.5). What is measured of the interval: tests/acceptance/test_b08_lift_intervals.py.

   An arm below `lift.least_persons` gives no interval, one below `lift.least_buyers` none of the net sales: neither holds there. #}
{% macro lift_estimates(outcomes, keys) %}
{%- set z = 1.959963984540054 -%}
{%- set z2 = z * z -%}
{%- set counted = ['count', 'converter_count', 'unpriced_order_count', 'net_sales_amount', 'conversion_rate', 'mean', 'variance', 'skew', 'low', 'high'] -%}
    with amounts as (
        select
            *,
            cast(net_sales_amount as double) as amount
        from {{ outcomes }}
    ),

    -- Of the mean of an arm: its variance, and its third cumulant.
    arms as (
        select
            {{ keys | join(', ') }},
            arm,
            count(*) as arm_count,
            count(case when is_converter then 1 end) as arm_converter_count,
            sum(unpriced_order_count) as arm_unpriced_order_count,
            sum(net_sales_amount) as arm_net_sales_amount,
            cast(count(case when is_converter then 1 end) as double) / count(*) as arm_conversion_rate,
            avg(amount) as arm_mean,
            var_samp(amount) / count(*) as arm_variance,
            (
                avg(amount * amount * amount) - 3 * avg(amount) * avg(amount * amount) + 2 * power(avg(amount), 3)
            ) / (cast(count(*) as double) * count(*)) as arm_skew
        from amounts
        group by {{ keys | join(', ') }}, arm
    ),

    scored as (
        select
            *,
            {{ wilson_limit('arm_conversion_rate', 'arm_count', -z) }} as arm_low,
            {{ wilson_limit('arm_conversion_rate', 'arm_count', z) }} as arm_high
        from arms
    ),

    pairs as (
        select
            {{ keys | join(', ') }}
            {%- for arm in ['treated', 'holdout'] %}
            {%- for name in counted %},
            max(case when arm = '{{ arm }}' then arm_{{ name }} end) as {{ arm }}_{{ name }}
            {%- endfor %}
            {%- endfor %}
        from scored
        group by {{ keys | join(', ') }}
    ),

    compared as (
        select
            *,
            treated_mean - holdout_mean as lift,
            nullif(treated_variance + holdout_variance, 0) as variance,
            (treated_skew - holdout_skew)
            / power(nullif(treated_variance + holdout_variance, 0), 1.5) as skewness,
            power(treated_variance + holdout_variance, 2) / nullif(
                power(treated_variance, 2) / nullif(treated_count - 1, 0)
                + power(holdout_variance, 2) / nullif(holdout_count - 1, 0), 0
            ) as freedom,
            case
                when treated_count is null or holdout_count is null then 'too few persons'
                when least(treated_count, holdout_count) < {{ var('lift').least_persons }} then 'too few persons'
                when least(treated_converter_count, holdout_converter_count) < {{ var('lift').least_buyers }}
                    then 'too few buyers'
            end as missing_interval_reason
        from pairs
    ),

    quantiles as (
        select
            *,
            {{ z }} + {{ (z2 * z + z) / 4 }} / freedom
            + {{ (5 * z2 * z2 * z + 16 * z2 * z + 3 * z) / 96 }} / (freedom * freedom) as quantile
        from compared
    )

    select
        *,
        treated_conversion_rate - holdout_conversion_rate as conversion_lift,
        case
            when coalesce(missing_interval_reason, '') <> 'too few persons'
                then treated_conversion_rate - holdout_conversion_rate - sqrt(
                    power(treated_conversion_rate - treated_low, 2) + power(holdout_high - holdout_conversion_rate, 2)
                )
        end as conversion_lift_low,
        case
            when coalesce(missing_interval_reason, '') <> 'too few persons'
                then treated_conversion_rate - holdout_conversion_rate + sqrt(
                    power(treated_high - treated_conversion_rate, 2) + power(holdout_conversion_rate - holdout_low, 2)
                )
        end as conversion_lift_high,
        case
            when missing_interval_reason is null
                then lift - sqrt(variance) * {{ unskewed('quantile', 'skewness') }}
        end as lift_low,
        case
            when missing_interval_reason is null
                then lift - sqrt(variance) * {{ unskewed('-quantile', 'skewness') }}
        end as lift_high
    from quantiles
{% endmacro %}
