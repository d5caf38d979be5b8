{# The parts of fct_media_mix. #}

{# The places of every country that anything was sold to, and whatever else it was sold to (`sold`), each with its part of
   the population up to it and before it. The place `unknown` is the last, and has what no population is known for. #}
{% macro media_mix_shares() %}
    select
        geo,
        population,
        case when geo = 'unknown' then 1.0 else population_so_far / cast(whole_population as double) end as share,
        coalesce((population_so_far - coalesce(population, 0)) / cast(whole_population as double), 0.0) as share_before
    from (
        select
            geo,
            population,
            sum(coalesce(population, 0)) over (
                order by case when geo = 'unknown' then 1 else 0 end asc nulls last, geo asc nulls last
                rows between unbounded preceding and current row
            ) as population_so_far,
            sum(population) over () as whole_population
        from (
            select
                geo,
                max(population) as population
            from (
                select
                    populations.geo,
                    populations.population
                from {{ ref('geo_populations') }} as populations
                inner join sold on split_part(populations.geo, '-', 1) = split_part(sold.geo, '-', 1)
                union all
                select
                    geo,
                    cast(null as bigint) as population
                from sold
                union all
                select
                    'unknown' as geo,
                    cast(null as bigint) as population
            ) as places
            group by geo
        ) as known
    ) as geos
{% endmacro %}

{# Every week (`weeks`), place (`shares`) and variable with its value. `sold`: variable -> its type and SQL; `media`: figure
   of a channel -> its type. #}
{% macro media_mix_cells(sold, media) %}
    {%- for name, (kind, _) in sold.items() %}
    select
        weeks.week_start_date,
        shares.geo,
        '{{ name }}' as variable_name,
        '{{ kind }}' as variable_type,
        cast(null as string) as media_channel,
        cast(coalesce(sold.{{ name }}, 0) as decimal(18, 6)) as value
    from weeks
    cross join shares
    left join sold on weeks.week_start_date = sold.week_start_date and shares.geo = sold.geo
    union all
    {%- endfor %}
    {%- for name, kind in media.items() %}
    select
        weeks.week_start_date,
        shares.geo,
        channels.media_channel || '_{{ name }}' as variable_name,
        '{{ kind }}' as variable_type,
        channels.media_channel,
        cast(
            coalesce({{ dealt_amount('media.' ~ name, 'shares.share', 'shares.share_before') }}, 0) as decimal(18, 6)
        ) as value
    from weeks
    cross join shares
    cross join (select distinct media_channel from media) as channels
    left join media
        on weeks.week_start_date = media.week_start_date and channels.media_channel = media.media_channel
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
