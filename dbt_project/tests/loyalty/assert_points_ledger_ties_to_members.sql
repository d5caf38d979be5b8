-- Catches a ledger that lost or doubled rows: the sum of a member's movements is the balance that LoyaltyLion shows. A
-- warning only, as members and ledger are read one after the other and points may move in between.
{{ config(severity='warn') }}

with members as (

    select * from {{ ref('stg_loyaltylion__customers') }}

),

sums as (

    select
        record_key,
        sum(points) as points,
        sum(pending_points) as pending_points
    from {{ ref('shp_loyaltylion__loyalty_ledger') }}
    group by record_key

)

select
    members.member_id,
    members.points_approved,
    sums.points,
    members.points_pending,
    sums.pending_points
from members
left join sums on sums.record_key = 'loyaltylion:' || members.member_id
where
    members.points_approved <> coalesce(sums.points, 0)
    or members.points_pending <> coalesce(sums.pending_points, 0)
