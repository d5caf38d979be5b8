"""dbt as two steps: everything up to the audiences, and (after the syncs) the models tagged ``sync``.

Each model, seed and test is an asset or an asset check of its own, from the manifest; a red test fails the step, so
nothing after it runs. dbt works inside this process (``warehouse.dbt``). The ledger is a dbt source without a table of
ours before it: an edge from the syncs to it would close a circle, so only the sync models, which are built after the
syncs, get them as what they depend on.
"""

import json
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

import selvage
from orchestration import unchanged
from orchestration.resources import WRITE_POOL
from warehouse import dbt
from warehouse.content_hash import quoted
from warehouse.lock import write_lock

SYNC_TAG = "sync"
VENDOR_LAYERS = ("staging", "shapes")
MARTS = "marts__"
GREEN = "green_build.json"


class DbtConfig(dg.Config):
    """``full_refresh``: build incremental models anew (the nightly run does)."""

    full_refresh: bool = False


class ModelTranslator(DagsterDbtTranslator):
    """Keys, kinds and descriptions of models; owners and group come from the models' own ``meta.dagster``.

    Models of a vendor's folder that name no group are in the vendor's.
    """

    def __init__(self, landed: Mapping[str, Collection[str]], before_ledger: Sequence[dg.AssetKey] = ()) -> None:
        """``landed``: vendor -> the tables that are assets; ``before_ledger``: what the ledger's readers wait for."""
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self._landed = landed
        self._before_ledger = before_ledger

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] != "source":
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        named = (dbt_resource_props.get("config", {}).get("meta") or {}).get("dagster", {}).get("asset_key")
        if named:  # a table out of an asset that fans out: the YAML says which
            return dg.AssetKey(named)
        vendor, table = dbt_resource_props["source_name"], dbt_resource_props["name"]
        tables = self._landed.get(vendor, ())
        if len(tables) == 1 and table not in tables:  # one asset that fans out to tables known only when it is read
            return dg.AssetKey([vendor, *tables])
        return dg.AssetKey([vendor, table])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description") or "").strip().split("\n\n")[0]

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        named = super().get_group_name(dbt_resource_props)
        layer, folder = (*dbt_resource_props["fqn"], "", "")[1:3]
        return named or (str(folder) if layer in VENDOR_LAYERS else None)

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.startswith("source."):
            return spec
        props = self.get_resource_props(manifest, unique_id)
        sources = [parent for parent in props.get("depends_on", {}).get("nodes", ()) if parent.startswith("source.")]
        keys = {self.get_asset_key(manifest["sources"][parent]) for parent in sources}
        unlanded = {key for key in keys if key.path[0] not in self._landed}
        deps = [dep for dep in spec.deps if dep.asset_key not in unlanded]
        if unlanded and SYNC_TAG in props["config"].get("tags", ()):
            deps += [dg.AssetDep(key) for key in self._before_ledger]
        return spec.replace_attributes(deps=deps, kinds={"dbt", "duckdb", str(props["config"]["materialized"])})


class Models(dg.AssetsDefinition):
    """A dbt step. Dagster asks a step for all its keys once for each pair of its outputs and gathers them anew each
    time; they never change.
    """

    @staticmethod
    def dagster_internal_init(**attributes: Any) -> "Models":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)  # of attributes that Dagster itself has given
            return Models(**attributes)

    @cached_property
    def asset_and_check_keys(self) -> AbstractSet[dg.AssetKey | dg.AssetCheckKey]:
        return super().asset_and_check_keys

    @classmethod
    def of(cls, step: dg.AssetsDefinition) -> "Models":
        return cls.dagster_internal_init(**step.get_attributes_dict())


def checked_manifest() -> dict[str, Any]:
    """The manifest, with each test that looks at several models attached to the one built last among them.

    Without that Dagster would show the test's result as a remark, not as a check of a model.
    """
    manifest = dbt.manifest()
    rank = _ranks(manifest)
    for name, test in manifest["nodes"].items():
        if test["resource_type"] != "test" or test.get("attached_node"):
            continue
        parents = [parent for parent in test["depends_on"]["nodes"] if parent in manifest["nodes"]]
        meta = test["config"].setdefault("meta", {})
        if len(parents) > 1 and "ref" not in meta.get("dagster", {}):
            last = max(parents, key=lambda parent: (rank[parent], parent))
            meta["dagster"] = {**meta.get("dagster", {}), "ref": {"name": manifest["nodes"][last]["name"]}}
            manifest["nodes"][name]["config"]["meta"] = meta
    return manifest


def _ranks(manifest: Mapping[str, Any]) -> dict[str, int]:
    """How many steps each node lies behind the sources."""
    ranks: dict[str, int] = {}

    def rank(name: str) -> int:
        if name not in ranks:
            parents = [parent for parent in manifest["parent_map"].get(name, ()) if parent in manifest["nodes"]]
            ranks[name] = 1 + max(map(rank, parents), default=0)
        return ranks[name]

    for name in manifest["nodes"]:
        rank(name)
    return ranks


def model_assets(manifest: Mapping[str, Any], translator: ModelTranslator) -> list[dg.AssetsDefinition]:
    """The two dbt steps."""

    @dbt_assets(
        manifest=manifest,
        exclude=f"tag:{SYNC_TAG}",
        name="build_models",
        dagster_dbt_translator=translator,
        pool=WRITE_POOL,
    )
    def build_models(context: dg.AssetExecutionContext, config: DbtConfig) -> Iterator[Any]:
        green = selvage.settings().work / GREEN
        was_green = json.loads(green.read_text()) if green.exists() else None
        found = unchanged.state(manifest, SYNC_TAG)
        if was_green and not context.is_subset and not config.full_refresh and was_green.get("state") == found:
            context.log.warning("nothing was landed and no model changed since the last green build: it stands")
            yield from _as_built(manifest, translator)
            yield from _as_checked(context, set(was_green.get("warned", ())))
            return
        green.unlink(missing_ok=True)
        # Held from the build to the note of it: nothing can be landed between that the note would then cover.
        warned: list[str] = []
        with write_lock("build of the models"):
            for event in _build(context, config):
                if isinstance(event, dg.AssetCheckResult) and not event.passed and event.asset_key:
                    warned.append(f"{event.asset_key.to_user_string()}:{event.check_name}")
                yield event
            if was_green or not context.is_subset:
                # After a part of the models, the next run builds them all.
                whole = {} if context.is_subset else unchanged.state(manifest, SYNC_TAG)
                green.write_text(json.dumps({"run_id": context.run_id, "state": whole, "warned": warned}))

    steps = [build_models]
    if any(SYNC_TAG in node["config"].get("tags", ()) for node in manifest["nodes"].values()):

        @dbt_assets(
            manifest=manifest,
            select=f"tag:{SYNC_TAG}",
            name="build_sync_models",
            dagster_dbt_translator=translator,
            pool=WRITE_POOL,
        )
        def build_sync_models(context: dg.AssetExecutionContext, config: DbtConfig) -> Iterator[Any]:
            yield from _build(context, config)

        steps.append(build_sync_models)
    return [Models.of(step) for step in steps]


def _as_built(manifest: Mapping[str, Any], translator: ModelTranslator) -> Iterator[dg.MaterializeResult[Any]]:
    """Every model of the main step as it stands, parents first."""
    ranks = _ranks(manifest)
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and SYNC_TAG not in node["config"].get("tags", ())
    ]
    marts = [node for node in nodes if node["schema"] == "marts"]
    counts = _row_counts(f"{MARTS}{node['name']}" for node in marts)
    for node in sorted(nodes, key=lambda node: (ranks[node["unique_id"]], node["unique_id"])):
        rows = counts.get(f"{MARTS}{node['name']}") if node["schema"] == "marts" else None
        metadata: dict[str, Any] = {"unchanged": True, **({} if rows is None else {"dagster/row_count": rows})}
        yield dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata=metadata)


def _as_checked(context: dg.AssetExecutionContext, warned: Collection[str]) -> Iterator[dg.AssetCheckResult]:
    """Every check of the main step as the last build left it: all passed, but for those that only warn."""
    for key in sorted(context.selected_asset_check_keys):
        passed = f"{key.asset_key.to_user_string()}:{key.name}" not in warned
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=passed,
            severity=dg.AssetCheckSeverity.ERROR if passed else dg.AssetCheckSeverity.WARN,
            metadata={"unchanged": True},
        )


def last_build_was_green() -> bool:
    """Whether the last build of the models here ended with every test passed; publishing asks."""
    return (selvage.settings().work / GREEN).exists()


def _build(context: dg.AssetExecutionContext, config: DbtConfig) -> Iterator[Any]:
    """Run ``dbt build`` for what is selected and pass on its events as they come.

    From the first mart on, models wait for the end: only then may we open the warehouse to count the marts' rows, and
    Dagster wants a step's assets in the order of their dependencies. Checks never wait.
    """
    chosen = get_updated_cli_invocation_params_for_context(
        context=context, manifest={}, dagster_dbt_translator=DagsterDbtTranslator()
    )
    # Unit tests are about the code, not the data: `make test` runs them.
    words = [*chosen.selection_args, "--exclude-resource-type", "unit_test"]
    words += ["--full-refresh"] if config.full_refresh else []
    if chosen.indirect_selection:
        words += ["--indirect-selection", chosen.indirect_selection]
    command = dbt.Command("build", *words)
    waiting: list[dg.Output[Any]] = []
    told: set[str] = set()
    failure: dbt.DbtFailed | None = None
    try:
        for raw in command.events():
            for event in _dagster_events(raw, chosen, context, command.target):
                if isinstance(event, dg.Output):
                    told.add(raw["data"]["node_info"]["unique_id"])
                if isinstance(event, dg.Output) and (waiting or event.output_name.startswith(MARTS)):
                    waiting.append(event)
                else:
                    yield event
    except dbt.DbtFailed as failed:
        failure = failed
    if not failure and (untold := _built(command, chosen) - told):
        raise RuntimeError(f"dbt built {len(untold)} models without telling of them, such as {min(untold)}")
    counts = _row_counts(event.output_name for event in waiting if event.output_name.startswith(MARTS))
    for event in waiting:
        rows = counts.get(event.output_name)
        yield event if rows is None else event.with_metadata({**event.metadata, "dagster/row_count": rows})
    if failure:
        raise dg.Failure(str(failure), metadata={"failed": sorted(failure.nodes)}, allow_retries=False) from failure


def _built(command: dbt.Command, chosen: Any) -> set[str]:
    """Models and seeds that this command made and these assets know. An asset that is not told of is missing unseen."""
    kinds = ("model.", "seed.")
    made = {result.node.unique_id for result in command.result.result or ()}
    return {node for node in made if node.startswith(kinds) and node in chosen.manifest["nodes"]}


def _dagster_events(raw: dict[str, Any], chosen: Any, context: dg.AssetExecutionContext, target: Path) -> Iterable[Any]:
    if (raw["data"].get("node_info") or {}).get("unique_id") not in chosen.manifest["nodes"]:
        return ()  # about the command as a whole, or about a model that was added after these assets were loaded
    message = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
    return message.to_default_asset_events(
        manifest=chosen.manifest,
        dagster_dbt_translator=chosen.dagster_dbt_translator,
        context=context,
        target_path=target,
    )


def _row_counts(outputs: Iterable[str]) -> dict[str, int]:
    """Rows by output name, which is ``marts__`` and the table's."""
    counts: dict[str, int] = {}
    with write_lock("counting rows of marts"), duckdb.connect(str(selvage.settings().warehouse)) as connection:
        for output in outputs:
            table = quoted("marts", output.removeprefix(MARTS))
            found = connection.execute(f"select count(*) from {table}").fetchone()
            counts[output] = int(found[0]) if found else 0
    return counts
