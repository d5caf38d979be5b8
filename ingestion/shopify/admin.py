"""Shopify's Admin GraphQL protocol: one call, one page after the other, one bulk operation.

A status of 200 says little here: throttling, too dear a query and internal errors come in the body. So the transport's
retries are dlt's (``ingestion.http``), and what the body says is handled here: THROTTLED waits as long as the answer's
``throttleStatus`` says it takes until the points are back, an internal error is tried again, everything else is raised.
dlt's paginators look only at transport and cursor, hence the own loop over pages.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from requests.exceptions import ChunkedEncodingError
from requests.exceptions import ConnectionError as ConnectionFailed

from ingestion.http import ATTEMPTS, rest_client, server_now

LONGEST_WAIT_SECONDS = 60.0
SHORTEST_WAIT_SECONDS = 0.1
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.05, 15.0
SMALLEST_PAGE = 1
EXCHANGE_REFUSALS = ("app_not_installed", "shop_not_permitted", "invalid_client", "invalid_request")
UNFINISHED = ("CREATED", "RUNNING", "CANCELING")
log = logging.getLogger(__name__)


class ShopifyError(RuntimeError):
    """Shopify refused a call or a bulk operation failed; ``code`` is its word for it."""

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(f"{message} ({code})" if code else message)


def admin_of(settings: Mapping[str, str]) -> Admin:
    """The Admin API that a source's settings lead to; an app's id and secret are exchanged for a token."""
    token = token_of(settings["base_url"], settings["access_token"])
    return Admin(settings["base_url"], token, settings["api_version"])


def token_of(base_url: str, credential: str) -> str:
    """The token itself, or the one that Shopify gives for ``<client id>:<client secret>`` and that lives a day.

    Apps of the Dev Dashboard (all that were made since 2026) have no lasting token. Raises ShopifyError when Shopify
    refuses the exchange, and what requests raises.
    """
    client_id, colon, secret = credential.partition(":")
    if not colon:
        return credential
    given = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    response = rest_client(base_url, {}).post("admin/oauth/access_token", data=given)
    if response.status_code == 400:
        word = next((one for one in EXCHANGE_REFUSALS if one in response.text), "no reason given")
        raise ShopifyError("Shopify gives no token for this app and shop", word)
    response.raise_for_status()
    return str(orjson.loads(response.content)["access_token"])


class Admin:
    """The Admin API of one shop. ``now`` and ``served``: the vendor's clock and version at the last answer."""

    def __init__(self, base_url: str, token: str, version: str) -> None:
        self._client = rest_client(base_url, {"X-Shopify-Access-Token": token})
        self._files = rest_client("", {})
        self._path = f"admin/api/{version}/graphql.json"
        self.now: datetime | None = None
        self.served: str | None = None

    def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """``data`` of the answer. Raises ShopifyError, and requests' errors when the transport gives up."""
        for attempt in range(ATTEMPTS):
            response = self._client.post(self._path, json={"query": query, "variables": variables})
            response.raise_for_status()
            self.now, self.served = server_now(response), response.headers.get("X-Shopify-API-Version")
            answer = orjson.loads(response.content)
            errors = answer.get("errors")
            if not errors:
                return answer["data"]
            first = errors[0] if isinstance(errors, list) else {"message": str(errors)}
            code = (first.get("extensions") or {}).get("code", "")
            if code not in ("THROTTLED", "INTERNAL_SERVER_ERROR") or attempt == ATTEMPTS - 1:
                raise ShopifyError(first.get("message", "unknown error"), code)
            time.sleep(_wait(answer, attempt) if code == "THROTTLED" else SHORTEST_WAIT_SECONDS * 2**attempt)
        raise AssertionError("unreachable")

    def pages(self, field: str, query: str, size: int) -> Iterator[list[dict[str, Any]]]:
        """Nodes of a root connection, page by page. ``query`` takes ``$first`` and ``$after``.

        A page that costs too much is asked for in halves. A cursor that is no longer taken starts the list anew; who
        reads must bear to meet a node twice.
        """
        after, restarts = None, 0
        while True:
            try:
                found = self.ask(query, first=size, after=after)[field]
            except ShopifyError as error:
                if error.code == "MAX_COST_EXCEEDED" and size > SMALLEST_PAGE:
                    size //= 2
                    continue
                if after is not None and restarts < ATTEMPTS and "cursor" in str(error).lower():
                    after, restarts = None, restarts + 1
                    log.info("shopify: the cursor of %s is not valid any more, starting again", field)
                    continue
                raise
            yield found["nodes"]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def bulk(self, query: str, file: Path) -> bool:
        """Run a query in bulk and bring its JSON lines to ``file``; False if there are none."""
        done = self._run(query)
        if not done["url"]:
            return False
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for _ in range(ATTEMPTS):
            if self._download(done["url"], file) == int(done["objectCount"]):
                return True
        raise ShopifyError(f"The result of a bulk operation is not complete: {done['objectCount']} objects expected")

    def _run(self, query: str) -> dict[str, Any]:
        """Start the operation and wait for its end, with growing pauses. Shopify's own failures get a second try."""
        for attempt in range(2):
            started, pause = self._start(query), FIRST_POLL_SECONDS
            asked = "query($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount url } }"
            while (operation := self.ask(asked, id=started)["bulkOperation"])["status"] in UNFINISHED:
                time.sleep(pause)
                pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
            if operation["status"] == "COMPLETED":
                return operation
            if attempt or operation.get("errorCode") == "ACCESS_DENIED":
                break
        raise ShopifyError(f"A bulk operation ended as {operation['status']}", operation.get("errorCode") or "")

    def _start(self, query: str) -> str:
        """The id of the operation; waits while the shop has as many running as it may."""
        pause = FIRST_POLL_SECONDS
        mutation = (
            "mutation($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false)"
            " { bulkOperation { id } userErrors { code message } } }"
        )
        deadline = time.monotonic() + 3600
        while True:
            answer = self.ask(mutation, query=query)["bulkOperationRunQuery"]
            if not answer["userErrors"]:
                return str(answer["bulkOperation"]["id"])
            refused = answer["userErrors"][0]
            is_busy = refused["code"] in ("LIMIT_REACHED", "OPERATION_IN_PROGRESS")
            if not is_busy or time.monotonic() > deadline:
                raise ShopifyError(refused["message"], refused["code"])
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_POLL_SECONDS)

    def _download(self, url: str, file: Path) -> int:
        """Fetch the result and count its lines; a cut file has fewer than the operation has objects."""
        lines = 0
        try:
            # The file lies with a storage service: it is fetched by its signed address, without our token.
            response = self._files.get(url, stream=True)
            response.raise_for_status()
            file.touch(mode=0o600)
            with file.open("wb") as written:
                for part in response.iter_content(1 << 20):
                    lines += part.count(b"\n")
                    written.write(part)
        except (ChunkedEncodingError, ConnectionFailed) as cut:
            log.info("shopify: the result of a bulk operation was cut (%s), fetching it again", type(cut).__name__)
            return -1
        return lines


def _wait(answer: dict[str, Any], attempt: int) -> float:
    """Seconds until the missing points are restored."""
    cost = (answer.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = cost.get("requestedQueryCost", 0) - status.get("currentlyAvailable", 0)
    seconds = missing / status["restoreRate"] if status.get("restoreRate") else SHORTEST_WAIT_SECONDS * 2**attempt
    return float(min(max(seconds, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS))


def quoted(text: str) -> str:
    """A text as a GraphQL string."""
    return json.dumps(text)
