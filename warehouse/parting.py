"""Parts a group of tied records that may not be one customer.

The edges are taken one by one, strongest first; an edge whose two ends may not come together is left out. So what falls
apart does so at its weakest tie, and a record goes with those it is tied to best. Used by ``int_identity__parts`` for
groups that a person said are not one, or that would hold more values of an identifier than its limit; nobody else pays.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

Marks = dict[str, set[str]]


def parted(edges: Iterable[str], marks: Iterable[str]) -> list[str]:
    """The part of each record that has an edge or a mark: ``<record>|<part>``, parts named by their smallest record.

    Args:
        edges: ``<record>|<record>|<1 if a person decided it, else 0>``, record numbers, strongest edge first.
        marks: ``<record>|<limit>|<what>|<value>``: no part may hold more than ``limit`` values of ``what``. Limit 0 is
            for two records that a person holds apart: one value a part, whoever tied them. A person's include may go
            beyond any other limit.

    Raises:
        ValueError: A text is not of that form.
    """
    limits: dict[str, int] = {}
    held: dict[int, Marks] = {}
    parent: dict[int, int] = {}

    def root(record: int) -> int:
        while (above := parent.setdefault(record, record)) != record:
            parent[record] = parent[above]
            record = parent[record]
        return record

    for mark in marks:
        record, limit, what, value = mark.split("|", 3)
        limits[what] = int(limit)
        held.setdefault(root(int(record)), {}).setdefault(what, set()).add(value)
    for edge in edges:
        one, other, is_decided = edge.split("|")
        older, younger = sorted((root(int(one)), root(int(other))))
        ours, theirs = held.get(older, {}), held.get(younger, {})
        if older != younger and _may_meet(ours, theirs, limits, is_decided == "1"):
            parent[younger] = older  # the smallest record of a part is its root
            if theirs:
                held[older] = {what: ours.get(what, set()) | theirs.get(what, set()) for what in ours | theirs}
    return [f"{record}|{root(record)}" for record in parent]


def parted_column(edges: pa.Array, marks: pa.Array) -> pa.Array:
    """``parted`` of two columns of lists of texts; a null list is empty."""
    lists = zip(edges.to_pylist(), marks.to_pylist(), strict=True)
    return pa.array([parted(group or (), marked or ()) for group, marked in lists], pa.list_(pa.string()))


def _may_meet(ours: Marks, theirs: Marks, limits: dict[str, int], is_decided: bool) -> bool:
    """Whether the union keeps every limit; one that a side is over already must only not grow."""
    for what in ours.keys() & theirs.keys():
        limit = limits[what]
        if limit and is_decided:
            continue
        most = max(limit, 1, len(ours[what]), len(theirs[what]))
        if len(ours[what] | theirs[what]) > most:
            return False
    return True
