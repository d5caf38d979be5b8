"""Pages of a connection: ``first``/``after``, ``last``/``before``, cursors.

A cursor names the last row by the value it was sorted by and its id, never its number, so rows that change between
two pages neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError

LARGEST_PAGE = 250


@dataclass(frozen=True)
class Page:
    """Nodes with a cursor each, and whether there are more."""

    nodes: list[dict[str, Any]]
    cursors: list[str] = field(default_factory=list)
    has_next: bool = False
    has_previous: bool = False

    def info(self) -> dict[str, Any]:
        return {
            "startCursor": self.cursors[0] if self.cursors else None,
            "endCursor": self.cursors[-1] if self.cursors else None,
            "hasNextPage": self.has_next,
            "hasPreviousPage": self.has_previous,
        }


def encode_cursor(last_id: Any, last_value: Any = None) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"last_id": last_id, "last_value": last_value})).decode()


def decode_cursor(text: str, name: str) -> tuple[Any, Any]:
    """Raises GraphQLError for a cursor that we did not make."""
    try:
        read = orjson.loads(base64.urlsafe_b64decode(text.encode()))
        return read["last_id"], read["last_value"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise invalid_cursor(name) from None


def invalid_cursor(name: str) -> GraphQLError:
    return GraphQLError(f"Invalid cursor for current pagination sort on {name}.", extensions={"code": "BAD_CURSOR"})


def size(args: dict[str, Any], name: str) -> int:
    """How many nodes are asked for. Raises GraphQLError when nobody said, or more than the vendor gives."""
    wanted = args.get("first") if args.get("first") is not None else args.get("last")
    if wanted is None:
        raise GraphQLError(f"you must provide one of first or last on {name}", extensions={"code": "BAD_REQUEST"})
    if not 0 <= wanted <= LARGEST_PAGE:
        raise GraphQLError(
            f"{name}: first and last are between 0 and {LARGEST_PAGE}", extensions={"code": "BAD_REQUEST"}
        )
    return int(wanted)


def paginate(nodes: list[dict[str, Any]], args: dict[str, Any], name: str) -> Page:
    """A page of children that are all in memory."""
    wanted = size(args, name)
    ids = [node["id"] for node in nodes]
    if args.get("reverse"):
        nodes, ids = nodes[::-1], ids[::-1]
    begin, end = 0, len(nodes)
    for argument in ("after", "before"):
        if args.get(argument) is None:
            continue
        last_id, _ = decode_cursor(args[argument], name)
        if last_id not in ids:
            raise invalid_cursor(name)
        if argument == "after":
            begin = ids.index(last_id) + 1
        else:
            end = ids.index(last_id)
    if args.get("first") is not None:
        low, high = begin, min(end, begin + wanted)
    else:
        low, high = max(begin, end - wanted), end
    return Page(nodes[low:high], [encode_cursor(one) for one in ids[low:high]], high < end, low > begin)
