-- Catches: sessions of one device that run into each other, as when events are cut in another order than they are
-- gathered in, or a late event is put into the wrong visit.
with sessions as (

    select
        session_id,
        ended_at,
        lead(started_at) over (
            partition by visitor_key
            order by started_at asc nulls last, ended_at asc nulls last, session_id asc nulls last
        ) as next_started_at
    from {{ ref('int_journeys__sessions') }}

)

select * from sessions
where ended_at > next_started_at
