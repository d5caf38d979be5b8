-- Numbered from the oldest record on: the smallest number of a component is its oldest record.
with records as (

    {{ union_shape('customer_records') }}

),

numbered as (

    select
        record_key,
        source_system,
        source_record_id,
        record_type,
        cast(row_number() over (order by created_at asc nulls last, record_key asc nulls last) as bigint)
            as record_number,
        given_name,
        family_name,
        {{ given_name_key('given_name') }} as given_name_key,
        {{ given_name_key('family_name') }} as family_name_key,
        city,
        region_code,
        postal_code,
        country_code,
        is_test,
        created_at,
        updated_at
    from records

)

select * from numbered
