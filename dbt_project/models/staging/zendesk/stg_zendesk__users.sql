with source as (

    select * from {{ source('zendesk', 'users') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as user_id,
        external_id,
        name,
        email,
        phone,
        role,
        coalesce(is_phone_shared, false) as is_phone_shared,
        is_suspended,
        coalesce(is_permanently_deleted, false) as is_permanently_deleted,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
