with source as (

    select * from {{ source('klaviyo', 'metrics') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated']) }} = 1

),

renamed as (

    select
        id as metric_id,
        name as metric_name,
        integration_name,
        cast(created as timestamp) as created_at,
        cast(updated as timestamp) as updated_at
    from latest

)

select * from renamed
