with source as (

    select * from {{ source('ledger', 'sync_records') }}

),

-- A row stands in two files for a while after small files were folded into one.
latest as (

    select *
    from source
    qualify row_number() over (
        partition by batch_id, customer_id, event_id
        order by recorded_at desc nulls last, status asc nulls last
    ) = 1

),

renamed as (

    select
        sync_run_id,
        plan_id,
        build_id,
        batch_id,
        destination,
        audience,
        customer_id,
        event_id,
        action,
        fingerprint,
        status,
        reason,
        request_id,
        job_id,
        remote_id,
        consent_evidence_id,
        consent_policy_version,
        cast(consent_as_of as timestamp) as consent_as_of,
        cast(recorded_at as timestamp) as recorded_at
    from latest

)

select * from renamed
