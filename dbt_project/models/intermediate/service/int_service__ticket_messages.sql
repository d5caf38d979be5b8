with ticket_messages as (

    {{ union_shape('ticket_messages') }}

)

select * from ticket_messages
