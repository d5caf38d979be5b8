with fulfilments as (

    {{ union_shape('fulfilments') }}

)

select * from fulfilments
