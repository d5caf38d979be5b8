"""SurveyMonkey's API v3 in the sandbox: three surveys with a question of 0 to 10, and their answers. It only reads.

Of the surveys the first labels its choices with words (``10 - Extremely likely``), the others with the number alone.
An invitation by mail leaves the respondent's address, a link only what the shop wrote into it. ``sm_sandbox`` is a
token with all scopes, ``sm_few_scopes`` one that sees surveys alone. ``start_modified_at`` is taken as inclusive, which
the vendor does not tell, and so are the numbers of errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows
from sandbox.streams import Streams, seconds_of

TOKENS = {"sm_sandbox": ("surveys", "responses"), "sm_few_scopes": ("surveys",)}
A_MINUTE, A_DAY = 120, 500
MINUTE, DAY = 60.0, 86_400.0
MOST = {"surveys": 1_000, "responses": 100}
LABELS = {0: "0 - Not at all likely", 10: "10 - Extremely likely"}
TEXT = "You can reach me by phone, my name is on the parcel."

Row = dict[str, Any]


class ApiError(Exception):
    """An error as SurveyMonkey answers it."""

    def __init__(self, status: int, key: str, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"id": key, "name": name, "http_status_code": status, "message": message, "docs": ""}}


def build(context: Context) -> Starlette:
    account = Account(context)
    routes = [
        account.route("/v3/surveys", account.surveys, "surveys"),
        account.route("/v3/surveys/{id}/details", account.details, "surveys"),
        account.route("/v3/surveys/{id}/responses/bulk", account.responses, "responses"),
    ]
    return Starlette(routes=routes, exception_handlers={404: _no_such_path})


class Account:
    """The calls of the API behind its token and its two budgets."""

    def __init__(self, context: Context) -> None:
        self._context, self._streams = context, Streams(context)
        seconds = context.clock.seconds
        self._minute, self._day = Windows(((MINUTE, A_MINUTE),), seconds), Windows(((DAY, A_DAY),), seconds)

    def route(self, path: str, handler: Callable[[Request], Row], scope: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._serve, request, handler, scope)

        return Route(path, endpoint, methods=["GET"])

    def _serve(self, request: Request, handler: Callable[[Request], Row], scope: str) -> Response:
        headers: dict[str, str] = {}
        try:
            token = request.headers.get("authorization", "").partition(" ")[2]
            if token not in TOKENS:
                raise ApiError(401, "1011", "Authorization Error", "The authorization token was not valid.")
            is_spent = bool(self._day.take() or self._minute.take())
            headers = self._budgets()
            if is_spent or self._context.faults.take("surveymonkey", "throttle"):
                raise ApiError(429, "1040", "Rate limit reached", "Too many requests were made.")
            if scope not in TOKENS[token]:
                raise ApiError(403, "1014", "Permission Error", "Permission has not been granted by the user.")
            return _answer(handler(request), 200, headers)
        except ApiError as error:
            return _answer(error.body, error.status, headers)

    def _budgets(self) -> dict[str, str]:
        """Seconds until a reset are real ones, as a client waits in real time; at speed 1 both are the same."""
        found = {}
        for name, windows in (("Minute", self._minute), ("Day", self._day)):
            limit, left, reset = windows.steady()
            seconds = math.ceil(self._context.clock.real_seconds(reset))
            for part, value in (("Limit", limit), ("Remaining", left), ("Reset", seconds)):
                found[f"X-Ratelimit-App-Global-{name}-{part}"] = str(value)
        return found

    def surveys(self, request: Request) -> Row:
        stream = self._streams.get("surveymonkey_surveys", "survey_id")
        keep = stream.at >= _start(request)
        found = [row for one in np.flatnonzero(keep).tolist() for row in stream.rows(one, one + 1)]
        shown = [
            {"id": row["survey_id"], "title": row["title"], "nickname": "", "date_modified": _time(row["updated_at"])}
            for row in found
        ]
        return _page(request, shown, MOST["surveys"], self._context.faults.take("surveymonkey", "duplicate_page"))

    def details(self, request: Request) -> Row:
        row = self._survey(request)
        survey = row["survey_id"]
        choices = [
            {"id": f"{survey}2{number:02}", "position": number + 1, "text": _label(survey, number), "weight": number}
            for number in range(11)
        ]
        return {
            "id": survey,
            "title": row["title"],
            "date_created": _time(row["created_at"]),
            "date_modified": _time(row["updated_at"]),
            "question_count": 2,
            "pages": [
                {
                    "id": f"{survey}1",
                    "position": 1,
                    "questions": [
                        {
                            "id": f"{survey}71",
                            "position": 1,
                            "family": "matrix",
                            "subtype": "rating",
                            "headings": [{"heading": "How likely are you to recommend us?"}],
                            "answers": {"rows": [{"id": f"{survey}9", "text": ""}], "choices": choices},
                        },
                        {
                            "id": f"{survey}72",
                            "position": 2,
                            "family": "open_ended",
                            "subtype": "essay",
                            "headings": [{"heading": "Why?"}],
                        },
                    ],
                }
            ],
        }

    def responses(self, request: Request) -> Row:
        """By date of change, the oldest first; only ``simple=true`` gives texts."""
        survey = self._survey(request)["survey_id"]
        stream = self._streams.get("surveymonkey_responses", "response_id")
        ids = np.array(stream.table["survey_id"].to_pylist(), dtype=object)
        found = np.flatnonzero((ids == survey) & (stream.at >= _start(request))).tolist()
        simple = request.query_params.get("simple") == "true"
        shown = [_response(stream.rows(one, one + 1)[0], survey, simple) for one in found]
        return _page(request, shown, MOST["responses"], self._context.faults.take("surveymonkey", "duplicate_page"))

    def _survey(self, request: Request) -> Row:
        row = self._streams.get("surveymonkey_surveys", "survey_id").row(request.path_params["id"])
        if row is None:
            raise ApiError(404, "1020", "Resource Not Found", "The survey was not found.")
        return row


def _start(request: Request) -> int:
    given = request.query_params.get("start_modified_at")
    try:
        return seconds_of(given) if given else 0
    except ValueError:
        raise ApiError(400, "1000", "Bad Request", "start_modified_at is no date.") from None


def _page(request: Request, rows: list[Row], most: int, again: bool) -> Row:
    """One page of a list and where the next one is; the first of two pages comes ``again`` where a fault says so."""
    asked = request.query_params
    size = max(1, min(most, int(asked.get("per_page", "50"))))
    number = int(asked.get("page", "1"))
    prefix = request.scope.get("sandbox.prefix", "")
    url = f"{request.url.scheme}://{request.url.netloc}{prefix}{request.url.path}"
    links = {"self": f"{url}?{urlencode({**asked, 'page': number, 'per_page': size})}"}
    if number * size < len(rows):
        following = {**asked, "page": number if again and number > 1 else number + 1, "per_page": size}
        links["next"] = f"{url}?{urlencode(following)}"
    shown = rows[(number - 1) * size : number * size]
    return {"data": shown, "per_page": size, "page": number, "total": len(rows), "links": links}


def _label(survey: str, number: int) -> str:
    return LABELS.get(number, str(number)) if survey == "501" else str(number)


def _response(row: Row, survey: str, simple: bool) -> Row:
    variables = {"cid": "customer_id", "oid": "order_id", "tid": "ticket_id", "loc": "location"}
    questions: list[Row] = []
    if row["score"] is not None:
        answer: Row = {"row_id": f"{survey}9", "choice_id": f"{survey}2{row['score']:02}"}
        words = {"family": "matrix", "subtype": "rating", "heading": "How likely are you to recommend us?"}
        if simple:
            answer["simple_text"] = _label(survey, row["score"])
        questions.append({"id": f"{survey}71", "answers": [answer], **(words if simple else {})})
    if row["has_comment"]:
        written: Row = {"text": TEXT, **({"simple_text": TEXT} if simple else {})}
        words = {"family": "open_ended", "subtype": "essay", "heading": "Why?"}
        questions.append({"id": f"{survey}72", "answers": [written], **(words if simple else {})})
    return {
        "id": row["response_id"],
        "survey_id": survey,
        "collector_id": row["collector_id"],
        "recipient_id": "",
        "collection_mode": "default",
        "response_status": row["status"],
        "date_created": _time(row["created_at"]),
        "date_modified": _time(row["updated_at"]),
        "total_time": row["seconds"],
        "email_address": row["email"] or "",
        "first_name": "",
        "last_name": "",
        "ip_address": "203.0.113.7",
        "custom_variables": {name: row[column] for name, column in variables.items() if row[column]},
        "metadata": {},
        "pages": [{"id": f"{survey}1", "questions": questions}],
    }


def _time(text: str) -> str:
    return text.replace("Z", "+00:00")


async def _no_such_path(_: Request, __: Exception) -> Response:
    error = ApiError(404, "1020", "Resource Not Found", "There is no such path.")
    return _answer(error.body, 404)


def _answer(body: Row, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
