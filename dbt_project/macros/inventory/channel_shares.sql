{# What each channel may promise of a pool: it asks for its percent, up to its cap, and for nothing where the pool holds no
   more than its floor; channels are served in order until the pool is empty. `pools` has the pool and the channel's rules;
   `columns` are kept, `grain` names the pool. #}
{% macro channel_shares(pools, grain, columns) -%}
    select
        {% for column in columns -%}
            {{ column }},
        {% endfor -%}
        cast(case
            when left_quantity <= 0 then 0
            when wanted_quantity > left_quantity then left_quantity
            else wanted_quantity
        end as bigint) as atp_quantity
    from (
        select
            *,
            pooled_quantity - coalesce(sum(wanted_quantity) over (
                partition by {{ grain | join(', ') }} order by allocation_order asc nulls last
                rows between unbounded preceding and 1 preceding
            ), 0) as left_quantity
        from (
            select
                *,
                case when share_quantity > cap_quantity then cap_quantity else share_quantity end as wanted_quantity
            from (
                select
                    *,
                    case
                        when pooled_quantity <= floor_quantity or pooled_quantity <= 0 then 0
                        else cast(floor(pooled_quantity * allocation_percent / 100.0) as bigint)
                    end as share_quantity
                from {{ pools }}
            ) as shared
        ) as wanted
    ) as served
{%- endmacro %}
