"""What dlt is told of itself: settings given here in code, and nothing from files or variables of the machine.

dlt looks up each of its settings for each run of a pipeline, by all of its sections and in every place that may hold
it: variables, two files of the project, two of the user's home, the secrets of a web framework if that is installed.
Here is one place; what it doesn't hold is as dlt has it.
"""

from __future__ import annotations

import os
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.configuration.providers.doc import CustomLoaderDocProvider
from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.runtime.run_context import RunContext

LOG_LEVEL = "RUNTIME__LOG_LEVEL"


def settings() -> dict[str, Any]:
    """By section. Finished packages are deleted, as they hold personal data, and nobody is told how dlt is used."""
    return {
        "runtime": {"dlthub_telemetry": False, "log_level": os.environ[LOG_LEVEL]},
        "load": {"delete_completed_jobs": True, "truncate_staging_dataset": True},
        "normalize": {"parquet_normalizer": {"add_dlt_load_id": True}},
    }


class _InCode(RunContext):
    """dlt's usual folders; ``settings`` alone."""

    def initial_providers(self) -> list[ConfigProvider]:
        return [CustomLoaderDocProvider("Selvage", settings, supports_secrets=False)]


def configure() -> None:
    """Have dlt look nowhere else, in this process; what it made before this keeps what it looked up."""
    container = Container()
    if PluggableRunContext not in container:  # dlt's own would read all those places, and import the web framework
        container[PluggableRunContext] = PluggableRunContext(_InCode(None))
    elif not isinstance((context := container[PluggableRunContext]).context, _InCode):
        context.reload(_InCode(None))
