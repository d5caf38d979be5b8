-- Records that are one customer: what edges connect, or a part of it where something speaks against the whole.
{{ config(materialized='view') }}

with records as (

    select * from {{ ref('int_identity__records') }}

),

connected_records as (

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
        records.record_key,
        records.record_number,
        coalesce(parts.part_number, connected_records.connected_number, records.record_number) as component_number,
        coalesce(parts.record_count, connected_records.record_count, 1) as record_count
    from records
    left join connected_records on records.record_number = connected_records.record_number
    left join parts on records.record_number = parts.record_number

)

select * from components
