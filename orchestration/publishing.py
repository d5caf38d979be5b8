"""The published copies as assets: the marts and the activation copy after a green build, the sync marts after syncs."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from orchestration import transformation
from orchestration.resources import WRITE_POOL
from warehouse.publish import Kind, Published, PublishError, publish

MARTS = dg.AssetKey(["publishing", "marts"])
ACTIVATION_COPY = dg.AssetKey(["publishing", "activation_copy"])
SYNC_MARTS = dg.AssetKey(["publishing", "sync_marts"])
OWNERS = ["team:data-platform"]


def publishing_assets(
    marts: Sequence[dg.AssetKey], activation: Sequence[dg.AssetKey], sync_marts: Sequence[dg.AssetKey]
) -> list[dg.AssetsDefinition]:
    """``marts`` and ``activation``: the models that each copy is made of; ``sync_marts``: those built after syncs."""

    @dg.multi_asset(
        name="publish_build",
        specs=[
            _spec(MARTS, marts, "The marts for readers: one DuckDB file and Parquet, without personal data."),
            _spec(ACTIVATION_COPY, activation, "Audiences, contact points and suppressions for the syncs (private)."),
        ],
        pool=WRITE_POOL,
    )
    def publish_build() -> Iterator[dg.MaterializeResult[Any]]:
        if not transformation.last_build_was_green():
            raise dg.Failure(
                "The last build of the models failed or was not whole; nothing is published.", allow_retries=False
            )
        done = _publish("build")
        yield dg.MaterializeResult(asset_key=MARTS, metadata=_metadata(done))
        yield dg.MaterializeResult(asset_key=ACTIVATION_COPY, metadata={"build_id": done.build_id})

    @dg.asset(
        key=SYNC_MARTS,
        deps=[MARTS, *sync_marts],
        description="The marts of sync health, put into the published marts after the syncs.",
        group_name="publishing",
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
        pool=WRITE_POOL,
    )
    def publish_sync_marts() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata=_metadata(_publish("sync")))

    return [publish_build, publish_sync_marts]


def _publish(kind: Kind) -> Published:
    try:
        return publish(kind)
    except PublishError as refused:
        raise dg.Failure(str(refused), allow_retries=False) from refused


def _spec(key: dg.AssetKey, deps: Sequence[dg.AssetKey], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=deps,
        description=description,
        group_name="publishing",
        owners=OWNERS,
        kinds={"duckdb", "parquet"} if key == MARTS else {"duckdb"},
    )


def _metadata(done: Published) -> dict[str, Any]:
    lines = "\n".join(f"| {name} | {content.rows:,} |" for name, content in done.tables.items())
    return {
        "build_id": done.build_id,
        "as_of": done.as_of.isoformat() if done.as_of else "none",
        "published_at": done.published_at.isoformat(timespec="seconds"),
        "marts": len(done.tables),
        "dagster/row_count": sum(content.rows for content in done.tables.values()),
        "tables": dg.MetadataValue.md(f"| mart | rows |\n| --- | ---: |\n{lines}"),
    }
