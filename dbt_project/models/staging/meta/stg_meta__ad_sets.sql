with source as (

    select * from {{ source('meta', 'ad_sets') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_time']) }} = 1

),

renamed as (

    select
        id as ad_set_id,
        account_id,
        campaign_id,
        name as ad_set_name,
        status as ad_set_status,
        effective_status,
        optimization_goal,
        attribution_spec as attribution_spec_json,
        cast(created_time as timestamp) as created_at,
        cast(updated_time as timestamp) as updated_at
    from latest

)

select * from renamed
