"""One ASGI app for all vendors: finds the vendor by path or host, stamps sandbox time, counts requests, makes faults.

    /shopify/...  /klaviyo/...  by the vendor's name        <shop>.localhost/...  by the vendor's HOSTS
    /_sandbox/... the sandbox's own routes (admin.py)

A vendor is built when the first request for it arrives, so a server starts at once and pays only for what is read.
Vendors that act without being asked (files that drop) say so with ``EAGER = True``.
"""

from __future__ import annotations

import fnmatch
import re
import threading
from collections import Counter
from types import ModuleType

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import discovery
from sandbox.context import Context
from sandbox.faults import with_faults

# Parts of a path that are ids, so that the counts are by kind of call.
ID = re.compile(r"(?<=/)(?=[^/]*\d)(?![^/]*-job|\d{4}-\d{2}|v\d)[A-Za-z0-9_-]+(?=/|\.|$)")


class Sandbox:
    """The whole server. ``counts`` is by (vendor, method, path, status)."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.modules: dict[str, ModuleType] = discovery.found()
        self.counts: Counter[tuple[str, str, str, int]] = Counter()
        self._apps: dict[str, ASGIApp] = {}
        self._lock = threading.Lock()
        from sandbox.admin import routes

        self._admin = Starlette(routes=routes(self))
        for name, module in self.modules.items():
            if getattr(module, "EAGER", False):
                self.vendor(name)

    def vendor(self, name: str) -> ASGIApp:
        """The vendor's app with its faults, built once."""
        with self._lock:
            if name not in self._apps:
                built = self.modules[name].build(self.context)
                self._apps[name] = with_faults(built, name, self.context.faults)
            return self._apps[name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        name, prefix = self._find(scope)
        path = scope["path"].removeprefix(prefix) or "/"
        inner = {**scope, "path": path, "raw_path": path.encode(), "root_path": "", "sandbox.prefix": prefix}

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"date", self.context.clock.http_date().encode())
                message = {**message, "headers": [*message.get("headers", []), date]}
                if name != "_sandbox":
                    self.counts[name, scope["method"], ID.sub("{id}", path), message["status"]] += 1
            await send(message)

        if name == "_sandbox":
            await self._admin(inner, receive, stamped)
        elif name in self.modules:
            await self.vendor(name)(inner, receive, stamped)
        else:
            missing = JSONResponse({"error": f"no vendor here: {', '.join(self.modules)}"}, status_code=404)
            await missing(inner, receive, stamped)

    def _find(self, scope: Scope) -> tuple[str, str]:
        host = next((value.decode() for key, value in scope["headers"] if key == b"host"), "").rpartition(":")[0]
        for name, module in self.modules.items():
            if any(fnmatch.fnmatch(host, pattern) for pattern in getattr(module, "HOSTS", ())):
                return name, ""
        name = scope["path"].split("/", 2)[1]
        return name, f"/{name}"
