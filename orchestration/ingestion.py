"""One set of assets per source: what dlt lands, table by table, under the keys that dbt gives its sources.

``ingestion/sources`` is the registry; nothing here names a vendor. A source lands as a whole (its tables share one
reading), so all its tables are one step; a source that makes its tables only when it reads (files) is one asset.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import dagster as dg
from dagster_dlt import DagsterDltTranslator, dlt_assets
from dagster_dlt.translator import DltResourceTranslatorData

import selvage
from ingestion import discovery
from ingestion.pipeline import Landed, land, pipeline
from orchestration.resources import WRITE_POOL

OWNERS = ["team:data-platform"]


@dataclass
class VendorTranslator(DagsterDltTranslator):
    """Asset [vendor, table] in the vendor's group: the key that dbt's source of that name has anyway."""

    vendor: str
    module: ModuleType

    def get_asset_spec(self, data: DltResourceTranslatorData) -> dg.AssetSpec:
        table = data.resource.name
        return (
            super()
            .get_asset_spec(data)
            .replace_attributes(
                key=dg.AssetKey([self.vendor, table]),
                deps=[],
                group_name=self.vendor,
                owners=OWNERS,
                kinds={"dlt", "duckdb", *self.module.KINDS},
                description=f"Raw {table.replace('_', ' ')} of {self.vendor}. {self.module.DESCRIPTION}",
            )
        )


def brand_sources() -> dict[str, ModuleType]:
    """The sources that the brand has."""
    brand = selvage.settings().brand
    return {vendor: module for vendor, module in discovery.sources().items() if brand.has_source(vendor)}


def source_assets(vendor: str, module: ModuleType) -> dg.AssetsDefinition:
    """The assets of one source; materializing any of them reads the source as a whole."""
    source = module.source()

    @dlt_assets(
        dlt_source=source,
        dlt_pipeline=pipeline(vendor),
        name=f"land_{vendor}",
        dagster_dlt_translator=VendorTranslator(vendor, module),
        pool=WRITE_POOL,
    )
    def landed_assets(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        landed = land(vendor)
        for note in landed.notes:
            context.log.warning(note)
        for key in sorted(context.selected_asset_keys):
            table = key.path[-1] if len(source.selected_resources) > 1 else None
            yield dg.MaterializeResult(asset_key=key, metadata=_metadata(landed, table))

    return landed_assets


def _metadata(landed: Landed, table: str | None) -> dict[str, Any]:
    """Rows of this read and in all, of one table or (a source of one asset) of all its tables."""
    metadata: dict[str, Any] = {
        "rows_landed": landed.rows.get(table, 0) if table else landed.total,
        "dagster/row_count": landed.raw_rows.get(table, 0) if table else sum(landed.raw_rows.values()),
        "read_seconds": landed.seconds,
    }
    if landed.newest_event_at:
        metadata["newest_event_at"] = landed.newest_event_at.isoformat()
    if table is None:
        metadata["tables"] = ", ".join(sorted(landed.raw_rows)) or "none"
    return metadata
