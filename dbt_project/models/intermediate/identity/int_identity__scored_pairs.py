def model(dbt, session):  # noqa: ANN001, ANN201 - dbt calls it by this name, outside any package
    from identity.build import scored_pairs

    return scored_pairs(dbt.ref("int_identity__scorable_records"), dbt.ref("int_identity__exact_ties"), session)
