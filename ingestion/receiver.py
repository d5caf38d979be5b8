"""Takes vendors' webhooks: verifies, keeps on disk, answers 200, and lands what they name seconds later.

    POST /webhooks/<vendor>     one delivery        GET /health     what was taken and refused since the start
    GET /webhooks/<vendor>      the question of a vendor that asks first whether it shall tell

Nothing is read of the vendor before the answer, since vendors wait seconds only. One task then lands what waits, one
vendor after the other, in a thread; what can't be landed now stays on disk and is tried again. 401: not signed by the
vendor, or older than it retries; 413: too large; 503: it could not be kept, so the vendor shall try again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import ModuleType

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import selvage
from ingestion import delivered
from ingestion.deliveries import OLDEST, Delivery, Refused
from ingestion.pipeline import SourceFailed
from warehouse.lock import WriteLockTimeout

MOST_BYTES = 5_000_000
AHEAD = timedelta(minutes=10)  # by which a vendor's clock may be before ours
GATHER_SECONDS = 1.0  # one change of an order sends several deliveries
PAUSES = (5.0, 15.0, 60.0)
log = logging.getLogger(__name__)


class Receiver:
    """The application of some vendors, by name; raises MissingSettings where one of them has no secret."""

    def __init__(self, vendors: Mapping[str, ModuleType]) -> None:
        self._vendors = vendors
        fields = {name: {**module.SETTINGS, **module.WEBHOOK_SETTINGS} for name, module in vendors.items()}
        self._settings = selvage.require(fields)
        self._mailboxes = {name: delivered.mailbox(name) for name in vendors}
        self._news = asyncio.Event()
        self.counts: Counter[str] = Counter()

    def app(self) -> Starlette:
        routes = [
            Route("/webhooks/{vendor}", self.take, methods=["POST"]),
            Route("/webhooks/{vendor}", self.answer, methods=["GET"]),
            Route("/health", self.health),
        ]
        return Starlette(routes=routes, lifespan=self._landing)

    async def take(self, request: Request) -> Response:
        vendor = request.path_params["vendor"]
        if vendor not in self._vendors:
            return JSONResponse({"error": "no such vendor"}, 404)
        try:
            body = await _body(request)
            delivery = self._vendors[vendor].verified(request.headers, body, self._settings[vendor])
            _check_age(delivery)
            is_new = await run_in_threadpool(self._mailboxes[vendor].keep, delivery)
        except Refused as refused:
            self._count(vendor, refused.reason)
            return JSONResponse({"error": refused.reason}, refused.status)
        except OSError as error:
            self._count(vendor, "not_kept")
            log.warning("%s: a delivery could not be kept: %s", vendor, error.strerror)
            return JSONResponse({"error": "not_kept"}, 503)
        except ClientDisconnect:
            self._count(vendor, "cut")
            return Response(status_code=400)
        means = delivery.changed or delivery.gone or delivery.redact or delivery.asks or delivery.body
        self._count(vendor, ("kept" if means else "unknown_topic") if is_new else "seen_before")
        if delivery.asks and is_new:
            log.warning("%s: %s", vendor, delivery.asks)
        self._news.set()
        return Response()

    async def answer(self, request: Request) -> Response:
        """Give the challenge back to a vendor that knows the word agreed on."""
        vendor = request.path_params["vendor"]
        module = self._vendors.get(vendor)
        if module is None or not hasattr(module, "challenge"):
            return JSONResponse({"error": "no such vendor, or one that never asks"}, 404)
        try:
            return PlainTextResponse(module.challenge(request.query_params, self._settings[vendor]))
        except Refused as refused:
            self._count(vendor, refused.reason)
            return JSONResponse({"error": refused.reason}, refused.status)

    async def health(self, _: Request) -> Response:
        waiting = {name: len(mailbox.waiting()) for name, mailbox in self._mailboxes.items()}
        return JSONResponse({"status": "ok", "waiting": waiting, "counts": dict(self.counts)})

    def _count(self, vendor: str, what: str) -> None:
        self.counts[f"{vendor} {what}"] += 1

    @asynccontextmanager
    async def _landing(self, _: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(self._land_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _land_on(self) -> None:
        """Land what waits, from before the start too; after a failure with growing pauses."""
        failures = 0
        while True:
            self._news.clear()
            is_done = all([await asyncio.to_thread(self.land, vendor) for vendor in self._vendors])
            failures = 0 if is_done else failures + 1
            if not is_done:
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1])
                continue
            await self._news.wait()
            await asyncio.sleep(GATHER_SECONDS)

    def land(self, vendor: str) -> bool:
        """All that waits of a vendor; False if something still does."""
        try:
            while self._mailboxes[vendor].waiting(1):
                landed = delivered.land(vendor)
                log.info("%s: %s rows landed of what was told", vendor, f"{landed.total:,}")
        except (SourceFailed, WriteLockTimeout, OSError) as problem:
            log.warning("%s: not landed yet, tried again soon: %s", vendor, problem)
            return False
        except Exception as problem:  # noqa: BLE001 - whatever it is, webhooks are still to be taken and kept
            log.warning(
                "%s: not landed yet, tried again soon: %s", vendor, type(problem).__name__
            )  # it may tell values
            return False
        return True


async def _body(request: Request) -> bytes:
    """The raw body as it was signed; not read on when it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Refused(413, "too_large")
    return bytes(body)


def _check_age(delivery: Delivery) -> None:
    """Raises Refused for a delivery older than any retry of the vendor, or from the future."""
    age = datetime.now(UTC) - delivery.triggered_at
    if not -AHEAD <= age <= OLDEST:
        raise Refused(401, "too_old")


def serve(host: str, port: int) -> None:
    """Take webhooks of the brand's vendors that have a secret, until stopped. Raises MissingSettings if none has."""
    import uvicorn

    heard, missing = {}, []
    for name, module in delivered.vendors().items():
        try:
            selvage.vendor(name, module.WEBHOOK_SETTINGS)
            heard[name] = module
        except selvage.MissingSettings as lacks:
            missing += lacks.names
    if not heard:
        raise selvage.MissingSettings(missing, selvage.settings().env)
    log.info("taking webhooks on http://%s:%s/webhooks/%s", host, port, ", ".join(heard))
    uvicorn.run(Receiver(heard).app(), host=host, port=port, log_level="warning", access_log=False, server_header=False)
