-- A rating belongs to whoever has its ticket now: the user that gave it may have been merged into another.
with ratings as (

    select
        ratings.*,
        coalesce(tickets.requester_id, ratings.requester_id) as user_id
    from {{ ref('stg_zendesk__satisfaction_ratings') }} as ratings
    left join {{ ref('stg_zendesk__tickets') }} as tickets on ratings.ticket_id = tickets.ticket_id

),

shaped as (

    select
        'zendesk' as source_system,
        'zendesk:rating-' || satisfaction_rating_id as survey_response_key,
        'satisfaction_ratings' as survey_id,
        'Satisfaction rating of a ticket' as survey_name,
        'csat' as survey_type,
        'zendesk:' || user_id as record_key,
        'zendesk:' || ticket_id as ticket_key,
        cast(case when score like 'good%' then 1 else 0 end as bigint) as score,
        cast(1 as bigint) as max_score,
        true as is_complete,
        updated_at as responded_at
    from ratings
    where score like 'good%' or score like 'bad%'

)

select * from shaped
