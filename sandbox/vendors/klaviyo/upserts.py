"""Writing a profile: what a row may hold, which profile it means, and what is wrong with it.

The same rules serve the bulk import, the single upsert and the plain create. A row names its profile by id,
external_id, email or phone; if they name two different profiles the row is refused, even on upsert.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

import phonenumbers

from sandbox.vendors.klaviyo.jsonapi import ApiError
from sandbox.vendors.klaviyo.profiles import IDENTIFIERS, LOCATION, PLAIN, Profiles

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NOT_TAKEN = ("subscriptions", "predictive_analytics")


def new_id() -> str:
    """A profile id in the vendor's form: 26 characters that sort by time."""
    number, letters = (int(time.time() * 1000) << 80) | secrets.randbits(80), []
    for _ in range(26):
        number, rest = divmod(number, 32)
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters))


def short_id() -> str:
    """An id in the form of lists: six letters and digits."""
    return "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789") for _ in range(6))


def job_id() -> str:
    return secrets.token_urlsafe(16)


def upsert(profiles: Profiles, data: dict[str, Any], pointer: str, must_be_new: bool = False) -> tuple[str, bool]:
    """Create or change one profile. Returns its id and whether it is new. Raises ApiError with the row's fault."""
    given = data.get("attributes")
    if not isinstance(given, dict):
        raise _fault("invalid", "Invalid input.", "attributes are missing.", f"{pointer}/attributes")
    given = check(given, pointer)
    named = {name: given[name] for name in IDENTIFIERS if given.get(name)}
    key = data.get("id")
    if key is None and not named:
        detail = "One of email, phone_number, external_id or id is required."
        raise _fault("invalid", "Invalid input.", detail, f"{pointer}/attributes")
    with profiles.lock:
        if key is not None and not profiles.exists(key):
            raise _fault("invalid", "Invalid input.", "No profile has this id.", f"{pointer}/id")
        matches = {name: match for name in named if (match := profiles.by_identifier(name, named[name]))}
        found = list(dict.fromkeys([*([key] if key else []), *matches.values()]))
        if len(found) > 1 or (found and must_be_new):
            raise ApiError(
                409,
                "duplicate_profile",
                "Conflict.",
                "A profile already exists with one of these identifiers.",
                f"{pointer}/attributes",
                meta={"duplicate_profile_id": found[-1]},
            )
        target, is_new = (found[0], False) if found else (new_id(), True)
        profiles.write(target, _change(profiles, target, given, (data.get("meta") or {}).get("patch_properties") or {}))
        return target, is_new


def check(given: dict[str, Any], pointer: str) -> dict[str, Any]:
    """The attributes, if all of them can be taken."""
    for name in given:
        if name not in (*PLAIN, *NOT_TAKEN, "location", "properties", "id", "_kx", "anonymous_id"):
            detail = f"'{name}' is not an attribute of a profile."
            raise _fault("invalid", "Invalid input.", detail, f"{pointer}/attributes/{name}")
    email, phone = given.get("email"), given.get("phone_number")
    if email is not None and not _is_email(email):
        raise _fault("invalid", "Invalid input.", "Invalid email address.", f"{pointer}/attributes/email")
    if phone is not None and not is_phone(phone):
        detail = "Invalid phone number format (E.164 is needed)."
        raise _fault("invalid", "Invalid input.", detail, f"{pointer}/attributes/phone_number")
    return {**given, "email": email.strip().lower()} if isinstance(email, str) else given


def _is_email(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    local, at, domain = value.strip().rpartition("@")
    return bool(at and local and "." in domain and " " not in value.strip() and "@" not in local)


def is_phone(value: Any) -> bool:
    """In E.164, and a number that can exist."""
    if not (isinstance(value, str) and value.startswith("+") and value[1:].isdigit()):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value))
    except phonenumbers.NumberParseException:
        return False


def _change(profiles: Profiles, key: str, given: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    change: dict[str, Any] = {"attributes": {name: given[name] for name in PLAIN if name in given}}
    if isinstance(given.get("location"), dict):
        change["location"] = {name: given["location"][name] for name in LOCATION if name in given["location"]}
    properties = dict(given["properties"]) if isinstance(given.get("properties"), dict) else {}
    written = profiles.written.get(key)
    held = dict(written.patch.get("properties", {})) if written else {}
    for name in [patch["unset"]] if isinstance(patch.get("unset"), str) else patch.get("unset") or []:
        properties[name] = None
    for verb in ("append", "unappend"):
        for name, value in (patch.get(verb) or {}).items():
            before = properties.get(name, held.get(name)) or []
            before = list(before) if isinstance(before, list) else [before]
            values = value if isinstance(value, list) else [value]
            if verb == "append":
                properties[name] = before + [one for one in values if one not in before]
            else:
                properties[name] = [one for one in before if one not in values]
    if properties:
        change["properties"] = properties
    return {part: values for part, values in change.items() if values}


def _fault(code: str, title: str, detail: str, pointer: str) -> ApiError:
    return ApiError(400, code, title, detail, pointer)
