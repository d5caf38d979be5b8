with source as (

    select * from {{ source('hubspot', 'subscriptions') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['contact_updated_at']) }} = 1

),

renamed as (

    select
        id as contact_subscription_id,
        contact_id,
        subscription_id,
        subscription_name,
        lower(purpose) as purpose,
        lower(channel) as channel,
        status,
        legal_basis,
        cast(changed_at as timestamp) as changed_at,
        cast(contact_updated_at as timestamp) as contact_updated_at
    from latest

)

select * from renamed
