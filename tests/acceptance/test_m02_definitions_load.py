"""M02: the graph loads, every declared thing is one asset and nothing else is, and its order is the order of a run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

import selvage
from activation import discovery as destinations
from ingestion import discovery as sources
from orchestration import activation, automation, graph
from tests.orchestration.conftest import Shared
from warehouse import dbt


@pytest.fixture(scope="module")
def defs(shared: Shared) -> Iterator[dg.Definitions]:
    with shared.entered():
        yield graph.build()


@pytest.fixture(scope="module")
def manifest(shared: Shared) -> Iterator[dict[str, Any]]:
    with shared.entered():
        yield dbt.manifest()


def executable(defs: dg.Definitions) -> dict[dg.AssetKey, Any]:
    return {node.key: node for node in defs.resolve_asset_graph().asset_nodes if node.is_executable}


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot") and node["config"]["materialized"] != "ephemeral"
    ]


def test_every_declared_thing_is_exactly_one_asset_and_there_is_none_besides(
    defs: dg.Definitions, manifest: dict[str, Any]
) -> None:
    declared = [
        dg.AssetKey([vendor, resource])
        for vendor, module in sources.sources().items()
        for resource in module.source().selected_resources
    ]
    declared += [dg.AssetKey([node["schema"], node["name"]]) for node in models(manifest)]
    declared += [dg.AssetKey(["publishing", name]) for name in ("marts", "activation_copy", "sync_marts")]
    declared += [dg.AssetKey(["identity", "largest_clusters"])]
    declared += [
        dg.AssetKey(["activation", node["name"], destination])
        for node in models(manifest)
        for destination in node["config"]["meta"].get("activation", {}).get("destinations", ())
    ]
    declared += [dg.AssetKey(["activation", "conversions", name]) for name in destinations.conversions_routed()]
    assert [key for key, count in Counter(declared).items() if count > 1] == []
    assert set(executable(defs)) == set(declared)
    made = Counter(key for each in defs.resolve_all_asset_specs() for key in [each.key] if key in set(declared))
    assert set(made.values()) == {1}


def test_nothing_hangs_in_the_air(defs: dg.Definitions) -> None:
    """A parent that nobody makes shows as an asset of its own in the UI: a raw table without a source."""
    known = set(sources.sources())
    loose = [
        node.key
        for node in defs.resolve_asset_graph().asset_nodes
        if not node.is_executable and node.key.path[0] in known
    ]
    assert loose == [], "dbt declares raw tables that no source lands"
    assert [node.key for node in defs.resolve_asset_graph().asset_nodes if not node.is_executable] == []


def test_each_asset_says_what_it_is_and_whose(defs: dg.Definitions) -> None:
    for key, node in executable(defs).items():
        assert node.group_name not in (None, "default"), f"{key} has no group"
        assert node.owners, f"{key} has no owner"
        assert node.kinds, f"{key} has no kind"
        assert node.description, f"{key} has no description"
        assert len(node.description) < 600, f"{key}: the description is too long for a box"


def test_every_audience_goes_to_a_destination_that_exists(manifest: dict[str, Any], shared: Shared) -> None:
    with shared.entered():
        routes = activation.routes(manifest)
    assert routes
    assert {route.destination for route in routes} <= set(destinations.names())
    broken = {"nodes": {"x": {"name": "aud_x", "config": {"meta": {"activation": {"destinations": {"nowhere": {}}}}}}}}
    with shared.entered(), pytest.raises(ValueError, match="nowhere"):
        activation.routes(broken)


def test_lists_have_their_turn_in_the_brands_order_from_the_last_rank_up(
    manifest: dict[str, Any], shared: Shared, defs: dg.Definitions
) -> None:
    with shared.entered():
        routes = {(route.audience, route.destination): route for route in activation.routes(manifest)}
    names = [
        ("aud_browse_abandoners", "klaviyo"), ("aud_cart_abandoners", "klaviyo"), ("aud_checkout_abandoners", "klaviyo"),
        ("aud_lapsed_best_customers", "meta"), ("aud_welcome", "klaviyo"), ("aud_recent_buyers", "meta"),
    ]  # fmt: skip
    turns = [routes[name].turn for name in names]
    assert turns == sorted(turns, reverse=True)
    assert len(set(turns)) == len(turns)
    graph = {key: definition for definition in defs.assets or () for key in getattr(definition, "keys", ())}
    for name, turn in zip(names, turns, strict=True):
        assert graph[routes[name].key].op.tags["dagster/priority"] == str(turn)
    with (
        shared.entered(),
        pytest.raises(ValueError, match=r"brands/demo\.toml: priority_lists names baskets, lifecycle"),
    ):
        activation.routes({"nodes": {}})


def test_conversions_go_to_destinations_that_take_them(
    manifest: dict[str, Any], shared: Shared, defs: dg.Definitions
) -> None:
    with shared.entered():
        routes = activation.conversion_routes(manifest)
    assert {route.destination for route in routes} == destinations.conversions_routed()
    assert {route.key for route in routes} <= set(executable(defs))
    broken = {"nodes": {"x": {"name": "act_x", "config": {"meta": {"conversions": {"destinations": {"klaviyo": {}}}}}}}}
    with shared.entered(), pytest.raises(ValueError, match="klaviyo takes no conversions"):
        activation.conversion_routes(broken)


def ancestors(nodes: dict[dg.AssetKey, Any], key: dg.AssetKey) -> set[dg.AssetKey]:
    found: set[dg.AssetKey] = set()
    waiting = [key]
    while waiting:
        for parent in nodes[waiting.pop()].parent_keys:
            if parent not in found and parent in nodes:
                found.add(parent)
                waiting.append(parent)
    return found


def test_the_order_of_a_run(defs: dg.Definitions, manifest: dict[str, Any]) -> None:
    """Land, build, publish, sync, build the sync models, publish those."""
    nodes = executable(defs)
    marts = {
        dg.AssetKey([node["schema"], node["name"]]): node for node in models(manifest) if node["schema"] == "marts"
    }
    sync_marts = {key for key, node in marts.items() if "sync" in node["config"]["tags"]}
    syncs = {key for key in nodes if key.path[0] == "activation" and len(key.path) == 3}
    published, copy = dg.AssetKey(["publishing", "marts"]), dg.AssetKey(["publishing", "activation_copy"])
    assert set(marts) - sync_marts <= ancestors(nodes, published)
    assert not sync_marts & ancestors(nodes, published)
    assert syncs
    for sync in syncs:
        assert copy in ancestors(nodes, sync)
        is_feed = sync.path[1] == "conversions"
        source = dg.AssetKey(["activation", "act_conversions"] if is_feed else ["audiences", sync.path[1]])
        assert source in ancestors(nodes, copy)
    assert sync_marts
    for mart in sync_marts:
        assert syncs <= ancestors(nodes, mart), f"{mart} would be built before the syncs"
    last = ancestors(nodes, dg.AssetKey(["publishing", "sync_marts"]))
    assert sync_marts | {published} <= last


def test_dbt_tests_are_blocking_checks(defs: dg.Definitions, manifest: dict[str, Any]) -> None:
    checks = {key.name: key for key in defs.resolve_asset_graph().asset_check_keys}
    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert tests
    assert tests <= set(checks), "a test that is no check would fail unseen"
    asset_graph = defs.resolve_asset_graph()
    loose = [name for name in tests if not asset_graph.get(checks[name]).blocking]
    warnings = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["config"]["severity"].lower() == "warn"
    }
    assert set(loose) <= warnings


def test_each_source_with_a_freshness_has_a_blocking_check(defs: dg.Definitions) -> None:
    asset_graph = defs.resolve_asset_graph()
    checks = {key.name: key for key in asset_graph.asset_check_keys}
    for vendor, module in sources.sources().items():
        assert (f"{vendor}_is_fresh" in checks) == (module.FRESHNESS is not None)
        if module.FRESHNESS is not None:
            assert asset_graph.get(checks[f"{vendor}_is_fresh"]).blocking


def test_each_api_has_a_check_of_its_version_that_stops_nothing(defs: dg.Definitions) -> None:
    asset_graph = defs.resolve_asset_graph()
    found = {key for key in asset_graph.asset_check_keys if key.name.endswith("_version_is_served")}
    assert not [key for key in found if asset_graph.get(key).blocking]
    read = {vendor for vendor, module in sources.sources().items() if module.VERSION is not None}
    sent_to = destinations.routed() | destinations.conversions_routed()
    assert {key.name.removesuffix("_version_is_served") for key in found} == read | sent_to
    assert len(found) == len(read) + len(sent_to)


def test_schedules_take_the_whole_graph(defs: dg.Definitions, shared: Shared) -> None:
    whole = set(executable(defs))
    for name in ("micro_batch", "nightly"):
        assert set(defs.resolve_job_def(name).asset_layer.executable_asset_keys) == whole
    with shared.entered():
        schedules = {schedule.name: schedule for schedule in automation.schedules()}
    assert schedules["every_15_minutes"].default_status == dg.DefaultScheduleStatus.STOPPED
    assert schedules["every_night"].execution_timezone == shared.brand.reporting_timezone


def test_everything_that_opens_the_warehouse_is_in_the_pool(defs: dg.Definitions) -> None:
    for assets in defs.resolve_asset_graph().assets_defs:
        name = assets.node_def.name
        if re.match(r"(land|build|publish|publishing|identity)_", name):
            assert assets.op.pool == "warehouse_writer", name
        else:
            assert assets.op.pool is None, f"{name} does not open the warehouse"


def test_the_brand_decides_which_sources_there_are(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    with shared.entered():
        monkeypatch.setenv("SELVAGE_BRAND", "complete_journey")
        brand = selvage.settings().brand
        nodes = executable(graph.build())
    vendors = {key.path[0] for key in nodes} & set(sources.sources())
    assert vendors == set(brand.sources or ())
    assert not [key for key in nodes if key.path[0] == "activation" and len(key.path) == 3]
