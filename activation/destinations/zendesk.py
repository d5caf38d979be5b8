"""Zendesk: what a support agent should know of a customer, as user fields beside every ticket.

Data flow: members -> PUT users/update_many (by id, <= 100 users a job) -> poll the job -> one result per user.
Removal: the same with null in the fields of this audience. Nobody is created: members are known by the ids of their
users, as the source landed them, and who has no user is in no batch. Of a customer with several users all are told.

A field is ``selvage_<audience>__<property>``, made when the property first has a value, since Zendesk ignores values
for fields that are not there. Only plain types are used: dropdowns and checkboxes put tags on users and their tickets,
which start triggers, so a truth value is the text yes or no. Nothing else of a user is written, external_id least of
all: others match by it, and our own source does.

"completed" may hold failed rows. A job's status is forgotten after an hour, so it is asked for at once; its id is kept
with how many users each member has, as results know users alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

import selvage
from activation.client import REFUSED, Client, NotFound
from activation.destination import Audience, BatchRefused, DestinationError, Member, Outcome, Remember
from activation.zendesk.values import exact, type_of, users_of, word

VERSION = selvage.ApiVersion("v2", None)  # the only one, and no end of it was told
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "client_id": selvage.REQUIRED,
    "client_secret": selvage.REQUIRED,
    "api_version": VERSION.name,
}
BATCH_SIZE = {"add": 100, "update": 100, "remove": 100}
IDENTIFIERS = {"support": ("zendesk_ids",)}
CONTACT_FIELDS: dict[str, tuple[str, ...]] = {}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0

USERS_A_JOB, PAGE_ROWS = 100, 100
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, GIVE_UP_SECONDS = 0.2, 10.0, 1800.0
CUSTOMER_ID = "customer_id"
PLAIN_TYPES = ("text", "textarea", "integer", "decimal", "date")
NEXT_STEPS = {
    401: "ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET are not of one OAuth client, or were reset",
    403: "the OAuth client must be an admin's and have the scope write",
    404: "there is no such thing in this account (ZENDESK_BASE_URL?)",
}


class Unauthorised(DestinationError):
    """401: the token has run out, or was never good."""


@dataclass
class Connection:
    """A client, its token once there is one, and the account's user fields once they are known (key -> type)."""

    client: Client
    headers: dict[str, str] = field(repr=False)
    login: Mapping[str, str] = field(repr=False)
    version: str
    audience: Audience
    sleep: Callable[[float], None] = time.sleep
    fields: dict[str, str] | None = None

    @property
    def prefix(self) -> str:
        return f"selvage_{self.audience.name}__"

    def ask(self, method: str, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """One call, with a token that is made first, or anew where Zendesk takes it no more."""
        content = None if body is None else orjson.dumps(body, default=exact)
        for is_last in (False, True):
            if "Authorization" not in self.headers:
                answer = self.client.call("POST", "oauth/tokens", body=orjson.dumps(self.login)).body
                self.headers["Authorization"] = f"Bearer {answer['access_token']}"
            try:
                return self.client.call(method, f"api/{self.version}/{path}", params=params, body=content)
            except Unauthorised:
                del self.headers["Authorization"]
                if is_last:
                    raise
        raise AssertionError("the second call answers or raises")


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    limits = ("ratelimit-remaining", "ratelimit-reset")
    client = Client(settings["base_url"], headers, limits, failure_of=failure_of)
    login = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "scope": "read write",
    }
    return Connection(client, headers, login, settings["api_version"], audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    """Write the properties into the fields of all users of each member."""
    values = {member.customer_id: _values(member) for member in members}
    known = _make_fields(connection, list(values.values()))
    users = [users_of(member.contact.zendesk_ids or member.remote_id) for member in members]
    fields = [
        {key: value for name, value in values[member.customer_id].items() if (key := connection.prefix + name) in known}
        for member in members
    ]
    return _finish(connection, _start(connection, users, fields, remember), is_removal=False)


update = add


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    """Empty the fields of this audience. A user that is not there, or was told of another customer since, counts so."""
    mine = {key: None for key in _fields(connection) if key.startswith(connection.prefix)}
    if not mine:
        return [Outcome("acknowledged", remote_id=member.remote_id) for member in members]
    users = [
        users_of(member.remote_id or member.contact.zendesk_ids) or _search(connection, member.customer_id)
        for member in members
    ]
    owners = _owners(connection, [key for chosen in users for key in chosen])
    users = [
        [key for key in chosen if owners.get(key) in ("", member.customer_id)]
        for member, chosen in zip(members, users, strict=True)
    ]
    return _finish(connection, _start(connection, users, [mine] * len(members), remember), is_removal=True)


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:
    """The outcome of jobs that were started before a kill; None where they were not all noted, or are forgotten."""
    kind, counts, *_ = job_id.split()
    if len(counts.split(".")) != len(customer_ids):
        return None
    try:
        return _finish(connection, job_id, is_removal=kind == "remove")
    except NotFound:
        return None


def failure_of(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """An error of the API: its code and the fields it names. Descriptions quote values."""
    named = ", ".join(sorted(word(one) for one in body.get("details") or ()))
    text = " ".join(part for part in (f"{what}: {status}", word(body.get("error")), named) if part)
    if status in REFUSED:
        return BatchRefused(text, request_id)
    kind = {401: Unauthorised, 404: NotFound}.get(status, DestinationError)
    return kind(f"{text}: {NEXT_STEPS.get(status, 'try again later')}")


def _start(
    connection: Connection, users: Sequence[Sequence[int]], fields: Sequence[Mapping[str, Any]], remember: Remember
) -> str:
    """Start the jobs. Returns, and remembers after each, ``<kind> <users per member> <job> <job>``."""
    kind = "remove" if all(value is None for one in fields for value in one.values()) else "write"
    noted = f"{kind} {'.'.join(str(len(one)) for one in users)}"
    rows = [{"id": key, "user_fields": one} for chosen, one in zip(users, fields, strict=True) for key in chosen]
    for start in range(0, len(rows), USERS_A_JOB):
        body = {"users": rows[start : start + USERS_A_JOB]}
        job = connection.ask("PUT", "users/update_many.json", body=body).body["job_status"]
        noted = f"{noted} {job['id']}"
        remember(noted)
    return noted


def _finish(connection: Connection, noted: str, *, is_removal: bool) -> list[Outcome]:
    """Wait for the jobs; one outcome per member."""
    _, counts, *jobs = noted.split()
    sizes = [int(one) for one in counts.split(".")]
    told: list[Mapping[str, Any] | None] = []
    for number, job in enumerate(jobs):
        told += _results(connection, job, min(USERS_A_JOB, sum(sizes) - number * USERS_A_JOB))
    told += [None] * (sum(sizes) - len(told))  # a run was killed between two jobs
    job_id, outcomes, place = " ".join(jobs) or None, list[Outcome](), 0
    for size in sizes:
        outcomes.append(_outcome(told[place : place + size], job_id, is_removal))
        place += size
    return outcomes


def _outcome(results: Sequence[Mapping[str, Any] | None], job_id: str | None, is_removal: bool) -> Outcome:
    """What became of a member: all users of theirs that there still are must have taken it."""
    gone = [one for one in results if one and word(one.get("error")) in ("UserNotFound", "RecordNotFound")]
    failed = [one for one in results if one not in gone and not (one and one.get("success"))]
    if failed:
        reason = word(failed[0].get("error")) if failed[0] else None
        return Outcome("rejected", reason or "no result in the job", job_id=job_id)
    if is_removal:
        return Outcome("acknowledged", job_id=job_id)
    if len(gone) == len(results):
        return Outcome("rejected", "no such user at Zendesk", job_id=job_id)
    reason = f"{len(gone)} of {len(results)} users are no more" if gone else None
    ids = ",".join(str(one["id"]) for one in results if one and one not in gone)
    return Outcome("acknowledged", reason, job_id=job_id, remote_id=ids)


def _results(connection: Connection, job: str, rows: int) -> list[Mapping[str, Any] | None]:
    """One result per user of a job, in its order; None for those it does not account for."""
    pause, deadline = FIRST_POLL_SECONDS, time.monotonic() + GIVE_UP_SECONDS
    while True:
        told = connection.ask("GET", f"job_statuses/{job}.json").body["job_status"]
        if told["status"] in ("completed", "failed", "killed"):
            break
        if time.monotonic() > deadline:
            raise DestinationError(f"job {job} is still {told['status']}; the next run asks for it again")
        connection.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
    found: list[Mapping[str, Any] | None] = [None] * rows
    for place, one in enumerate(told.get("results") or ()):
        number = int(one.get("index", place))
        if number < rows:
            found[number] = one
    if told["status"] != "completed":
        return [one or {"error": f"job {told['status']}"} for one in found]
    return found


def _fields(connection: Connection, *, again: bool = False) -> dict[str, str]:
    """Key -> type of all user fields."""
    if connection.fields is None or again:
        connection.fields = {str(one["key"]): str(one["type"]) for one in _pages(connection, "user_fields")}
    return connection.fields


def _make_fields(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Make the fields of all properties that have a value. Without one yet it is open of which type a field is."""
    known = _fields(connection)
    for name, value in {name: value for row in rows for name, value in row.items() if value is not None}.items():
        key, kind = connection.prefix + name, type_of(value)
        if key not in known:
            about = {"key": key, "type": kind, "title": f"{name.replace('_', ' ').capitalize()} (Selvage)"}
            try:
                connection.ask("POST", "user_fields.json", body={"user_field": about})
            except BatchRefused as refused:  # it was made, but its answer was lost and the call repeated; or refused
                if key not in _fields(connection, again=True):
                    raise DestinationError(str(refused)) from None
            known = connection.fields = {key: kind} | _fields(connection)
        if known[key] not in PLAIN_TYPES:
            text = f"the user field {key} is a {known[key]}, whose values are tags: delete it, and it is made anew"
            raise DestinationError(f"{text} as {kind}")
    return known


def _owners(connection: Connection, users: Sequence[int]) -> dict[int, str]:
    """The customer of whom each user was told last; users that are not there are left out."""
    found, field_key = dict[int, str](), connection.prefix + CUSTOMER_ID
    for start in range(0, len(users), PAGE_ROWS):
        ids = ",".join(str(key) for key in users[start : start + PAGE_ROWS])
        for one in connection.ask("GET", "users/show_many.json", {"ids": ids}).body["users"]:
            found[int(one["id"])] = str((one.get("user_fields") or {}).get(field_key) or "")
    return found


def _search(connection: Connection, customer_id: str) -> list[int]:
    """The users that were told under a customer id of which nothing else is known."""
    key = connection.prefix + CUSTOMER_ID
    if key not in _fields(connection):
        return []
    return [int(one["id"]) for one in _pages(connection, "users/search", "users", {"query": f'{key}:"{customer_id}"'})]


def _pages(
    connection: Connection, path: str, name: str = "", params: Mapping[str, str] | None = None
) -> Iterator[Mapping[str, Any]]:
    asked = {**(params or {}), "page[size]": str(PAGE_ROWS)}
    while True:
        body = connection.ask("GET", f"{path}.json", asked).body
        yield from body.get(name or path) or ()
        about = body.get("meta") or {}
        if not about.get("has_more"):
            return
        asked = {**asked, "page[after]": str(about["after_cursor"])}


def _values(member: Member) -> dict[str, Any]:
    """Property -> value; null empties a field."""
    words = {True: "yes", False: "no"}
    told = {name: words[value] if isinstance(value, bool) else value for name, value in member.properties.items()}
    return {**told, CUSTOMER_ID: member.customer_id}
