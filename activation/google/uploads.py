"""Rows to Google and what became of them: requests sent, waited for together, and settled by what Google counts.

A request is checked as a whole: one bad row and nothing of it is done. Google names the bad rows by their place; they
are left out and the rest is sent again (where it names none, by halves). What passed is processed for about half an
hour, so all requests of a batch are under way at once and polled with growing pauses.

The outcome is a count per reason, newer servers add the places of the rows. Where they do not, the rows of the request
are told again in smaller requests, until each one's count says which rows it means; telling twice has no effect.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from activation.client import Client, NotFound, Throttled
from activation.destination import BatchRefused, Contact, DestinationError, Outcome, Remember
from activation.identifiers import country_code, google_address, prepare
from activation.told import Cell

if TYPE_CHECKING:
    from activation.destinations.google import Connection

log = logging.getLogger(__name__)

Row = tuple[str, Sequence[Cell]]
"""(customer_id, identifiers, at most MOST_IDENTIFIERS)."""

MOST_ROWS, MOST_IDENTIFIERS = 10_000, 10
PARTS = 100
MOST_REQUESTS, MOST_REFUSALS = 1_000, 200
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, GIVE_UP_SECONDS = 0.1, 300.0, 10_800.0
ROW_REASONS = frozenset({
    "INVALID_HEX_ENCODING", "INVALID_SHA256_FORMAT", "INVALID_POSTAL_CODE", "INVALID_COUNTRY_CODE",
    "INVALID_AUDIENCE_MEMBER", "INVALID_FORMAT", "NO_IDENTIFIERS_PROVIDED", "REQUIRED_FIELD_MISSING",
    "TOO_MANY_USER_IDENTIFIERS",
})  # fmt: skip
GONE_REASONS = frozenset({"INVALID_USER_LIST_ID", "INVALID_REQUEST_ID"})
ADDRESS = {
    "given_name": "givenName", "family_name": "familyName", "region_code": "regionCode", "postal_code": "postalCode",
}  # fmt: skip
CONSENT = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
SIGN = "sign the Customer Match terms of GOOGLE_ACCOUNT_ID in Google Ads, under Audience manager"
NEXT_STEPS = {
    "TERMS_AND_CONDITIONS_NOT_SIGNED": SIGN,
    "ADVERTISER_TOS_NOT_ACCEPTED": SIGN,
    "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": "make the EU political advertising declaration in Google Ads",
    "DISPLAY_NAME_ALREADY_USED": "a list of this name is there that the service account may not see; rename it",
}


class Asking(Protocol):
    """What asking how a request went needs of a connection."""

    client: Client

    def path(self, name: str) -> str: ...

    def sleep(self, seconds: float, /) -> None: ...


class RowsRefused(BatchRefused):
    """Nothing was done, because of these rows: place -> reason."""

    def __init__(self, reason: str, request_id: str | None, rows: Mapping[int, str]) -> None:
        super().__init__(reason, request_id)
        self.rows = rows


def failure_of(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """A google.rpc.Status: its reasons and the next step. Its message and descriptions may quote what was sent."""
    told = body.get("error")
    error: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    details = {str(one.get("@type")).rsplit(".", 1)[-1]: one for one in error.get("details") or ()}
    request_id = str(details.get("RequestInfo", {}).get("requestId") or "") or request_id
    violations = details.get("BadRequest", {}).get("fieldViolations") or ()
    reasons = [str(details.get("ErrorInfo", {}).get("reason") or "")]
    reasons += [str(one.get("reason") or "") for one in violations]
    known = [one for one in dict.fromkeys(reasons) if re.fullmatch(r"[A-Z0-9_]+", one)]
    text = f"{what}: {status} {', '.join(known[:5]) or error.get('status') or ''}".strip()
    if status == 429:
        quota = details.get("ErrorInfo", {}).get("metadata", {}).get("quota_limit")
        return Throttled(f"{text} ({quota}): too many calls for now; the next run goes on")
    if status == 404 or GONE_REASONS & set(known):
        return NotFound(text)
    if status in (401, 403):
        who = "the service account of GOOGLE_SERVICE_ACCOUNT_FILE"
        return DestinationError(f"{text}: {who} must be a user of GOOGLE_ACCOUNT_ID, or of GOOGLE_LOGIN_ACCOUNT_ID")
    rows = {
        int(place[1]): str(one.get("reason") or "refused")
        for one in violations
        if (place := re.match(r"(?:audience_?[mM]embers|events)(?:\.\w+)?\[(\d+)\]", str(one.get("field") or "")))
    }
    if rows:
        return RowsRefused(text, request_id, rows)
    if ROW_REASONS & set(known):
        return BatchRefused(text, request_id)
    step = next((NEXT_STEPS[one] for one in known if one in NEXT_STEPS), None)
    return DestinationError(f"{text}: {step}" if step else text)


def tell(connection: Connection, verb: str, rows: Sequence[Row], remember: Remember) -> dict[str, Outcome]:
    """Customer -> outcome. ``verb`` is ingest or remove; ``remember`` is given all request ids so far, with spaces."""
    outcomes: dict[str, Outcome] = {}
    jobs: list[str] = []
    waiting = list(_pieces(rows, MOST_ROWS))
    while waiting:
        sent = _send(connection, verb, waiting, outcomes, jobs, remember)
        waiting = []
        for request_id, status in wait(connection, list(sent)).items():
            customers = [customer for customer, _ in sent[request_id]]
            unnamed = settle(request_id, status, customers, outcomes)
            if not unnamed:
                continue
            size = -(-len(customers) // PARTS)
            if len(jobs) + len(waiting) + PARTS <= MOST_REQUESTS:
                waiting += _pieces(sent[request_id], size)
            else:
                accepted = Outcome("accepted_unverified", unnamed, request_id, request_id)
                _put(outcomes, dict.fromkeys(customers, accepted))
    return outcomes


def wait(connection: Asking, request_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Request -> its status once none is processed any more. Raises NotFound for an unknown one."""
    found: dict[str, Mapping[str, Any]] = {}
    pause, deadline = FIRST_POLL_SECONDS, time.monotonic() + GIVE_UP_SECONDS
    while left := [one for one in request_ids if one not in found]:
        if time.monotonic() > deadline:
            raise DestinationError(f"request {left[0]} is still processed; the next run asks for it again")
        connection.sleep(pause)
        pause = min(pause * 2, LONGEST_POLL_SECONDS)
        for request_id in left:
            body = connection.client.get(connection.path("requestStatus:retrieve"), {"requestId": request_id}).body
            (status,) = body["requestStatusPerDestination"]
            if status.get("requestStatus") not in ("PROCESSING", "REQUEST_STATUS_UNKNOWN", None):
                found[request_id] = status
    return found


def settle(
    request_id: str, status: Mapping[str, Any], customers: Sequence[str], outcomes: dict[str, Outcome]
) -> str | None:
    """Put the outcome of each row of a request; where its errors cannot be told apart, put none and say why."""
    counts = (status.get("errorInfo") or {}).get("errorCounts") or ()
    failed = {_reason(one): int(one.get("recordCount") or 0) for one in counts}
    _check_count(request_id, status, len(customers))
    places = {place: _reason(one) for one in counts for place in one.get("recordIndices") or ()}
    is_failed = status["requestStatus"] in ("FAILED", "FAILURE")
    if is_failed or sum(failed.values()) == len(customers):
        reason = ", ".join(sorted(failed)) or "the request failed"
        named = {customer: places.get(place, reason) for place, customer in enumerate(customers)}
    elif len(places) == sum(failed.values()) and all(place < len(customers) for place in places):
        named = {customers[place]: reason for place, reason in places.items()}
    else:
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(failed.items()))
        return f"rows of the request failed unnamed: {told}"
    rejected = {name: Outcome("rejected", reason, request_id, request_id) for name, reason in named.items()}
    accepted = Outcome("accepted_unverified", request_id=request_id, job_id=request_id)
    _put(outcomes, rejected)
    _put(outcomes, {name: accepted for place, name in enumerate(customers) if name not in rejected})
    return None


def _send(
    connection: Connection,
    verb: str,
    waiting: list[list[Row]],
    outcomes: dict[str, Outcome],
    jobs: list[str],
    remember: Remember,
) -> dict[str, list[Row]]:
    """Send every piece; rows that Google refuses are rejected and left out. Request -> its rows."""
    sent: dict[str, list[Row]] = {}
    refusals = 0
    queue = waiting[::-1]
    while queue:
        rows = queue.pop()
        try:
            body = connection.body(verb, rows)
            answer = connection.client.call("POST", connection.path(f"audienceMembers:{verb}"), body=body).body
        except BatchRefused as refused:
            refusals += 1
            if refusals > MOST_REFUSALS:
                raise DestinationError(f"Google refused {refusals} requests: {refused}") from None
            named = refused.rows if isinstance(refused, RowsRefused) else {}
            if len(rows) == 1:
                named = {0: next(iter(named.values()), refused.reason)}
            bad = {rows[place][0]: reason for place, reason in named.items() if place < len(rows)}
            _put(outcomes, {name: Outcome("rejected", why, refused.request_id) for name, why in bad.items()})
            middle = len(rows) // 2
            kept = [row for place, row in enumerate(rows) if place not in named]
            queue += [kept] if bad else [rows[middle:], rows[:middle]]
            queue = [piece for piece in queue if piece]
            continue
        request_id = str(answer["requestId"])
        connection.told.note_request(request_id, verb, [customer for customer, _ in rows])
        jobs.append(request_id)
        remember(" ".join(jobs))
        sent[request_id] = rows
    return sent


def rows_of(cells: Mapping[str, Sequence[Cell]]) -> list[Row]:
    """Customers as rows; one with more identifiers than a row takes has several."""
    return [
        (customer, ones[start : start + MOST_IDENTIFIERS])
        for customer, ones in cells.items()
        for start in range(0, len(ones), MOST_IDENTIFIERS)
    ]


def cells_of(contact: Contact) -> list[Cell]:
    """What identifies a person to Google: hashed, but for the country and postal code of the address (as JSON)."""
    country = country_code(contact.country_code) if contact.country_code else None
    address = google_address(contact.given_name, contact.family_name, contact.country_code, contact.postal_code)
    found = {
        "emailAddress": prepare("google", "email", contact.email),
        "phoneNumber": prepare("google", "phone", contact.phone, country),
        "address": orjson.dumps({ADDRESS[key]: value for key, value in address.items()}).decode() if address else None,
    }
    return [(name, value) for name, value in found.items() if value]


def user_of(cells: Sequence[Cell]) -> dict[str, Any]:
    """Cells as the API takes them. An address is kept as JSON, everything else is a hash."""
    found = [{name: orjson.Fragment(value) if name == "address" else value} for name, value in cells]
    return {"userIdentifiers": found}


def members_of(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [{"userData": user_of(cells)} for _, cells in rows]


def _put(outcomes: dict[str, Outcome], found: Mapping[str, Outcome]) -> None:
    """Of several rows of one customer the accepted one counts: the person may be there."""
    for name, outcome in found.items():
        if name not in outcomes or outcomes[name].status == "rejected":
            outcomes[name] = outcome


def _check_count(request_id: str, status: Mapping[str, Any], rows: int) -> None:
    """Google counts all rows of a request, whatever became of them. Raises DestinationError if it counts others."""
    for field, kind in (
        ("audienceMembersIngestionStatus", "userDataIngestionStatus"),
        ("audienceMembersRemovalStatus", "userDataRemovalStatus"),
    ):
        told = (status.get(field) or {}).get(kind) or {}
        if "recordCount" in told and int(told["recordCount"]) != rows:
            raise DestinationError(f"Google counted {told['recordCount']} of the {rows} rows of request {request_id}")
        if rate := told.get("uploadMatchRateRange"):
            log.info("google request %s: %d rows, %s", request_id, rows, rate)


def _reason(count: Mapping[str, Any]) -> str:
    return re.sub(r"^PROCESSING_ERROR_(REASON_)?", "", str(count.get("reason") or "unknown"))


def _pieces(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    for start in range(0, len(rows), size):
        yield list(rows[start : start + size])
