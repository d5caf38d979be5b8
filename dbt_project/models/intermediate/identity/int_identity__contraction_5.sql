{{ contract_components(ref('int_identity__contraction_4'), 'left_leader', 'right_leader', 5) }}
