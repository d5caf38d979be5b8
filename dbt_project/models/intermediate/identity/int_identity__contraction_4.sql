{{ contract_components(ref('int_identity__contraction_3'), 'left_leader', 'right_leader', 4) }}
