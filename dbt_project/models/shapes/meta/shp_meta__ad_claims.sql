-- What Meta says its ads brought. Its action types overlap (omni_purchase contains purchase, which contains the
-- pixel's), so the seed ad_action_types names the one that is counted. 'default' is Meta's own figure, by the ad set's
-- setting; the windows overlap with it: look at one of them.
{% set windows = {'default': 'value', '7d_click': '7d_click', '1d_view': '1d_view'} %}
with insights as (

    select * from {{ ref('stg_meta__insights') }}

),

counted as (

    select
        action_type,
        claim_type
    from {{ ref('ad_action_types') }}
    where source_system = 'meta' and is_counted

),

told as (

    {%- for figure, column in [('conversions', 'actions_json'), ('amount', 'action_values_json')] %}
        select
            *,
            '{{ figure }}' as figure,
            {{ column }} as figures_json
        from insights
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

typed as (

    select
        told.*,
        action.action_json,
        {{ json_text('action.action_json', 'action_type') }} as action_type
    from told
        {{ unnest_lateral(json_text_array('told.figures_json'), 'action', 'action_json') }}

),

by_window as (

    {%- for attribution_window, field in windows.items() %}
        select
            typed.*,
            counted.claim_type,
            '{{ attribution_window }}' as attribution_window,
            {{ json_text('typed.action_json', field) }} as figure_text
        from typed
        inner join counted on typed.action_type = counted.action_type
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

shaped as (

    select
        'meta' as source_system,
        'meta:' || account_id || ':' || ad_id || ':' || publisher || ':' || cast(insight_date as string) || ':'
        || claim_type || ':' || attribution_window as ad_claim_key,
        account_id,
        max(campaign_id) as campaign_id,
        max(campaign_name) as campaign_name,
        max(ad_set_id) as ad_group_id,
        ad_id,
        publisher,
        claim_type,
        attribution_window,
        max(currency_code) as currency_code,
        insight_date as claim_date,
        coalesce(
            sum(case when figure = 'conversions' then cast(figure_text as decimal(18, 6)) end), 0
        ) as claimed_conversions,
        coalesce(sum(case when figure = 'amount' then cast(figure_text as decimal(18, 4)) end), 0) as claimed_amount
    from by_window
    where figure_text is not null
    group by account_id, ad_id, publisher, claim_type, attribution_window, insight_date

)

select * from shaped
