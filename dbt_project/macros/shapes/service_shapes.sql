{# Shapes of what happens after the sale: service, surveys, points. No text that a person wrote is in them. See
   shape_columns().

   ticket_status: new, open, pending, solved, closed, deleted. author_type: customer, agent, system. survey_type: nps (0
   to 10), csat. entry_type: earn, redeem, expire, adjust; points are the signed change of what may be spent,
   pending_points of what was earned and is not approved yet. #}
{% macro service_shapes() %}
    {{ return({
        'tickets': {
            'source_system': 'string', 'ticket_key': 'string', 'ticket_id': 'string', 'record_key': 'string',
            'channel': 'string', 'ticket_status': 'string', 'priority': 'string', 'ticket_type': 'string',
            'order_name': 'string', 'message_count': 'bigint', 'reopen_count': 'bigint', 'created_at': 'timestamp',
            'first_replied_at': 'timestamp', 'solved_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'ticket_messages': {
            'source_system': 'string', 'ticket_message_key': 'string', 'ticket_key': 'string', 'record_key': 'string',
            'author_type': 'string', 'channel': 'string', 'is_public': 'boolean', 'sent_at': 'timestamp',
        },
        'survey_responses': {
            'source_system': 'string', 'survey_response_key': 'string', 'survey_id': 'string', 'survey_name': 'string',
            'survey_type': 'string', 'record_key': 'string', 'ticket_key': 'string', 'score': 'bigint',
            'max_score': 'bigint', 'is_complete': 'boolean', 'responded_at': 'timestamp',
        },
        'loyalty_ledger': {
            'source_system': 'string', 'loyalty_entry_key': 'string', 'record_key': 'string', 'entry_type': 'string',
            'document_key': 'string', 'points': 'bigint', 'pending_points': 'bigint', 'occurred_at': 'timestamp',
        },
    }) }}
{% endmacro %}
