"""The sandbox's Klaviyo against the world's own tables, and against what Klaviyo's documentation says."""

from __future__ import annotations

from urllib.parse import quote

import duckdb
import pytest

from tests.sandbox.conftest import Klaviyo


def rows(klaviyo: Klaviyo, query: str) -> list[tuple[object, ...]]:
    now = klaviyo.server.now.replace(tzinfo=None)
    with duckdb.connect() as connection:
        return connection.execute(query.format(folder=klaviyo.server.world, now=now)).fetchall()


def test_key_and_revision_are_compulsory(klaviyo: Klaviyo) -> None:
    assert klaviyo.call("GET", "lists", Authorization="Klaviyo-API-Key wrong").status == 401
    assert klaviyo.call("GET", "lists", revision="").status == 400
    error = klaviyo.call("GET", "lists", revision="yesterday").json["errors"][0]
    assert {"id", "status", "code", "title", "detail", "source"} <= set(error)


def test_retired_revision_is_refused_only_to_who_opts_out(klaviyo: Klaviyo) -> None:
    assert klaviyo.call("GET", "lists", revision="2023-02-22").status == 200
    opted = klaviyo.call("GET", "lists", revision="2023-02-22", **{"X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1"})
    assert opted.status == 410


def test_events_by_window_are_complete_and_in_order(klaviyo: Klaviyo) -> None:
    low, high = "2026-04-01T00:00:00Z", "2026-04-08T00:00:00Z"
    wanted = quote(f"and(greater-or-equal(datetime,{low}),less-than(datetime,{high}))")
    found = klaviyo.pages(
        f"events?filter={wanted}&sort=datetime&page[size]=300".replace("[", "%5B").replace("]", "%5D")
    )
    expected = rows(
        klaviyo,
        "select event_id from '{folder}/klaviyo_events.parquet' where revealed_at <= timestamp '{now}' "
        "and datetime >= timestamp '2026-04-01' and datetime < timestamp '2026-04-08' order by datetime, event_id",
    )
    assert [one["id"] for one in found] == [row[0] for row in expected]
    assert len(found) > 300
    attributes = found[0]["attributes"]
    assert set(attributes) == {"timestamp", "datetime", "uuid", "event_properties"}
    assert attributes["datetime"].endswith("+00:00")


def test_events_in_the_future_are_shown_once_revealed(klaviyo: Klaviyo) -> None:
    newest = klaviyo.get("events?page%5Bsize%5D=1")["data"][0]
    assert newest["attributes"]["datetime"] > klaviyo.server.now.isoformat()


def test_events_by_metric_descending_and_their_campaign(klaviyo: Klaviyo) -> None:
    metrics = {one["attributes"]["name"]: one["id"] for one in klaviyo.get("metrics")["data"]}
    wanted = quote(f'equals(metric_id,"{metrics["Clicked Email"]}")')
    page = klaviyo.get(f"events?filter={wanted}&include=attributions&page%5Bsize%5D=50")
    assert {one["relationships"]["metric"]["data"]["id"] for one in page["data"]} == {metrics["Clicked Email"]}
    times = [one["attributes"]["datetime"] for one in page["data"]]
    assert times == sorted(times, reverse=True)
    assert all("URL" in one["attributes"]["event_properties"] for one in page["data"])
    by_id = {one["id"]: one for one in page["included"]}
    for one in page["data"]:
        for attribution in one["relationships"]["attributions"]["data"]:
            assert by_id[attribution["id"]]["relationships"]["campaign"]["data"]["id"]


def test_page_sizes_and_filters_that_do_not_exist_are_refused(klaviyo: Klaviyo) -> None:
    for path in (
        "events?page%5Bsize%5D=1001",
        "profiles?page%5Bsize%5D=101",
        "lists?page%5Bsize%5D=11",
        "metrics?page%5Bsize%5D=10",
        f"profiles?filter={quote('greater-or-equal(updated,2026-04-01T00:00:00Z)')}",
        f"lists?filter={quote('greater-or-equal(updated,2026-04-01T00:00:00Z)')}",
        "events?sort=name",
        "events?page%5Bcursor%5D=nonsense",
    ):
        assert klaviyo.call("GET", path).status == 400, path


def test_cursor_of_another_filter_is_invalid(klaviyo: Klaviyo) -> None:
    following = klaviyo.get("profiles?sort=updated")["links"]["next"]
    changed = following.replace("sort=updated", "sort=-updated")
    error = klaviyo.call("GET", changed)
    assert error.status == 400
    assert error.json["errors"][0]["detail"] == "Invalid cursor provided."


def test_profiles_with_consent(klaviyo: Klaviyo) -> None:
    plain = klaviyo.get("profiles?page%5Bsize%5D=5")["data"][0]
    assert "subscriptions" not in plain["attributes"]
    everyone = klaviyo.pages("profiles?page%5Bsize%5D=100&sort=updated&additional-fields%5Bprofile%5D=subscriptions")
    states = {one["id"]: one["attributes"]["subscriptions"]["email"]["marketing"] for one in everyone}
    expected = rows(
        klaviyo,
        "select profile_id, email_consent, suppression is not null from '{folder}/klaviyo_profiles.parquet' "
        "where updated_at <= timestamp '{now}' and revealed_at <= timestamp '{now}' "
        "qualify row_number() over (partition by profile_id order by version desc) = 1",
    )
    assert len(expected) <= len(states)
    for key, consent, suppressed in expected:
        assert states[str(key)]["consent"] == consent
        assert bool(states[str(key)]["suppression"]) == suppressed
        assert not (suppressed and states[str(key)]["can_receive_email_marketing"])


def test_campaigns_need_a_channel_before_2026_10(klaviyo: Klaviyo) -> None:
    assert klaviyo.call("GET", "campaigns").status == 400
    wanted = quote("equals(messages.channel,'email')")
    flat = klaviyo.get(f"campaigns?filter={wanted}")["data"][0]["attributes"]
    assert {"name", "status", "send_time", "scheduled_at"} <= set(flat)
    newer = klaviyo.call("GET", "campaigns", revision="2026-10-15")
    assert set(newer.json["data"][0]["attributes"]) == {"created_at", "updated_at", "definition"}
    assert klaviyo.call("GET", f"campaigns?filter={wanted}", revision="2026-10-15").status == 400


def test_import_upserts_joins_the_list_and_never_sets_consent(klaviyo: Klaviyo) -> None:
    key = klaviyo.new_list("Imported")
    known = klaviyo.get("profiles?page%5Bsize%5D=1&sort=-created")["data"][0]
    mail = known["attributes"]["email"]
    job, errors = klaviyo.import_profiles(
        [
            {"email": mail.upper(), "properties": {"last_cart_at": "2026-04-29", "cart_value": 81.5}},
            {
                "email": "new.person@example.com",
                "first_name": "New",
                "external_id": "c-1",
                "location": {"city": "Boston"},
            },
        ],
        [key],
    )
    assert (job["total_count"], job["completed_count"], job["failed_count"], errors) == (2, 2, 0, [])
    members = klaviyo.pages(f"lists/{key}/profiles?additional-fields%5Bprofile%5D=subscriptions")
    found = {one["attributes"]["email"]: one for one in members}
    assert found[mail]["id"] == known["id"]
    assert found[mail]["attributes"]["properties"] == {"last_cart_at": "2026-04-29", "cart_value": 81.5}
    new = found["new.person@example.com"]["attributes"]
    assert new["location"]["city"] == "Boston"
    assert new["subscriptions"]["email"]["marketing"]["consent"] == "NEVER_SUBSCRIBED"
    assert [one["id"] for one in klaviyo.pages(f"lists/{key}/relationships/profiles")] == [one["id"] for one in members]


def test_written_profile_is_read_back_and_its_update_moves(klaviyo: Klaviyo) -> None:
    klaviyo.import_profiles([{"email": "moved@example.com", "properties": {"tier": "gold"}}])
    wanted = quote('any(email,["moved@example.com","nobody@example.com"])')
    one = klaviyo.get(f"profiles?filter={wanted}")["data"]
    assert [row["attributes"]["properties"] for row in one] == [{"tier": "gold"}]
    now = klaviyo.server.now
    assert one[0]["attributes"]["updated"] == now.isoformat()
    before = quote(f"less-than(updated,{now.isoformat().replace('+00:00', 'Z')})")
    assert one[0]["id"] not in {row["id"] for row in klaviyo.pages(f"profiles?filter={before}&page%5Bsize%5D=100")}
    klaviyo.import_profiles([{"email": "moved@example.com", "properties": {"tier": None}}])
    assert klaviyo.get(f"profiles?filter={wanted}")["data"][0]["attributes"]["properties"] == {}


@pytest.mark.parametrize(
    ("row", "code", "pointer"),
    [
        ({"email": "no-at-sign"}, "invalid", "/attributes/email"),
        ({"phone_number": "555-0100"}, "invalid", "/attributes/phone_number"),
        ({"email": "fine@example.com", "phone_number": "+1555"}, "invalid", "/attributes/phone_number"),
        ({"first_name": "Nobody"}, "invalid", "/attributes"),
        ({"email": "odd@example.com", "favourite": 1}, "invalid", "/attributes/favourite"),
    ],
)
def test_bad_rows_are_errors_of_their_own(klaviyo: Klaviyo, row: dict[str, object], code: str, pointer: str) -> None:
    job, errors = klaviyo.import_profiles([{"email": "good@example.com"}, row])
    assert (job["completed_count"], job["failed_count"]) == (1, 1)
    attributes = errors[0]["attributes"]
    assert attributes["code"] == code
    assert attributes["source"]["pointer"] == f"/data/attributes/profiles/data/1{pointer}"
    assert attributes["original_payload"]["attributes"] == row


def test_email_and_phone_of_two_profiles_are_a_duplicate(klaviyo: Klaviyo) -> None:
    klaviyo.import_profiles([{"email": "first@example.com"}, {"phone_number": "+16175550199"}])
    job, errors = klaviyo.import_profiles([{"email": "first@example.com", "phone_number": "+16175550199"}])
    assert job["failed_count"] == 1
    assert errors[0]["attributes"]["code"] == "duplicate_profile"
    assert errors[0]["attributes"]["meta"]["duplicate_profile_id"]
    body = {"data": {"type": "profile", "attributes": {"email": "first@example.com"}}}
    conflict = klaviyo.call("POST", "profiles", body)
    assert conflict.status == 409
    assert klaviyo.call("POST", "profile-import", body).status == 200


def test_list_members_are_added_and_removed_by_id(klaviyo: Klaviyo) -> None:
    key = klaviyo.new_list("Members")
    ids = [one["id"] for one in klaviyo.get("profiles?page%5Bsize%5D=30")["data"]]
    body = {"data": [{"type": "profile", "id": one} for one in ids]}
    path = f"lists/{key}/relationships/profiles"
    assert klaviyo.call("POST", path, body).status == 204
    assert klaviyo.call("POST", path, body).status == 204
    assert sorted(one["id"] for one in klaviyo.pages(f"{path}?page%5Bsize%5D=7")) == sorted(ids)
    assert klaviyo.call("DELETE", path, {"data": body["data"][:10]}).status == 204
    assert sorted(one["id"] for one in klaviyo.pages(path)) == sorted(ids[10:])
    assert klaviyo.call("POST", path, {"data": [{"type": "profile", "id": "nobody"}]}).status == 404
    assert klaviyo.call("POST", path, {"data": body["data"] * 40}).status == 400
    assert klaviyo.call("GET", "lists/none/profiles").status == 404


def test_import_into_a_list_that_is_not_there_is_refused_whole(klaviyo: Klaviyo) -> None:
    rows = [{"type": "profile", "attributes": {"email": "x@example.com"}}]
    data = {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": rows}}}
    data["relationships"] = {"lists": {"data": [{"type": "list", "id": "none"}]}}  # type: ignore[assignment]
    assert klaviyo.call("POST", "profile-bulk-import-jobs", {"data": data}).status == 404
    assert klaviyo.call("POST", "profile-bulk-import-jobs", b"{").status == 400
