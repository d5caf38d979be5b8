-- Whom new customers should be like: the fifth of buyers that is expected to be worth most in the next year (BG/NBD and
-- Gamma-Gamma). A seed is learnt from and sees no ad for it, so nobody is held out; a platform asks for some hundreds.
with buyers as (

    select
        *,
        count(*) over () as buyer_count,
        row_number() over (order by expected_365d_amount desc nulls last, customer_id asc nulls last) as value_place
    from {{ ref('fct_customer_value') }}
    where customer_type = 'person' and expected_365d_amount > 0

),

candidates as (

    select
        customer_id,
        rfm_segment
    from buyers
    where value_place <= buyer_count * 0.2

)

select * from {{ eligible_members('candidates') }}
