"""A plan of conversions: exactly which events a sync would send, kept as JSON (mode 0600) without personal data.

Like an audience's plan it names its build and how far the ledger had come, and is refused when either has moved on.
There is nothing to guard: an event is told once, and nothing is taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from activation.destination import CONVERSIONS
from activation.ledger import whole_file

EVENT_SCHEMA = pa.schema([(name, pa.string()) for name in ("event_id", "kind", "source", "fingerprint")])
SAMPLE_ROWS = 5


@dataclass(frozen=True)
class EventPlan:
    """The events of one destination that are to be sent. ``events`` has the columns of EVENT_SCHEMA, in order.

    ``counts``: told (before), purchases, refunds, retried, late, suppressed, expired. ``left_out``: reason -> events
    that are neither told nor sent now; expired and suppressed ones are among them.
    """

    plan_id: str
    build_id: str
    destination: str
    made_at: str
    ledger_position: str
    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    events: pa.Table = field(repr=False)
    covers: tuple[str, ...] = ()
    """Batches of killed runs that this plan makes good."""
    audience: str = CONVERSIONS

    @property
    def is_empty(self) -> bool:
        return not len(self.events)

    def warnings(self) -> list[str]:
        """What people should know; nothing of it stops the plan."""
        if not self.counts["late"]:
            return []
        late = f"{self.counts['late']:,} purchases lie so far back that {self.destination} no longer knows them again"
        return [f"{late} by their id: those that a pixel (or a lost ledger) has told of count twice"]

    def summary(self) -> dict[str, Any]:
        """Everything but the rows, for metadata and for people. Holds no personal data."""
        return {
            "plan_id": self.plan_id,
            "build_id": self.build_id,
            "audience": self.audience,
            "destination": self.destination,
            "made_at": self.made_at,
            "ledger_position": self.ledger_position,
            "counts": dict(self.counts),
            "left_out": dict(self.left_out),
            "warnings": self.warnings(),
            "covers": list(self.covers),
            "sample": self.events.slice(0, SAMPLE_ROWS).select(["event_id", "kind", "source"]).to_pylist(),
        }

    def save(self, folder: Path) -> Path:
        """Write ``<plan_id>.json``, readable by its owner only."""
        path = folder / f"{self.plan_id}.json"
        columns = {name: self.events[name].to_pylist() for name in EVENT_SCHEMA.names}
        with whole_file(path) as partial:
            partial.touch(mode=0o600)
            partial.write_bytes(orjson.dumps({**self.summary(), "events": columns}))
        return path


def newest_event_plan(folder: Path, destination: str) -> EventPlan | None:
    """The last saved plan of a destination's conversions."""
    paths = sorted(folder.glob(f"{destination}-{CONVERSIONS}-*.json"))
    if not paths:
        return None
    read = orjson.loads(paths[-1].read_bytes())
    return EventPlan(
        **{
            name: read[name]
            for name in ("plan_id", "build_id", "destination", "made_at", "ledger_position", "counts", "left_out")
        },
        events=pa.Table.from_pydict(read["events"], schema=EVENT_SCHEMA),
        covers=tuple(read["covers"]),
    )
