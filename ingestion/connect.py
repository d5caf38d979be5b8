"""What a source says about a credential before anything is landed with it.

A source of an API has ``SCOPES`` (what its credential must allow), ``probe(settings)``, which asks the vendor and
yields findings, and ``count(settings, since)``, which tells by table how many rows a landing from a day on would bring.
A source of files has the same three, about its folder.

A probe only tells what is special about its vendor. That a name is not known, a certificate does not fit, a credential
is refused: whatever ends a call is put into words here. Nothing that is said holds a credential.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from urllib.parse import urlsplit

import requests

import selvage
from ingestion import discovery

SECRET = re.compile(r"(token|key|secret|password)$")
PLACEHOLDER = re.compile(r"<[^>]*>|^/path/to/")
SHORT = 6
ADDRESS_SECONDS = 10
GUIDE = "docs/connect.md"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. ``next_step`` tells what to do about it if it is not as it should be."""

    check: str
    is_ok: bool
    text: str
    next_step: str = ""


@dataclass(frozen=True)
class Setting:
    """One setting of a vendor: its variable, whether it has a value, and what may be shown of it."""

    variable: str
    is_set: bool
    shown: str


def settings_of(vendor: str) -> list[Setting]:
    """Every setting of a source, those that are missing or still hold the example's placeholder among them."""
    found = []
    for field, default in discovery.sources()[vendor].SETTINGS.items():
        variable = f"{vendor}_{field}".upper()
        try:
            value = selvage.vendor(vendor, {field: default})[field]
        except selvage.MissingSettings:
            found.append(Setting(variable, False, "missing"))
            continue
        if PLACEHOLDER.search(value):
            found.append(Setting(variable, False, "missing: it still holds the example's placeholder"))
        elif SECRET.search(field):
            found.append(Setting(variable, True, "set (not shown)"))
        else:
            shown = _address(value) if field == "base_url" else value
            found.append(Setting(variable, True, f"{shown} (default)" if value == default else shown))
    return found


def examine(vendor: str) -> Iterator[Finding]:
    """Ask the vendor; the last finding is the first that ends the asking. Raises MissingSettings."""
    module, given = _vendor(vendor)
    try:
        if "base_url" in given:
            # Asked once and without the credential: the sources' own client would try a wrong name again for a minute.
            answer = requests.get(given["base_url"], timeout=ADDRESS_SECONDS, allow_redirects=False, stream=True)
            answer.close()
            reached = _reached(given["base_url"], answer)
            yield reached
            if not reached.is_ok:
                return
        for finding in module.probe(given):
            yield _masked(finding, vendor, given)
    except (requests.RequestException, json.JSONDecodeError, UnicodeError, RuntimeError, OSError) as error:
        yield _masked(explained(error, vendor, given), vendor, given)


def tables(vendor: str, since: datetime) -> dict[str, int | None]:
    """How many rows a landing since a day (UTC) would bring, by raw table; None where the vendor can't tell cheaply.

    Raises MissingSettings, and ConnectionError with the reason in words when the vendor stops answering.
    """
    module, given = _vendor(vendor)
    try:
        counted: dict[str, int | None] = module.count(given, since)
    except (requests.RequestException, json.JSONDecodeError, RuntimeError, OSError) as error:
        finding = _masked(explained(error, vendor, given), vendor, given)
        raise ConnectionError(f"{finding.text} {finding.next_step}") from None
    return counted


def _vendor(vendor: str) -> tuple[ModuleType, dict[str, str]]:
    module = discovery.sources()[vendor]
    return module, selvage.vendor(vendor, module.SETTINGS)


def explained(error: Exception, vendor: str, given: Mapping[str, str]) -> Finding:
    """What ended a call, in words, and what to do. The messages of HTTP errors are never shown: they quote URLs."""
    address, host = _address(given.get("base_url", "")), urlsplit(given.get("base_url", "")).hostname
    variable = f"{vendor}_base_url".upper()
    secrets = " and ".join(f"{vendor}_{field}".upper() for field in given if SECRET.search(field))
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _refused(error.response.status_code, address, variable, secrets)
    is_unknown = re.search(r"resol|getaddrinfo|not known", str(error), re.IGNORECASE)
    network = (
        f"No host of the name {host} is known: it is misspelt, or this machine has no network."
        if is_unknown
        else f"{host} can't be reached: nothing listens there, or the connection was cut."
    )
    no_json = f"{address} answers, but not as the vendor's API does (no JSON): it is probably the shop's own site."
    no_header = "The credential holds a character that none can hold: a space, a line break or a quote."
    no_certificate = f"The certificate of {host} does not fit: another host, or a proxy in between that reads along."
    # The first that fits: some of these errors are kinds of later ones.
    words: tuple[tuple[tuple[type[Exception], ...], str, str, str], ...] = (
        (
            (requests.exceptions.InvalidHeader, UnicodeError),
            "credential", no_header, f"Copy {secrets} again, without anything around it.",
        ),
        (
            (json.JSONDecodeError, requests.exceptions.JSONDecodeError),
            "address", no_json, f"Set {variable} as {GUIDE} says.",
        ),
        ((ValueError,), "address", f"{address} is no address.", f"{variable} begins with https://, see {GUIDE}."),
        (
            (requests.exceptions.SSLError,),
            "address", no_certificate, f"Check {variable}; behind a proxy set REQUESTS_CA_BUNDLE.",
        ),
        (
            (requests.exceptions.ProxyError,),
            "address", "The proxy refuses or does not answer.", "Check HTTPS_PROXY and NO_PROXY.",
        ),
        (
            (requests.exceptions.Timeout,),
            "address", f"{host} does not answer in time.", "Check the network and the firewall, then try again.",
        ),
        (
            (requests.exceptions.ConnectionError,),
            "address", network, f"Check {variable}, the network and the firewall.",
        ),
    )  # fmt: skip
    for kinds, check, text, next_step in words:
        if isinstance(error, kinds):
            return Finding(check, False, text, next_step)
    said = type(error).__name__ if isinstance(error, OSError) else str(error)
    return Finding("call", False, f"A call failed: {said}", f"{GUIDE} names what is known to go wrong.")


def _refused(status: int, address: str, variable: str, secrets: str) -> Finding:
    """A status that says no."""
    if status == 401:
        text = "The credential is refused (401): it is misspelt, was revoked, or belongs to another account."
        return Finding("credential", False, text, f"Make one as {GUIDE} says and set {secrets}.")
    if status == 403:
        text = "The credential is known but may not do this (403): a scope is missing."
        return Finding("scopes", False, text, f"Give it the scopes listed above; {GUIDE} says where.")
    if status == 404:
        text = f"{address} answers, but has no such API below it (404)."
        return Finding("address", False, text, f"Set {variable} as {GUIDE} says: the host and path matter.")
    if status == 429 or status >= 500:
        text = f"The vendor is overloaded or down ({status}); it was asked several times."
        return Finding("call", False, text, "Try again later; the vendor's status page tells more.")
    return Finding("call", False, f"The vendor refuses the call ({status}).", f"{GUIDE} names what is known.")


def _reached(base_url: str, answer: requests.Response) -> Finding:
    """What a bare request to the base URL says. Any status will do: few vendors have anything there."""
    address, elsewhere = _address(base_url), answer.headers.get("Location", "")
    if base_url.startswith("http://") and elsewhere.startswith("https://"):
        return Finding(
            "address", False, f"{address} sends its callers on to https.", "Begin the address with https://."
        )
    return Finding("address", True, f"{address} answers.")


def _address(base_url: str) -> str:
    """A URL without user, password and parameters."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else base_url


def _masked(finding: Finding, vendor: str, given: Mapping[str, str]) -> Finding:
    """The finding without the value of any secret, whoever wrote it into its text."""
    text, next_step = finding.text, finding.next_step
    for field, value in given.items():
        if SECRET.search(field) and value:
            shown = f"<{vendor}_{field}>".upper()
            for part in (value, *(one for one in value.split(":") if len(one) > SHORT)):
                text, next_step = text.replace(part, shown), next_step.replace(part, shown)
    return Finding(finding.check, finding.is_ok, text, next_step)
