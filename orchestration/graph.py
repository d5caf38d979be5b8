"""Puts the parts together: sources, models, copies and syncs of one brand as one graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from activation import discovery as destinations
from orchestration import (
    activation,
    alerts,
    automation,
    checks,
    identity,
    ingestion,
    publishing,
    transformation,
    versions,
)


def build() -> dg.Definitions:
    """Everything that the brand of this environment has. Reads the dbt manifest, asks no vendor for anything."""
    manifest = transformation.checked_manifest()
    modules = ingestion.brand_sources()
    landing = {vendor: ingestion.source_assets(vendor, module) for vendor, module in modules.items()}
    syncs = [*activation.routes(manifest), *activation.conversion_routes(manifest)]
    translator = transformation.ModelTranslator(
        landed={vendor: [key.path[-1] for key in assets.keys] for vendor, assets in landing.items()},
        before_ledger=[route.key for route in syncs] or [publishing.MARTS],
    )
    first = {vendor: next(iter(assets.specs)).key for vendor, assets in landing.items()}
    return dg.Definitions(
        assets=[
            *landing.values(),
            *transformation.model_assets(manifest, translator),
            *identity.identity_assets(),
            *publishing.publishing_assets(*published_keys(manifest, translator)),
            *activation.sync_assets(syncs),
        ],
        asset_checks=[
            *checks.freshness_checks(
                {
                    vendor: (first[vendor], module.FRESHNESS)
                    for vendor, module in modules.items()
                    if module.FRESHNESS is not None
                }
            ),
            *versions.version_checks(
                "source_versions",
                {vendor: first[vendor] for vendor, module in modules.items() if module.VERSION is not None},
                lambda vendor: modules[vendor].VERSION,
            ),
            *versions.version_checks(
                "destination_versions",
                {route.destination: route.key for route in syncs},
                lambda destination: destinations.find(destination).VERSION,
            ),
        ],
        jobs=automation.jobs(),
        schedules=automation.schedules(),
        sensors=alerts.sensors(),
        executor=dg.in_process_executor,
    )


def published_keys(
    manifest: Mapping[str, Any], translator: transformation.ModelTranslator
) -> tuple[Sequence[dg.AssetKey], Sequence[dg.AssetKey], Sequence[dg.AssetKey]]:
    """The models that the marts' copy, the activation copy and the sync marts are made of."""
    marts: list[dg.AssetKey] = []
    copy: list[dg.AssetKey] = []
    sync_marts: list[dg.AssetKey] = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["config"].get("materialized") == "ephemeral":
            continue
        key = translator.get_asset_key(node)
        is_sync = transformation.SYNC_TAG in node["config"].get("tags", ())
        if node["schema"] == "marts":
            (sync_marts if is_sync else marts).append(key)
        elif node["name"].startswith("act_") or "activation" in (node["config"].get("meta") or {}):
            copy.append(key)
    return marts, copy, sync_marts
