{# Shapes of who people are and what they allow. See shape_columns(). #}
{% macro customer_shapes() %}
    {{ return({
        'customer_records': {
            'source_system': 'string', 'source_record_id': 'string', 'record_key': 'string', 'record_type': 'string',
            'given_name': 'string', 'family_name': 'string', 'birth_date': 'date',
            'address_line': 'string', 'city': 'string', 'region_code': 'string', 'postal_code': 'string',
            'country_code': 'string', 'merged_into_record_id': 'string', 'is_test': 'boolean',
            'created_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'identifiers': {
            'source_system': 'string', 'record_key': 'string', 'identifier_type': 'string', 'identifier_value': 'string',
            'country_code': 'string', 'observed_by': 'string', 'first_seen_at': 'timestamp', 'last_seen_at': 'timestamp',
        },
        'consents': {
            'source_system': 'string', 'consent_key': 'string', 'record_key': 'string', 'channel': 'string',
            'purpose': 'string', 'consent_status': 'string', 'evidence_id': 'string', 'policy_version': 'string',
            'changed_at': 'timestamp',
        },
        'suppressions': {
            'source_system': 'string', 'suppression_key': 'string', 'record_key': 'string', 'channel': 'string',
            'purpose': 'string', 'suppression_reason': 'string', 'suppressed_at': 'timestamp',
        },
    }) }}
{% endmacro %}
