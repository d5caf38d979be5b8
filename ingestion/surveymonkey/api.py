"""SurveyMonkey's protocol: pages by link, and two budgets of calls, by minute and by day, told by each answer.

A private app has 120 calls a minute and 500 a day. When a minute's are spent the client sleeps until the next one;
when the day's are, it stops: ``DayIsSpent`` tells when there are more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from requests import Response

from ingestion.http import LONGEST_PAUSE_SECONDS, rest_client, server_now

BUDGET = "X-Ratelimit-App-Global-{}-{}"
Document = dict[str, Any]
log = logging.getLogger(__name__)


class DayIsSpent(RuntimeError):
    """All calls of today are made."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"surveymonkey: today's calls are spent; there are more in {seconds} s")


class Account:
    """The account of a token, and what is left of its budgets."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        headers = {"Authorization": f"bearer {settings['access_token']}", "Accept": "application/json"}
        self._client = rest_client(f"{settings['base_url']}/{settings['api_version']}", headers)
        self._budgets: Mapping[str, str] = {}
        self._first: Response | None = None

    def ask(self, path: str, **parameters: str) -> Response:
        """One call, once there is a budget for it. Raises DayIsSpent."""
        if self._left("Day") == 0:
            raise DayIsSpent(self._reset("Day"))
        if self._left("Minute") == 0:
            pause = min(self._reset("Minute"), LONGEST_PAUSE_SECONDS)
            log.info("surveymonkey: the calls of this minute are spent, going on in %s s", pause)
            time.sleep(pause)
        response = self._client.get(path, params=parameters or None)
        self._budgets = response.headers
        if response.status_code == 429 and self._left("Day") == 0:
            raise DayIsSpent(self._reset("Day"))
        if self._first is None:
            self._first = response
        return response

    def now(self) -> datetime:
        """The vendor's clock at the first answer. Raises RuntimeError before there is one."""
        if self._first is None:
            raise RuntimeError("surveymonkey has not been asked yet")
        return server_now(self._first)

    def document(self, path: str, **parameters: str) -> Document:
        response = self.ask(path, **parameters)
        response.raise_for_status()
        found: Document = orjson.loads(response.content)
        return found

    def items(self, path: str, **parameters: str) -> Iterator[Document]:
        """The objects of all pages. A page that is shown twice brings its objects twice."""
        page = self.document(path, **parameters)
        while True:
            yield from page["data"]
            following = page["links"].get("next")
            if not following:
                return
            page = self.document(following)

    def _left(self, span: str) -> int | None:
        given = self._budgets.get(BUDGET.format(span, "Remaining"))
        return None if given is None else int(given)

    def _reset(self, span: str) -> int:
        return int(self._budgets.get(BUDGET.format(span, "Reset"), LONGEST_PAUSE_SECONDS))


def surveys(account: Account, wanted: str) -> list[Document]:
    """The account's surveys; with ids in ``wanted`` (commas between), these alone."""
    ids = {one.strip() for one in wanted.split(",") if one.strip()}
    found = account.items("surveys", per_page="1000", sort_by="date_modified", sort_order="ASC")
    return [one for one in found if not ids or one["id"] in ids]


def responses(account: Account, survey_id: str, since: datetime, size: int = 100) -> Iterator[Document]:
    """A survey's answers that changed since a moment, the oldest change first."""
    return account.items(
        f"surveys/{survey_id}/responses/bulk",
        start_modified_at=since.strftime("%Y-%m-%dT%H:%M:%S"),
        sort_by="date_modified",
        sort_order="ASC",
        per_page=str(size),
        simple="true",
    )


def with_choices(survey: Document) -> Document:
    """A survey's details as one flat document: every choice of every question in the list ``choices``."""
    choices = [
        {
            "id": f"{survey['id']}:{question['id']}:{choice['id']}",
            "question_id": question["id"],
            "choice_id": choice["id"],
            "family": question["family"],
            "subtype": question["subtype"],
            "label": choice.get("text"),
            "weight": choice.get("weight"),
        }
        for page in survey["pages"]
        for question in page["questions"]
        for choice in (question.get("answers") or {}).get("choices") or ()
    ]
    return {**survey, "pages": None, "choices": choices}


def chosen(response: Document) -> Document:
    """An answer sheet as one flat document: what was chosen in the list ``choices``, and nothing that was typed."""
    choices = [
        {
            "id": ":".join((response["id"], question["id"], answer.get("row_id") or "", answer["choice_id"])),
            "question_id": question["id"],
            "row_id": answer.get("row_id"),
            "choice_id": answer["choice_id"],
            "label": answer.get("simple_text"),
        }
        for page in response.get("pages") or ()
        for question in page["questions"]
        for answer in question["answers"]
        if answer.get("choice_id")
    ]
    return {**response, "pages": None, "ip_address": None, "choices": choices}
