"""What Dagster loads (workspace.yaml names this module): one graph from every vendor's API to every audience.

The dbt manifest is parsed here when it is missing or older than the project; ``make env``, ``python -m orchestration
run`` and ``ui`` do that before, so that loading stays quick.
"""

from __future__ import annotations

from orchestration import graph
from orchestration.resources import prepare_home
from warehouse import dbt

try:
    prepare_home()
    dbt.prepare_manifest()
except dbt.DbtFailed as failed:
    raise RuntimeError(
        f"The dbt project can't be read, so there are no assets to show. {failed}\n"
        "Mend it, see it with `python -m orchestration definitions`, and reload."
    ) from failed

defs = graph.build()
