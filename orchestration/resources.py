"""What every part of the graph shares: the pool of those who write the warehouse, and the home that a run needs.

The home is made here and not at import: its ledger has a schema before dbt first reads it, its Dagster folder is
private and says in ``dagster.yaml`` that nothing is reported to anyone, that runs of the queue take turns, and that a
run which was lost (not one whose step failed) is started once more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

import selvage
from activation import ledger

WRITE_POOL = "warehouse_writer"

DAGSTER_YAML = """\
# Written at each start; changes here are lost.
nux:
  enabled: false
telemetry:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: run
  runs:
    max_concurrent_runs: 2
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false
run_monitoring:
  enabled: true
event_log_storage:
  module: orchestration.event_log
  class: EventLogStorage
  config:
    base_dir: {history}
"""


def prepare_home() -> Path:
    """Make what a run expects to find. Returns Dagster's folder."""
    settings = selvage.settings()
    for folder in (settings.landing, settings.work, settings.published, settings.dagster_home):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ledger.initialise(settings.ledger)
    config = settings.dagster_home / "dagster.yaml"
    wanted = DAGSTER_YAML.replace("{history}", json.dumps(str(settings.dagster_home / "history" / "runs")))
    if not config.exists() or config.read_text() != wanted:
        config.write_text(wanted)
    return settings.dagster_home


@contextmanager
def instance() -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of this home, which keeps the history of runs that the UI shows."""
    home = str(prepare_home())
    os.environ["DAGSTER_HOME"] = home
    with dg.DagsterInstance.from_config(home) as found:
        yield found
