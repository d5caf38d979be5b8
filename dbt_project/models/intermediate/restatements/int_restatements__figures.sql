-- The figures of this build, for the next one to compare with. Built after the log, which reads the former's here.
with present as (

    {{ present_figures() }}

),

this_build as (

    {{ present_build() }}

),

log as (

    select max(restatement_number) as restatement_number from {{ ref('int_restatements__log') }}

),

figures as (

    select * from present
    union all
    select
        {{ restatement_row({
            'figure_type': "'build'", 'updated_at': 'this_build.as_of',
            'assignment_number': 'this_build.assignment_number', 'rules_checksum': 'this_build.rules_checksum',
            'code_checksum': 'this_build.code_checksum',
            'restatement_number': 'coalesce(log.restatement_number, 0)',
        }) }}
    from this_build
    cross join log

)

select * from figures
