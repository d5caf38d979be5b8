{{ contract_components(ref('int_identity__contraction_5'), 'left_leader', 'right_leader', 6) }}
