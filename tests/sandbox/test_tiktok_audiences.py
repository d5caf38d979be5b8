"""TikTok's audiences in the sandbox: one envelope for all, files that replace by default, segments by rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from sandbox.server import Running, running
from tests.sandbox.conftest import SIZE, request
from tests.sandbox.tiktok_caller import ADVERTISER, APP, EMAIL, OTHER, PHONE, TikTok, cell, envelope, hashed

MANY = [hashed(f"{number}@example.com") for number in range(1_500)]


@pytest.fixture(scope="module")
def tiktok(server: Running) -> TikTok:
    return TikTok(server)


@pytest.fixture(scope="module")
def later(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same world, whose clock may be moved."""
    home = tmp_path_factory.mktemp("later")
    (home / "vendors").mkdir()
    for name in ("world", "truth"):
        (home / "vendors" / name).symlink_to(server.home / "vendors" / name)
    with running(home, seed=SIZE["seed"], people=SIZE["people"], days=SIZE["days"]) as found:
        yield found


def emails(lines: list[str]) -> set[tuple[str, str]]:
    return {(EMAIL, line) for line in lines}


def test_errors_are_answers_with_a_code(tiktok: TikTok) -> None:
    stranger = TikTok(tiktok.server)
    stranger.headers = {}
    assert stranger.get("dmp/custom_audience/list")["code"] == 40104
    stranger.headers = {"Access-Token": "another"}
    assert stranger.get("dmp/custom_audience/list")["code"] == 40105
    assert TikTok(tiktok.server, "7000000000000000009").get("dmp/custom_audience/list")["code"] == 40001
    assert tiktok.get("dmp/custom_audience/list", page_size=101)["code"] == 40002
    assert tiktok.post("dmp/custom_audience/create")["code"] == 40002
    answer = tiktok.get("dmp/custom_audience/list")
    assert (answer["code"], answer["message"]) == (0, "OK")
    assert answer["request_id"] != tiktok.get("dmp/custom_audience/list")["request_id"]
    old = request(f"{tiktok.server.url}/tiktok/open_api/v1.2/dmp/custom_audience/list/", {})
    assert envelope(old)["code"] == 40051
    assert tiktok.get("dmp/nothing")["code"] == 40400


def test_faults_are_told_with_status_200(tiktok: TikTok) -> None:
    for kind, code in (("throttle", 40100), ("transient", 50002)):
        tiktok.server.faults("tiktok", kind)
        assert tiktok.get("dmp/custom_audience/list")["code"] == code
        assert tiktok.get("dmp/custom_audience/list")["code"] == 0


def test_too_many_calls_a_second(slow_server: Running) -> None:
    slow = TikTok(slow_server)
    codes = [slow.get("dmp/custom_audience/list")["code"] for _ in range(150)]
    assert set(codes) == {0, 40100}


def test_a_token_is_got_once_for_a_code_and_lives_until_revoked(tiktok: TikTok) -> None:
    mine = TikTok(tiktok.server)
    assert mine.post("oauth2/access_token", **APP, auth_code="wrong")["code"] == 40002
    data = mine.ok("oauth2/access_token", **APP, auth_code="code_7")
    assert data["advertiser_ids"] == [ADVERTISER, OTHER]
    assert mine.post("oauth2/access_token", **APP, auth_code="code_7")["code"] == 40002
    mine.headers = {"Access-Token": data["access_token"]}
    listed = mine.get("oauth2/advertiser/get", **APP)["data"]["list"]
    assert [one["advertiser_id"] for one in listed] == [ADVERTISER, OTHER]
    mine.ok("oauth2/revoke_token", **APP, access_token=data["access_token"])
    assert mine.get("dmp/custom_audience/list")["code"] == 40105


def test_a_file_makes_an_audience(tiktok: TikTok) -> None:
    key = tiktok.from_file([*MANY[:1_200], "not a hash", "", MANY[0]])
    assert tiktok.held(key) == emails(MANY[:1_200])
    details = tiktok.details(key)
    assert (details["name"], details["calculate_type"], details["status"]) == ("From a file", EMAIL, "PROCESSING")
    assert tiktok.upload(MANY, signature="0" * 32)["code"] == 40900
    assert tiktok.upload(MANY, kind="EMAIL_MD5")["code"] == 40002
    path = tiktok.upload(MANY)["data"]["file_path"]
    good: dict[str, Any] = {"custom_audience_name": "x", "file_paths": [path], "calculate_type": EMAIL}
    refused: list[tuple[dict[str, Any], int]] = [
        ({"calculate_type": PHONE}, 40909),  # not the file's
        ({"custom_audience_name": "x" * 129}, 40002),
        ({"file_paths": []}, 40002),
        ({"file_paths": [path] * 50}, 40002),
        ({"file_paths": ["nowhere"]}, 40905),
        ({"retention_in_days": 366}, 40002),
        ({"audience_sub_type": "LARGE"}, 40002),
    ]
    for wrong, code in refused:
        assert tiktok.post("dmp/custom_audience/create", **{**good, **wrong})["code"] == code, wrong
    assert TikTok(tiktok.server, OTHER).post("dmp/custom_audience/create", **good)["code"] == 40905


def test_an_update_waits_and_replaces_unless_told_otherwise(tiktok: TikTok) -> None:
    key = tiktok.from_file(MANY[:1_200])

    def update(lines: list[str], **more: Any) -> int:
        path = tiktok.upload(lines)["data"]["file_path"]
        found = tiktok.post("dmp/custom_audience/update", custom_audience_id=key, file_paths=[path], **more)
        return int(found["code"])

    assert update(MANY[1_200:], action="APPEND") == 40201  # it is still at the file it was made from
    tiktok.wait(key)
    assert update(MANY[1_200:], action="APPEND") == 0
    assert tiktok.held(key) == emails(MANY)
    tiktok.wait(key)
    assert update(MANY[:501], action="REMOVE") == 40002  # 999 would stay
    assert update(MANY[:500], action="REMOVE") == 0
    assert tiktok.held(key) == emails(MANY[500:])
    tiktok.wait(key)
    assert update(MANY[:999]) == 40002
    assert update(MANY[:1_000]) == 0
    assert tiktok.held(key) == emails(MANY[:1_000])
    tiktok.wait(key)
    assert update(MANY, action="REPLACE", audience_sub_type="REACH_FREQUENCY") == 0
    assert tiktok.held(key) == emails(MANY[:1_000])  # with a sub type nothing else counts
    assert tiktok.details(key)["audience_sub_type"] == "REACH_FREQUENCY"


def test_audiences_are_listed_by_pages_and_deleted_together(tiktok: TikTok) -> None:
    other = TikTok(tiktok.server, OTHER)
    made = [other.segment("The same name") for _ in range(12)]
    assert len(set(made)) == 12
    page = other.get("dmp/custom_audience/list")["data"]
    assert page["page_info"] == {"page": 1, "page_size": 10, "total_number": 12, "total_page": 2}
    rest = other.get("dmp/custom_audience/list", page=2)["data"]["list"]
    assert [one["audience_id"] for one in page["list"] + rest] == made
    only = other.get("dmp/custom_audience/list", custom_audience_ids=made[3:5])["data"]["list"]
    assert [one["audience_id"] for one in only] == made[3:5]
    assert tiktok.post("dmp/custom_audience/delete", custom_audience_ids=made[:1])["code"] == 40002
    assert other.post("dmp/custom_audience/delete", custom_audience_ids=[made[0], "1"])["code"] == 40002
    assert other.get("dmp/custom_audience/list")["data"]["page_info"]["total_number"] == 12
    other.ok("dmp/custom_audience/delete", custom_audience_ids=made)
    assert other.get("dmp/custom_audience/get", custom_audience_ids=made)["data"]["list"] == []
    assert int(other.segment()) > int(made[-1])


def test_people_join_and_leave_a_segment_cell_by_cell(tiktok: TikTok) -> None:
    key = tiktok.segment()
    rows = [
        [cell("a@example.com", key), cell("+12125550101", key)],
        [cell("b@example.com", key), {}],
        [{}, cell("+12125550103", key)],
    ]
    assert tiktok.map("add", [EMAIL, PHONE], rows)["code"] == 0
    assert tiktok.map("add", [EMAIL, PHONE], rows[:1])["code"] == 0  # again: no effect
    assert len(tiktok.held(key)) == 4
    assert tiktok.map("delete", [PHONE], [[cell("+12125550101", key)], [cell("+1999", key)]])["code"] == 0
    assert tiktok.held(key) == {
        (EMAIL, hashed("a@example.com")),
        (EMAIL, hashed("b@example.com")),
        (PHONE, hashed("+12125550103")),
    }
    tiktok.ok("segment/audience", audience_id=key, action="delete")
    assert tiktok.map("add", [EMAIL], [[cell("a@example.com", key)]])["code"] == 40002


def test_one_wrong_row_refuses_the_whole_batch(tiktok: TikTok) -> None:
    key, schema = tiktok.segment(), [EMAIL, PHONE]
    good = [cell("a@example.com", key), {}]
    refused: list[tuple[Any, int]] = [
        ([cell("b@example.com", key)], 40002),  # shorter than the schema
        ([{}, {}], 40002),
        ([{"id": "b@example.com", "audience_ids": [key]}, {}], 40062),
        ([{"id": hashed("b").upper(), "audience_ids": [key]}, {}], 40062),
        ([{"id": hashed("b"), "audience_ids": []}, {}], 40002),
        ([{"id": hashed("b"), "audience_ids": ["1"]}, {}], 40002),
        ([{"id": ""}, {}], 40002),
        ({}, 40002),
    ]
    for wrong, code in refused:
        assert tiktok.map("add", schema, [good, wrong])["code"] == code, wrong
    assert tiktok.map("add", [EMAIL, "SHOE_SIZE"], [good])["code"] == 40002
    assert tiktok.map("add", schema, [good] * 1_001)["code"] == 40061
    assert tiktok.map("add", schema, [])["code"] == 40061
    assert tiktok.map("put", schema, [good])["code"] == 40002
    assert tiktok.map("add", schema, [good], ["7000000000000000009"])["code"] == 40001
    assert tiktok.map("add", schema, [good], [OTHER])["code"] == 40002
    assert tiktok.held(key) == set()
    from_file = tiktok.from_file(MANY)
    assert tiktok.map("add", [EMAIL], [[cell("a@example.com", from_file)]])["code"] == 40002


def test_recognised_people_are_counted_after_a_while(tiktok: TikTok) -> None:
    with duckdb.connect() as connection:
        path = tiktok.server.world / "shopify_customers.parquet"
        found = connection.execute(
            f"select distinct lower(email), phone from '{path}' where phone is not null and email is not null "
            "qualify count(*) over (partition by phone) = 1 and count(*) over (partition by lower(email)) = 1 order by all"
        ).fetchall()
    assert len(found) > 80
    key = tiktok.segment()
    rows = [[cell(email, key), cell(phone if n % 2 else phone[1:], key)] for n, (email, phone) in enumerate(found)]
    assert tiktok.map("add", [EMAIL, PHONE], rows)["code"] == 0
    details = tiktok.details(key)
    if details["status"] == "PROCESSING":
        assert details["cover_num"] == 0
    tiktok.wait(key)
    details, believed = tiktok.details(key), tiktok.believed(key)
    assert details["cover_num"] == believed["matched_people"]
    assert 0.4 < details["cover_num"] / len(found) < 0.75  # each once, by both keys
    assert not details["is_valid"]  # fewer than a thousand
    assert "too small" in details["error_msg"]


def test_an_audience_ends_by_its_retention_or_a_year_after_its_last_change(later: Running) -> None:
    tiktok = TikTok(later)
    short, standing = tiktok.from_file(MANY, retention_in_days=1), tiktok.segment()
    tiktok.wait(short)
    assert tiktok.details(short)["is_expiring"]
    before = tiktok.details(standing)["expired_time"]
    later.advance(2)
    assert tiktok.details(short)["status"] == "EXPIRED"
    path = tiktok.upload(MANY)["data"]["file_path"]
    assert tiktok.post("dmp/custom_audience/update", custom_audience_id=short, file_paths=[path])["code"] == 40002
    assert tiktok.map("add", [EMAIL], [[cell("a@example.com", standing)]])["code"] == 0
    assert tiktok.details(standing)["expired_time"] > before
    history = tiktok.get("dmp/custom_audience/get", custom_audience_ids=[standing], history_size=1)
    assert [one["action"] for one in history["data"]["list"][0]["audience_history"]] == ["ADD"]
