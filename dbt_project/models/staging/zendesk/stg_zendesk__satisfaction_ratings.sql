with source as (

    select * from {{ source('zendesk', 'satisfaction_ratings') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as satisfaction_rating_id,
        ticket_id,
        requester_id,
        assignee_id,
        score,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
