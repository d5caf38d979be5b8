"""How TikTok's API answers, whatever is asked of it: always with 200, with a code in the body that says how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from activation import client as http
from activation.destination import BatchRefused, DestinationError

REFUSED_STATUS = 400  # how an answer of status 200 with an error in it is taken
THROTTLED = {40100, 40132, 40202, 60001, 61000}  # too often, somebody else is writing, maintenance
WRONG, PARTLY = {40000, 40002, 40061, 40062, 40700}, 20001
PHONE_FORMS = {"with_plus": "phone", "digits": "phone_digits"}  # TikTok's pages name both; match rates decide
TOKEN = "TIKTOK_ACCESS_TOKEN was revoked or is wrong: authorise the app anew, set it"
DENIED = "the token may not touch TIKTOK_ADVERTISER_ID: authorise the app for that advertiser, audiences included"
NEXT_STEPS = {
    **dict.fromkeys((40102, 40104, 40105), TOKEN),
    **dict.fromkeys((40001, 40003, 40130, 40300, 40301), DENIED),
    **dict.fromkeys((40006, 40051, 41001), "TIKTOK_API_VERSION is no longer served: set a newer one"),
    40118: "the app may not use segments yet: ask TikTok to allow it",
}


class PartlyRefused(BatchRefused):
    """Some rows were taken, and nobody says which: told again by halves, which has no effect on those that were."""


class Client(http.Client):
    """An HTTP client for an API that answers 200 to everything and says in the body whether it went well."""

    def _send(self, method: str, url: str, what: str, params: Mapping[str, str] | None, body: bytes | None) -> Any:
        response = super()._send(method, url, what, params, body)
        if response.ok and _envelope(response).get("code") != 0:
            response.status_code = REFUSED_STATUS
        return response

    def _request_id(self, response: Any) -> str | None:
        return str(_envelope(response).get("request_id") or "") or None


def phone_rule(settings: Mapping[str, str]) -> str:
    """The form in which phones are hashed, as identifiers.py calls it. Raises DestinationError."""
    form = settings["phone_form"]
    if form not in PHONE_FORMS:
        raise DestinationError(f"TIKTOK_PHONE_FORM is {form!r}; it must be one of {', '.join(PHONE_FORMS)}")
    return PHONE_FORMS[form]


def failure_of(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """An error by its code and what to do next. TikTok's own words may quote what was sent."""
    code = body.get("code")
    text = f"{what}: code {code}" if code else f"{what}: {status}, and no answer of the API"
    if code in THROTTLED or (isinstance(code, int) and 50000 <= code < 60000):
        return http.Throttled(f"{text}: too many calls for now, or TikTok is out of order; the next run goes on")
    if code in WRONG:
        return BatchRefused(text, request_id)
    if code == PARTLY:
        return PartlyRefused(text, request_id)
    return DestinationError(f"{text}: {NEXT_STEPS[code]}" if code in NEXT_STEPS else text)


def _envelope(response: Any) -> Mapping[str, Any]:
    try:
        found = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
