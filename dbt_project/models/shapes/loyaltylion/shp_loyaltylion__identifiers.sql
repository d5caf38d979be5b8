with members as (

    select * from {{ ref('stg_loyaltylion__customers') }}

),

linked_accounts as (

    select
        members.member_id,
        linked.shop_customer_id,
        members.created_at,
        members.updated_at
    from members
        {{ unnest_lateral(json_text_array('members.linked_shop_customer_ids_json'), 'linked', 'shop_customer_id') }}

),

observations as (

    {%- for type, column in [
        ('loyaltylion_customer_id', 'member_id'),
        ('shopify_customer_id', 'shop_customer_id'),
        ('email', 'email'),
    ] %}
        select
            member_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            'profile' as observed_by,
            created_at as first_seen_at,
            updated_at as last_seen_at
        from members
        union all
    {%- endfor %}
    select
        member_id,
        'shopify_customer_id' as identifier_type,
        shop_customer_id as identifier_value,
        'platform_link' as observed_by,
        created_at as first_seen_at,
        updated_at as last_seen_at
    from linked_accounts

),

identifiers as (

    select
        'loyaltylion' as source_system,
        'loyaltylion:' || member_id as record_key,
        identifier_type,
        identifier_value,
        cast(null as string) as country_code,
        max(observed_by) as observed_by,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from observations
    where identifier_value <> ''
    group by member_id, identifier_type, identifier_value

)

select * from identifiers
