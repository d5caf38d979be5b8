-- Movements of points with the person's balance after each: what another record of the person has is part of it.
-- Movements of an account nobody is known for have a balance of their own.
with ledger as (

    {{ union_shape('loyalty_ledger') }}

),

owned as (

    select
        ledger.*,
        record_customers.customer_id,
        coalesce(record_customers.customer_id, ledger.record_key, ledger.source_system) as owner_key
    from ledger
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on ledger.record_key = record_customers.record_key

),

balanced as (

    select
        *,
        cast(sum(coalesce(points, 0)) over so_far as bigint) as points_balance,
        cast(sum(coalesce(pending_points, 0)) over so_far as bigint) as pending_points_balance
    from owned
    window so_far as (
        partition by owner_key
        order by occurred_at asc nulls first, loyalty_entry_key asc nulls last
        rows between unbounded preceding and current row
    )

)

select * from balanced
