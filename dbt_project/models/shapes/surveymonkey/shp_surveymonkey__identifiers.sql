-- What the shop wrote into the link comes first, the address of a mailing next; a passed-on link tells nothing.
with responses as (

    select * from {{ ref('stg_surveymonkey__responses') }}

),

observations as (

    {%- for type, column, observed_by in [
        ('shopify_customer_id', 'shop_customer_id', 'survey_link'),
        ('order_id', 'order_id', 'survey_link'),
        ('zendesk_ticket_id', 'ticket_id', 'survey_link'),
        ('email', 'email', 'survey_mailing'),
    ] %}
        select
            response_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            '{{ observed_by }}' as observed_by,
            created_at,
            updated_at
        from responses
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

shaped as (

    select
        'surveymonkey' as source_system,
        'surveymonkey:' || response_id as record_key,
        identifier_type,
        identifier_value,
        cast(null as string) as country_code,
        observed_by,
        created_at as first_seen_at,
        updated_at as last_seen_at
    from observations
    where identifier_value <> ''

)

select * from shaped
