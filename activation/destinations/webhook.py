"""Webhook: batches of members as signed JSON to an address of your own, for every tool that has no file here.

Data flow: members -> one message -> POST to WEBHOOK_URL -> what the receiver answers, row by row or for the batch.

    {"version": "...", "type": "audience.members.add", "id": "msg_...", "audience": "cart_abandoners",
     "title": "Selvage: cart abandoners", "rows": [{"customer_id": "...", "email": "...", "properties": {...},
     "consent": {"evidence_id": "...", "policy_version": "...", "as_of": "..."}}]}

``add`` and ``update`` hold whole rows, to be put under their customer_id whatever was there; ``remove`` holds customer
ids and reasons, to be taken away. So a batch may come twice and leaves the same. Times are ISO text in UTC, amounts
exact JSON numbers.

Messages are signed as the Standard Webhooks specification 1.0 says (headers webhook-id, webhook-timestamp,
webhook-signature: ``v1,`` and the base64 HMAC-SHA256 of id.timestamp.body), so any of its libraries verifies them.
Every try is signed anew, since a receiver refuses what is older than some minutes; its id stays, by which a receiver
knows that it did the message already and gives the same answer again. For a change of secrets WEBHOOK_SECRET may hold
two with a space between: each message is signed with both.

What a receiver may answer:

- 2xx without a body: it took the whole batch. 202 promises nothing yet: ``accepted_unverified``.
- 2xx and ``{"results": [{"customer_id": "...", "status": "rejected", "reason": "invalid_email"}]}``: rows that are not
  named are accepted. A reason is one word of small letters, so that no address gets into a log by way of it.
- 2xx and ``{"accepted": 499, "rejected": 1}``: the counts must tie; where some are rejected, the batch is told again by
  halves until it is known which, and the rest is ``accepted_unverified``.
- 400, 409, 413, 422: it refuses the batch and did none of it. 429 and 5xx: later, after Retry-After.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson

import selvage
from activation.audience import scalar
from activation.client import REFUSED, Client, Reply
from activation.destination import (
    Action,
    Audience,
    BatchRefused,
    BatchTooLarge,
    DestinationError,
    Member,
    Outcome,
    Remember,
)
from activation.identifiers import country_code, prepare

VERSION = selvage.ApiVersion("2026-11", None, "message_version")  # of the message, which is our own
SETTINGS = {"url": selvage.REQUIRED, "secret": selvage.REQUIRED, "message_version": VERSION.name}
BATCH_SIZE = {"add": 1_000, "update": 1_000, "remove": 1_000}
IDENTIFIERS = {"email": ("email",), "sms": ("phone",), "ads": ("email", "phone"), "all": ("email", "phone")}
CONTACT_FIELDS = {"ads": ("given_name", "family_name", "city", "region_code", "postal_code", "country_code")}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0

MAX_BYTES = 1_000_000  # what web servers take when nobody told them otherwise
LEAST_SECRET_BYTES = 24
SECRET = "whsec_<base64 of 24 bytes or more>"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
REASON = re.compile(r"[a-z_]{1,60}")
NEXT_STEPS = {
    401: "the receiver refuses the signature: WEBHOOK_SECRET is not its own, or a clock is wrong",
    403: "the receiver refuses the signature: WEBHOOK_SECRET is not its own, or a clock is wrong",
    404: "there is nothing at WEBHOOK_URL",
    410: "the receiver wants no more messages: take the destination out of the audience, or set another WEBHOOK_URL",
}


class SignedClient(Client):
    """A client that signs what it sends, each try anew, and follows no redirect: rows go to the one address alone."""

    secret: str = ""
    message_id: str = ""

    def _open(self) -> Any:
        if self._session is None:
            from requests.adapters import HTTPAdapter

            client = self

            class Signing(HTTPAdapter):
                def send(self, request: Any, *args: Any, **given: Any) -> Any:
                    request.headers.update(signature(client.secret, client.message_id, int(time.time()), request.body))
                    return super().send(request, *args, **given)

            session = super()._open()
            session.max_redirects = 0
            session.mount(self.base_url, Signing())
        return self._session


@dataclass(frozen=True)
class Connection:
    """A client that signs, the audience, and the version of the messages."""

    client: SignedClient
    audience: Audience
    version: str

    @property
    def identifiers(self) -> tuple[str, ...]:
        return IDENTIFIERS.get(self.audience.channel) or IDENTIFIERS["all"]


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    """Raises DestinationError for an address over which rows would travel in clear text."""
    url = urlsplit(settings["url"])
    if url.scheme != "https" and url.hostname not in LOOPBACK:
        raise DestinationError("WEBHOOK_URL must begin with https://")
    client = SignedClient(settings["url"], {"Content-Type": "application/json"}, failure_of=failure_of)
    client.secret = settings["secret"]
    return Connection(client, audience, settings["message_version"])


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Whose addresses and numbers are all unusable is rejected and not sent."""
    return _send(connection, "add", members)


def update(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    return _send(connection, "update", members)


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    rows = {member.customer_id: {"customer_id": member.customer_id, "reason": member.reason} for member in members}
    told = _tell(connection, "remove", rows)
    return [told[member.customer_id] for member in members]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """Messages are answered at once, there are no jobs: what a killed run sent is sent again, as a new message."""
    return None


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of the specification. Raises DestinationError for a secret that is none."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [hmac.new(_key(one), signed, hashlib.sha256).digest() for one in secret.split()]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }


def failure_of(_what: str, status: int, _body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """An answer that is no success, without the path: in an address of a webhook that may be a secret."""
    if status in REFUSED:
        return BatchRefused(f"webhook: {status}", request_id)
    return DestinationError(f"webhook: {status} {NEXT_STEPS.get(status, '')}".strip())


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    except binascii.Error:
        key = b""
    if len(key) < LEAST_SECRET_BYTES:
        raise DestinationError(f"WEBHOOK_SECRET must be {SECRET}")
    return key


def _send(connection: Connection, action: Action, members: Sequence[Member]) -> list[Outcome]:
    fields = (*connection.identifiers, *CONTACT_FIELDS.get(connection.audience.channel, ()))
    rows = {member.customer_id: _row(fields, member) for member in members}
    usable = {name: row for name, row in rows.items() if any(row[one] for one in connection.identifiers)}
    told = _tell(connection, action, usable)
    unusable = Outcome("rejected", f"no usable {' or '.join(connection.identifiers)}")
    return [told.get(member.customer_id, unusable) for member in members]


def _row(fields: Sequence[str], member: Member) -> dict[str, Any]:
    contact, evidence = member.contact, member.evidence
    country = country_code(contact.country_code) if contact.country_code else None
    return {
        "customer_id": member.customer_id,
        **{name: prepare("webhook", name, getattr(contact, name), country) for name in fields},
        "properties": member.properties,
        "consent": {
            "evidence_id": evidence.consent_evidence_id,
            "policy_version": evidence.consent_policy_version,
            "as_of": scalar(evidence.consent_as_of),
        },
    }


def _tell(connection: Connection, action: Action, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Outcome]:
    """Customer -> outcome, by as many messages as it takes until it is known which rows were rejected."""
    told: dict[str, Outcome] = {}
    waiting = [list(rows)] if rows else []
    while waiting:
        batch = waiting.pop()
        # Not made from the content: the same rows may have to be told again after others were, and are no repetition.
        message_id = f"msg_{secrets.token_hex(16)}"
        message = {
            "version": connection.version,
            "type": f"audience.members.{action}",
            "id": message_id,
            "audience": connection.audience.name,
            "title": connection.audience.title,
            "rows": [rows[name] for name in batch],
        }
        found = _outcomes(_post(connection, message_id, message), message_id, batch)
        if found is None:
            middle = len(batch) // 2
            waiting += [batch[middle:], batch[:middle]]
        else:
            told |= found
    return told


def _post(connection: Connection, message_id: str, message: Mapping[str, Any]) -> Reply:
    body = orjson.dumps(message, default=_exact)
    if len(body) > MAX_BYTES:
        raise BatchTooLarge(f"{len(body)} bytes are over the limit of {MAX_BYTES}", message_id)
    connection.client.message_id = message_id
    try:
        return connection.client.call("POST", connection.client.base_url, body=body)
    except BatchRefused as refused:
        raise BatchRefused(refused.reason, refused.request_id or message_id) from None
    except DestinationError as error:
        path = urlsplit(connection.client.base_url).path
        raise DestinationError(str(error).replace(f"POST {path}", "webhook")) from None


def _outcomes(reply: Reply, message_id: str, batch: Sequence[str]) -> dict[str, Outcome] | None:
    """What a 2xx says of each row; None where it says only how many were rejected, and not all or none of them."""
    accepted, results = Outcome("acknowledged", request_id=message_id), reply.body.get("results")
    if reply.status == 202:
        accepted = Outcome("accepted_unverified", request_id=message_id)
    if isinstance(results, list):
        found = dict.fromkeys(batch, accepted)
        for one in results:
            customer_id = one.get("customer_id") if isinstance(one, dict) else None
            if customer_id not in found or one.get("status") not in ("accepted", "rejected"):
                raise DestinationError("webhook: a result names no row that was sent, or is not accepted or rejected")
            if one["status"] == "rejected":
                found[customer_id] = Outcome("rejected", _reason(one.get("reason")), message_id)
        return found
    counts = [reply.body.get(name) for name in ("accepted", "rejected")]
    if counts == [None, None]:
        return dict.fromkeys(batch, accepted)
    taken, refused = (int(count or 0) for count in counts)
    if taken + refused != len(batch):
        raise DestinationError(f"webhook: it counted {taken} + {refused} of the {len(batch)} rows it was sent")
    if not refused:
        return dict.fromkeys(batch, Outcome("accepted_unverified", request_id=message_id))
    return dict.fromkeys(batch, Outcome("rejected", _reason(None), message_id)) if not taken else None


def _reason(text: Any) -> str:
    return str(text) if REASON.fullmatch(str(text or "")) else "rejected by the receiver"


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))  # a number with all its digits, never by way of a float
    raise TypeError(f"{type(value).__name__} cannot be a property")
