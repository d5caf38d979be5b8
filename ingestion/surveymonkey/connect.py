"""What a SurveyMonkey token may read and how much it would bring, asked before anything is landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from ingestion.connect import Finding
from ingestion.surveymonkey import api, tables

SCOPES = ("View Surveys", "View Response Details")


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is the token taken, may it see surveys and answers. Raises what requests raises."""
    account = api.Account(settings)
    answer = account.ask("surveys", per_page="1")
    if answer.status_code == 401:
        step = "Copy the token from the app's settings at developer.surveymonkey.com; a draft app ends after 90 days."
        yield Finding(
            "token", False, "SURVEYMONKEY_ACCESS_TOKEN is refused (401): misspelt, or its app has ended.", step
        )
        return
    if answer.status_code == 403:
        yield _lacks("View Surveys")
        return
    answer.raise_for_status()
    answer.json()
    found = api.surveys(account, settings["survey_ids"])
    step = "" if found else "Make the survey first, or leave SURVEYMONKEY_SURVEY_IDS out to read all."
    yield Finding("surveys", bool(found), f"{len(found)} surveys are read.", step)
    for survey in found[:1]:
        answer = account.ask(f"surveys/{survey['id']}/responses/bulk", per_page="1")
        if answer.status_code == 403:
            yield _lacks("View Response Details")
            return
        answer.raise_for_status()
        yield Finding("answers", True, "The token sees answers.")


def _lacks(scope: str) -> Finding:
    step = "Tick it in the app's scopes and authorise the app again; some scopes need a paid plan."
    return Finding("scopes", False, f"The token lacks {scope} (403).", step)


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rows by raw table: all surveys, and the answer sheets since a day, which SurveyMonkey counts itself."""
    account = api.Account(settings)
    found = api.surveys(account, settings["survey_ids"])
    total = 0
    for survey in found:
        asked = {"per_page": "1", "start_modified_at": since.strftime("%Y-%m-%dT%H:%M:%S")}
        total += account.document(f"surveys/{survey['id']}/responses/bulk", **asked)["total"]
    return {
        tables.SURVEYS.name: len(found),
        tables.CHOICES.name: None,
        tables.RESPONSES.name: total,
        tables.ANSWERS.name: None,
    }
