{{ config(materialized='view') }}
-- What is put aside for somebody, with how and when it ended: it became an order, it was given up, or its time was over
-- first. No vendor writes down that time is over, so a hold that nobody ended ends with its moment.
{%- set endings = {'converted': 'converted_at', 'released': 'released_at', 'expired': 'expired_at'} %}
with reservations as (

    {{ union_shape('reservations') }}

),

timed as (

    select
        reservations.*,
        coalesce(variants.sku, reservations.sku, reservations.variant_key) as pooled_sku,
        case when reservations.expires_at <= int_as_of.as_of then reservations.expires_at end as expired_at
    from reservations
    cross join {{ ref('int_as_of') }} as int_as_of
    left join {{ ref('int_products__variants') }} as variants on reservations.variant_key = variants.variant_key

),

ended as (

    select
        *,
        least({{ endings.values() | join(', ') }}) as ended_at
    from timed

),

int_reservations as (

    select
        reservation_key,
        source_system,
        document_key,
        variant_key,
        pooled_sku as sku,
        location_key,
        order_key,
        case
            when ended_at is null then 'open'
            {% for status, moment in endings.items() -%}
                when ended_at = {{ moment }} then '{{ status }}'
            {% endfor -%}
        end as reservation_status,
        quantity,
        placed_at,
        expires_at,
        ended_at
    from ended

)

select * from int_reservations
