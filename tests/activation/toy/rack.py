"""A shelf for several audiences: each has a file of its own, ``RACK_PATH`` with the audience's name before the suffix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from activation.destination import Audience
from tests.activation.toy.shelf import (  # noqa: F401  (what a destination declares)
    BATCH_SIZE,
    CAN_REMOVE,
    CLEAR_TEXT,
    CONTACT_FIELDS,
    IDENTIFIERS,
    MIN_MEMBERS,
    RESEND_DAYS,
    SETTINGS,
    TAKES_PROPERTIES,
    VERSION,
    Shelf,
    add,
    remove,
    resume,
    update,
)


def connect(settings: Mapping[str, str], audience: Audience) -> Shelf:
    path = Path(settings["path"])
    return Shelf(path.with_name(f"{path.stem}-{audience.name}{path.suffix}"))
