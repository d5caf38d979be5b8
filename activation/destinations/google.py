"""Google Customer Match: one user list per audience, told who joins and who leaves through the Data Manager API.

Data flow: members -> identifiers (hashed e-mail and phone, address) -> told.py -> audienceMembers:ingest or :remove ->
request ids, polled together -> counts (uploads.py). The list is found by its name or made ("Selvage: welcome").

Google knows people by hashes alone and has no ids of ours, so what it was told of each customer is kept until it is
removed (told.py). An identifier that another member shares (a household's phone) is not removed, and who shares one
with somebody removed is told again, since one identifier may be enough for Google to drop the person.

Only members with evidence of consent are sent, and the request says so (adUserData and adPersonalization granted);
who withdrew is removed, never told as denied. A list forgets its members after at most 540 days: they are told again
in time (RESEND_DAYS). No address, number or name leaves in clear text, country and postal code do. Properties are not
sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

import selvage
from activation.client import Client, NotFound
from activation.destination import Audience, DestinationError, Member, Outcome, Remember
from activation.google import events
from activation.google.access import ACCOUNT_TYPE, accounts_of, client_of, destination_of
from activation.google.told import GoogleTold
from activation.google.uploads import CONSENT, Row, cells_of, members_of, rows_of, settle, tell, wait
from activation.told import Cell

VERSION = selvage.ApiVersion("v1", None)  # no end has been announced
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "token_url": selvage.REQUIRED,
    "service_account_file": selvage.REQUIRED,
    "account_id": selvage.REQUIRED,
    "login_account_id": "",  # the manager account through which the service account has access, if that is its way
    "api_version": VERSION.name,
}
# Google's cap is 10,000 a request; a batch is several, which it processes side by side.
BATCH_SIZE = {"add": 200_000, "update": 200_000, "remove": 200_000}
IDENTIFIERS = {"ads": ("email", "phone")}
CONTACT_FIELDS = {"ads": ("given_name", "family_name", "postal_code", "country_code")}
CAN_REMOVE = True
CLEAR_TEXT = False
TAKES_PROPERTIES = False
MIN_MEMBERS = 100  # active people, of which there are fewer than members
MEMBERSHIP_DAYS, RESEND_DAYS = 540, 450

conversions = events  # orders go to conversion actions, and not to a user list

PURPOSE = "advertising"
PAGE_ROWS = 1_000
TERMS = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}


@dataclass
class Connection:
    """A client, the account, what was told of the audience's members, and its user list once it is known."""

    client: Client
    version: str
    account: str
    login_account: str
    audience: Audience
    sleep: Callable[[float], None] = time.sleep
    list_id: str | None = field(default=None)

    @cached_property
    def told(self) -> GoogleTold:
        return GoogleTold(selvage.settings().ledger / "google" / "told.sqlite")

    def path(self, name: str) -> str:
        return f"{self.version}/{name}"

    @property
    def lists(self) -> str:
        return self.path(f"accountTypes/{ACCOUNT_TYPE}/accounts/{self.account}/userLists")

    def body(self, verb: str, rows: Sequence[Row]) -> bytes:
        """A request for these rows. Consent is said where membership begins."""
        destination = destination_of(self.account, self.login_account, self.list_id)
        body: dict[str, Any] = {"destinations": [destination], "audienceMembers": members_of(rows), "encoding": "HEX"}
        if verb == "ingest":
            body |= {"consent": CONSENT, "termsOfService": TERMS}
        return orjson.dumps(body)


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    account, login = accounts_of(settings)
    return Connection(client_of(settings), settings["api_version"], account, login, audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    """Make them members, or renew them. Who has no evidence of consent or no usable identifier is not sent."""
    if connection.audience.purpose != PURPOSE:
        raise DestinationError(
            f"{connection.audience.name} is for {connection.audience.purpose}: "
            f"Customer Match needs consent to {PURPOSE}, so route the audience with purpose {PURPOSE}"
        )
    name, told = connection.audience.name, connection.told
    outcomes: dict[str, Outcome] = {}
    usable: dict[str, list[Cell]] = {}
    for member in members:
        found = cells_of(member.contact)
        if not member.evidence.consent_evidence_id:
            outcomes[member.customer_id] = Outcome("rejected", "no evidence of consent")
        elif not found:
            outcomes[member.customer_id] = Outcome("rejected", "no usable e-mail, phone or address")
        else:
            usable[member.customer_id] = found
    if usable:
        if _find_list(connection) is None:
            _make_list(connection)
        fresh = told.note(name, usable)
        outcomes |= tell(connection, "ingest", rows_of(usable), remember)
        told.unnote(name, [cell for cell in fresh if outcomes[cell[0]].status == "rejected"])
    return [outcomes[member.customer_id] for member in members]


update = add  # telling somebody again renews the membership; what they were matched by before is still theirs


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    """Take them off by all that Google was told of them. Nobody is on a list that is not there."""
    name, told = connection.audience.name, connection.told
    gone = [member.customer_id for member in members]
    outcomes = dict.fromkeys(gone, Outcome("acknowledged"))
    if _find_list(connection) is None:
        told.forget(name)
        return [outcomes[customer_id] for customer_id in gone]
    told.note(name, {member.customer_id: cells_of(member.contact) for member in members})
    outcomes |= tell(connection, "remove", rows_of(told.sole_cells(name, gone)), remember)
    _finish_removal(connection, outcomes)
    return [outcomes[customer_id] for customer_id in gone]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:
    """The outcome of requests that were sent before a kill. None unless they carried all these customers."""
    outcomes: dict[str, Outcome] = {}
    requests = {request_id: connection.told.request(request_id) for request_id in job_id.split()}
    carried = {name: found for name, found in requests.items() if found}
    if len(carried) < len(requests) or not set(customer_ids) <= {n for _, names in carried.values() for n in names}:
        return None
    try:
        for request_id, status in wait(connection, list(carried)).items():
            if settle(request_id, status, carried[request_id][1], outcomes):
                return None
    except NotFound:
        return None
    if {verb for verb, _ in carried.values()} == {"remove"}:
        _finish_removal(connection, {customer_id: outcomes[customer_id] for customer_id in customer_ids})
    return [outcomes[customer_id] for customer_id in customer_ids]


def _finish_removal(connection: Connection, gone: Mapping[str, Outcome]) -> None:
    """Tell those again who share an identifier with somebody removed; then nothing of the removed is kept."""
    name, told = connection.audience.name, connection.told
    again = told.sharers(name, gone)
    if again:
        answered = tell(connection, "ingest", rows_of(again), lambda _request_ids: None)
        refused = sum(outcome.status == "rejected" for outcome in answered.values())
        if refused:
            raise DestinationError(f"{refused} members who share an identifier with somebody removed were refused")
    told.drop(name, [customer_id for customer_id, outcome in gone.items() if outcome.status != "rejected"])


def _find_list(connection: Connection) -> str | None:
    asked = {"pageSize": str(PAGE_ROWS)}
    while connection.list_id is None:
        body = connection.client.get(connection.lists, asked).body
        for found in body.get("userLists") or ():
            if found.get("displayName") == connection.audience.title:
                connection.list_id = str(found["id"])
                _keep_duration(connection, found)
                return connection.list_id
        if not body.get("nextPageToken"):
            break
        asked["pageToken"] = str(body["nextPageToken"])
    return connection.list_id


def _make_list(connection: Connection) -> None:
    body = {
        "displayName": connection.audience.title,
        "description": "Kept in step by Selvage; changes made by hand are not kept",
        "membershipStatus": "OPEN",
        "membershipDuration": _duration(),
        "ingestedUserListInfo": {
            "uploadKeyTypes": ["CONTACT_ID"],
            "contactIdInfo": {"dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY"},
        },
    }
    answer = connection.client.call("POST", connection.lists, body=orjson.dumps(body)).body
    connection.list_id = str(answer["id"])


def _keep_duration(connection: Connection, found: Mapping[str, Any]) -> None:
    """A list whose members age sooner than they are told again would lose them unseen."""
    if found.get("membershipDuration") == _duration():
        return
    connection.client.call(
        "PATCH",
        f"{connection.lists}/{connection.list_id}",
        params={"updateMask": "membershipDuration"},
        body=orjson.dumps({"membershipDuration": _duration()}),
    )


def _duration() -> str:
    return f"{MEMBERSHIP_DAYS * 86_400}s"
