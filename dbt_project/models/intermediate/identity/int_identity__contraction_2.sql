{{ contract_components(ref('int_identity__contraction_1'), 'left_leader', 'right_leader', 2) }}
