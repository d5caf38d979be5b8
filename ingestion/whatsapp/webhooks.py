"""WhatsApp's webhooks: how a delivery is verified, and what it says.

The signature covers the whole body, and everything in it bears its own time and id: told twice, late or in another
order, it makes the same rows. What people typed is not kept; a message that is one of the settings' words is that word.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

import selvage
from ingestion.deliveries import Delivery, Refused

SETTINGS = {"verify_token": selvage.REQUIRED}
OBJECT = "whatsapp_business_account"
TAPS = ("button", "interactive")
Said = dict[str, Any]
Row = tuple[str, Said]


class NotADelivery(ValueError):
    """A kept line that WhatsApp has not sent; the message names the field and holds nothing of its content."""


def challenge(query: Mapping[str, str], settings: Mapping[str, str]) -> str:
    """What is to be answered to who asks whether this address wants to be told; raises Refused."""
    given = query.get("hub.verify_token", "").encode()
    if query.get("hub.mode") != "subscribe" or not hmac.compare_digest(given, settings["verify_token"].encode()):
        raise Refused(403, "wrong_verify_token")
    return query.get("hub.challenge", "")


def verified(headers: Mapping[str, str], body: bytes, settings: Mapping[str, str]) -> Delivery:
    """A delivery, once its signature is found right; raises Refused. ``headers`` by lower-case name.

    It is known by its signature: no header of its own tells it from others. A body tells no time of its sending.
    """
    given = headers.get("x-hub-signature-256", "")
    if not is_signed(body, given, settings):
        raise Refused(401, "wrong_signature")
    try:
        read = orjson.loads(body)
        if read["object"] != OBJECT:
            raise Refused(400, "not_whatsapp")
        text = body.decode()
    except (KeyError, TypeError, ValueError):
        raise Refused(400, "body_does_not_fit") from None
    return Delivery(id=given, topic=OBJECT, triggered_at=datetime.now(UTC), body=text)


def is_signed(body: bytes, given: str, settings: Mapping[str, str]) -> bool:
    """Whether the app has signed it. The secret may be several with commas between, while it is being rotated."""
    keys = [key.strip() for key in settings["app_secret"].split(",") if key.strip()]
    return any(hmac.compare_digest(signature(key, body).encode(), given.encode()) for key in keys)


def signature(key: str, body: bytes) -> str:
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def rows(line: str, settings: Mapping[str, str]) -> list[Row]:
    """(kind, document) of all that a kept line says. Raises NotADelivery."""
    try:
        kept = orjson.loads(line)
        body, given, received = kept["body"].encode(), kept["signature"], datetime.fromisoformat(kept["received_at"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotADelivery("it has no body, signature and received_at") from None
    if not isinstance(given, str) or not is_signed(body, given, settings):
        raise NotADelivery("signature: not made with WHATSAPP_APP_SECRET")
    try:
        words = _words(settings)
        return [
            (kind, {**_utc(said), "account_id": entry.get("id"), "received_at": received.isoformat()})
            for entry in orjson.loads(body)["entry"]
            for change in entry["changes"]
            for kind, said in _said(change["value"], words)
        ]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise NotADelivery("body: not of the form that is known") from None


def _utc(said: Said) -> Said:
    """Times are Unix seconds, mostly written as text."""
    at = datetime.fromtimestamp(int(said.pop("timestamp")), UTC).replace(tzinfo=None)
    return {**said, "occurred_at": at.isoformat()}


def _said(value: Said, words: Mapping[str, str]) -> Iterator[Row]:
    number = {"phone_number_id": (value.get("metadata") or {}).get("phone_number_id")}
    contacts = value.get("contacts") or []
    for one in value.get("statuses") or ():
        if one.get("recipient_type") != "group":  # a group is nobody
            who = _who(one.get("recipient_id"), one.get("recipient_user_id"), contacts)
            yield "status", {**_status(one), **who, **number}
    for one in value.get("messages") or ():
        who = _who(one.get("from"), one.get("from_user_id"), contacts)
        yield "message", {**_message(one, words), **who, **number}
    for one in value.get("user_preferences") or ():
        who = _who(one.get("wa_id"), one.get("user_id"), contacts)
        yield "preference", {**_preference(one), **who, **number}


def _who(wa_id: str | None, user_id: str | None, contacts: list[Said]) -> Said:
    """Number and id as told, or as the contact of either tells them; the name is the contact's own."""
    contact = next(
        (
            one
            for one in contacts
            if (user_id and one.get("user_id") == user_id) or (wa_id and one.get("wa_id") == wa_id)
        ),
        {},
    )
    name = (contact.get("profile") or {}).get("name")
    return {"wa_id": wa_id or contact.get("wa_id"), "user_id": user_id or contact.get("user_id"), "profile_name": name}


def _status(one: Said) -> Said:
    pricing, talk = one.get("pricing") or {}, one.get("conversation") or {}
    errors = one.get("errors") or [{}]
    return {
        "id": f"{one['id']}:{one['status']}",
        "message_id": one["id"],
        "status": one["status"],
        "timestamp": one["timestamp"],
        **_campaign(one.get("biz_opaque_callback_data")),
        "is_billable": pricing.get("billable"),
        "pricing_model": pricing.get("pricing_model"),
        "pricing_type": pricing.get("type"),
        "pricing_category": pricing.get("category"),
        "conversation_id": talk.get("id"),
        "conversation_type": (talk.get("origin") or {}).get("type"),
        "error_code": errors[0].get("code"),
    }


def _campaign(data: str | None) -> Said:
    """What our sender wrote for itself: JSON with campaign and template, or the campaign's name alone."""
    try:
        read = orjson.loads(data or "null")
    except ValueError:
        read = None
    if isinstance(read, dict):
        return {"campaign_name": read.get("campaign"), "template_name": read.get("template")}
    return {"campaign_name": data or None, "template_name": None}


def _message(one: Said, words: Mapping[str, str]) -> Said:
    kind, referral = one["type"], one.get("referral") or {}
    typed = (one.get("text") or {}).get("body") or (one.get("button") or {}).get("text") or ""
    return {
        "id": one["id"],
        "message_type": kind,
        "timestamp": one["timestamp"],
        "answers_message_id": (one.get("context") or {}).get("id"),
        "is_tap": kind in TAPS,
        "marketing_word": words.get(typed.strip().casefold()),
        "referral_type": referral.get("source_type"),
        "referral_id": referral.get("source_id"),
        "referral_url": referral.get("source_url"),
        "click_id": referral.get("ctwa_clid"),
    }


def _preference(one: Said) -> Said:
    told = (one.get("user_id") or one["wa_id"], one["category"], one["value"], str(one["timestamp"]))
    return {
        "id": hashlib.sha256("|".join(told).encode()).hexdigest(),
        "category": one["category"],
        "preference": one["value"],
        "timestamp": one["timestamp"],
    }


def _words(settings: Mapping[str, str]) -> dict[str, str]:
    """Words by which people stop marketing or ask for it -> stop or start."""
    found = {}
    for meaning in ("start", "stop"):
        for word in settings[f"{meaning}_words"].split(","):
            found[word.strip().casefold()] = meaning
    found.pop("", None)
    return found
