with sync_records as (

    select * from {{ ref('stg_ledger__sync_records') }}

),

keyed as (

    select
        {{ surrogate_key(['batch_id', 'coalesce(event_id, customer_id)']) }} as sync_record_key,
        sync_run_id,
        plan_id,
        build_id,
        batch_id,
        destination,
        audience,
        customer_id,
        event_id,
        action,
        status,
        reason,
        fingerprint,
        request_id,
        job_id,
        remote_id,
        consent_evidence_id,
        consent_policy_version,
        consent_as_of,
        recorded_at
    from sync_records

)

select * from keyed
