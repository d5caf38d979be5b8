-- A profile's own identifiers, the phone of its loyalty account, and what its payments tell: the card, and, where the
-- sale names no profile, the address its receipt was sent to. A card's instant profile may be two people's, who type an
-- address each, so its receipts tell nothing.
with customers as (

    select * from {{ ref('stg_square__customers') }}

),

documents as (

    {{ square_orders() }}

),

loyalty_accounts as (

    select accounts.*
    from {{ ref('stg_square__loyalty_accounts') }} as accounts
    inner join customers on accounts.customer_id = customers.customer_id

),

payments as (

    select
        documents.source_record_id,
        case when documents.customer_id is null then payments.buyer_email end as buyer_email,
        payments.card_fingerprint,
        documents.till_at
    from {{ ref('stg_square__payments') }} as payments
    inner join documents on payments.order_id = documents.order_id
    where payments.payment_status <> 'FAILED'

),

observations as (

    {%- for type, column in [
        ('square_customer_id', 'customer_id'),
        ('square_reference_id', 'reference_id'),
        ('email', 'email'),
        ('phone', 'phone'),
    ] %}
        select
            customer_id as source_record_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            country_code,
            'profile' as observed_by,
            created_at as first_seen_at,
            updated_at as last_seen_at
        from customers
        union all
    {%- endfor %}
    select
        customer_id as source_record_id,
        'phone' as identifier_type,
        phone as identifier_value,
        cast(null as string) as country_code,
        'loyalty' as observed_by,
        created_at as first_seen_at,
        updated_at as last_seen_at
    from loyalty_accounts
    union all
    select
        source_record_id,
        'square_customer_id' as identifier_type,
        customer_id as identifier_value,
        cast(null as string) as country_code,
        'order' as observed_by,
        till_at as first_seen_at,
        till_at as last_seen_at
    from documents
    {%- for type, column in [('email', 'buyer_email'), ('card_fingerprint', 'card_fingerprint')] %}
        union all
        select
            source_record_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            cast(null as string) as country_code,
            'payment' as observed_by,
            till_at as first_seen_at,
            till_at as last_seen_at
        from payments
    {%- endfor %}

),

identifiers as (

    select
        'square' as source_system,
        'square:' || source_record_id as record_key,
        identifier_type,
        identifier_value,
        max(country_code) as country_code,
        max(observed_by) as observed_by,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from observations
    where identifier_value <> ''
    group by source_record_id, identifier_type, identifier_value

)

select * from identifiers
