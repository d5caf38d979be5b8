"""Reads named objects out of turn: the same lines as those of an ordinary reading, for the same tables.

The position of the ordinary reading stays, but it comes to know the versions that were landed here, so that it does not
land them again. An id that Square does not know (any more) brings no line. Of a profile that was merged away the answer
is the one that took its place; so it is not unknown, and its row stays, as its orders go on bearing its id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa
from dlt.sources.helpers.rest_client import RESTClient

from ingestion import reading
from ingestion.deliveries import Delivery
from ingestion.erasing import Erasure
from ingestion.news import news
from ingestion.position import Position
from ingestion.square.api import Refused, Request, items, locations, pages
from ingestion.square.feeds import LAG, Feed
from ingestion.square.webhooks import keys
from ingestion.tables import Line, page_of

IDS_PER_CALL = 100
SINGLY = {
    "customers": ("customers", "customer"),
    "loyalty": ("loyalty/accounts", "loyalty_account"),
    "payments": ("payments", "payment"),
    "refunds": ("refunds", "refund"),
}
DELETED = {"customers": "customers", "loyalty": "loyalty_accounts"}


def read(vendor: str, client: RESTClient, feed: Feed, named: Collection[str]) -> Iterator[pa.Table]:
    """A page of those of the named objects that are not landed as they are."""
    _, now = locations(client)
    reading.note_now(vendor, now)
    position = Position(feed.name, LAG, now)
    lines = list[Line]()
    for raw in _objects(client, feed.name, list(dict.fromkeys(named))):
        item = feed.item(raw)
        if position.is_told(item["id"], item[feed.version]):
            lines.append(feed.line(item))
    if lines:
        yield news(position, vendor, feed.tables, page_of(lines))


def unknown(client: RESTClient, ids: Collection[str]) -> list[str]:
    """Those that Square does not know: they are deleted indeed."""
    return [
        f"{name}/{key}"
        for name, named in keys(ids).items()
        for key in named
        if name in DELETED and _one(client, name, key) is None
    ]


def erasures(gone: Iterable[str], said: Iterable[Delivery]) -> list[Erasure]:  # noqa: ARG001 - Square tells no redaction
    """The rows of deleted objects. Orders and payments stay, as the shop's sales are what they were."""
    return [Erasure(DELETED[name], "list_contains(?, id)", named) for name, named in keys(gone).items()]


def _objects(client: RESTClient, name: str, named: list[str]) -> Iterator[dict[str, Any]]:
    """Those that Square has: by the hundred where it gives as many, else one by one."""
    if name in ("payments", "refunds", "loyalty"):
        yield from filter(None, (_one(client, name, key) for key in named))
        return
    for first in range(0, len(named), IDS_PER_CALL):
        some = named[first : first + IDS_PER_CALL]
        if name == "customers":
            yield from _customers(client, some)
        elif name == "orders":
            yield from items(client, Request("orders/batch-retrieve", {"order_ids": some}, is_post=True), "orders")
        elif name == "counts":
            asked = {"catalog_object_ids": some, "limit": 1000}
            yield from items(client, Request("inventory/counts/batch-retrieve", asked, is_post=True), "counts")


def _customers(client: RESTClient, some: list[str]) -> Iterator[dict[str, Any]]:
    """Each id has an answer of its own."""
    request = Request("customers/bulk-retrieve", {"customer_ids": some}, is_post=True)
    for document in pages(client, request):
        for answer in (document.get("responses") or {}).values():
            if answer.get("customer"):
                yield answer["customer"]
            elif not _is_unknown(answer):
                raise Refused(request.path, answer.get("errors") or [])


def _one(client: RESTClient, name: str, key: str) -> dict[str, Any] | None:
    """An object by its id; None if Square does not know it."""
    path, inside = SINGLY[name]
    response = client.get(f"{path}/{key}")
    if response.status_code == 404 and _is_unknown(orjson.loads(response.content)):
        return None
    response.raise_for_status()
    found: dict[str, Any] = orjson.loads(response.content)[inside]
    return found


def _is_unknown(answer: Mapping[str, Any]) -> bool:
    """Whether the only thing wrong is that there is no such object."""
    return {error.get("code") for error in answer.get("errors") or ()} == {"NOT_FOUND"}
