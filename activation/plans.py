"""A plan: exactly what a sync would do, made before anything is sent, kept as JSON (mode 0600) without personal data.

It names the build of the activation copy it was made from and how far the ledger had come; ``apply`` refuses it when
either has moved on. Its guards say whether it may be applied: a removal share above the audience's limit needs a named
approver, and an empty audience that had members is refused, since it is far more often a broken build than a wish. An
audience with a limit of 1 comes and goes by its nature (who left a check-out in three days), and may end empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from activation.holdouts import NEW_ARMS
from activation.ledger import whole_file

ACTION_SCHEMA = pa.schema([(name, pa.string()) for name in ("customer_id", "action", "fingerprint", "reason")])
SAMPLE_ROWS = 5


class StalePlan(RuntimeError):
    """The plan was made from another build, or something else was recorded since: plan again."""


class RemovalGuard(RuntimeError):
    """The plan removes a larger share of the members than the audience allows without a named approver."""


class EmptyAudience(RuntimeError):
    """The audience came out empty although it has members."""


@dataclass(frozen=True)
class Plan:
    """The change of one audience at one destination. ``actions`` has the columns of ACTION_SCHEMA, in order."""

    plan_id: str
    build_id: str
    audience: str
    destination: str
    made_at: str
    ledger_position: str
    max_removal_share: float
    counts: Mapping[str, int]
    actions: pa.Table = field(repr=False)
    arms: pa.Table = field(default_factory=NEW_ARMS.empty_table, repr=False)
    """Who is held out and who is not, of customers of whom that was not written down before (NEW_ARMS)."""
    covers: tuple[str, ...] = ()
    """Batches of killed runs that this plan makes good."""
    min_members: int = 0
    """How many members the destination needs before it delivers."""

    @property
    def adds(self) -> int:
        return self.counts["adds"]

    @property
    def updates(self) -> int:
        return self.counts["updates"]

    @property
    def removals(self) -> int:
        return self.counts["removals"]

    @property
    def held_out(self) -> int:
        return self.counts["held_out"]

    @property
    def suppressed(self) -> int:
        return self.counts["suppressed"]

    @property
    def is_empty(self) -> bool:
        return not len(self.actions)

    @property
    def removal_share(self) -> float:
        """Members to be removed, of all members that the destination has acknowledged."""
        members = self.counts["members"]
        return self.counts["members_removed"] / members if members else 0.0

    @property
    def members_after(self) -> int:
        """Members at the destination once the plan is applied and nothing of it is rejected."""
        return self.counts["members"] - self.counts["members_removed"] + self.adds

    def warnings(self) -> list[str]:
        """What people should know before they count on the audience; nothing of it stops the plan."""
        if self.members_after >= self.min_members:
            return []
        members = f"{self.audience} will have {self.members_after:,} members at {self.destination}"
        return [f"{members}, which delivers nothing to fewer than {self.min_members:,} matched people"]

    def refused_by(self) -> list[str]:
        """The guards that stop this plan: EmptyAudience, RemovalGuard, or none."""
        refused: list[str] = []
        if self.counts["in_audience"] == 0 and self.counts["members"] > 0 and self.max_removal_share < 1:
            refused.append("EmptyAudience")
        if self.removal_share > self.max_removal_share:
            refused.append("RemovalGuard")
        return refused

    def check_guards(self, approved_by: str | None, allow_empty: bool) -> None:
        """Raises EmptyAudience or RemovalGuard."""
        refused = self.refused_by()
        where = f"{self.audience} at {self.destination}"
        if "EmptyAudience" in refused and not (allow_empty and approved_by):
            raise EmptyAudience(
                f"{where}: the audience is empty but {self.counts['members']} members were acknowledged. "
                "If that is meant, a named approver has to allow it."
            )
        if "RemovalGuard" in refused and not approved_by:
            raise RemovalGuard(
                f"{where}: {self.counts['members_removed']} of {self.counts['members']} members "
                f"({self.removal_share:.0%}) would be removed; the limit is {self.max_removal_share:.0%}. "
                "A named approver has to approve the plan."
            )

    def sample(self) -> list[dict[str, str]]:
        """The first few rows of each action: customer_id, action, reason."""
        rows: list[dict[str, str]] = []
        for action in ("remove", "add", "update"):
            chosen = self.actions.filter(pa.compute.equal(self.actions["action"], action)).slice(0, SAMPLE_ROWS)
            rows += chosen.select(["customer_id", "action", "reason"]).to_pylist()
        return rows

    def reasons(self) -> dict[str, int]:
        """Why members are removed: reason -> rows."""
        removed = self.actions.filter(pa.compute.equal(self.actions["action"], "remove"))
        return {row["values"]: row["counts"] for row in removed["reason"].value_counts().to_pylist()}

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
            "removal_share": round(self.removal_share, 6),
            "max_removal_share": self.max_removal_share,
            "refused_by": self.refused_by(),
            "min_members": self.min_members,
            "members_after": self.members_after,
            "warnings": self.warnings(),
            "removal_reasons": self.reasons(),
            "covers": list(self.covers),
            "sample": self.sample(),
        }

    def to_json(self) -> bytes:
        columns = {name: self.actions[name].to_pylist() for name in ACTION_SCHEMA.names}
        arms = {name: self.arms[name].to_pylist() for name in NEW_ARMS.names}
        return orjson.dumps({**self.summary(), "actions": columns, "arms": arms})

    def save(self, folder: Path) -> Path:
        """Write ``<plan_id>.json``, readable by its owner only."""
        path = folder / f"{self.plan_id}.json"
        with whole_file(path) as partial:
            partial.touch(mode=0o600)
            partial.write_bytes(self.to_json())
        return path


def load_plan(path: Path) -> Plan:
    """Read a saved plan."""
    read = orjson.loads(path.read_bytes())
    return Plan(
        plan_id=read["plan_id"],
        build_id=read["build_id"],
        audience=read["audience"],
        destination=read["destination"],
        made_at=read["made_at"],
        ledger_position=read["ledger_position"],
        max_removal_share=read["max_removal_share"],
        counts=read["counts"],
        actions=pa.Table.from_pydict(read["actions"], schema=ACTION_SCHEMA),
        arms=_read_arms(read.get("arms") or {name: [] for name in NEW_ARMS.names}),
        covers=tuple(read["covers"]),
        min_members=read.get("min_members", 0),
    )


def _read_arms(columns: dict[str, list[Any]]) -> pa.Table:
    times = [datetime.fromisoformat(text) for text in columns["assigned_at"]]
    return pa.Table.from_pydict({**columns, "assigned_at": times}, schema=NEW_ARMS)


def newest_plan(folder: Path, audience: str, destination: str) -> Plan | None:
    """The last saved plan of an audience at a destination."""
    paths = sorted(folder.glob(f"{destination}-{audience}-*.json"))
    return load_plan(paths[-1]) if paths else None
