-- All identities of a user come with each of its versions: what came with an older one, the user has lost.
with source as (

    select * from {{ source('zendesk', 'user_identities') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['user_updated_at']) }} = 1

),

users as (

    select
        id,
        max(updated_at) as updated_at
    from {{ source('zendesk', 'users') }}
    group by id

),

renamed as (

    select
        latest.id as user_identity_id,
        latest.user_id,
        latest.type as identity_type,
        latest.value as identity_value,
        latest.is_verified,
        latest.is_primary,
        cast(latest.created_at as timestamp) as created_at,
        cast(latest.user_updated_at as timestamp) as user_updated_at
    from latest
    inner join users on latest.user_id = users.id and latest.user_updated_at >= users.updated_at

)

select * from renamed
