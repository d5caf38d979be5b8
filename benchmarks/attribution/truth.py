"""Each model's credit by channel beside the world's true causes.

The sandbox draws the cause of every order (``sandbox/brand/behaviour.py``): taking a channel away would take away, on
average, the orders that it is named as the cause of. So its caused orders are its incremental contribution.

* ``misplaced_share``: half the sum over channels and ``baseline`` of the differences in share: 0 perfect, 1 all wrong.
  A model can put nothing on the baseline but the orders without any touch, so no model comes near 0: what people would
  have bought anyway is in no path.
* ``rank_correlation``: Spearman's, over all channels. Direct visits and organic searches cause nothing here and stand
  before most orders, so models that count them as touches rank them first.
* ``marketed_rank_correlation``: over the channels that somebody pays for or writes to, which is what a budget asks.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
from scipy.stats import spearmanr

import selvage
from activation import ledger
from ingestion import discovery, pipeline
from sandbox.server import running
from warehouse import dbt

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
BASELINE = "baseline"
UNMARKETED = ("direct", "organic_search")
CAUSES = """
    select causes.caused_by, count(*) as orders
    from intermediate.int_journeys__conversions as conversions
    inner join read_parquet($causes) as causes on conversions.conversion_id = 'shopify:' || causes.order_id
    where conversions.source_system = 'shopify'
    group by causes.caused_by
"""
CREDITS = """
    select
        attribution_model,
        case when channel = 'unattributed' then 'baseline' else channel end as cause,
        cast(sum(credit) as double) as credit
    from marts.fct_attribution
    where source_system = 'shopify' and conversion_type <> 'sign_up'
    group by all
"""


@dataclass(frozen=True)
class Judged:
    """How near a model comes in one world; ``credit`` in orders by channel, any_click's scaled to all orders."""

    misplaced_share: float
    rank_correlation: float
    marketed_rank_correlation: float
    credit: dict[str, float]


def judged(con: duckdb.DuckDBPyConnection, truth: Path) -> tuple[dict[str, int], dict[str, Judged]]:
    """Orders truly caused by each channel, and each model's judgement.

    ``con`` is a built warehouse, ``truth`` the folder of its world's truth.
    Raises ValueError when no order of the warehouse is in the truth.
    """
    caused = dict(con.execute(CAUSES, {"causes": str(truth / "order_causes.parquet")}).fetchall())
    orders = sum(caused.values())
    if not orders:
        raise ValueError(f"no order of the warehouse is in {truth.name}/order_causes.parquet")
    channels = sorted(set(_effects(con, truth)) - {BASELINE})
    by_model: dict[str, dict[str, float]] = {}
    for model, cause, credit in con.execute(CREDITS).fetchall():
        by_model.setdefault(model, {})[cause] = credit
    found = {}
    for model, credit in sorted(by_model.items()):
        scale = orders / sum(credit.values())
        scaled = {cause: amount * scale for cause, amount in credit.items()}
        apart = sum(abs(scaled.get(cause, 0.0) - caused.get(cause, 0)) for cause in {*scaled, *caused})
        found[model] = Judged(
            misplaced_share=round(apart / 2 / orders, 4),
            rank_correlation=_ranks(scaled, caused, channels),
            marketed_rank_correlation=_ranks(scaled, caused, [name for name in channels if name not in UNMARKETED]),
            credit={cause: round(amount, 1) for cause, amount in sorted(scaled.items())},
        )
    return dict(sorted(caused.items())), found


def _ranks(credit: Mapping[str, float], caused: Mapping[str, int], channels: Sequence[str]) -> float:
    ranks = spearmanr([credit.get(name, 0.0) for name in channels], [caused.get(name, 0) for name in channels])
    return round(float(ranks.statistic), 4)


def _effects(con: duckdb.DuckDBPyConnection, truth: Path) -> list[str]:
    rows = con.execute("select channel from read_parquet(?)", [str(truth / "channel_effects.parquet")]).fetchall()
    return [str(channel) for (channel,) in rows]


def world(seed: int, people: int, days: int) -> dict[str, Any]:
    """Make a world, land and build it in a home of its own, and judge every model on it."""
    with tempfile.TemporaryDirectory(prefix="attribution-truth-") as home:
        before = dict(os.environ)
        try:
            os.environ["SELVAGE_HOME"] = home
            with running(Path(home), seed=seed, people=people, days=days) as sandbox:
                os.environ.update(sandbox.environment())
                settings = selvage.settings()
                settings.home.mkdir(parents=True, exist_ok=True)
                ledger.initialise(settings.ledger)
                for vendor in discovery.sources():
                    pipeline.land(vendor)
                dbt.invoke("build", "--select", "+fct_attribution", *WITHOUT_TESTS)
                with duckdb.connect(str(settings.warehouse), read_only=True) as con:
                    caused, found = judged(con, sandbox.truth)
        finally:
            os.environ.clear()
            os.environ.update(before)
    return {"seed": seed, "caused": caused, "models": {name: asdict(one) for name, one in found.items()}}
