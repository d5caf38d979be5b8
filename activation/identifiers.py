"""Identifiers as each platform wants them: normalised by its own rules, then hashed or left clear.

No single hash serves all platforms: Meta drops the plus of a phone and Google hashes it; Google and TikTok cut
"+suffix" from an address and Meta does not; Meta hashes the country in lower case and Google wants it clear in upper
case. So the warehouse keeps clear values in one normal form, and ``prepare`` makes the platform's form at the last
step. Results are typed (``Clear``, ``Hashed``), so that nothing is hashed twice or guessed to be a hash by its look.

Whatever is empty after normalising gives None: the hash of an empty text is the same for everyone and must never leave.
"""

# ruff: noqa: ARG001  (every rule takes the country, few of them need it)
from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from typing import NewType

import phonenumbers
import pyarrow as pa

Clear = NewType("Clear", str)
Hashed = NewType("Hashed", str)
Rule = Callable[[str, str | None], str | None]
"""(value, country code or None) -> normal form, or None when there is nothing to send."""

EMPTY_HASHES = frozenset({hashlib.sha256(b"").hexdigest(), hashlib.md5(b"", usedforsecurity=False).hexdigest()})
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_GIVEN_PREFIXES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "sir"})
_FAMILY_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md", "dds", "esq", "cpa"})
_COUNTRIES = {"usa": "US", "united states": "US", "uk": "GB", "united kingdom": "GB", "great britain": "GB"}
_US_STATES = dict(
    re.findall(
        r"(\w+)=(\w\w)",
        "alabama=al,alaska=ak,arizona=az,arkansas=ar,california=ca,colorado=co,connecticut=ct,delaware=de,florida=fl,"
        "georgia=ga,hawaii=hi,idaho=id,illinois=il,indiana=in,iowa=ia,kansas=ks,kentucky=ky,louisiana=la,maine=me,"
        "maryland=md,massachusetts=ma,michigan=mi,minnesota=mn,mississippi=ms,missouri=mo,montana=mt,nebraska=ne,"
        "nevada=nv,newhampshire=nh,newjersey=nj,newmexico=nm,newyork=ny,northcarolina=nc,northdakota=nd,ohio=oh,"
        "oklahoma=ok,oregon=or,pennsylvania=pa,rhodeisland=ri,southcarolina=sc,southdakota=sd,tennessee=tn,texas=tx,"
        "utah=ut,vermont=vt,virginia=va,washington=wa,westvirginia=wv,wisconsin=wi,wyoming=wy,districtofcolumbia=dc",
    )
)


def clean(text: str) -> str:
    """NFC, without invisible characters, full-width letters and digits as plain ones, trimmed."""
    if text.isascii():  # nearly all addresses: nothing to do but trim
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE).translate(_FULL_WIDTH)).strip()


def sha256_hex(normal_form: str | None) -> Hashed | None:
    """Lower-case hex over UTF-8; None for nothing."""
    return Hashed(hashlib.sha256(normal_form.encode()).hexdigest()) if normal_form else None


def md5_hex(normal_form: str | None) -> Hashed | None:
    """The path key of Mailchimp, which is no protection and is not meant as one."""
    return Hashed(hashlib.md5(normal_form.encode(), usedforsecurity=False).hexdigest()) if normal_form else None


def email(text: str, country: str | None = None) -> str | None:
    """Trimmed, lower case, no dot at the end; None for what is no address."""
    found = clean(text).lower().rstrip(".")
    return found if _EMAIL.fullmatch(found) else None


def phone(text: str, country: str | None = None) -> str | None:
    """E.164 with plus; ``country`` (ISO-2) reads national numbers. Without it a national number is None, never +1."""
    digits = clean(text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    try:
        number = phonenumbers.parse(digits, country.upper() if country else None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_code(text: str, country: str | None = None) -> str | None:
    """ISO-2 in upper case; of names only the few that people type most."""
    found = clean(text)
    if len(found) == 2 and found.isascii() and found.isalpha():
        return "GB" if found.lower() == "uk" else found.upper()
    return _COUNTRIES.get(found.lower())


def _no_spaces(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _email_without_spaces(text: str, country: str | None) -> str | None:
    return email(_no_spaces(text))


def _google_email(text: str, country: str | None) -> str | None:
    found = _email_without_spaces(text, country)
    if found is None:
        return None
    local, _, domain = found.rpartition("@")
    if domain in ("gmail.com", "googlemail.com"):
        local = local.split("+", 1)[0].replace(".", "")
    return f"{local}@{domain}" if local else None


def _tiktok_email(text: str, country: str | None) -> str | None:
    found = _email_without_spaces(text, country)
    if found is None:
        return None
    local, _, domain = found.rpartition("@")
    local = local.split("+", 1)[0]
    return f"{local}@{domain}" if local else None


def _phone_digits(text: str, country: str | None) -> str | None:
    found = phone(text, country)
    return found[1:] if found else None


def _letters(text: str, keep: str = "") -> str:
    """Lower-case letters of any script with their marks, and what ``keep`` names."""
    kept = [char for char in clean(text).lower() if char in keep or unicodedata.category(char)[0] in "LM"]
    return "".join(kept).strip()


def _meta_name(text: str, country: str | None) -> str | None:
    return re.sub(r"\s+", " ", _letters(text, " ")) or None


def _meta_city(text: str, country: str | None) -> str | None:
    return _letters(text) or None


def _meta_state(text: str, country: str | None) -> str | None:
    found = _letters(text)
    return (_US_STATES.get(found, found) if country in (None, "US") else found) or None


def _meta_zip(text: str, country: str | None) -> str | None:
    found = re.sub(r"[\s-]", "", clean(text).lower())
    return (found[:5] if country == "US" else found) or None


def _meta_country(text: str, country: str | None) -> str | None:
    found = country_code(text)
    return found.lower() if found else None


def _birth_date(text: str, country: str | None) -> str | None:
    """YYYYMMDD from an ISO date."""
    found = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", clean(text))
    return "".join(found.groups()) if found else None


def _gender(text: str, country: str | None) -> str | None:
    return {"f": "f", "female": "f", "m": "m", "male": "m"}.get(clean(text).lower())


def _google_name(unwanted: frozenset[str], at_end: bool) -> Rule:
    def rule(text: str, country: str | None) -> str | None:
        words = clean(text).lower().replace(",", " ").split()
        place = -1 if at_end else 0
        while len(words) > 1 and words[place].strip(".") in unwanted:
            words.pop(place)
        return " ".join(words) or None

    return rule


def _google_postal_code(text: str, country: str | None) -> str | None:
    """Clear; the United States with 5 or 5+4 digits."""
    found = clean(text)
    if country == "US" and (digits := re.sub(r"\D", "", found)) and len(digits) in (5, 9):
        return digits if len(digits) == 5 else f"{digits[:5]}-{digits[5:]}"
    return found or None


def _lower(text: str, country: str | None) -> str | None:
    return clean(text).lower() or None


def _as_is(text: str, country: str | None) -> str | None:
    return clean(text) or None


HASHED: dict[str, dict[str, Rule]] = {
    "meta": {
        "email": email, "phone": _phone_digits, "given_name": _meta_name, "family_name": _meta_name,
        "city": _meta_city, "region_code": _meta_state, "postal_code": _meta_zip, "country_code": _meta_country,
        "birth_date": _birth_date, "gender": _gender,
    },
    "google": {
        "email": _google_email, "phone": phone, "given_name": _google_name(_GIVEN_PREFIXES, False),
        "family_name": _google_name(_FAMILY_SUFFIXES, True),
    },
    # TikTok's pages disagree about the plus of a phone; a destination chooses "phone" or "phone_digits".
    "tiktok": {
        "email": _tiktok_email, "phone": phone, "phone_digits": _phone_digits, "mobile_ad_id": _lower,
        "customer_id": _as_is,
    },
}  # fmt: skip
_CONTACT: dict[str, Rule] = {
    "email": email, "phone": phone, "given_name": _as_is, "family_name": _as_is, "city": _as_is,
    "region_code": _as_is, "postal_code": _as_is, "country_code": country_code, "customer_id": _as_is,
}  # fmt: skip
CLEAR: dict[str, dict[str, Rule]] = {
    "meta": {"mobile_ad_id": _lower, "customer_id": _as_is},
    "google": {
        "country_code": country_code, "postal_code": _google_postal_code, "mobile_ad_id": _as_is, "customer_id": _as_is,
    },
    "tiktok": {},
    "klaviyo": _CONTACT,
    "mailchimp": _CONTACT,
    "hubspot": _CONTACT,
    "zendesk": {**_CONTACT, "zendesk_ids": _as_is},
    "shopify": {**_CONTACT, "shopify_ids": _as_is},
    "files": _CONTACT,
    "webhook": _CONTACT,
}  # fmt: skip


def normal_form(platform: str, kind: str, value: str | None, country: str | None = None) -> str | None:
    """What the platform hashes or takes clear; None when there is nothing. Raises KeyError for an unknown kind."""
    rule = HASHED.get(platform, {}).get(kind) or CLEAR[platform][kind]
    return rule(value, country) if value else None


def prepare(platform: str, kind: str, value: str | None, country: str | None = None) -> Clear | Hashed | None:
    """The value as it leaves: hashed where the platform wants hashes, else clear. Raises KeyError as above."""
    normal = normal_form(platform, kind, value, country)
    if normal is None:
        return None
    return sha256_hex(normal) if kind in HASHED.get(platform, {}) else Clear(normal)


def prepare_column(
    platform: str, kind: str, values: pa.Array | pa.ChunkedArray, country: str | None = None
) -> pa.Array:
    """``prepare`` over an Arrow column of text; each distinct value is worked on once. Same length, nulls for None."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    coded = whole.dictionary_encode()
    prepared = [prepare(platform, kind, value, country) for value in coded.dictionary.to_pylist()]
    return pa.array(prepared, pa.string()).take(coded.indices)


def google_address(
    given_name: str | None, family_name: str | None, region_code: str | None, postal_code: str | None
) -> dict[str, str] | None:
    """Google's address identifier, which counts only with all four parts. ``region_code`` is the country."""
    country = normal_form("google", "country_code", region_code)
    parts = {
        "given_name": prepare("google", "given_name", given_name),
        "family_name": prepare("google", "family_name", family_name),
        "region_code": country,
        "postal_code": prepare("google", "postal_code", postal_code, country),
    }
    return {key: value for key, value in parts.items() if value} if all(parts.values()) else None
