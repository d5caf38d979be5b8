-- What a landing says of where the visitor came from. Few combinations occur among many events, so each is judged once:
-- spellings by the seed utm_aliases, then the first rule of the seed channel_rules that fits.
with events as (

    select * from {{ ref('int_events__events') }}

),

aliases as (

    select
        field,
        alias,
        nullif(canonical, '') as canonical
    from {{ ref('utm_aliases') }}

),

-- An empty cell is null or '' as the engine that read the seed likes.
rules as (

    select
        rule_rank,
        nullif(click_id_type, '') as click_id_type,
        nullif(utm_source, '') as utm_source,
        nullif(utm_medium, '') as utm_medium,
        nullif(referrer_host, '') as referrer_host,
        channel,
        nullif(default_source, '') as default_source
    from {{ ref('channel_rules') }}

),

combinations as (

    select distinct
        {{ traffic_source_key() }} as traffic_source_key,
        lower(click_id_type) as click_id_type,
        {{ normalised_utm('utm_source') }} as source_spelling,
        {{ normalised_utm('utm_medium') }} as medium_spelling,
        referrer_host,
        page_host
    from events

),

excluded_hosts as (

    select distinct combinations.referrer_host
    from combinations
    inner join {{ ref('referral_exclusions') }} as exclusions
        on '.' || combinations.referrer_host like exclusions.host_pattern

),

spelled as (

    select
        combinations.traffic_source_key,
        combinations.click_id_type,
        case
            when source_aliases.alias is null then replace(combinations.source_spelling, ' ', '_')
            else source_aliases.canonical
        end as utm_source,
        case
            when medium_aliases.alias is null then replace(combinations.medium_spelling, ' ', '_')
            else medium_aliases.canonical
        end as utm_medium,
        -- The shop's own pages and pages one only passes through (payment, log-in) referred nobody.
        case
            when excluded_hosts.referrer_host is not null then null
            when '.' || combinations.referrer_host like '%.' || combinations.page_host then null
            when '.' || combinations.page_host like '%.' || combinations.referrer_host then null
            else combinations.referrer_host
        end as referrer_host
    from combinations
    left join aliases as source_aliases
        on combinations.source_spelling = source_aliases.alias and source_aliases.field = 'source'
    left join aliases as medium_aliases
        on combinations.medium_spelling = medium_aliases.alias and medium_aliases.field = 'medium'
    left join excluded_hosts on combinations.referrer_host = excluded_hosts.referrer_host

),

traffic_sources as (

    select
        spelled.traffic_source_key,
        rules.channel,
        coalesce(spelled.utm_source, rules.default_source, spelled.referrer_host) as source,
        spelled.utm_medium as medium,
        spelled.referrer_host,
        rules.rule_rank
    from spelled
    inner join rules
        on
            (rules.click_id_type is null or spelled.click_id_type = rules.click_id_type)
            and (
                rules.utm_source is null
                or spelled.utm_source = rules.utm_source
                or (rules.utm_source = '*' and spelled.utm_source is not null)
            )
            and (
                rules.utm_medium is null
                or spelled.utm_medium = rules.utm_medium
                or (rules.utm_medium = '*' and spelled.utm_medium is not null)
            )
            and (
                rules.referrer_host is null
                or '.' || spelled.referrer_host like rules.referrer_host
                or (rules.referrer_host = '*' and spelled.referrer_host is not null)
            )
    qualify row_number() over (partition by spelled.traffic_source_key order by rules.rule_rank asc nulls last) = 1

)

select * from traffic_sources
