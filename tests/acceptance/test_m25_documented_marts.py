"""M25 (without the metrics): every mart has an enforced contract, every column a description and a type."""

KEY_TESTS = {"unique", "primary_key"}


def test_every_mart_is_contracted_and_described(manifest: dict):
    missing = []
    marts = [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] == "marts"]
    assert len(marts) >= 13
    for node in marts:
        if not node["config"]["contract"]["enforced"]:
            missing.append(f"{node['name']}: no enforced contract")
        if not node["description"].startswith("One row per"):
            missing.append(f"{node['name']}: the description does not begin with its grain")
        missing += [
            f"{node['name']}.{column['name']}: no description or type"
            for column in node["columns"].values()
            if column["description"].strip().lower() in ("", column["name"]) or not column["data_type"]
        ]
    assert not missing


def test_every_mart_has_a_tested_key(manifest: dict):
    tested = {
        test["attached_node"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test" and (test.get("test_metadata") or {}).get("name") in KEY_TESTS
    }
    marts = {key for key, n in manifest["nodes"].items() if n["resource_type"] == "model" and n["fqn"][1] == "marts"}
    assert not marts - tested
