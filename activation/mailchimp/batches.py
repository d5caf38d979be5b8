"""Mailchimp's batches: many operations taken at once, done later, answered by a tar.gz of one result per operation."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from activation.client import Client
from activation.destination import DestinationError

FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, GIVE_UP_SECONDS = 0.1, 30.0, 3600.0


def operation(method: str, path: str, operation_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """One call of a batch. Its path leaves the version out."""
    return {"method": method, "path": path, "operation_id": operation_id, "body": orjson.dumps(body).decode()}


def start(client: Client, version: str, operations: Sequence[Mapping[str, Any]]) -> str:
    """The id of a new batch."""
    content = orjson.dumps({"operations": operations})
    return str(client.call("POST", f"{version}/batches", body=content).body["id"])


def results(
    client: Client, version: str, batch_id: str, sleep: Callable[[float], None]
) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Wait for a batch, then (operation_id, status, answer) of each operation.

    Raises NotFound for a batch that was forgotten, DestinationError for one that does not end.
    """
    pause, deadline = FIRST_POLL_SECONDS, time.monotonic() + GIVE_UP_SECONDS
    while (batch := client.get(f"{version}/batches/{batch_id}").body)["status"] != "finished":
        if time.monotonic() > deadline:
            raise DestinationError(f"batch {batch_id} is still {batch['status']}; the next run asks for it again")
        sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
    with tarfile.open(fileobj=io.BytesIO(download(batch["response_body_url"])), mode="r:gz") as archive:
        for part in archive:
            file = archive.extractfile(part)
            for one in orjson.loads(file.read()) if file else ():
                answer = orjson.loads(one["response"]) if one.get("response") else {}
                yield str(one.get("operation_id")), int(one["status_code"]), answer


def download(url: str) -> bytes:
    """The address is signed by itself and on another host: the key must not go there, and would be refused."""
    from dlt.sources.helpers import requests

    try:
        return bytes(requests.get(url).content)
    except requests.RequestException as error:
        raise DestinationError(f"the result of a batch: {type(error).__name__}") from None
