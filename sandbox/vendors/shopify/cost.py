"""What a query costs, and the bucket of points it is paid from.

Scalars and enums are free, an object costs 1, a mutation 10. A connection's nodes count by a size that grows with
``first`` more slowly than ``first`` itself; Shopify gives no formula, and ``round(1 + 2 ln n)`` meets the costs that
shops report (3 nodes: 3, 5: 4, 10: 6, 200: 12). A client should read the cost of an answer, not compute it.
"""

from __future__ import annotations

import math
from typing import Any

from sandbox.limits import Bucket
from sandbox.vendors.shopify.graphql import Field, Operation

MUTATION = 10
MOST_PER_QUERY = 1000
BUCKET_SIZE = 2000.0
RESTORE_RATE = 100.0


def requested(operation: Operation) -> int:
    """The cost before running: as if every page came back full."""
    if operation.kind == "mutation":
        return MUTATION * len(operation.fields)
    return max(1, round(sum(_requested(one) for one in operation.fields)))


def _requested(wanted: Field) -> float:
    if not (wanted.children or wanted.by_type):
        return 0.0
    if wanted.is_connection:
        given = [wanted.args[name] for name in ("first", "last") if wanted.args.get(name) is not None]
        return _sized(given[0] if given else 1, 1 + _nodes_cost(wanted))
    inner = sum(_requested(child) for child in wanted.children)
    inner += max((sum(_requested(child) for child in fields) for fields in wanted.by_type.values()), default=0.0)
    if wanted.is_list and wanted.args.get("first") is not None:
        return _sized(wanted.args["first"], 1 + inner)
    return 1 + inner


def _nodes_cost(wanted: Field) -> float:
    """The cost of one node below a connection, whether reached by ``nodes`` or by ``edges``."""
    cost = 0.0
    for part in wanted.children:
        if part.name == "nodes":
            cost += sum(_requested(child) for child in part.children)
        elif part.name == "edges":
            for child in part.children:
                cost += sum(_requested(inner) for inner in child.children)
    return cost


def _sized(count: int, each: float) -> float:
    return 0.0 if count <= 0 else round(1 + 2 * math.log(count)) * each


def actual(operation: Operation, data: dict[str, Any]) -> int:
    """The cost after running: what came back."""
    if operation.kind == "mutation":
        return MUTATION * len(operation.fields)
    return max(1, round(sum(_actual(one, data.get(one.key)) for one in operation.fields)))


def _actual(wanted: Field, value: Any) -> float:
    if value is None or not (wanted.children or wanted.by_type):
        return 0.0
    if wanted.is_connection:
        return _actual_connection(wanted, value)
    if wanted.is_list:
        each = [_actual_object(wanted, one) for one in value if one is not None]
        return _average_sized(each)
    return _actual_object(wanted, value)


def _actual_object(wanted: Field, value: dict[str, Any]) -> float:
    fields = wanted.children or max(wanted.by_type.values(), key=len)
    return 1 + sum(_actual(child, value.get(child.key)) for child in fields)


def _actual_connection(wanted: Field, value: dict[str, Any]) -> float:
    total = 0.0
    for part in wanted.children:
        inner: list[float] = []
        if part.name == "nodes":
            inner = [
                1 + sum(_actual(child, node.get(child.key)) for child in part.children) for node in value[part.key]
            ]
        elif part.name == "edges":
            for child in part.children:
                if child.children:
                    inner = [_actual_object(child, edge[child.key]) for edge in value[part.key]]
        total += _average_sized(inner)
    return total


def _average_sized(each: list[float]) -> float:
    return _sized(len(each), sum(each) / len(each)) if each else 0.0


def extension(bucket: Bucket, requested_cost: int, actual_cost: int | None) -> dict[str, Any]:
    """``extensions.cost`` of an answer."""
    return {
        "requestedQueryCost": requested_cost,
        "actualQueryCost": actual_cost,
        "throttleStatus": {
            "maximumAvailable": bucket.size,
            "currentlyAvailable": int(bucket.left()),
            "restoreRate": bucket.rate,
        },
    }
