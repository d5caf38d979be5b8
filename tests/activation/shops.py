"""What the tests of every tool share: a world routed to its sandbox, what left for it, and every wait of its client."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

import selvage
from activation import discovery, sync
from activation.client import Client
from activation.destination import Audience
from sandbox.server import Running
from tests.activation.world import AUDIENCE, World


@dataclass
class Tool:
    """One destination's sandbox. ``sent``: method, address and body of each request."""

    NAME: ClassVar[str]
    USE: ClassVar[tuple[str, str]] = ("email", "marketing")
    """The channel and the purpose that the world's audience has there."""

    world: World
    server: Running
    sent: list[tuple[str, str, bytes]] = field(default_factory=list, kw_only=True)
    waits: list[float] = field(default_factory=list, kw_only=True)

    def open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on the world goes to this tool."""
        monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(self.server.port))
        self.world.destinations = (self.NAME,)
        self.world.channel, self.world.purpose = self.USE

    def listen(self, monkeypatch: pytest.MonkeyPatch, *clients: str) -> None:
        """From here on requests are noted, and waits of these classes of the destination are noted and not waited."""
        module = discovery.find(self.NAME)
        for name in clients or ("Client",):
            monkeypatch.setattr(module, name, functools.partial(getattr(module, name), sleep=self.waits.append))
        send, sent = Client._send, self.sent

        def noted(self: Client, method: str, url: str, what: str, params: Any, body: bytes | None) -> Any:
            sent.append((method, url, body or b""))
            return send(self, method, url, what, params, body)

        monkeypatch.setattr(Client, "_send", noted)

    def connection(self, mode: str = "mirror") -> Any:
        module, (channel, purpose) = discovery.find(self.NAME), self.USE
        audience = Audience(AUDIENCE, "", purpose, channel, self.NAME, mode=mode)
        return module.connect(selvage.vendor(self.NAME, module.SETTINGS), audience)

    def run(self, **options: Any) -> sync.SyncResult:
        self.world.publish()
        return sync.apply(sync.plan(AUDIENCE, self.NAME, **options))

    def wanted_by_ids(self) -> dict[str, str]:
        """Id at the tool -> product, where customers are known by the tool's own ids."""
        return {
            key: product
            for customer, product in self.world.members.items()
            if customer not in self.world.suppressed
            for key in self.world.tool_ids.get(customer, "").split(",")
            if key
        }


def forget(_job_id: str) -> None:
    """For what has no job to be remembered."""
