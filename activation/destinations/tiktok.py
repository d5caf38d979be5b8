"""TikTok: one custom audience per audience, a streaming segment told who joins and who leaves by hashes.

Data flow: members -> rows of SCHEMA -> POST segment/mapping, add or delete -> one code for the whole batch. Segments
and not file audiences: these refuse every change that leaves fewer than 1,000 people, the removal of one who withdrew
included, take none while they are still at the last one, and hold one kind of hash each.

TikTok knows nobody but by a hash and lists no members. So activation/told.py keeps the hashes that each customer was
told by, and only those by which no other member is known are taken out; it also keeps the audience's id, since names
are not unique over there. No address or number leaves in clear text; properties are not sent, and there is no consent
field: who must not be sent is filtered before.

An answer names no rows and no counts: what was taken is ``accepted_unverified``. How many people TikTok recognises is
asked for once a run and logged beside the members told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import orjson

import selvage
from activation.destination import (
    Audience,
    BatchRefused,
    DestinationError,
    Member,
    Outcome,
    Remember,
)
from activation.identifiers import prepare
from activation.tiktok import events
from activation.tiktok.api import Client, PartlyRefused, failure_of, phone_rule
from activation.told import Cell, Told

log = logging.getLogger(__name__)

VERSION = selvage.ApiVersion("v1.3", None)  # the only one in use; no end was announced
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "advertiser_id": selvage.REQUIRED,
    "phone_form": "with_plus",
    "api_version": VERSION.name,
}
BATCH_SIZE = {"add": 1_000, "update": 1_000, "remove": 1_000}
IDENTIFIERS = {"ads": ("email", "phone")}
CONTACT_FIELDS: dict[str, tuple[str, ...]] = {}
CAN_REMOVE = True
CLEAR_TEXT = False
TAKES_PROPERTIES = False
MIN_MEMBERS = 1_000  # matched people, of whom there are fewer than members
RESEND_DAYS = 0

SCHEMA = ("EMAIL_SHA256", "PHONE_SHA256")
PAGE_ROWS = 100

conversions = events  # orders and refunds go to a pixel, an app or an offline event set, and not to an audience


@dataclass
class Connection:
    """A client, the advertiser, what it was told before, and the audience's id once it is known."""

    client: Client
    version: str
    advertiser_id: str
    phone_rule: str
    audience: Audience
    audience_id: str | None = None
    opened: Told | None = None

    def path(self, path: str) -> str:
        return f"{self.version}/{path}/"

    @property
    def told(self) -> Told:
        if self.opened is None:
            self.opened = Told(selvage.settings().ledger / "tiktok" / "told.sqlite")
        return self.opened

    @property
    def key(self) -> str:
        """The audience in told.py: another advertiser's audience of the same name is another one."""
        return f"{self.advertiser_id} {self.audience.name}"


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    headers = {"Access-Token": settings["access_token"], "Content-Type": "application/json"}
    client = Client(settings["base_url"], headers, pause_of=lambda _headers: 0.0, failure_of=failure_of)
    return Connection(client, settings["api_version"], settings["advertiser_id"], phone_rule(settings), audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Make them members. Whose addresses and numbers are all unusable is rejected and not sent."""
    cells = {member.customer_id: cells_of(connection, member) for member in members}
    usable = {name: found for name, found in cells.items() if found}
    request_id = None
    if usable:
        audience_id = _find_audience(connection) or _make_audience(connection)
        fresh = connection.told.note(connection.key, usable)
        try:
            request_id = _map(connection, "add", audience_id, usable)
        except PartlyRefused as refused:
            if len(usable) > 1:
                raise
            request_id = refused.request_id  # one of the row's hashes was taken: a member, whom a later plan removes
        except BatchRefused:
            connection.told.unnote(connection.key, fresh)
            raise
    accepted = Outcome("accepted_unverified", request_id=request_id)
    unusable = Outcome("rejected", "no usable e-mail or phone")
    return [accepted if member.customer_id in usable else unusable for member in members]


update = add  # the same hashes again


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Take them out, by all hashes that they were told by. Who was told by none, or is in no audience, is not there."""
    audience_id = _find_audience(connection)
    if audience_id is None:
        return [Outcome("acknowledged") for _ in members]
    names = [member.customer_id for member in members]
    known = connection.told.cells(connection.key, names)
    request_id = _map(connection, "delete", audience_id, connection.told.sole_cells(connection.key, names))
    connection.told.drop(connection.key, names)
    gone, never = Outcome("accepted_unverified", request_id=request_id), Outcome("acknowledged")
    return [gone if name in known else never for name in names]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """Requests are answered at once, there are no jobs: what a killed run sent is sent again."""
    return None


def cells_of(connection: Connection, member: Member) -> list[Cell]:
    """The hashes that a member is told by: none for what is not known, since nothing is never hashed."""
    hashes = (
        prepare("tiktok", "email", member.contact.email),
        prepare("tiktok", connection.phone_rule, member.contact.phone),
    )
    return [(key, found) for key, found in zip(SCHEMA, hashes, strict=True) if found]


def _map(connection: Connection, action: str, audience_id: str, cells: Mapping[str, Sequence[Cell]]) -> str | None:
    """Add or delete cells, by rows of one cell per key: empty where there is none, or all others would shift."""
    rows = []
    for found in cells.values():
        columns = [
            [{"id": value, "audience_ids": [audience_id]} for key, value in found if key == one] for one in SCHEMA
        ]
        rows += [list(row) for row in zip_longest(*columns, fillvalue={})]
    request_id = None
    for start in range(0, len(rows), BATCH_SIZE["add"]):
        body = {
            "advertiser_ids": [connection.advertiser_id],
            "action": action,
            "id_schema": list(SCHEMA),
            "batch_data": rows[start : start + BATCH_SIZE["add"]],
        }
        path = connection.path("segment/mapping")
        request_id = connection.client.call("POST", path, body=orjson.dumps(body)).request_id
    return request_id


def _find_audience(connection: Connection) -> str | None:
    """The audience's id, if there is one. Raises DestinationError where it is not clear which one is ours."""
    if connection.audience_id is not None:
        return connection.audience_id
    told, name = connection.told, connection.audience.title
    known = told.remote_id(connection.key)
    if known is not None:
        _check(connection, known)
    else:
        known = _named(connection, name)
        if known is not None and not told.is_begun(connection.key):
            raise DestinationError(
                f"TikTok has an audience {name!r} (id {known}), but {told.path} does not know whom it holds: restore "
                "that file, or delete the audience in TikTok's Ads Manager and plan with --resend"
            )
        if known is not None:  # made by a run that was killed before it had the id
            told.begin(connection.key, known)
    connection.audience_id = known
    return known


def _check(connection: Connection, audience_id: str) -> None:
    """Whether the audience is still there, and how many people TikTok recognises beside those it was told."""
    asked = {"advertiser_id": connection.advertiser_id, "custom_audience_ids": orjson.dumps([audience_id]).decode()}
    found = _ask(connection, "GET", "dmp/custom_audience/get", asked).get("list") or []
    details = found[0].get("audience_details") or {} if found else {}
    if not found or details.get("status") == "EXPIRED":
        connection.told.forget(connection.key)
        raise DestinationError(
            f"{connection.audience.title!r} (id {audience_id}) was deleted at TikTok or has expired; the next run "
            "makes it anew: plan with --resend, or it gets the changes alone"
        )
    members, people = connection.told.count(connection.key), int(details.get("cover_num") or 0)
    log.info("tiktok: %d people recognised, of %d members of %s told", people, members, connection.audience.name)
    if people > members:
        log.warning(
            "tiktok: %s holds %d people, but only %d members were told: something else fills it",
            connection.audience.name, people, members,
        )  # fmt: skip


def _named(connection: Connection, name: str) -> str | None:
    """The newest audience of a name: names are not unique, ids count up."""
    page, found = 1, set[int]()
    while True:
        asked = {"advertiser_id": connection.advertiser_id, "page": str(page), "page_size": str(PAGE_ROWS)}
        data = _ask(connection, "GET", "dmp/custom_audience/list", asked)
        found |= {int(one["audience_id"]) for one in data.get("list") or () if one.get("name") == name}
        if page >= int((data.get("page_info") or {}).get("total_page") or 0):
            return str(max(found)) if found else None
        page += 1


def _make_audience(connection: Connection) -> str:
    """Without a retention: that would end it so many days from now, whatever is done to it."""
    connection.told.begin(connection.key)
    given = {
        "advertiser_id": connection.advertiser_id,
        "custom_audience_name": connection.audience.title,
        "action": "create",
    }
    connection.audience_id = str(_ask(connection, "POST", "segment/audience", given)["audience_id"])
    connection.told.begin(connection.key, connection.audience_id)
    return connection.audience_id


def _ask(connection: Connection, method: str, path: str, given: Mapping[str, str]) -> Mapping[str, Any]:
    """A call about audiences. What is refused here is no batch, and smaller ones would not help."""
    try:
        if method == "GET":
            body = connection.client.get(connection.path(path), given).body
        else:
            body = connection.client.call(method, connection.path(path), body=orjson.dumps(given)).body
    except BatchRefused as refused:
        raise DestinationError(str(refused)) from None
    return body.get("data") or {}
