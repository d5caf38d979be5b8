"""What a request carries: destinations, identifiers, consent; checked as Google checks them, all or nothing.

The first bad row fails the whole request, and the answer names the fields of every bad row. Names that the API does not
know are refused too, so an address under another key than ``address`` never passes unseen.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from sandbox.vendors.google.gate import ApiError, Call, invalid, name_of
from sandbox.vendors.google.lists import check_account

MOST_DESTINATIONS, MOST_IDENTIFIERS = 10, 10
ENCODINGS = ("ENCODING_UNSPECIFIED", "HEX", "BASE64")
CONSENTS = ("CONSENT_STATUS_UNSPECIFIED", "CONSENT_GRANTED", "CONSENT_DENIED")
TERMS = ("TERMS_OF_SERVICE_STATUS_UNSPECIFIED", "ACCEPTED", "REJECTED")
ACCOUNT_TYPES = (
    "ACCOUNT_TYPE_UNSPECIFIED", "GOOGLE_ADS", "DISPLAY_VIDEO_PARTNER", "DISPLAY_VIDEO_ADVERTISER", "DATA_PARTNER",
    "GOOGLE_ANALYTICS_PROPERTY", "GOOGLE_AD_MANAGER_AUDIENCE_LINK", "FLOODLIGHT_CONFIG", "GOOGLE_AD_MANAGER",
)  # fmt: skip
KINDS = (
    "userData", "mobileData", "pairData", "userIdData", "ppidData", "compositeData", "googleUserIdData",
    "partnerProvidedIdData",
)  # fmt: skip
ADDRESS = ("givenName", "familyName", "regionCode", "postalCode")
DIGEST_BYTES = 32
Violations = list[tuple[str, str]]


def known(given: Any, names: tuple[str, ...], field: str) -> dict[str, Any]:
    """An object that has no other than these keys. Raises ApiError."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ApiError(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {field} is no object.")
    for name in given:
        if name not in names:
            text = f"Invalid JSON payload received. Unknown name \"{name}\" at '{field}': Cannot find field."
            raise ApiError(400, "INVALID_ARGUMENT", text, ((field, "INVALID_ARGUMENT"),))
    return given


def destinations(call: Call) -> list[dict[str, Any]]:
    """The destinations, each with an account that the caller may use."""
    given = call.body.get("destinations")
    if not isinstance(given, list) or not given:
        raise invalid(("destinations", "REQUIRED_FIELD_MISSING"))
    if len(given) > MOST_DESTINATIONS:
        raise invalid(("destinations", "TOO_MANY_DESTINATIONS"), reason="TOO_MANY_DESTINATIONS")
    references: set[str] = set()
    for place, one in enumerate(given):
        field = f"destinations.destinations[{place}]"
        names = ("reference", "loginAccount", "linkedAccount", "operatingAccount", "productDestinationId")
        known(one, names, field)
        operating = _account(one.get("operatingAccount"), f"{field}.operating_account")
        check_account(operating, _account(one.get("loginAccount"), f"{field}.login_account") or operating)
        reference = str(one.get("reference") or "")
        if reference and reference in references:
            raise invalid((f"{field}.reference", "DUPLICATE_DESTINATION_REFERENCE"))
        references.add(reference)
        if not str(one.get("productDestinationId") or ""):
            raise invalid((f"{field}.product_destination_id", "REQUIRED_FIELD_MISSING"))
    return given


def _account(given: Any, field: str) -> str:
    found = known(given, ("accountId", "accountType", "product"), field)
    if not found:
        return ""
    if name_of(found.get("accountType"), ACCOUNT_TYPES, f"{field}.account_type") != "GOOGLE_ADS":
        raise invalid((field, "DESTINATION_ACCOUNT_TYPE_MISMATCH"), reason="INVALID_DESTINATION")
    return str(found.get("accountId") or "")


def encoding(call: Call) -> str:
    """HEX or BASE64, which must be said."""
    found = name_of(call.body.get("encoding"), ENCODINGS, "encoding")
    if found == ENCODINGS[0]:
        raise invalid(("encoding", "REQUIRED_FIELD_MISSING"))
    return found


def consent(given: Any, default: tuple[str, str], field: str) -> tuple[str, str]:
    """(adUserData, adPersonalization); what is not said is as the request says it."""
    found = known(given, ("adUserData", "adPersonalization"), field)
    data, personal = (
        name_of(found[key], CONSENTS, field) if key in found else default[place]
        for place, key in enumerate(("adUserData", "adPersonalization"))
    )
    return data, personal


def refusal_of(told: tuple[str, str]) -> str | None:
    """Why a row with this consent is refused while it is processed: denied, or not granted (unknown)."""
    if "CONSENT_DENIED" in told:
        return "DENIED_CONSENT"
    return "UNKNOWN_CONSENT" if CONSENTS[0] in told else None


def identifiers(given: Any, encoded: str, field: str) -> tuple[list[str], Violations]:
    """The identifiers of a person as texts ("email:<hex>"), and what is wrong with them."""
    found = known(given, ("userIdentifiers",), field).get("userIdentifiers") or []
    field = f"{field}.user_identifiers"
    if not found:
        return [], [(field, "REQUIRED_FIELD_MISSING")]
    if len(found) > MOST_IDENTIFIERS:
        return [], [(field, "TOO_MANY_USER_IDENTIFIERS")]
    texts: list[str] = []
    wrong: Violations = []
    for place, one in enumerate(found):
        at = f"{field}[{place}]"
        known(one, ("emailAddress", "phoneNumber", "address"), at)
        if len(one) != 1:
            wrong.append((at, "REQUIRED_FIELD_MISSING"))
        elif "address" in one:
            text, problem = _address(one["address"], encoded, f"{at}.address")
            texts += [text] if text else []
            wrong += problem
        else:
            kind, name = ("email", "email_address") if "emailAddress" in one else ("phone", "phone_number")
            digest = _digest(next(iter(one.values())), encoded)
            if len(digest) == DIGEST_BYTES * 2:
                texts.append(f"{kind}:{digest}")
            else:
                wrong.append((f"{at}.{name}", digest))
    return texts, wrong


def _address(given: Any, encoded: str, field: str) -> tuple[str, Violations]:
    """All four parts are needed: names hashed, country and postal code in clear."""
    parts = known(given, (*ADDRESS, "addressLine", "city", "administrativeArea"), field)
    wrong: Violations = [(f"{field}.{name}", "REQUIRED_FIELD_MISSING") for name in ADDRESS if not parts.get(name)]
    if wrong:
        return "", wrong
    digests = [_digest(parts[name], encoded) for name in ADDRESS[:2]]
    wrong = [(f"{field}.{name}", one) for name, one in zip(ADDRESS, digests, strict=False) if len(one) != 64]
    if not re.fullmatch(r"[A-Z]{2}", str(parts["regionCode"])):
        wrong.append((f"{field}.region_code", "INVALID_COUNTRY_CODE"))
    if not re.fullmatch(r"[A-Za-z0-9 -]{2,12}", str(parts["postalCode"])):
        wrong.append((f"{field}.postal_code", "INVALID_POSTAL_CODE"))
    return ("" if wrong else "address:" + "|".join((*digests, parts["regionCode"], parts["postalCode"]))), wrong


def _digest(value: Any, encoded: str) -> str:
    """The digest in lower-case hex, or the reason why it is none (a shorter text)."""
    text = str(value)
    try:
        raw = bytes.fromhex(text) if encoded == "HEX" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return f"INVALID_{encoded}_ENCODING"
    return raw.hex() if len(raw) == DIGEST_BYTES else "INVALID_SHA256_FORMAT"


def reject(wrong: Violations) -> None:
    """Raises ApiError naming the fields of every bad row."""
    if wrong:
        raise invalid(*wrong, reason=wrong[0][1])


def recipients(given: Mapping[str, Any], to: list[dict[str, Any]], field: str) -> list[int]:
    """The places of the destinations that a row is for: those it names, else all."""
    references = given.get("destinationReferences") or []
    places = {str(one.get("reference") or ""): place for place, one in enumerate(to)}
    if any(reference not in places for reference in references):
        raise invalid((f"{field}.destination_references", "INVALID_DESTINATION"))
    return [places[reference] for reference in references] or list(range(len(to)))
