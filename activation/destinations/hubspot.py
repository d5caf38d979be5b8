"""HubSpot: an audience's properties on contacts, by batches of 100 upserts that know a contact by e-mail.

    properties (made when first needed) -> POST contacts/batch/upsert -> 200, or 207 with the rows that failed

Each row bears a trace id, which makes HubSpot answer for rows one by one (207) instead of refusing all; a batch with a
value that does not fit is still refused whole (400) and halved. A property is ``selvage_<audience>__<name>`` in the
group "selvage". Contacts that are not there are made, as non-marketing ones, unless the audience's mode is update_only.
Removal empties this audience's properties, by contact id; a contact is never deleted, nor is anything else of it
written: no owner, no lifecycle stage, no consent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

import selvage
from activation.client import REFUSED, Client, NotFound
from activation.destination import Audience, BatchRefused, DestinationError, Member, Outcome, Remember
from activation.identifiers import prepare

VERSION = selvage.ApiVersion("2026-09", date(2028, 3, 9))  # a version is served for 18 months at least
SETTINGS = {"base_url": selvage.REQUIRED, "access_token": selvage.REQUIRED, "api_version": VERSION.name}
BATCH_SIZE = {"add": 100, "update": 100, "remove": 100}
IDENTIFIERS = {"email": ("email",)}
CONTACT_FIELDS: dict[str, tuple[str, ...]] = {}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0

GROUP, CUSTOMER_ID, MOST_NAME = "selvage", "customer_id", 100
GONE = "OBJECT_NOT_FOUND"
FIELD_TYPES = {"string": "text", "number": "number", "date": "date", "datetime": "date"}
NEXT_STEPS = {
    401: "HUBSPOT_ACCESS_TOKEN is not valid",
    403: "the app of HUBSPOT_ACCESS_TOKEN needs crm.objects.contacts and crm.schemas.contacts, read and write",
    429: "the limit of calls is used up; the next run goes on",
}


@dataclass
class Connection:
    """A client, and the names of all contact properties once they are known."""

    client: Client
    version: str
    audience: Audience
    names: set[str] | None = None

    @property
    def prefix(self) -> str:
        return f"selvage_{self.audience.name}__"

    def name_of(self, property_name: str) -> str:
        return (self.prefix + re.sub(r"[^a-z0-9_]", "_", property_name.lower()))[:MOST_NAME]

    def contacts(self, step: str, inputs: Any) -> Mapping[str, Any]:
        return self.ask("POST", f"crm/objects/{self.version}/contacts/{step}", inputs)

    def properties(self, method: str, path: str = "", body: Any = None) -> Mapping[str, Any]:
        return self.ask(method, f"crm/properties/{self.version}/contacts{path}", body)

    def ask(self, method: str, path: str, body: Any) -> Mapping[str, Any]:
        return self.client.call(method, path, body=None if body is None else orjson.dumps(body)).body


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    headers = {"Authorization": f"Bearer {settings['access_token']}", "Content-Type": "application/json"}
    client = Client(settings["base_url"], headers, pause_of=pause_of, failure_of=failure_of)
    return Connection(client, settings["api_version"], audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Write the properties. Whose address is unusable is rejected and not sent."""
    emails = [prepare("hubspot", "email", member.contact.email) for member in members]
    _make_properties(connection, members)
    inputs = [
        {"idProperty": "email", "id": email, "properties": _values(connection, member)}
        for member, email in zip(members, emails, strict=True)
        if email
    ]
    told = iter(_write(connection, "update" if connection.audience.mode == "update_only" else "upsert", inputs))
    return [next(told) if email else Outcome("rejected", "no usable email") for email in emails]


update = add


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Empty this audience's properties. A contact that is not there counts as removed."""
    mine = {name: "" for name in sorted(_names(connection)) if name.startswith(connection.prefix)}
    places: list[dict[str, Any] | None] = [_place(member) for member in members]
    unknown = [member.customer_id for member, place in zip(members, places, strict=True) if place is None]
    found = _search(connection, unknown) if unknown and mine else {}
    places = [place or found.get(member.customer_id) for member, place in zip(members, places, strict=True)]
    inputs = [{**place, "properties": mine} for place in places if place]
    told = iter(_write(connection, "update", inputs) if mine else [Outcome("acknowledged")] * len(inputs))
    outcomes = [next(told) if place else Outcome("acknowledged") for place in places]
    return [
        Outcome("acknowledged", remote_id=member.remote_id) if one.reason == GONE else one
        for member, one in zip(members, outcomes, strict=True)
    ]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """There are no jobs: what was under way is told again."""
    return None


def pause_of(headers: Mapping[str, str]) -> float:
    """Seconds to stay away: the interval, once no call of it is left."""
    if headers.get("X-HubSpot-RateLimit-Remaining") != "0":
        return 0.0
    interval = headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
    return int(interval) / 1000 if interval.isdigit() else 1.0


def failure_of(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """An error of the API: its category and codes. Messages quote values."""
    codes = {_word(one.get("code")) for one in body.get("errors") or () if isinstance(one, dict)}
    text = " ".join(part for part in (f"{what}: {status}", _word(body.get("category")), *sorted(codes)) if part)
    if status in REFUSED:
        return BatchRefused(text, str(body.get("correlationId") or "") or request_id)
    kind = NotFound if status == 404 else DestinationError
    return kind(f"{text}: {NEXT_STEPS.get(status, 'try again later')}")


def _write(connection: Connection, verb: str, inputs: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """One outcome per input. A batch knows contacts in one way: by id or by e-mail."""
    outcomes = dict[int, Outcome]()
    for is_by_email in (False, True):
        numbers = [number for number, one in enumerate(inputs) if ("idProperty" in one) == is_by_email]
        if numbers:
            told = _write_batch(connection, verb, [inputs[number] for number in numbers])
            outcomes |= dict(zip(numbers, told, strict=True))
    return [outcomes[number] for number in range(len(inputs))]


def _write_batch(connection: Connection, verb: str, inputs: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """HubSpot names rows by the trace ids that we give them."""
    traced = [{**one, "objectWriteTraceId": str(number)} for number, one in enumerate(inputs)]
    answer = connection.contacts(f"batch/{verb}", {"inputs": traced})
    told = {str(one.get("objectWriteTraceId")): str(one["id"]) for one in answer.get("results") or ()}
    failed = dict[str, str]()
    for error in answer.get("errors") or ():
        context = error.get("context") or {}
        ids = {str(one) for one in context.get("ids") or context.get("id") or ()}
        numbers = [str(one) for one in context.get("objectWriteTraceId") or ()]
        numbers += [str(number) for number, one in enumerate(inputs) if str(one["id"]) in ids]
        failed |= dict.fromkeys(numbers, _word(error.get("category")) or "refused")
    return [
        Outcome("acknowledged", remote_id=told[str(number)])
        if str(number) in told
        else Outcome("rejected", failed.get(str(number), "no result in the batch"))
        for number in range(len(inputs))
    ]


def _place(member: Member) -> dict[str, Any] | None:
    """How a contact is named: by its id, else by e-mail."""
    if member.remote_id:
        return {"id": member.remote_id}
    email = prepare("hubspot", "email", member.contact.email)
    return {"idProperty": "email", "id": email} if email else None


def _names(connection: Connection) -> set[str]:
    """All contact properties. The list comes in one page."""
    if connection.names is None:
        connection.names = {str(one["name"]) for one in connection.properties("GET")["results"]}
    return connection.names


def _make_properties(connection: Connection, members: Sequence[Member]) -> None:
    """Make those that have a value. Without one yet it is open of which type they are."""
    known = _names(connection)
    rows = [{**member.properties, CUSTOMER_ID: member.customer_id} for member in members]
    for name, value in {name: value for row in rows for name, value in row.items() if value is not None}.items():
        if (full := connection.name_of(name)) in known:
            continue
        if not any(one.startswith("selvage_") for one in known):
            _make(connection, "/groups", {"name": GROUP, "label": "Selvage"})
        kind = _type_of(value)
        about = {"name": full, "label": f"{name.replace('_', ' ').capitalize()} (Selvage)", "groupName": GROUP}
        _make(connection, "", {**about, "type": kind, "fieldType": FIELD_TYPES[kind]})
        known.add(full)


def _make(connection: Connection, path: str, about: Mapping[str, str]) -> None:
    try:
        connection.properties("POST", path, about)
    except BatchRefused as refused:
        if " 409" not in refused.reason:  # 409: it is there, as its answer was lost and the call repeated
            raise DestinationError(str(refused)) from None


def _search(connection: Connection, customer_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The contacts that were told under customer ids of which nothing else is known. The index lags by minutes."""
    name = connection.name_of(CUSTOMER_ID)
    asked = {
        "filterGroups": [{"filters": [{"propertyName": name, "operator": "IN", "values": list(customer_ids)}]}],
        "properties": [name],
        "sorts": [],
        "limit": 200,
        "after": "0",
    }
    found = connection.contacts("search", asked)["results"] if name in _names(connection) else ()
    return {str(one["properties"][name]): {"id": str(one["id"])} for one in found}


def _values(connection: Connection, member: Member) -> dict[str, str]:
    """Values as text; an empty one clears the property."""
    told = {**member.properties, CUSTOMER_ID: member.customer_id}
    known = _names(connection)
    return {full: _text(value) for name, value in told.items() if (full := connection.name_of(name)) in known}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _type_of(value: Any) -> str:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return "number"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        return "date"
    return "datetime" if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z", str(value)) else "string"


def _word(value: Any) -> str:
    return str(value) if re.fullmatch(r"\w{1,60}", str(value or "")) else ""
