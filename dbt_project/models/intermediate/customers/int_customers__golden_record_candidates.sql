-- What counts is the value: all records that tell it speak for it, and that of the best vendor gives its spelling.
with attribute_values as (

    select * from {{ ref('int_customers__attribute_values') }}

),

customers as (

    select customer_id from {{ ref('int_identity__customers') }}

),

source_ranks as (

    select * from {{ ref('survivorship_rules') }}
    where rule = 'source_rank'

),

told as (

    select
        attribute_values.customer_id,
        attribute_values.attribute,
        attribute_values.attribute_value,
        count(*) as record_count,
        max(attribute_values.part_count) as part_count,
        max(case when attribute_values.is_verified then 1 else 0 end) as is_verified,
        min(source_ranks.source_rank) as source_rank,
        min(lpad(cast(coalesce(source_ranks.source_rank, 999999) as string), 6, '0') || attribute_values.record_key)
            as ranked_record_key,
        max(attribute_values.observed_at) as observed_at
    from attribute_values
    inner join customers on attribute_values.customer_id = customers.customer_id
    left join source_ranks
        on
            attribute_values.attribute = source_ranks.attribute
            and attribute_values.source_system = source_ranks.source_system
    group by attribute_values.customer_id, attribute_values.attribute, attribute_values.attribute_value

),

tallies as (

    select
        customer_id,
        attribute,
        count(*) as value_count
    from told
    group by customer_id, attribute

),

candidates as (

    select
        told.customer_id,
        told.attribute,
        told.attribute_value,
        substr(told.ranked_record_key, 7) as record_key,
        told.source_rank,
        told.part_count,
        told.is_verified,
        told.record_count,
        tallies.value_count,
        told.observed_at
    from told
    inner join tallies on told.customer_id = tallies.customer_id and told.attribute = tallies.attribute

)

select * from candidates
