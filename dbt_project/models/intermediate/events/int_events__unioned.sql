{{ config(materialized='view') }}

with unioned as (

    {{ union_shape('events') }}

)

select * from unioned
