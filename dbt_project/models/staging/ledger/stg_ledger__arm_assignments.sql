with source as (

    select * from {{ source('ledger', 'arm_assignments') }}

),

renamed as (

    select
        audience,
        customer_id,
        arm,
        destination,
        plan_id,
        cast(holdout_share as decimal(18, 6)) as holdout_share,
        cast(assigned_at as timestamp) as assigned_at,
        cast(recorded_at as timestamp) as recorded_at
    from source

)

select * from renamed
