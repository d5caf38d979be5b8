"""Reads named objects out of turn: the same lines as those of an ordinary reading, for the same tables.

The position of the ordinary reading stays, but it comes to know the versions that were landed here, so that it does not
land them again. An id that Shopify does not know (any more) brings no line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

from ingestion import reading
from ingestion.news import news
from ingestion.position import Position
from ingestion.shopify.admin import SMALLEST_PAGE, Admin, ShopifyError
from ingestion.shopify.reader import CHILDREN_PER_PAGE, LAG, PAGE_INFO, Root, details, flatten, selection
from ingestion.tables import Line, page_of

IDS_PER_CALL = 25


def kind_of(gid: str) -> str:
    return gid.split("/")[3]


def wanted(root: Root, gids: Collection[str]) -> bool:
    """Whether some of these objects are of this list, or children in it that change by themselves."""
    return bool({root.kind, *_own(root)} & {kind_of(gid) for gid in gids})


def read(vendor: str, admin: Admin, root: Root, gids: Collection[str]) -> Iterator[pa.Table]:
    """Pages of those of ``gids`` that belong to ``root`` and are not landed as they are."""
    admin.ask("{ shop { id } }")
    if admin.now is None:
        raise AssertionError("an answer has set the clock")
    reading.note_now(vendor, admin.now)
    position = Position(root.field, LAG, admin.now)
    below = " ".join(
        f"{one.field}(first: {CHILDREN_PER_PAGE}) {{ {PAGE_INFO} nodes {{ {selection(root.tables, one.kind)} }} }}"
        for one in root.connections
    )
    lines: list[Line] = []
    for node in nodes(admin, root.kind, f"{root.fields()} {below}", _of(root.kind, gids)):
        own, *children = flatten(admin, node, root.kind, None, root.connections, root.tables)
        if position.is_told(own[0], node["updatedAt"]):
            lines += [own, *children]
    for kind in _own(root):
        fields = f"{selection(root.tables, kind)} ownedBy: {root.kind.lower()} {{ id }}"
        for node in nodes(admin, kind, fields, _of(kind, gids)):
            parent = node.pop("ownedBy")["id"]
            if position.is_told(node["id"], node["updatedAt"]):
                lines.append((node["id"], parent, 1, kind, orjson.dumps(node).decode()))
    if not lines:
        return
    page = news(position, vendor, root.tables, page_of(lines))
    yield page
    if root.details:
        yield from details(admin, root, page)


def nodes(admin: Admin, kind: str, fields: str, gids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects that there are; fewer at once where they cost too much."""
    asked = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {fields} }} }} }}"
    size, first = IDS_PER_CALL, 0
    while first < len(gids):
        try:
            found = admin.ask(asked, ids=list(gids[first : first + size]))["nodes"]
        except ShopifyError as error:
            if error.code != "MAX_COST_EXCEEDED" or size <= SMALLEST_PAGE:
                raise
            size //= 2
            continue
        yield from filter(None, found)
        first += size


def unknown(admin: Admin, gids: Collection[str]) -> list[str]:
    """Those that Shopify does not know: they are deleted indeed."""
    found = {
        node["id"] for kind in {kind_of(gid) for gid in gids} for node in nodes(admin, kind, "id", _of(kind, gids))
    }
    return [gid for gid in gids if gid not in found]


def fulfilments_of(admin: Admin, gids: Collection[str]) -> list[str]:
    """The fulfilment orders of the orders among ``gids``: no topic tells of most of their changes."""
    fields = "fulfillmentOrders(first: 50) { nodes { id } }"
    return [
        one["id"]
        for node in nodes(admin, "Order", fields, _of("Order", gids))
        for one in node["fulfillmentOrders"]["nodes"]
    ]


def _of(kind: str, gids: Collection[str]) -> list[str]:
    return [gid for gid in gids if kind_of(gid) == kind]


def _own(root: Root) -> list[str]:
    """Kinds of children with updates of their own: they are named by themselves."""
    return [one.kind for one in root.connections if one.has_own_updates]
