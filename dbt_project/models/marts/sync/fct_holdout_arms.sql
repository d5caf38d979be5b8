-- The history of arms, with what became of the customers since. One rule for merged ones: the customer who stays keeps
-- the arm of the id that stays; but whoever stands for ids of different arms has been in both, so all these rows are
-- contaminated and in no lift. The same where a customer was split off from one of another arm.
with written as (

    select
        *,
        row_number() over (
            partition by audience, customer_id
            order by recorded_at asc nulls last, destination asc nulls last, plan_id asc nulls last
        ) as place,
        min(arm) over (partition by audience, customer_id) as first_arm,
        max(arm) over (partition by audience, customer_id) as last_arm
    from {{ ref('stg_ledger__arm_assignments') }}

),

arms as (

    select * from written
    where place = 1

),

-- From which to which build a record stood under an id.
held as (

    select
        record_key,
        customer_id,
        lead(assigned_at) over (partition by record_key order by assignment_number asc nulls last) as held_until
    from {{ ref('int_identity__customer_map') }}

),

-- Whom the records that an id had since it was given its arm belong to now, and whether that customer was in both arms.
links as (

    select
        arms.audience,
        arms.customer_id,
        min(arms.first_arm) over (partition by arms.audience, record_customers.customer_id) as person_first_arm,
        max(arms.last_arm) over (partition by arms.audience, record_customers.customer_id) as person_last_arm
    from arms
    inner join held
        on
            arms.customer_id = held.customer_id
            and coalesce(arms.assigned_at < held.held_until, true)
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on held.record_key = record_customers.record_key

),

mixed as (

    select distinct
        audience,
        customer_id
    from links
    where person_first_arm <> person_last_arm

),

current_customers as (

    {{ current_customers() }}

),

named as (

    select
        arms.*,
        current_customers.current_customer_id,
        mixed.customer_id is not null or arms.first_arm <> arms.last_arm as is_contaminated,
        row_number() over (
            partition by arms.audience, current_customers.current_customer_id
            order by arms.assigned_at asc nulls last, arms.customer_id asc nulls last
        ) as history
    from arms
    left join mixed on arms.audience = mixed.audience and arms.customer_id = mixed.customer_id
    left join current_customers on arms.customer_id = current_customers.customer_id

),

-- Who hears nothing from anybody measures all audiences together, and none by itself.
controls as (

    select distinct current_customer_id from named
    where audience = 'global_control' and arm = 'holdout'

),

told as (

    select
        {{ surrogate_key(['named.audience', 'named.customer_id']) }} as holdout_arm_key,
        named.audience,
        named.customer_id,
        named.current_customer_id,
        named.arm,
        named.holdout_share,
        named.destination,
        named.plan_id,
        case
            when named.is_contaminated then 'arms differ'
            when named.current_customer_id is null then 'no record left'
            when named.history > 1 then 'another id of the same customer counts'
            when named.audience <> 'global_control' and controls.current_customer_id is not null
                then 'in the global control group'
        end as not_measured_reason,
        named.is_contaminated,
        named.assigned_at,
        named.recorded_at
    from named
    left join controls on named.current_customer_id = controls.current_customer_id

)

select * from told
