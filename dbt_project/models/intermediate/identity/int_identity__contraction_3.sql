{{ contract_components(ref('int_identity__contraction_2'), 'left_leader', 'right_leader', 3) }}
