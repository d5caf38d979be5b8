"""Klaviyo: one list per audience, filled by bulk profile imports, emptied by list relationships.

Data flow: members -> POST profile-bulk-import-jobs with the list in its relationships (upsert, <= 10,000 rows and 5 MB)
-> poll the job -> import-errors name the refused rows -> GET profiles by address gives the profile ids for the ledger.
Removal: DELETE list relationships by profile id. The list is found by its name or made ("Selvage: cart abandoners").

Membership and properties only: nothing here sets or lifts consent, since Klaviyo's subscribe jobs also lift
suppressions. Properties are prefixed ``selvage_`` so that no field of the shop's own is overwritten, and only the
contact points of the audience's channel leave: an e-mail audience needs no phone numbers. When a row carries two
identifiers that belong to two profiles, Klaviyo refuses it; it is sent again with the channel's own identifier alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

import selvage
from activation.client import Client, NotFound, error_code
from activation.destination import (
    Audience,
    BatchRefused,
    BatchTooLarge,
    Contact,
    DestinationError,
    Member,
    Outcome,
    Remember,
)
from activation.identifiers import prepare

# A revision is served for about two years.
VERSION = selvage.ApiVersion("2026-07-15", date(2028, 7, 15), "revision")
SETTINGS = {"base_url": selvage.REQUIRED, "api_key": selvage.REQUIRED, "revision": VERSION.name}
BATCH_SIZE = {"add": 10_000, "update": 10_000, "remove": 1_000}
IDENTIFIERS = {"email": ("email",), "sms": ("phone",), "push": ("email",)}
CONTACT_FIELDS = {"sms": ("email",)}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0

MAX_BYTES = 5_000_000
LOOKUP_ROWS = 100
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, GIVE_UP_SECONDS = 0.1, 30.0, 3600.0
CUSTOMER_ID = "selvage_customer_id"
_FIELDS = {"email": "email", "phone": "phone_number"}  # ours -> Klaviyo's


@dataclass
class Connection:
    """A client, and the list of one audience once it is known."""

    client: Client
    audience: Audience
    sleep: Callable[[float], None] = time.sleep
    list_id: str | None = None

    @property
    def main(self) -> str:
        """The contact point by which this channel knows people."""
        return IDENTIFIERS[self.audience.channel][0]


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    headers = {
        "Authorization": f"Klaviyo-API-Key {settings['api_key']}",
        "revision": settings["revision"],
        "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1",  # a retired revision is refused, not silently another one
        "Accept": "application/vnd.api+json",
        "Content-Type": "application/vnd.api+json",
    }
    return Connection(Client(settings["base_url"], headers), audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    """Import the profiles with their properties into the audience's list."""
    job_id = _start_import(connection, members, remember, "")
    refused = _refused(connection, job_id, [member.customer_id for member in members])
    jobs = dict.fromkeys((member.customer_id for member in members), job_id)
    again = [m for m in members if _is_duplicate(refused.get(m.customer_id)) and _has_more(connection, m)]
    if again:
        second = _start_import(connection, [_only(connection, member) for member in again], remember, f"{job_id} ")
        refused = {key: value for key, value in refused.items() if key not in {member.customer_id for member in again}}
        refused |= _refused(connection, second, [member.customer_id for member in again])
        jobs |= dict.fromkeys((member.customer_id for member in again), second)
    ids = _profile_ids(connection, [member for member in members if member.customer_id not in refused])
    return [
        refused.get(member.customer_id)
        or Outcome("acknowledged", job_id=jobs[member.customer_id], remote_id=ids.get(member.customer_id))
        for member in members
    ]


update = add


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Take the profiles off the list. A profile or a list that is not there counts as removed."""
    list_id = _find_list(connection)
    if list_id is None:
        return [Outcome("acknowledged", remote_id=member.remote_id) for member in members]
    found = _profile_ids(connection, [member for member in members if not member.remote_id])
    unknown = {m.customer_id for m in members if not m.remote_id and m.customer_id not in found}
    ids = {member.customer_id: member.remote_id or found.get(member.customer_id) for member in members}
    gone = {profile_id for profile_id in ids.values() if profile_id}
    if unknown:  # no id in the ledger and no profile under the address: the list itself knows our customer ids
        gone |= _ids_on_list(connection, list_id, unknown)
    rows = [{"type": "profile", "id": profile_id} for profile_id in sorted(gone)]
    request_id = None
    if rows:
        try:
            path = f"lists/{list_id}/relationships/profiles"
            request_id = connection.client.call("DELETE", path, body=orjson.dumps({"data": rows})).request_id
        except NotFound as missing:
            if len(members) > 1:
                raise BatchRefused(str(missing)) from None
    return [Outcome("acknowledged", request_id=request_id, remote_id=ids[member.customer_id]) for member in members]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:
    """The outcome of import jobs that were started before a kill ("first" or "first second")."""
    first, *second = job_id.split()
    try:
        refused = _refused(connection, first, customer_ids)
        for job in second:
            again = [customer_id for customer_id in customer_ids if _is_duplicate(refused.get(customer_id))]
            refused = {key: value for key, value in refused.items() if key not in again}
            refused |= _refused(connection, job, again)
    except NotFound:
        return None
    return [refused.get(customer_id) or Outcome("acknowledged", job_id=first) for customer_id in customer_ids]


def _start_import(connection: Connection, members: Sequence[Member], remember: Remember, before: str) -> str:
    list_id = _find_list(connection) or _make_list(connection)
    body = {
        "data": {
            "type": "profile-bulk-import-job",
            "attributes": {"profiles": {"data": [{"type": "profile", "attributes": _profile(m)} for m in members]}},
            "relationships": {"lists": {"data": [{"type": "list", "id": list_id}]}},
        }
    }
    content = orjson.dumps(body, default=_exact)
    if len(content) > MAX_BYTES:
        raise BatchTooLarge(f"{len(content)} bytes are over the limit of {MAX_BYTES}")
    job_id = str(connection.client.call("POST", "profile-bulk-import-jobs", body=content).body["data"]["id"])
    remember(before + job_id)
    return job_id


def _profile(member: Member) -> dict[str, Any]:
    """An absent key keeps what Klaviyo has, null clears it: a property without a value is sent as null."""
    contact = {
        _FIELDS[name]: prepare("klaviyo", name, value) or value
        for name in _FIELDS
        if (value := getattr(member.contact, name))
    }
    properties = {f"selvage_{name}": value for name, value in member.properties.items()}
    return {**contact, "properties": {**properties, CUSTOMER_ID: member.customer_id}}


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))  # a number with all its digits, never by way of a float
    raise TypeError(f"{type(value).__name__} cannot be a property")


def _has_more(connection: Connection, member: Member) -> bool:
    return any(getattr(member.contact, name) for name in _FIELDS if name != connection.main)


def _only(connection: Connection, member: Member) -> Member:
    contact = Contact(**{connection.main: getattr(member.contact, connection.main)})
    return Member(member.customer_id, contact, member.properties, member.fingerprint)


def _is_duplicate(outcome: Outcome | None) -> bool:
    return outcome is not None and "duplicate" in (outcome.reason or "")


def _refused(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> dict[str, Outcome]:
    """Wait for a job; the rows it did not take, by customer. Rows it does not account for are 'unverified'."""
    pause, deadline = FIRST_POLL_SECONDS, time.monotonic() + GIVE_UP_SECONDS
    while True:
        job = connection.client.get(f"profile-bulk-import-jobs/{job_id}").body["data"]["attributes"]
        if job["status"] in ("complete", "cancelled"):
            break
        if time.monotonic() > deadline:
            raise DestinationError(f"import job {job_id} is still {job['status']}; the next run asks for it again")
        connection.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
    if job["status"] == "cancelled":
        return {name: Outcome("rejected", "job cancelled", job_id, job_id) for name in customer_ids}
    failed = int(job.get("failed_count") or 0)
    found: dict[str, Outcome] = {}
    known = frozenset(customer_ids)
    errors = _pages(connection.client, f"profile-bulk-import-jobs/{job_id}/import-errors", {}) if failed else iter(())
    for error in errors:
        customer_id = _customer_of(error["attributes"], customer_ids, known)
        if customer_id is not None:
            found[customer_id] = Outcome("rejected", error_code(error["attributes"]), str(error["id"]), job_id)
    if len(found) < failed:  # errors expire, and an error may not say whose it is: then only the count is known
        reason = f"{failed - len(found)} rows of the job failed unnamed"
        rest = [customer_id for customer_id in customer_ids if customer_id not in found]
        found |= {customer_id: Outcome("accepted_unverified", reason, None, job_id) for customer_id in rest}
    return found


def _customer_of(error: Mapping[str, Any], customer_ids: Sequence[str], known: frozenset[str]) -> str | None:
    payload = error.get("original_payload") or {}
    properties = (payload.get("attributes") or payload).get("properties") or {}
    if properties.get(CUSTOMER_ID) in known:
        return str(properties[CUSTOMER_ID])
    place = re.search(r"/profiles/data/(\d+)", str((error.get("source") or {}).get("pointer") or ""))
    return customer_ids[int(place[1])] if place and int(place[1]) < len(customer_ids) else None


def _profile_ids(connection: Connection, members: Sequence[Member]) -> dict[str, str]:
    """Customer -> profile id, for those whose address Klaviyo knows."""
    key = _FIELDS[connection.main]
    wanted: dict[str, list[str]] = {}
    for member in members:
        if value := getattr(member.contact, connection.main):
            wanted.setdefault(value.lower(), []).append(member.customer_id)
    values, found = sorted(wanted), {}
    for start in range(0, len(values), LOOKUP_ROWS):
        chosen = orjson.dumps(values[start : start + LOOKUP_ROWS]).decode()
        parameters = {"filter": f"any({key},{chosen})", "page[size]": "100", "fields[profile]": key}
        for profile in _pages(connection.client, "profiles", parameters):
            for customer_id in wanted.get(str(profile["attributes"].get(key)).lower(), ()):
                found[customer_id] = str(profile["id"])
    return found


def _ids_on_list(connection: Connection, list_id: str, customer_ids: set[str]) -> set[str]:
    found = set()
    for profile in _pages(connection.client, f"lists/{list_id}/profiles", {"page[size]": "100"}):
        customer_id = (profile["attributes"].get("properties") or {}).get(CUSTOMER_ID)
        if customer_id in customer_ids:
            found.add(str(profile["id"]))
    return found


def _find_list(connection: Connection) -> str | None:
    if connection.list_id is None:
        title = connection.audience.title
        for item in _pages(connection.client, "lists", {"filter": f"equals(name,{orjson.dumps(title).decode()})"}):
            if item["attributes"]["name"] == title:
                connection.list_id = str(item["id"])
                break
    return connection.list_id


def _make_list(connection: Connection) -> str:
    body = {"data": {"type": "list", "attributes": {"name": connection.audience.title}}}
    connection.list_id = str(connection.client.call("POST", "lists", body=orjson.dumps(body)).body["data"]["id"])
    return connection.list_id


def _pages(client: Client, path: str, parameters: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    asked = dict(parameters)
    while True:
        body = client.get(path, asked).body
        yield from body.get("data") or ()
        following = (body.get("links") or {}).get("next")
        cursor = parse_qs(urlsplit(following).query).get("page[cursor]") if following else None
        if not cursor:
            return
        asked = {**parameters, "page[cursor]": cursor[0]}  # our own path: the key goes to no address in an answer
