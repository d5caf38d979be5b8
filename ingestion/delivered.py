"""Lands what webhooks named: reads exactly these objects from the vendor's API, and erases what is gone.

The vendor's word is only a hint to look; so deliveries may come twice, late or in any order, and the row is what the
API says now. They are settled last: a run that dies before lands them again, which changes nothing.

A vendor that can't be asked has a ``journal`` of what it told: that is what its source reads, and nothing else is done.
"""

from __future__ import annotations

import time
from types import ModuleType

import requests
from dlt.pipeline.exceptions import PipelineStepFailed

import selvage
from ingestion import discovery, erasing, pipeline
from ingestion.deliveries import Mailbox
from ingestion.journal import Journal
from ingestion.pipeline import Landed, SourceFailed

MOST_AT_ONCE = 500
LONGEST_TURN_SECONDS = 10.0


def vendors() -> dict[str, ModuleType]:
    """The brand's sources that can be told of changes."""
    brand = selvage.settings().brand
    found = discovery.sources().items()
    return {name: module for name, module in found if hasattr(module, "verified") and brand.has_source(name)}


def mailbox(vendor: str) -> Mailbox | Journal:
    """Where a vendor's deliveries are kept. Raises MissingSettings for one whose settings name the place."""
    module = discovery.sources()[vendor]
    if not hasattr(module, "journal"):
        return Mailbox(vendor)
    journal: Journal = module.journal(selvage.vendor(vendor, module.SETTINGS))
    return journal


def land(vendor: str) -> Landed:
    """Land what waits of a vendor's deliveries, at most ``MOST_AT_ONCE``; nothing is asked if nothing waits.

    Raises WriteLockTimeout while another run has its turn (the deliveries wait), and what ``pipeline.land`` does.
    """
    pipeline.check_settings([vendor])
    module, kept, started = discovery.sources()[vendor], mailbox(vendor), time.monotonic()
    if isinstance(kept, Journal):
        grown = kept.waiting()
        if not grown:
            return Landed(vendor)
        landed = pipeline.land(vendor)
        kept.settle(grown)
        return landed
    with pipeline.vendor_lock(vendor, LONGEST_TURN_SECONDS):
        waiting = kept.waiting(MOST_AT_ONCE)
        said = list(waiting.values())
        gone = list(dict.fromkeys(one for delivery in said for one in delivery.gone))
        # what is said to be gone is read too: if the vendor still has it, it has changed
        ids = list(dict.fromkeys([*(one for delivery in said for one in delivery.changed), *gone]))
        rows: dict[str, int] = {}
        try:
            if ids:
                rows = _read(vendor, module, ids)
            gone = module.unknown(gone) if gone else []
        except PipelineStepFailed as failure:
            raise pipeline.failed(vendor, failure) from failure
        except (requests.RequestException, RuntimeError) as failure:
            raise SourceFailed(f"{vendor}: asking for what was told failed: {type(failure).__name__}") from failure
        erasing.erase(vendor, gone, said)
        kept.settle(waiting)
    asks = tuple(delivery.asks for delivery in said if delivery.asks)
    return Landed(vendor, rows, round(time.monotonic() - started, 2), notes=asks)


def _read(vendor: str, module: ModuleType, ids: list[str]) -> dict[str, int]:
    """Rows by table. What a run that died had read is older, so it is loaded first."""
    flow = pipeline.pipeline(vendor)
    flow.reads_all = False
    if flow.has_pending_data:
        flow.run(None, **pipeline.run_arguments())
    flow.run(module.delivered([*ids, *module.related(ids)]), **pipeline.run_arguments())
    return dict(flow.landed.rows)
