with source as (

    select * from {{ source('google_ads', 'conversion_actions') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as conversion_action_id,
        customer_id as account_id,
        name as conversion_action_name,
        category,
        status as conversion_action_status,
        coalesce(primary_for_goal, false) as is_primary
    from latest

)

select * from renamed
