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


def routes(sandbox: Sandbox) -> list[Route]:
    context = sandbox.context

    def told() -> dict[str, object]:
        clock = context.clock
        return {"now": text(clock.now), "start": text(clock.start), "end": text(clock.end), "speed": clock.speed}

    async def health(_: Request) -> JSONResponse:
        state = {"world": context.tables.folder.name, "home": str(context.home), "vendors": sorted(sandbox.modules)}
        return JSONResponse({"status": "ok", **state, **told()})

    async def clock(request: Request) -> JSONResponse:
        if request.method == "GET":
            return JSONResponse(told())
        try:
            asked = await request.json()
            if "now" in asked:
                await run_in_threadpool(context.clock.set, datetime.fromisoformat(asked["now"]))
            else:
                await run_in_threadpool(context.clock.advance, float(asked["advance_days"]))
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(told())

    async def faults(request: Request) -> JSONResponse:
        if request.method == "POST":
            try:
                asked = await request.json()
                if asked["vendor"] not in sandbox.modules:
                    raise ValueError(f"no vendor of this name; there are {', '.join(sandbox.modules)}")
                context.faults.order(asked["vendor"], asked["kind"], int(asked.get("count", 1)))
            except (ValueError, KeyError, TypeError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(context.faults.waiting())

    async def requests(_: Request) -> JSONResponse:
        rows = [
            {"vendor": vendor, "method": method, "path": path, "status": status, "count": count}
            for (vendor, method, path, status), count in sorted(sandbox.counts.items())
        ]
        return JSONResponse({"requests": rows, "total": sum(sandbox.counts.values())})

    return [
        Route("/health", health),
        Route("/clock", clock, methods=["GET", "POST"]),
        Route("/faults", faults, methods=["GET", "POST"]),
        Route("/requests", requests),
    ]
