{{ contract_components(ref('int_identity__edges'), 'record_number_from', 'record_number_to', 1) }}
