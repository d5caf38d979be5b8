"""The sandbox's own routes: health, clock, faults, and which requests the vendors got."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.clock import text

if TYPE_CHECKING:
    from sandbox.app import Sandbox


class Admin:
    """The handlers; ``sandbox`` is the server they speak for."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._context = sandbox, sandbox.context

    def _told(self) -> dict[str, object]:
        clock = self._context.clock
        return {"now": text(clock.now), "start": text(clock.start), "end": text(clock.end), "speed": clock.speed}

    async def health(self, _: Request) -> JSONResponse:
        vendors, home = sorted(self._sandbox.modules), str(self._context.home)
        about = {"status": "ok", "world": self._context.tables.folder.name, "home": home, "vendors": vendors}
        return JSONResponse({**about, **self._told()})

    async def clock(self, request: Request) -> JSONResponse:
        if request.method == "GET":
            return JSONResponse(self._told())
        try:
            asked = await request.json()
            if "now" in asked:
                await run_in_threadpool(self._context.clock.set, datetime.fromisoformat(asked["now"]))
            else:
                await run_in_threadpool(self._context.clock.advance, float(asked["advance_days"]))
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(self._told())

    async def faults(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            try:
                asked = await request.json()
                if asked["vendor"] not in self._sandbox.modules:
                    raise ValueError(f"no vendor of this name; there are {', '.join(self._sandbox.modules)}")
                self._context.faults.order(asked["vendor"], asked["kind"], int(asked.get("count", 1)))
            except (ValueError, KeyError, TypeError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(self._context.faults.waiting())

    async def requests(self, _: Request) -> JSONResponse:
        counts = self._sandbox.counts
        rows = [
            {"vendor": vendor, "method": method, "path": path, "status": status, "count": count}
            for (vendor, method, path, status), count in sorted(counts.items())
        ]
        return JSONResponse({"requests": rows, "total": sum(counts.values())})


def routes(sandbox: Sandbox) -> list[Route]:
    admin = Admin(sandbox)
    return [
        Route("/health", admin.health),
        Route("/clock", admin.clock, methods=["GET", "POST"]),
        Route("/faults", admin.faults, methods=["GET", "POST"]),
        Route("/requests", admin.requests),
    ]
