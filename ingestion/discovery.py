"""Finds the sources: every module of ``ingestion/sources`` is one vendor, and no list has to name it."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import ingestion.sources
from ingestion import dlt_settings


def sources() -> dict[str, ModuleType]:
    """Vendor name -> its module, in order of name.

    A source module has ``DESCRIPTION``, ``KINDS``, ``VERSION`` (a ``selvage.ApiVersion``; None: it has no API),
    ``SETTINGS``, ``FRESHNESS``, ``READ_BY`` (raw table -> ``tables.ReadBy``), ``NOT_READ`` (what -> why) and
    ``source(window=None)``; one that people connect to their own account also ``SCOPES``, ``probe`` and ``count``
    (``ingestion.connect``). One whose vendor tells by webhooks what changes has ``WEBHOOK_SETTINGS``,
    ``verified(headers, body, settings)``, ``delivered(ids)``, ``related(ids)``, ``unknown(ids)`` and
    ``erasures(gone, said)`` (``ingestion.delivered``); if the vendor can't be asked for what it told, the latter four
    are a ``journal(settings)`` (``ingestion.journal``). A vendor that asks first has ``challenge(query, settings)``.
    """
    dlt_settings.configure()
    found = sorted(module.name for module in pkgutil.iter_modules(ingestion.sources.__path__))
    return {name: importlib.import_module(f"ingestion.sources.{name}") for name in found}
