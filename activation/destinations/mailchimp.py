"""Mailchimp: one tag per audience among the contacts of MAILCHIMP_LIST_ID, put on and taken off by batches.

Data flow: members -> POST batches of PUT member (with their properties as merge fields) -> poll -> tar.gz of one
answer per member -> POST to the tag's static segment. Removal: POST batches that switch the tag off, by contact id.
The tag is found by its name or made ("Selvage: cart abandoners").

Nobody's status is ever written: a contact that is new here comes in as ``transactional``, which no campaign mails, and
who unsubscribed or bounced stays so and is told in the ledger's reason. Contacts that were archived or forgotten are
rejected, until they come back by their own doing. No contact is archived here: it belongs to the shop, not to a tag.

Operations of one batch have no order, so nothing in it depends on another. All calls may be done twice. Merge fields
have tags of ten characters at most, made from the property's name and a bit of its hash, so that none of the shop's own
fields is overwritten; they are made when a property first has a value.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

import selvage
from activation.client import REFUSED, Client, NotFound, Throttled
from activation.destination import Audience, BatchRefused, DestinationError, Member, Outcome, Remember
from activation.identifiers import md5_hex, prepare
from activation.mailchimp import batches

VERSION = selvage.ApiVersion("3.0", None)  # the only one, and no end of it was told
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "api_key": selvage.REQUIRED,
    "list_id": selvage.REQUIRED,
    "api_version": VERSION.name,
}
BATCH_SIZE = {"add": 500, "update": 500, "remove": 500}
IDENTIFIERS = {"email": ("email",)}
CONTACT_FIELDS: dict[str, tuple[str, ...]] = {}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0

PAGE_ROWS = 1_000
CUSTOMER_ID = "customer_id"
UNREACHABLE = ("unsubscribed", "cleaned")
NEXT_STEPS = {
    401: "MAILCHIMP_API_KEY is not valid, or its data centre (the part after the dash) is not that of the address",
    403: "the user of MAILCHIMP_API_KEY may not do this: it must be a manager of the account",
    404: "there is no such thing in this account (MAILCHIMP_LIST_ID?)",
}


@dataclass
class Connection:
    """A client, the list, and the tag's segment and the merge fields once they are known."""

    client: Client
    version: str
    list_id: str
    audience: Audience
    sleep: Callable[[float], None] = time.sleep
    segment_id: str | None = None
    fields: set[str] = field(default_factory=set)

    def path(self, *parts: str) -> str:
        return "/".join((self.version, "lists", self.list_id, *parts))


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    login = base64.b64encode(f"selvage:{settings['api_key']}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    client = Client(settings["base_url"], headers, failure_of=failure_of)
    return Connection(client, settings["api_version"], settings["list_id"], audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    """Write their contacts, then put the tag on. Whose address is unusable is rejected and not sent."""
    emails = {member.customer_id: prepare("mailchimp", "email", member.contact.email) for member in members}
    usable = [member for member in members if emails[member.customer_id]]
    told: dict[str, Outcome] = {}
    if usable:
        _make_fields(connection, usable)
        operations = []
        for member in usable:
            email = emails[member.customer_id] or ""
            body = {
                "email_address": email,
                "status_if_new": "transactional",
                "merge_fields": {tag_of(name): _text(value) for name, value in _properties(member).items()},
            }
            path = f"/lists/{connection.list_id}/members/{md5_hex(email)}"
            operation = batches.operation("PUT", path, member.customer_id, body)
            operations.append(operation | {"params": {"skip_merge_validation": "true"}})
        told = _finish_add(connection, _start(connection, "put", operations, remember), list(emails))
    unusable = Outcome("rejected", "no usable email")
    return [told[member.customer_id] if emails[member.customer_id] else unusable for member in members]


update = add


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    """Take the tag off. A contact that is not there counts as removed."""
    keys = {
        member.customer_id: member.remote_id or md5_hex(prepare("mailchimp", "email", member.contact.email))
        for member in members
    }
    unknown = {name for name, key in keys.items() if not key}
    keys |= _on_tag(connection, unknown) if unknown else {}
    body = {"tags": [{"name": connection.audience.title, "status": "inactive"}], "is_syncing": True}
    operations = [
        batches.operation("POST", f"/lists/{connection.list_id}/members/{key}/tags", name, body)
        for name, key in keys.items()
        if key
    ]
    told: dict[str, Outcome] = {}
    if operations:
        job_id = _start(connection, "tags", operations, remember)
        told = _finish_remove(connection, job_id, [name for name, key in keys.items() if key])
    return [told.get(member.customer_id) or Outcome("acknowledged") for member in members]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:
    """The outcome of a batch that was started before a kill; the tag is put on now if it was not."""
    finish = _finish_add if job_id.startswith("put ") else _finish_remove
    try:
        told = finish(connection, job_id, customer_ids)
    except NotFound:
        return None
    return [told[customer_id] for customer_id in customer_ids]


def failure_of(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """An error of the API: its title and fields, and what to do next. Its ``detail`` quotes addresses."""
    text = f"{what}: {_reason(status, body)}"
    if status == 403 and not body:  # no JSON: the way in which a busy Mailchimp says 429
        return Throttled(f"{text}: too many calls for now; the next run goes on")
    if status in REFUSED:
        return BatchRefused(text, str(body.get("instance") or "") or request_id)
    return (NotFound if status == 404 else DestinationError)(f"{text}: {NEXT_STEPS.get(status, 'try again later')}")


def tag_of(name: str) -> str:
    """The merge tag of a property: five letters to be read and four digits to be told apart."""
    letters = re.sub(r"[^A-Z0-9]", "", name.upper())[:5]
    return f"{letters}_{hashlib.sha256(f'selvage {name}'.encode()).hexdigest()[:4].upper()}"


def _finish_add(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> dict[str, Outcome]:
    """Wait for the contacts, then put the tag on those that are there."""
    told, contacts = dict[str, Outcome](), dict[str, Mapping[str, Any]]()
    for customer_id, status, answer in _results(connection, job_id, customer_ids):
        if status >= 300:
            told[customer_id] = Outcome("rejected", _reason(status, answer), job_id=job_id)
        elif answer.get("status") == "archived":
            told[customer_id] = Outcome("rejected", "archived at Mailchimp", job_id=job_id)
        else:
            contacts[customer_id] = answer
    missing = _put_tag_on(connection, [str(one["email_address"]) for one in contacts.values()]) if contacts else set()
    for customer_id, one in contacts.items():
        if str(one["email_address"]).lower() in missing:
            told[customer_id] = Outcome("rejected", "no contact to be tagged", job_id=job_id)
        else:
            reason = f"{one['status']} at Mailchimp" if one.get("status") in UNREACHABLE else None
            told[customer_id] = Outcome("acknowledged", reason, job_id=job_id, remote_id=str(one["contact_id"]))
    lost = Outcome("rejected", "no result in the batch", job_id=job_id)
    return dict.fromkeys(customer_ids, lost) | told


def _finish_remove(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> dict[str, Outcome]:
    told = dict.fromkeys(customer_ids, Outcome("rejected", "no result in the batch", job_id=job_id))
    for customer_id, status, answer in _results(connection, job_id, customer_ids):
        if status < 300 or status == 404:
            told[customer_id] = Outcome("acknowledged", job_id=job_id)
        else:
            told[customer_id] = Outcome("rejected", _reason(status, answer), job_id=job_id)
    return told


def _start(connection: Connection, kind: str, operations: Sequence[Mapping[str, Any]], remember: Remember) -> str:
    job_id = f"{kind} {batches.start(connection.client, connection.version, operations)}"
    remember(job_id)
    return job_id


def _results(connection: Connection, job_id: str, known: Sequence[str]) -> list[tuple[str, int, Mapping[str, Any]]]:
    """(customer, status, answer) of each operation of a batch, once it is finished."""
    found = batches.results(connection.client, connection.version, job_id.rpartition(" ")[2], connection.sleep)
    wanted = frozenset(known)
    return [one for one in found if one[0] in wanted]


def _put_tag_on(connection: Connection, emails: Sequence[str]) -> set[str]:
    """The addresses, in small letters, that could not be tagged."""
    segment_id = _find_segment(connection) or _make_segment(connection)
    answer = _ask(connection, "POST", f"segments/{segment_id}", {"members_to_add": emails})
    missing = {str(email).lower() for error in answer.get("errors") or () for email in error["email_addresses"]}
    if len(missing) != int(answer.get("error_count") or 0):
        raise DestinationError("Mailchimp counts other addresses as not tagged than it names")
    return missing


def _on_tag(connection: Connection, customer_ids: set[str]) -> dict[str, str]:
    """Customer -> contact id, of those contacts with the tag that were written under these customer ids."""
    found, segment_id = dict[str, str](), _find_segment(connection)
    for one in _pages(connection, f"segments/{segment_id}/members", "members") if segment_id else ():
        customer_id = str((one.get("merge_fields") or {}).get(tag_of(CUSTOMER_ID)) or "")
        if customer_id in customer_ids:
            found[customer_id] = str(one["contact_id"])
    return found


def _find_segment(connection: Connection) -> str | None:
    if connection.segment_id is None:
        for one in _pages(connection, "segments", "segments", {"type": "static"}):
            if one["name"] == connection.audience.title:
                connection.segment_id = str(one["id"])
                break
    return connection.segment_id


def _make_segment(connection: Connection) -> str:
    about = {"name": connection.audience.title, "static_segment": []}
    try:
        connection.segment_id = str(_ask(connection, "POST", "segments", about)["id"])
    except BatchRefused as refused:  # it was made, but its answer was lost and the call repeated; or it is refused
        if _find_segment(connection) is None:
            raise DestinationError(str(refused)) from None
    return connection.segment_id or ""


def _make_fields(connection: Connection, members: Sequence[Member]) -> None:
    """Make the merge fields of all properties that have a value. A field without one yet is of no known type."""
    examples = {name: value for one in members for name, value in _properties(one).items() if value is not None}
    if {tag_of(name) for name in examples} - connection.fields:
        connection.fields = _field_tags(connection)
    for name, value in examples.items():
        if (tag := tag_of(name)) not in connection.fields:
            is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
            about = {"name": f"Selvage {name.replace('_', ' ')}", "tag": tag, "type": "number" if is_number else "text"}
            try:
                _ask(connection, "POST", "merge-fields", about | {"public": False})
            except BatchRefused as refused:
                if tag not in _field_tags(connection):
                    raise DestinationError(str(refused)) from None
            connection.fields.add(tag)


def _field_tags(connection: Connection) -> set[str]:
    return {str(one["tag"]) for one in _pages(connection, "merge-fields", "merge_fields")}


def _properties(member: Member) -> dict[str, Any]:
    return {**member.properties, CUSTOMER_ID: member.customer_id}


def _text(value: Any) -> str:
    """A merge field's value as text, exact; an empty one clears the field."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _pages(
    connection: Connection, path: str, name: str, params: Mapping[str, str] | None = None
) -> Iterator[Mapping[str, Any]]:
    offset = 0
    while True:
        asked = {**(params or {}), "count": str(PAGE_ROWS), "offset": str(offset)}
        rows = connection.client.get(connection.path(path), asked).body.get(name) or ()
        yield from rows
        if len(rows) < PAGE_ROWS:
            return
        offset += PAGE_ROWS


def _ask(connection: Connection, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return connection.client.call(method, connection.path(path), body=orjson.dumps(body)).body


def _reason(status: int, body: Mapping[str, Any]) -> str:
    title = str(body.get("title") or "")
    names = [str(one.get("field") or "") for one in body.get("errors") or () if isinstance(one, dict)]
    found = ", ".join(sorted({name for name in names if re.fullmatch(r"[\w.]{1,40}", name)}))
    return f"{status} {title if re.fullmatch(r'[A-Za-z ]{1,60}', title) else ''}".strip() + (
        f": {found}" if found else ""
    )
