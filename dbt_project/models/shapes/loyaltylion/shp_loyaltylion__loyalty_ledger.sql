-- A purchase is several rows: its points pending, then approved and no longer pending, and what is taken back of them.
-- The sum of points up to a moment is the balance of that moment; a member's record only tells today's.
with transactions as (

    select * from {{ ref('stg_loyaltylion__transactions') }}

),

shaped as (

    select
        'loyaltylion' as source_system,
        'loyaltylion:' || transaction_id as loyalty_entry_key,
        'loyaltylion:' || member_id as record_key,
        case resource
            when 'activity' then 'earn'
            when 'claimed_reward' then 'redeem'
            when 'expiry' then 'expire'
            else 'adjust'
        end as entry_type,
        case when rule_name = 'purchase' then 'shopify:' || shop_event_id end as document_key,
        coalesce(points_approved, 0) as points,
        coalesce(points_pending, 0) as pending_points,
        created_at as occurred_at
    from transactions

)

select * from shaped
