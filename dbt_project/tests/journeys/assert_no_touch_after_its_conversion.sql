-- Catches: credit for contacts that came after the order or before the look-back began, as when a time zone is applied
-- twice or the look-back of another kind of touch is used.
with attribution as (

    select * from {{ ref('fct_attribution') }}

),

longest as (

    select max(lookback_days) as lookback_days from {{ ref('int_journeys__touch_kinds') }}

)

select
    attribution.attribution_key,
    attribution.touched_at,
    attribution.converted_at
from attribution
cross join longest
where
    attribution.touched_at > attribution.converted_at
    or {{ epoch_seconds('attribution.converted_at') }} - {{ epoch_seconds('attribution.touched_at') }}
    > 86400 * longest.lookback_days
