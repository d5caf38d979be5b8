-- The records of each contested group with the part they go to: warehouse/parting.py takes the group's edges strongest
-- first and leaves out what may not be. A group with more records than a customer can have is held together by strong
-- edges alone, log-ins and what ranks above them.
with connected_records as (

    select * from {{ ref('int_identity__connected_records') }}

),

conflicts as (

    select * from {{ ref('int_identity__conflicts') }}

),

edges as (

    select * from {{ ref('int_identity__edges') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}

),

contested as (

    select
        connected_number,
        max(case when conflict_reason = 'too_many_records' then 1 else 0 end) = 1 as is_oversize
    from conflicts
    group by connected_number

),

contested_records as (

    select
        connected_records.record_key,
        connected_records.record_number,
        contested.connected_number,
        contested.is_oversize
    from connected_records
    inner join contested on connected_records.connected_number = contested.connected_number

),

edge_lists as (

    {{ edge_lists() }}

),

mark_lists as (

    {{ mark_lists() }}

),

parted as (

    select {{ parted('edge_lists.edges', 'mark_lists.marks') }} as record_parts
    from contested
    left join edge_lists on contested.connected_number = edge_lists.connected_number
    left join mark_lists on contested.connected_number = mark_lists.connected_number

),

found as (

    select
        cast(split_part(record_part.pair, '|', 1) as bigint) as record_number,
        cast(split_part(record_part.pair, '|', 2) as bigint) as part_number
    from parted
        {{ unnest_lateral('parted.record_parts', 'record_part', 'pair') }}

),

parts as (

    select
        contested_records.*,
        -- A record without any edge that was taken is alone.
        coalesce(found.part_number, contested_records.record_number) as part_number
    from contested_records
    left join found on contested_records.record_number = found.record_number

)

select * from parts
