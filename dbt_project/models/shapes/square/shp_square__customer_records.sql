-- A record is a profile of the directory, or a sale that names none (each such sale is its own record). A card sale may
-- make an instant profile: one per card, mostly nameless, so weak. A profile known from orders alone, because it was
-- merged into another or deleted, is a record too, so that its orders keep one owner.
with customers as (

    select * from {{ ref('stg_square__customers') }}

),

documents as (

    {{ square_orders() }}

),

profiles as (

    select
        customer_id as source_record_id,
        case when creation_source = 'INSTANT_PROFILE' then 'instant_profile' else 'customer' end as record_type,
        given_name,
        family_name,
        case when birthday like '____-__-__' and birthday not like '0000%' then cast(birthday as date) end
            as birth_date,
        address_line,
        city,
        region_code,
        postal_code,
        country_code,
        created_at,
        updated_at
    from customers

),

of_orders as (

    select
        documents.source_record_id,
        case when documents.customer_id is null then 'guest_checkout' else 'customer' end as record_type,
        min(documents.till_at) as created_at,
        max(documents.updated_at) as updated_at
    from documents
    left join customers on documents.customer_id = customers.customer_id
    where customers.customer_id is null
    group by documents.source_record_id, documents.customer_id

),

records as (

    select * from profiles
    union all
    select
        source_record_id,
        record_type,
        cast(null as string) as given_name,
        cast(null as string) as family_name,
        cast(null as date) as birth_date,
        cast(null as string) as address_line,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as postal_code,
        cast(null as string) as country_code,
        created_at,
        updated_at
    from of_orders

),

shaped as (

    select
        'square' as source_system,
        'square:' || source_record_id as record_key,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        records.*
    from records

)

select * from shaped
