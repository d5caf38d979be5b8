with source as (

    select * from {{ source('zendesk', 'ticket_comments') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['created_at']) }} = 1

),

renamed as (

    select
        id as ticket_comment_id,
        ticket_id,
        author_id,
        is_public,
        cast(created_at as timestamp) as created_at
    from latest

)

select * from renamed
