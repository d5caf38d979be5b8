"""One asset per audience and destination, and one per destination of conversions, read from the YAML in the manifest.

An asset plans and applies: the plan (what would be added, updated, removed) is shown in its metadata as it is made,
and a refused plan (a guard, a stale build) sends nothing and fails the step with the guard's own words. The copy that
is read is the one published by the same run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import dagster as dg

import selvage
from activation import conversions, discovery, sync, turns
from activation.destination import CONVERSIONS
from activation.event_plans import EventPlan
from activation.plans import EmptyAudience, Plan, RemovalGuard, StalePlan
from orchestration.publishing import ACTIVATION_COPY

# The same five for every sync, then what they came to.
NUMBERS = (
    "planned", "sent", "accepted", "rejected", "suppressed", "held_out", "outranked", "waiting", "added", "updated",
    "removed", "members",
)  # fmt: skip
EVENT_NUMBERS = (
    "planned", "sent", "accepted", "rejected", "suppressed", "purchases", "refunds", "expired", "told",
)  # fmt: skip


class SyncConfig(dg.Config):
    """``approved_by``: who approved a plan that removes more than the audience's limit; empty: nobody did."""

    approved_by: str = ""


@dataclass(frozen=True)
class Route:
    """One audience on its way to one destination."""

    audience: str
    destination: str
    description: str
    owners: tuple[str, ...]
    turn: int = 0
    """The higher, the earlier in a run."""

    @property
    def key(self) -> dg.AssetKey:
        return dg.AssetKey(["activation", self.audience, self.destination])


def routes(manifest: Mapping[str, Any]) -> list[Route]:
    """Every audience x destination of the brand, with its turn in a run (activation/turns.py).

    Raises ValueError for a destination that there is not, and for a priority list of the brand that no audience is of.
    """
    brand, known = selvage.settings().brand, discovery.names()
    found: list[tuple[tuple[int, int], Route]] = []
    lists: set[str] = set()
    for node in manifest["nodes"].values():
        meta = node["config"].get("meta") or {}
        priority = (meta.get("activation") or {}).get("priority") or {}
        lists |= {priority["list"]} if priority else set()
        for destination in (meta.get("activation") or {}).get("destinations", ()):
            if destination not in known:
                raise ValueError(f"{node['name']} goes to {destination!r}, but there is only: {', '.join(known)}")
            if brand.has_destination(destination):
                owners = tuple((meta.get("dagster") or {}).get("owners") or ())
                place = turns.place(brand, priority.get("list"), priority.get("rank"))
                found.append((place, Route(node["name"], destination, str(node.get("description") or ""), owners)))
    if unknown := set(brand.priority_lists) - lists:
        raise ValueError(
            f"brands/{brand.name}.toml: priority_lists names {', '.join(sorted(unknown))}, but no audience in "
            f"_audiences.yml is of it; there is only: {', '.join(sorted(lists)) or 'none'}"
        )
    places = sorted({place for place, _ in found}, reverse=True)
    ordered = [replace(route, turn=1 + places.index(place)) for place, route in found]
    return sorted(ordered, key=lambda route: (route.audience, route.destination))


def conversion_routes(manifest: Mapping[str, Any]) -> list[Route]:
    """Every destination of the brand that conversions go to. Raises ValueError for one that takes none."""
    brand, found = selvage.settings().brand, []
    for node in manifest["nodes"].values():
        meta = node["config"].get("meta") or {}
        for destination in (meta.get(CONVERSIONS) or {}).get("destinations", ()):
            try:
                discovery.conversions(destination)
            except LookupError as unknown:
                raise ValueError(f"{node['name']} goes to {destination!r}: {unknown}") from unknown
            if brand.has_destination(destination):
                owners = tuple((meta.get("dagster") or {}).get("owners") or ())
                found.append(Route(CONVERSIONS, destination, str(node.get("description") or ""), owners))
    return sorted(found, key=lambda route: route.destination)


def sync_assets(found: list[Route]) -> list[dg.AssetsDefinition]:
    return [_conversions_asset(route) if route.audience == CONVERSIONS else _sync_asset(route) for route in found]


def _conversions_asset(route: Route) -> dg.AssetsDefinition:
    @dg.asset(
        key=route.key,
        deps=[ACTIVATION_COPY],
        description=f"Orders and refunds told to {route.destination}: plan, apply, ledger. {route.description}",
        group_name="activation",
        owners=list(route.owners),
        kinds={route.destination, "parquet"},
        retry_policy=dg.RetryPolicy(max_retries=1, delay=10),
    )
    def send_conversions(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        plan = conversions.plan(route.destination)
        context.log.info("plan %s: %s", plan.plan_id, dict(plan.counts))
        for warning in plan.warnings():
            context.log.warning(warning)
        try:
            result = conversions.apply(plan)
        except StalePlan as refused:
            raise dg.Failure(f"StalePlan: {refused}", metadata=_event_metadata(plan), allow_retries=False) from refused
        numbers = {name: getattr(result, name) for name in EVENT_NUMBERS}
        return dg.MaterializeResult(metadata={**numbers, **_event_metadata(plan)})

    return send_conversions


def _event_metadata(plan: EventPlan) -> dict[str, Any]:
    """The plan as a table of counts, and of the reasons why events are left out."""
    counts = [*plan.counts.items(), *plan.left_out.items()]
    lines = "\n".join(f"| {name} | {count:,} |" for name, count in counts)
    return {
        "plan_id": plan.plan_id,
        "build_id": plan.build_id,
        "warnings": "; ".join(plan.warnings()) or "none",
        "plan": dg.MetadataValue.md(f"| plan | events |\n| --- | ---: |\n{lines}"),
    }


def _sync_asset(route: Route) -> dg.AssetsDefinition:
    @dg.asset(
        key=route.key,
        deps=[ACTIVATION_COPY],
        description=f"Members of {route.audience} at {route.destination}: plan, apply, ledger. {route.description}",
        group_name="activation",
        owners=list(route.owners),
        kinds={route.destination, "parquet"},
        op_tags={"dagster/priority": str(route.turn)},
        retry_policy=dg.RetryPolicy(max_retries=1, delay=10),
    )
    def sync_audience(context: dg.AssetExecutionContext, config: SyncConfig) -> dg.MaterializeResult[Any]:
        plan = sync.plan(route.audience, route.destination)
        context.log.info("plan %s: %s", plan.plan_id, dict(plan.counts))
        for warning in plan.warnings():
            context.log.warning(warning)
        try:
            result = sync.apply(plan, approved_by=config.approved_by or None)
        except (StalePlan, RemovalGuard, EmptyAudience) as refused:
            raise dg.Failure(
                f"{type(refused).__name__}: {refused}", metadata=_plan_metadata(plan), allow_retries=False
            ) from refused
        numbers = {name: getattr(result, name) for name in NUMBERS}
        return dg.MaterializeResult(metadata={**numbers, **_plan_metadata(plan)})

    return sync_audience


def _plan_metadata(plan: Plan) -> dict[str, Any]:
    """The plan as numbers (``plan_<what>``) and as a table, without a single row of it."""
    lines = "\n".join(f"| {name.replace('_', ' ')} | {count:,} |" for name, count in plan.counts.items())
    return {
        "plan_id": plan.plan_id,
        "build_id": plan.build_id,
        "min_members": plan.min_members,
        "warnings": "; ".join(plan.warnings()) or "none",
        "plan": dg.MetadataValue.md(f"| plan | customers |\n| --- | ---: |\n{lines}"),
    }
