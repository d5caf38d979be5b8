-- Catches: credit for contacts that came after the order or before the look-back began, as when a time zone is applied
-- twice or the look-back of another kind of touch is used.
with credits as (

    select * from {{ ref('int_journeys__credits') }}

),

longest as (

    select max(lookback_days) as lookback_days from {{ ref('int_journeys__touch_kinds') }}

)

select
    credits.conversion_id,
    credits.touchpoint_id,
    credits.touched_at,
    credits.converted_at
from credits
cross join longest
where
    credits.touched_at > credits.converted_at
    or {{ epoch_seconds('credits.converted_at') }} - {{ epoch_seconds('credits.touched_at') }}
    > 86400 * longest.lookback_days
