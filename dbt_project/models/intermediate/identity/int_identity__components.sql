-- Records that are one customer: what edges connect, or a part of it where something speaks against the whole.
with connected_records as (

    select * from {{ ref('int_identity__connected_records') }}

),

parts as (

    select
        record_number,
        part_number,
        count(*) over (partition by part_number) as record_count
    from {{ ref('int_identity__parts') }}

),

components as (

    select
        connected_records.record_key,
        connected_records.record_number,
        coalesce(parts.part_number, connected_records.connected_number) as component_number,
        coalesce(parts.record_count, connected_records.record_count) as record_count
    from connected_records
    left join parts on connected_records.record_number = parts.record_number

)

select * from components
