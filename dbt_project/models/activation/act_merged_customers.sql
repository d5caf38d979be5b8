-- Customer ids that are nobody's any more, so that a sync knows whose the members and additions told under them are.
with current_customers as (

    {{ current_customers() }}

),

merged as (

    select
        customer_id,
        current_customer_id
    from current_customers
    where customer_id <> current_customer_id

)

select * from merged
