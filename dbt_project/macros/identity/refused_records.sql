{# Records at which an identifier is refused that is fine elsewhere. Both read CTEs of int_identity__guarded_identifiers. #}

{# {record_key}: records of a device that several people use. Only the log-in still tells whose each is. #}
{% macro shared_devices() -%}
(

    select distinct identifiers.record_key
    from identifiers
    inner join refused
        on refused.identifier_type = 'anonymous_id' and identifiers.identifier_value = refused.identifier_value
    where identifiers.identifier_type = 'anonymous_id'

)
{%- endmacro %}

{# {record_key, identifier_type}: records that carry more values of a type by themselves than a customer may. No edge can
   be cut there, so none of these values counts. #}
{% macro overfull_records() -%}
(

    select
        identifiers.record_key,
        identifiers.identifier_type
    from identifiers
    inner join rules
        on identifiers.identifier_type = rules.identifier_type and rules.max_values_per_customer is not null
    where identifiers.blocked_reason is null
    group by identifiers.record_key, identifiers.identifier_type
    having count(distinct identifiers.identifier_value) > min(rules.max_values_per_customer)

)
{%- endmacro %}
