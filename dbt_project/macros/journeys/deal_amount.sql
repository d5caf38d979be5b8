{# Deals an amount to the touchpoints that have credit for it, in whole cents by largest remainder (then by position), so
   that the parts sum to the amount. A part of a cent, which only an exchange rate can make, goes to the last touchpoint.
   `relation` has one row per share, with credit (sums to 1), touchpoint_position and touchpoint_id; rows with equal `by`
   columns share one amount. Gives the relation's columns and `dealt_amount`, decimal(18,4). #}
{% macro deal_amount(relation, amount, by) %}
    {%- set partition = by | join(', ') -%}
    (
        with dealt as (

            select
                *,
                cast(floor({{ amount }} * 100) as bigint) as amount_cents,
                cast(floor(cast(cast(floor({{ amount }} * 100) as bigint) as decimal(18, 0)) * credit) as bigint)
                    as whole_cents,
                row_number() over (
                    partition by {{ partition }}
                    order by touchpoint_position desc nulls last, touchpoint_id desc nulls last
                ) as position_from_end
            from {{ relation }}

        ),

        ranked as (

            select
                *,
                amount_cents - sum(whole_cents) over (partition by {{ partition }}) as cents_left,
                row_number() over (
                    partition by {{ partition }}
                    order by
                        cast(amount_cents as decimal(18, 0)) * credit - whole_cents desc nulls last,
                        touchpoint_position asc nulls last,
                        touchpoint_id asc nulls last
                ) as remainder_rank
            from dealt

        )

        select
            *,
            cast(
                cast(whole_cents + case when remainder_rank <= cents_left then 1 else 0 end as decimal(18, 0))
                * cast(0.01 as decimal(4, 2))
                + case
                    when position_from_end = 1
                        then {{ amount }} - cast(amount_cents as decimal(18, 0)) * cast(0.01 as decimal(4, 2))
                    else 0
                end as decimal(18, 4)
            ) as dealt_amount
        from ranked
    )
{% endmacro %}
