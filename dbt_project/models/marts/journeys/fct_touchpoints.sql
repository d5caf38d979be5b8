-- Whom a touch is known for now, and whom it was known for when it happened: a visitor who logs in, orders or signs up
-- later was nobody's before, and what two customers did before they turned out to be one was each one's own.
with touchpoints as (

    select * from {{ ref('int_journeys__touchpoints') }}

),

watermark as (

    select * from {{ ref('int_as_of') }}

),

edges as (

    select
        record_key_from as record_key,
        first_seen_at
    from {{ ref('int_identity__edges') }}
    union all
    select
        record_key_to as record_key,
        first_seen_at
    from {{ ref('int_identity__edges') }}

),

-- A record without an edge is a customer of its own, then as now.
tied as (

    select
        record_key,
        min(first_seen_at) as tied_at
    from edges
    group by record_key

),

-- Records that had another id in their own time than they have now.
formerly as (

    select
        intervals.record_key,
        intervals.customer_id,
        intervals.valid_from,
        intervals.valid_to
    from {{ ref('int_identity__customer_map_intervals') }} as intervals
    where intervals.known_to_assignment is null and intervals.valid_to is not null

),

logged_in as (

    select session_id from {{ ref('int_journeys__sessions') }}
    where user_id is not null

),

fct_touchpoints as (

    select
        {%- for column in ['touchpoint_id', 'source_system', 'customer_id'] %}
            touchpoints.{{ column }},
        {%- endfor %}
        case
            when
                tied.record_key is null or logged_in.session_id is not null or tied.tied_at <= touchpoints.touched_at
                then coalesce(formerly.customer_id, touchpoints.customer_id)
        end as customer_id_at_touch,
        {%- for column in [
            'session_id', 'touch_type', 'channel', 'source', 'medium', 'campaign', 'campaign_id', 'landing_page_path',
            'has_advertising_consent'
        ] %}
            touchpoints.{{ column }},
        {%- endfor %}
        touchpoints.touched_at > watermark.as_of as is_in_future,
        touchpoints.touched_at,
        {{ to_reporting_date('touchpoints.touched_at') }} as touched_date
    from touchpoints
    cross join watermark
    left join tied on touchpoints.record_key = tied.record_key
    left join logged_in on touchpoints.session_id = logged_in.session_id
    left join formerly
        on
            touchpoints.record_key = formerly.record_key
            and touchpoints.touched_at >= formerly.valid_from
            and touchpoints.touched_at < formerly.valid_to

)

select * from fct_touchpoints
