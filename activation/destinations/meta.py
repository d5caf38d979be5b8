"""Meta: one custom audience per audience, told who joins and who leaves by hashes of how to reach them.

Data flow: members -> rows of SCHEMA -> POST or DELETE <audience>/users, one session a request -> the counts of the
answer. The audience is found by its name or made ("Selvage: lapsed best customers").

Every row has the same columns for as long as the audience lives, since Meta refuses to mix styles: our customer_id, a
pseudonym, in clear as EXTERN_ID, by which a person is removed even when nothing else is known of them any more, and
hashes of the rest. No address or number leaves in clear text. Properties are not sent.

Meta never says which rows it took: it counts what it received and what was invalid, and names a few of these. Where it
names fewer than it counts, the batch is told again by halves until the counts tie (telling twice has no effect), so the
rows of each request in the ledger are exactly those the platform counted: ``accepted_unverified`` or ``rejected``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import orjson

import selvage
from activation.client import Client
from activation.destination import (
    Audience,
    BatchRefused,
    DestinationError,
    Member,
    Outcome,
    Remember,
)
from activation.identifiers import country_code, prepare
from activation.meta import events
from activation.meta.graph import failure_of, pause_of

VERSION = selvage.ApiVersion("v26.0", date(2027, 7, 29))  # marketing versions are served for about a year
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "account_id": selvage.REQUIRED,
    "api_version": VERSION.name,
}
BATCH_SIZE = {"add": 10_000, "update": 10_000, "remove": 10_000}
IDENTIFIERS = {"ads": ("email", "phone")}
CONTACT_FIELDS = {"ads": ("given_name", "family_name", "city", "region_code", "postal_code", "country_code")}
CAN_REMOVE = True
CLEAR_TEXT = False
TAKES_PROPERTIES = False
MIN_MEMBERS = 100  # matched people, of which there are fewer than members
RESEND_DAYS = 0

SCHEMA = {
    "EXTERN_ID": "customer_id", "EMAIL": "email", "PHONE": "phone", "FN": "given_name", "LN": "family_name",
    "CT": "city", "ST": "region_code", "ZIP": "postal_code", "COUNTRY": "country_code",
}  # fmt: skip
PAGE_ROWS = 200

conversions = events  # orders and refunds go to a dataset, and not to an audience


@dataclass
class Connection:
    """A client, the ad account ("act_<digits>"), and the custom audience once it is known."""

    client: Client
    version: str
    account: str
    audience: Audience
    audience_id: str | None = None

    def path(self, *parts: str) -> str:
        return "/".join((self.version, *parts))


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    headers = {
        "Authorization": f"Bearer {settings['access_token']}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    client = Client(settings["base_url"], headers, pause_of=pause_of, failure_of=failure_of)
    return Connection(client, settings["api_version"], f"act_{settings['account_id'].removeprefix('act_')}", audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Make them members. Whose addresses and numbers are all unusable is rejected and not sent."""
    rows = {member.customer_id: row_of(member) for member in members}
    usable = {name: row for name, row in rows.items() if any(row[1:3])}
    audience_id = (_find_audience(connection) or _make_audience(connection)) if usable else ""
    told = _tell(connection, "POST", audience_id, usable)
    unusable = Outcome("rejected", "no usable e-mail or phone")
    return [told.get(member.customer_id, unusable) for member in members]


update = add  # the same EXTERN_ID again; what it was matched by before still belongs to the same person


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Take them out, by customer id and by the hashes still known. Nobody is in an audience that is not there."""
    audience_id = _find_audience(connection)
    if audience_id is None:
        return [Outcome("acknowledged") for _ in members]
    told = _tell(connection, "DELETE", audience_id, {member.customer_id: row_of(member) for member in members})
    return [told[member.customer_id] for member in members]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """Requests are answered at once, there are no jobs: what a killed run sent is sent again."""
    return None


def row_of(member: Member) -> list[str]:
    """The cells of SCHEMA, an empty text for what is not known: a row is never shorter, and nothing is never hashed."""
    country = country_code(member.contact.country_code) if member.contact.country_code else None
    values = {kind: getattr(member.contact, kind, None) for kind in SCHEMA.values()}
    values["customer_id"] = member.customer_id
    return [prepare("meta", kind, values[kind], country) or "" for kind in SCHEMA.values()]


def _tell(connection: Connection, method: str, audience_id: str, rows: Mapping[str, list[str]]) -> dict[str, Outcome]:
    """Customer -> outcome, by as many requests as it takes until each tells exactly which of its rows were invalid."""
    told: dict[str, Outcome] = {}
    waiting = [list(rows)] if rows else []
    while waiting:
        batch = waiting.pop()
        session_id = secrets.randbelow(2**63 - 1) + 1
        body = urlencode(
            {
                "payload": orjson.dumps({"schema": list(SCHEMA), "data": [rows[name] for name in batch]}).decode(),
                "session": orjson.dumps(
                    {
                        "session_id": session_id,
                        "batch_seq": 1,
                        "last_batch_flag": True,
                        "estimated_num_total": len(batch),
                    }
                ).decode(),
            }
        )
        answer = connection.client.call(method, connection.path(audience_id, "users"), body=body.encode()).body
        received, invalid = int(answer.get("num_received") or 0), int(answer.get("num_invalid_entries") or 0)
        if received != len(batch):
            raise DestinationError(f"Meta counted {received} of the {len(batch)} rows it was sent")
        named = _named(answer.get("invalid_entry_samples"), frozenset(batch)) if invalid else {}
        if invalid == len(batch):
            named = dict.fromkeys(batch, "invalid entry") | named
        if len(named) != invalid:
            middle = len(batch) // 2
            waiting += [batch[middle:], batch[:middle]]
            continue
        accepted = Outcome("accepted_unverified", request_id=str(session_id))
        told |= dict.fromkeys(batch, accepted)
        told |= {name: Outcome("rejected", reason, str(session_id)) for name, reason in named.items()}
    return told


def _named(samples: Any, known: frozenset[str]) -> dict[str, str]:
    """Customer -> reason, for the rows that Meta names by their raw text. Of its reason only the columns are kept."""
    named = {}
    for raw, reason in samples.items() if isinstance(samples, Mapping) else ():
        if customer_id := next((word for word in re.findall(r"[\w-]+", str(raw)) if word in known), None):
            columns = [column for column in SCHEMA if re.search(rf"\b{column}\b", str(reason))]
            named[customer_id] = f"invalid: {', '.join(columns)}" if columns else "invalid entry"
    return named


def _find_audience(connection: Connection) -> str | None:
    if connection.audience_id is None:
        asked = {"fields": "id,name,subtype", "limit": str(PAGE_ROWS)}
        while connection.audience_id is None:
            body = _ask(connection, "GET", asked)
            for found in body.get("data") or ():
                if found.get("name") == connection.audience.title and found.get("subtype") == "CUSTOM":
                    connection.audience_id = str(found["id"])
                    break
            paging = body.get("paging") or {}
            if not paging.get("next"):
                break
            asked["after"] = paging["cursors"]["after"]  # our own path: the token goes to no address in an answer
    return connection.audience_id


def _make_audience(connection: Connection) -> str:
    parameters = {
        "name": connection.audience.title,
        "subtype": "CUSTOM",
        "customer_file_source": "USER_PROVIDED_ONLY",
        "description": "Kept in step by Selvage; changes made by hand are not kept",
    }
    connection.audience_id = str(_ask(connection, "POST", parameters)["id"])
    return connection.audience_id


def _ask(connection: Connection, method: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """A call on the account's audiences. What is refused here is no batch, and smaller ones would not help."""
    path, body = connection.path(connection.account, "customaudiences"), urlencode(parameters).encode()
    try:
        if method == "GET":
            return connection.client.get(path, parameters).body
        return connection.client.call(method, path, body=body).body
    except BatchRefused as refused:
        raise DestinationError(str(refused)) from None
