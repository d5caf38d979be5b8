with source as (

    select * from {{ source('klaviyo', 'lists') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated']) }} = 1

),

renamed as (

    select
        id as list_id,
        name as list_name,
        opt_in_process,
        cast(created as timestamp) as created_at,
        cast(updated as timestamp) as updated_at
    from latest

)

select * from renamed
