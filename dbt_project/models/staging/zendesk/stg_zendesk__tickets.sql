with source as (

    select * from {{ source('zendesk', 'tickets') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['generated_at']) }} = 1

),

renamed as (

    select
        id as ticket_id,
        external_id,
        requester_id,
        submitter_id,
        assignee_id,
        group_id,
        brand_id,
        status,
        priority,
        type as ticket_type,
        channel,
        trim(order_number) as order_number,
        subject_order_number,
        tags as tags_json,
        reopens as reopen_count,
        replies as reply_count,
        reply_minutes,
        cast(solved_at as timestamp) as solved_at,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at,
        cast(generated_at as timestamp) as generated_at
    from latest

)

select * from renamed
