-- Catches: an attribution model whose credit is lost or given twice, as when a rounding rest goes nowhere, a join
-- multiplies touchpoints, or a conversion without touchpoints drops out of a model.
with attribution as (

    select
        conversion_id,
        attribution_model,
        is_additive,
        sum(credit) as credit
    from {{ ref('fct_attribution') }}
    group by conversion_id, attribution_model, is_additive

),

wrong_sums as (

    select
        conversion_id,
        attribution_model,
        credit
    from attribution
    where
        credit <> 1 and is_additive
        or credit < 1

),

models_per_conversion as (

    select
        conversion_id,
        count(*) as model_count
    from attribution
    group by conversion_id

),

missing_models as (

    select
        conversion_id,
        'a model is missing' as attribution_model,
        cast(null as decimal(18, 12)) as credit
    from models_per_conversion
    where model_count <> {{ attribution_models() | length }}

)

select * from wrong_sums
union all
select * from missing_models
