"""A toy destination whose remote side is one JSON file: what it holds, what it refuses, and when it dies.

Settings: SHELF_PATH. The file: ``members`` (e-mail -> [remote id, properties]), ``calls``, ``jobs`` (id -> rejected
customers), ``reject`` (e-mails whose row is refused), ``poison`` (e-mails that make the whole batch be refused),
``die`` ([call number, "before" | "after" | "job"]) and ``kill`` (die by SIGKILL instead of an exception).
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import selvage
from activation.destination import Audience, BatchRefused, Member, Outcome, Remember

VERSION = selvage.ApiVersion("1", date(2030, 1, 1))
SETTINGS = {"path": selvage.REQUIRED}
BATCH_SIZE = {"add": 1000, "update": 1000, "remove": 1000}
IDENTIFIERS = {"email": ("email",)}
CONTACT_FIELDS: dict[str, tuple[str, ...]] = {}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0


class Killed(BaseException):
    """Ends a run at a point where a real process would have been killed."""


@dataclass
class Shelf:
    path: Path

    def read(self) -> dict[str, Any]:
        return {
            "members": {}, "ids": {}, "calls": [], "jobs": {}, "reject": [], "poison": [], "die": None,
            **(json.loads(self.path.read_text()) if self.path.exists() else {}),
        }  # fmt: skip

    def write(self, state: dict[str, Any]) -> None:
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(state, default=str))
        partial.replace(self.path)

    def die(self, state: dict[str, Any], point: str) -> None:
        if state["die"] == [len(state["calls"]), point]:
            state["die"] = None
            self.write(state)
            if state.get("kill"):
                os.kill(os.getpid(), signal.SIGKILL)
            raise Killed(point)


def connect(settings: Mapping[str, str], audience: Audience) -> Shelf:
    return Shelf(Path(settings["path"]))


def add(shelf: Shelf, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    state = shelf.read()
    state["calls"].append(["add", len(members)])
    shelf.die(state, "before")
    if any(member.contact.email in state["poison"] for member in members):
        shelf.write(state)
        raise BatchRefused("poison", f"request-{len(state['calls'])}")
    job_id = f"job-{len(state['calls'])}"
    rejected = [member.customer_id for member in members if member.contact.email in state["reject"]]
    for member in members:
        if member.customer_id not in rejected:
            assert member.contact.email
            remote_id = state["ids"].setdefault(member.contact.email, f"r{len(state['ids'])}")
            state["members"][member.contact.email] = [remote_id, dict(member.properties), member.customer_id]
    state["jobs"][job_id] = rejected
    shelf.write(state)
    shelf.die(state, "after")
    remember(job_id)
    shelf.die(state, "job")
    return [
        Outcome("rejected", "invalid: email", job_id=job_id)
        if member.customer_id in rejected
        else Outcome("acknowledged", job_id=job_id, remote_id=state["ids"][member.contact.email])
        for member in members
    ]


update = add


def remove(shelf: Shelf, members: Sequence[Member], remember: Remember) -> list[Outcome]:
    state = shelf.read()
    state["calls"].append(["remove", len(members)])
    shelf.die(state, "before")
    for member in members:
        remote_id = member.remote_id or state["ids"].get(member.contact.email)
        by_name = not member.remote_id and not member.contact.email
        state["members"] = {
            email: held
            for email, held in state["members"].items()
            if held[0] != remote_id and not (by_name and held[2] == member.customer_id)
        }
    shelf.write(state)
    shelf.die(state, "after")
    return [Outcome("acknowledged", request_id=f"request-{len(state['calls'])}") for _ in members]


def resume(shelf: Shelf, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:
    rejected = shelf.read()["jobs"].get(job_id)
    if rejected is None:
        return None
    return [
        Outcome("rejected", "invalid: email", job_id=job_id)
        if name in rejected
        else Outcome("acknowledged", job_id=job_id)
        for name in customer_ids
    ]
