with source as (

    select * from {{ source('meta', 'ads') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_time']) }} = 1

),

renamed as (

    select
        id as ad_id,
        account_id,
        campaign_id,
        adset_id as ad_set_id,
        name as ad_name,
        status as ad_status,
        effective_status,
        cast(created_time as timestamp) as created_at,
        cast(updated_time as timestamp) as updated_at
    from latest

)

select * from renamed
