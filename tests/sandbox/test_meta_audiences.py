"""The sandbox's custom audiences: what Meta takes, what it refuses, what it believes and what little it tells."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.server import Running
from tests.sandbox.conftest import request
from tests.sandbox.meta_caller import ACCOUNT, Meta, coded, error, hashed, session

SCHEMA = ["EXTERN_ID", "EMAIL", "PHONE"]
STATE = "approximate_count_lower_bound,approximate_count_upper_bound,delivery_status,operation_status"


@pytest.fixture(scope="module")
def meta(server: Running) -> Meta:
    return Meta(server)


@pytest.fixture(scope="module")
def people(meta: Meta) -> list[list[str]]:
    """Rows of the world's people, with their true e-mails and phones as Meta wants them hashed."""
    found = meta.world("select email, ltrim(phone, '+') from '{truth}/people.parquet' where not is_staff order by 1")
    return [[f"c-{n}", hashed(email), hashed(phone)] for n, (email, phone) in enumerate(found)]


def add(meta: Meta, audience: str, rows: list[Any], schema: Any = SCHEMA, **more: Any) -> Any:
    return meta.call("POST", f"{audience}/users", {"payload": {"schema": schema, "data": rows}, **more})


def remove(meta: Meta, audience: str, rows: list[Any], schema: Any = SCHEMA) -> Any:
    return meta.call("DELETE", f"{audience}/users", {"payload": {"schema": schema, "data": rows}})


def held(meta: Meta, audience: str) -> set[str]:
    return {row["extern_id"] or row["row_key"] for row in meta.believed(audience)["rows"]}


def wait_until_settled(meta: Meta, audience: str) -> None:
    for _ in range(400):
        if meta.believed(audience)["is_settled"]:
            return
        time.sleep(0.02)
    raise AssertionError("the audience does not settle")


def test_audience_is_made_listed_renamed_and_deleted(meta: Meta) -> None:
    made = [meta.audience(f"Listed {n}") for n in range(3)]
    rows = meta.pages(f"{ACCOUNT}/customaudiences", fields="name,subtype", limit=2)
    assert {(f"Listed {n}", key) for n, key in enumerate(made)} <= {(row["name"], row["id"]) for row in rows}
    only = [{"field": "name", "operator": "EQUAL", "value": "Listed 1"}]
    assert [row["id"] for row in meta.pages(f"{ACCOUNT}/customaudiences", filtering=only)] == [made[1]]
    assert meta.call("POST", made[1], {"name": "Renamed"}).json == {"success": True}
    assert meta.get(made[1], fields="name")["name"] == "Renamed"
    assert meta.call("DELETE", made[2]).json == {"success": True}
    assert error(meta.call("GET", made[2])) == (100, 33)
    assert meta.audience("After it") > made[2]
    assert error(meta.form("POST", f"{ACCOUNT}/customaudiences", name="No source")) == (100, None)


def test_rows_are_added_once_and_removed_by_their_id(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Added")
    answer = add(meta, key, people[:200], session=session(71, total=200)).json
    assert answer == {
        "audience_id": key, "session_id": "71", "num_received": 200, "num_invalid_entries": 0,
        "invalid_entry_samples": {},
    }  # fmt: skip
    add(meta, key, people[150:250], session=session(72))
    assert held(meta, key) == {row[0] for row in people[:250]}
    assert remove(meta, key, people[:50]).json["num_received"] == 50
    assert remove(meta, key, [[row[0], "", ""] for row in people[50:60]]).status == 200
    assert remove(meta, key, [["nobody", hashed("nobody"), ""]]).status == 200
    assert held(meta, key) == {row[0] for row in people[60:250]}


def test_form_and_json_bodies_are_the_same(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Forms")
    payload = {"schema": SCHEMA, "data": people[:5]}
    assert meta.form("POST", f"{key}/users", payload=payload, session=session(5)).json["num_received"] == 5
    assert meta.form("DELETE", f"{key}/users", payload={"schema": SCHEMA, "data": people[:1]}).status == 200
    # the official client sends a removal's parameters in the address
    in_address = coded({"payload": {"schema": SCHEMA, "data": people[1:2]}})
    assert request(f"{meta.base}/{key}/users?{in_address}", meta.headers, None, "DELETE").status == 200
    assert held(meta, key) == {row[0] for row in people[2:5]}


def test_people_are_matched_by_any_key_and_told_only_as_a_range(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Matched")
    strangers = [[f"x-{n}", hashed(f"{n}@nowhere.example"), ""] for n in range(50)]
    add(meta, key, people[:300] + strangers, session=session(9, total=350))
    believed = meta.believed(key)
    known = meta.world(
        """select count(distinct user_id) from '{folder}/meta_users.parquet' as users
        where list_contains(?, sha256)""",
        [value for row in people[:300] for value in row[1:]],
    )[0][0]
    assert (believed["rows_held"], believed["matched_people"]) == (350, known)
    # some are only known by the phone, some by the e-mail
    by_email = meta.world("select count(distinct user_id) from '{folder}/meta_users.parquet' "
                          "where list_contains(?, sha256)", [row[1] for row in people[:300]])[0][0]  # fmt: skip
    assert 150 < by_email < known < 300
    wait_until_settled(meta, key)
    state = meta.get(key, fields=STATE)
    assert (state["approximate_count_lower_bound"], state["approximate_count_upper_bound"]) == (1000, 1000)
    assert (state["delivery_status"]["code"], state["operation_status"]["code"]) == (200, 200)
    (one,) = meta.get(f"{key}/sessions", fields="session_id,stage,num_received,num_matched", session_id=9)["data"]
    assert (one["stage"], one["num_received"]) == ("completed", "350")
    assert 150 < int(one["num_matched"]) <= 300


def test_changes_show_after_a_while(slow_server: Running, people: list[list[str]]) -> None:
    slow = Meta(slow_server)
    key = slow.audience("Slow")
    assert slow.get(key, fields=STATE)["operation_status"]["code"] == 410
    add(slow, key, people[:250], session=session(4, total=250))
    state = slow.get(key, fields=STATE)
    assert (state["operation_status"]["code"], state["delivery_status"]["code"]) == (441, 300)
    assert slow.get(f"{key}/sessions")["data"][0]["stage"] == "processing"
    assert slow.believed(key)["rows_held"] == 250


def test_small_audience_is_not_delivered(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Small")
    add(meta, key, people[:60])
    wait_until_settled(meta, key)
    assert meta.get(key, fields=STATE)["delivery_status"]["code"] == 300


def test_bad_cells_are_counted_and_the_rest_is_taken(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Bad cells")
    bad = [["c-clear", "somebody@example.com", ""], ["", "", ""], ["c-short", people[0][1][:40], ""]]
    answer = add(meta, key, [*people[:10], *bad]).json
    assert (answer["num_received"], answer["num_invalid_entries"]) == (13, 3)
    assert len(answer["invalid_entry_samples"]) == 3
    assert held(meta, key) == {row[0] for row in people[:10]}


@pytest.mark.parametrize(
    ("schema", "rows"),
    [
        (SCHEMA, [["c-1", hashed("a"), ""], ["c-2", hashed("b")]]),
        (SCHEMA, [["c-1", None, ""]]),
        (SCHEMA, [["c-1", 7, ""]]),
        (SCHEMA, []),
        (["EXTERN_ID", "SHOE_SIZE"], [["c-1", "43"]]),
        ([], [[]]),
        (SCHEMA, [["c-1", hashed("a"), ""]] * 10_001),
        ([*SCHEMA, "DATA_PROCESSING_OPTIONS"], [["c-1", hashed("a"), "", "LDU"]]),
    ],
)
def test_wrong_shape_refuses_the_whole_request(meta: Meta, schema: list[str], rows: list[Any]) -> None:
    key = meta.audience("Shapes")
    assert error(add(meta, key, rows, schema)) == (100, None)
    assert held(meta, key) == set()


def test_ten_thousand_rows_with_options_are_taken(meta: Meta) -> None:
    key = meta.audience("Many")
    schema = ["EXTERN_ID", "EMAIL", "COUNTRY", "DATA_PROCESSING_OPTIONS"]
    rows = [[f"c-{n}", hashed(f"{n}"), hashed("us"), ["LDU"] if n % 2 else []] for n in range(10_000)]
    assert add(meta, key, rows, schema).json["num_received"] == 10_000
    assert meta.believed(key)["rows_held"] == 10_000


def test_an_audience_keeps_the_style_it_began_with(meta: Meta, people: list[list[str]]) -> None:
    multi, single = meta.audience("Several keys"), meta.audience("One key")
    add(meta, multi, people[:3])
    mails = [row[1] for row in people[:3]]
    assert add(meta, single, mails, "EMAIL_SHA256").json["num_received"] == 3
    assert error(add(meta, multi, mails, "EMAIL_SHA256")) == (2650, None)
    assert error(remove(meta, single, people[:1])) == (2650, None)
    assert remove(meta, single, mails[:1], "EMAIL_SHA256").status == 200
    assert (meta.believed(multi)["rows_held"], meta.believed(single)["rows_held"]) == (3, 2)


def test_rows_without_an_id_are_removed_by_a_key(meta: Meta) -> None:
    key, schema = meta.audience("No ids"), ["EMAIL", "PHONE"]
    rows = [[hashed(f"mail {n}"), hashed(f"phone {n}")] for n in range(4)]
    add(meta, key, rows, schema)
    remove(meta, key, [[rows[0][0], ""], ["", rows[1][1]], [hashed("mail 9"), hashed("phone 9")]], schema)
    assert [row["keys"]["EMAIL"] for row in meta.believed(key)["rows"]] == [[row[0]] for row in rows[2:]]


def test_replacement_is_whole_or_not_at_all(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Replaced")
    add(meta, key, people[:20])

    def replace(rows: list[list[str]], **more: Any) -> Any:
        return meta.call("POST", f"{key}/usersreplace", {"payload": {"schema": SCHEMA, "data": rows}, **more})

    assert error(replace(people[:1])) == (100, None)
    assert replace(people[30:40], session=session(21, 1, is_last=False, total=15)).status == 200
    assert held(meta, key) == {row[0] for row in people[:20]}
    assert error(replace(people[:1], session=session(22))) == (100, 1870145)
    assert replace(people[40:45], session=session(21, 2, is_last=True, total=15)).status == 200
    assert held(meta, key) == {row[0] for row in people[30:45]}
    assert error(replace(people[:1], session=session(21))) == (100, None)


def test_sensitive_name_is_flagged_and_members_are_blocked(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Debt advice readers")
    state = meta.get(key, fields="operation_status,fields_violating_integrity_policy")
    assert (state["operation_status"]["code"], state["fields_violating_integrity_policy"]) == (471, ["name"])
    assert error(add(meta, key, people[:1])) == (100, 1713230)
    assert meta.believed(key)["rows_held"] == 0


def test_terms_that_nobody_accepted_are_a_permission_error(meta: Meta, people: list[list[str]]) -> None:
    key = meta.audience("Terms")
    meta.server.faults("meta", "terms_not_accepted")
    assert meta.get(ACCOUNT, fields="tos_accepted")["tos_accepted"] == {"custom_audience_tos": 0}
    refused = add(meta, key, people[:1])
    assert (refused.status, error(refused)) == (403, (2663, 1870034))
    assert add(meta, key, people[:1]).status == 200
