-- A day is landed as a whole, so of several loads of it only the last one counts (where loads append, as on Spark, the
-- earlier ones are still there).
with source as (

    select * from {{ source('exchange_rates', 'rates') }}

),

dated as (

    select
        *,
        max(_dlt_load_id) over (partition by rate_date) as last_load_id
    from source

),

renamed as (

    select
        cast(rate_date as date) as rate_date,
        currency_code,
        base_currency_code,
        cast(rate as decimal(18, 6)) as rate
    from dated
    where _dlt_load_id is not distinct from last_load_id

)

select * from renamed
