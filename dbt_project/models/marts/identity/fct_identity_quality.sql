-- What identity looks like from outside: a customer with many names, places or records is a wrong merge, many customers
-- of one record are missed ones. A card beyond its threshold fails or warns in assert_identity_within_thresholds.
with records as (

    select * from {{ ref('int_identity__records') }}

),

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}
    where is_edge

),

thresholds as (

    select * from {{ ref('identity_quality_thresholds') }}

),

spread as (

    select * from {{ ref('int_identity__customer_spread') }}

),

known as (

    select * from spread
    where is_known and is_joinable

),

joinable as (

    select
        records.record_key,
        max(case when record_identifiers.is_accepted then 1 else 0 end) as accepted
    from records
    left join record_identifiers on records.record_key = record_identifiers.record_key
    group by records.record_key

),

cards as (

    {{ quality_card('customers_with_many_given_names', 'known', 'given_name_count > 3', by='given_name_count') }}
    union all
    {{ quality_card('customers_with_many_family_names', 'known', 'family_name_count > 3', by='family_name_count') }}
    union all
    {{ quality_card('customers_with_many_postal_codes', 'known', 'postal_code_count > 3', by='postal_code_count') }}
    union all
    {{ quality_card('customers_with_conflicts', 'known',
        'birth_date_count > 1 or given_name_count > 1 and family_name_count > 1',
        by='given_name_count + family_name_count + birth_date_count') }}
    union all
    {{ quality_card('customers_of_one_record', 'known', 'record_count = 1') }}
    union all
    {{ quality_card('most_given_names', 'spread', 'given_name_count', by='given_name_count', is_most=true) }}
    union all
    {{ quality_card('most_family_names', 'spread', 'family_name_count', by='family_name_count', is_most=true) }}
    union all
    {{ quality_card('largest_cluster', 'spread', 'record_count', by='record_count', is_most=true) }}
    union all
    {{ quality_card('refused_identifiers', 'record_identifiers', 'not is_accepted') }}
    union all
    {{ quality_card('records_without_identifier', 'joinable', 'accepted = 0') }}

),

valued as (

    select
        card,
        affected_count,
        total_count,
        example_customer_id,
        cast(coalesce(affected_count / nullif(total_count, 0), 0) as decimal(18, 6)) as value
    from cards

),

judged as (

    select
        thresholds.card,
        thresholds.description,
        thresholds.severity,
        thresholds.next_step,
        valued.example_customer_id,
        valued.affected_count,
        valued.total_count,
        valued.value,
        thresholds.threshold,
        valued.value <= thresholds.threshold or valued.affected_count <= thresholds.allowed_count as is_within_threshold
    from valued
    inner join thresholds on valued.card = thresholds.card

)

select * from judged
