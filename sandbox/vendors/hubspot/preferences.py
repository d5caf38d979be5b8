"""What addresses agreed to: the account's two types of subscription, and statuses of a hundred addresses at a time.

An address that never said a word to a type has the status NOT_SPECIFIED there, without a time.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import text
from sandbox.context import Context
from sandbox.vendors.hubspot.book import Book
from sandbox.vendors.hubspot.gate import Call, Problem

MOST_INPUTS = 100
NEWSLETTER, ONE_TO_ONE = (1001, "Newsletter", "Marketing"), (1002, "One to One", "Sales")

Row = dict[str, Any]


class Preferences:
    """The calls below /communication-preferences."""

    def __init__(self, context: Context, book: Book) -> None:
        self._context, self._book = context, book

    def definitions(self, _: Call) -> Row:
        return self._told(
            [
                {
                    "id": str(key),
                    "name": name,
                    "description": f"{name} of the shop",
                    "purpose": purpose,
                    "communicationMethod": "Email",
                    "isActive": True,
                    "isDefault": False,
                    "isInternal": purpose == "Sales",
                }
                for key, name, purpose in (NEWSLETTER, ONE_TO_ONE)
            ]
        )

    def statuses(self, call: Call) -> Row:
        inputs = call.body.get("inputs") or []
        if call.params.get("channel") != "EMAIL" or not 0 < len(inputs) <= MOST_INPUTS:
            raise Problem(400, "VALIDATION_ERROR", f"channel must be EMAIL, and inputs at most {MOST_INPUTS}")
        known = self._book.statuses()
        return self._told([{"subscriberIdString": one, "statuses": _statuses(one, known)} for one in inputs])

    def _told(self, results: list[Row]) -> Row:
        now = text(self._context.clock.now)
        return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _statuses(email: str, known: dict[str, tuple[str, str]]) -> list[Row]:
    status, at = known.get(email.lower(), ("NOT_SPECIFIED", None))
    return [
        {
            "subscriberIdString": email,
            "subscriptionId": key,
            "subscriptionName": name,
            "channel": "EMAIL",
            "status": status if (key, name, purpose) == NEWSLETTER else "NOT_SPECIFIED",
            "source": "Sandbox",
            "legalBasis": "CONSENT_WITH_NOTICE" if at else None,
            "legalBasisExplanation": None,
            **({"timestamp": at} if at and (key, name, purpose) == NEWSLETTER else {}),
        }
        for key, name, purpose in (NEWSLETTER, ONE_TO_ONE)
    ]
