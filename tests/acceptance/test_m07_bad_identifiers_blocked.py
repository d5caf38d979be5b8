"""M07: zeros, 'anonymous', a store tablet's device id and a shared office phone make no edge; each is listed with its reason."""

import pytest

from tests.acceptance.mini import MiniWarehouse

NAMES = ["Ada", "Bruno", "Chloe", "Dmitri", "Esther", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kofi", "Lena"]
OFFICE_PHONE = "+12125550100"
TABLET = "tablet-in-the-shop"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> MiniWarehouse:
    mini = MiniWarehouse(tmp_path_factory.mktemp("m07"))
    at = "2026-05-01 10:00:00"
    customers = [
        {
            "id": str(1000 + i),
            "first_name": name,
            "last_name": f"Family{i}",
            "email": f"{name.lower()}@example.com",
            "phone": OFFICE_PHONE,
            "country_code": "US",
            "created_at": at,
            "updated_at": at,
        }
        for i, name in enumerate(NAMES)
    ]
    customers += [
        {
            "id": str(2000 + i),
            "first_name": name,
            "last_name": f"Other{i}",
            "email": email,
            "phone": phone,
            "country_code": "US",
            "created_at": at,
            "updated_at": at,
        }
        for i, (name, email, phone) in enumerate(
            [
                ("Mona", "anonymous", "0000000000"),
                ("Nils", "anonymous", "0000000000"),
                ("Olga", "test@test.com", None),
                ("Pavel", "test@test.com", None),
            ]
        )
    ]
    # two records of one person, joined by a good e-mail: the guards must not stop this one
    customers += [
        {
            "id": "3000",
            "first_name": "Rosa",
            "last_name": "Good",
            "email": "rosa@example.com",
            "created_at": at,
            "updated_at": at,
            "country_code": "US",
        }
    ]
    mini.insert("raw_shopify.customers", customers)
    mini.insert(
        "raw_klaviyo.profiles",
        [{"id": "01KROSA", "email": "ROSA@example.com", "first_name": "Rosa", "created": at, "updated": at}],
    )
    mini.insert(
        "raw_web_events.events",
        [
            {
                "message_id": f"m{i}",
                "type": "identify",
                "anonymous_id": TABLET,
                "user_id": str(1000 + i),
                "timestamp": at,
                "received_at": at,
                "sent_at": at,
                "original_timestamp": at,
            }
            for i in range(len(NAMES))
        ],
    )
    mini.dbt(
        "build",
        "--select",
        "+int_identity__record_customers",
        "+int_identity__refused_identifiers",
        "+int_identity__edges",
        "--indirect-selection",
        "buildable",
    )
    return mini


@pytest.mark.parametrize(
    ("identifier_type", "part"),
    [
        ("phone", "2125550100"),
        ("phone", "0000000000"),
        ("email", "anonymous"),
        ("email", "test@test.com"),
        ("anonymous_id", TABLET),
    ],
)
def test_bad_value_is_listed_with_a_reason_and_makes_no_edge(warehouse, identifier_type, part):
    refused = warehouse.rows(
        f"select refused_reason, record_count from intermediate.int_identity__refused_identifiers "
        f"where identifier_type = '{identifier_type}' and identifier_value like '%{part}%'"
    )
    assert refused, f"{part} is not in the table of refused identifiers"
    assert all(reason for reason, _ in refused)
    edges = warehouse.rows(
        f"select * from intermediate.int_identity__edges where identifier_type = '{identifier_type}' "
        f"and identifier_value like '%{part}%'"
    )
    assert not edges


def test_their_carriers_stay_apart_and_good_identifiers_still_join(warehouse):
    customers = dict(warehouse.rows("select record_key, customer_id from intermediate.int_identity__record_customers"))
    strangers = [customers[f"shopify:{i}"] for i in [*range(1000, 1000 + len(NAMES)), *range(2000, 2004)]]
    assert len(set(strangers)) == len(strangers)
    assert customers["shopify:3000"] == customers["klaviyo:01KROSA"]
