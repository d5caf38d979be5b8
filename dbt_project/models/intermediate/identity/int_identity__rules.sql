-- The seed identity_rules, and a stop before any record moves: a row that contradicts itself or another is named in the
-- error, here or in the seeds blocked_identifiers and manual_identity_links.
with rules as (

    select * from {{ ref('identity_rules') }}

),

blocked as (

    select * from {{ ref('blocked_identifiers') }}

),

links as (

    select * from {{ ref('manual_identity_links') }}

),

contradictions as (

    {{ identity_contradictions() }}

),

checked as (

    select
        case
            when count(*) > 0
                then
                    {{ raise_error(
                        "'Identity rules contradict themselves: ' || min(contradiction) || ' (of ' || cast(count(*) as string) || ')'"
                    ) }}
        end as error
    from contradictions

),

sound as (

    select rules.*
    from rules
    cross join checked
    where checked.error is null

)

select * from sound
