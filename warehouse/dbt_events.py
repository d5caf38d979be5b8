"""dbt's events, as far as somebody reads them.

dbt tells many events of each node, most of them for a debug log that is not written here, and fills and copies a
protobuf message for each. So an event for the debug log becomes a message only when somebody asks for it, and nobody
does but those who read ``TOLD``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

TOLD = frozenset({"NodeStart", "NodeFinished", "LogSeedResult", "LogModelResult", "LogTestResult"})
"""The events that are read, by ``warehouse.dbt`` and by dagster-dbt."""


def _is_read(event: BaseEvent) -> bool:
    return type(event).__name__ in TOLD or event.level_tag() is not EventLevel.DEBUG


class EventsRead(EventManager):
    """Passes on what is told and what is not for the debug log alone; who raises an event's level wants it read."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        if level is not None or force_warn_or_error_handling or _is_read(e):
            super().fire_event(e, level, node, force_warn_or_error_handling)


@cache
def only_what_is_read() -> None:
    """From now on, in this process. The messages are the same, only made later."""
    make, look = BaseEvent.__init__, BaseEvent.__getattr__

    def keep(self: BaseEvent, *arguments: Any, **named: Any) -> None:
        if _is_read(self):
            make(self, *arguments, **named)
        else:
            self.__dict__["given"] = (arguments, named)

    def made(self: BaseEvent, key: str) -> Any:
        if "pb_msg" not in self.__dict__ and "given" in self.__dict__:
            arguments, named = self.__dict__.pop("given")
            make(self, *arguments, **named)
            return getattr(self, key)
        return look(self, key)

    BaseEvent.__init__, BaseEvent.__getattr__ = keep, made  # type: ignore[method-assign]
    ctx_set_event_manager(EventsRead())
