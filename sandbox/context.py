"""What every vendor of the sandbox is given: the world, the clock, the state file, the faults and the folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.state import State
from sandbox.tables import Tables


@dataclass(frozen=True)
class Context:
    """``home`` is the folder ``vendors`` of the data home; ``tables`` is the world; the truth is not here."""

    home: Path
    tables: Tables
    clock: Clock
    state: State
    faults: Faults
