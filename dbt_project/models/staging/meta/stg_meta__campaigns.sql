with source as (

    select * from {{ source('meta', 'campaigns') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_time']) }} = 1

),

renamed as (

    select
        id as campaign_id,
        account_id,
        name as campaign_name,
        objective,
        status as campaign_status,
        effective_status,
        daily_budget as daily_budget_minor_units,
        cast(created_time as timestamp) as created_at,
        cast(updated_time as timestamp) as updated_at
    from latest

)

select * from renamed
