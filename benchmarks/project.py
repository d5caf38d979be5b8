"""The product's own dbt project over rows that a benchmark made: a copy whose one provider reads Parquet files.

``dbt run`` is one process, as an operator would start it. What dbt costs by itself is the same command over files
without rows.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.road import ROOT, measured

LEFT_OUT = shutil.ignore_patterns("target", "logs", "dbt_packages")


@dataclass(frozen=True)
class Run:
    """What one command took: seconds of wall time, CPU seconds, peak MB, and wall seconds of each model it built."""

    seconds: float
    cpu_seconds: float
    peak_mb: int
    models: dict[str, float]

    def without(self, overhead: Run) -> float:
        """CPU seconds beyond those of another run."""
        return self.cpu_seconds - overhead.cpu_seconds


class Project:
    """A copy below ``folder`` whose provider reads ``<rows>/<shape>/*.parquet`` for these shapes; others have none.

    ``instead``: the SQL of models whose ancestors have nothing to do with what is measured.
    """

    def __init__(self, folder: Path, rows: Path, shapes: Collection[str], instead: Mapping[str, str]) -> None:
        self.folder = folder
        self.warehouse = folder / "warehouse.duckdb"
        self.project = folder / "dbt_project"
        shutil.copytree(ROOT / "dbt_project", self.project, ignore=LEFT_OUT)
        settings = self.project / "dbt_project.yml"
        project = yaml.safe_load(settings.read_text())
        providers = project["vars"]["providers"]
        project["vars"]["providers"] = {shape: ["bench"] if shape in shapes else [] for shape in providers}
        settings.write_text(yaml.safe_dump(project, sort_keys=False))
        models = self.project / "models" / "shapes" / "bench"
        models.mkdir()
        for shape in shapes:
            (models / f"shp_bench__{shape}.sql").write_text(f"select * from read_parquet('{rows}/{shape}/*.parquet')\n")
        for model, sql in instead.items():
            next(self.project.rglob(f"{model}.sql")).write_text(sql)

    def dbt(self, *words: str) -> Run:
        """Run one dbt command; raises RuntimeError when it is not green."""
        command = [sys.executable, "-W", "ignore", "-m", "dbt.cli.main", *words]
        command += ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        command += ["--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs")]
        environment = {
            **os.environ,
            "SELVAGE_WAREHOUSE": str(self.warehouse),
            "SELVAGE_WRITE_LOCK": str(self.folder / "write.lock"),
            "SELVAGE_HASH_KEY": "0" * 64,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        seconds, cpu, peak = measured(command, environment)
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        models = {each["unique_id"].split(".")[-1]: round(each["execution_time"], 3) for each in results}
        return Run(round(seconds, 2), round(cpu, 2), peak, models)

    def prepare(self, *seeds: str) -> None:
        """An empty warehouse with the seeds and what dbt has parsed, so that neither is measured."""
        self.warehouse.unlink(missing_ok=True)
        self.dbt("seed", "--select", *seeds)
        shutil.copy(self.warehouse, self.folder / "seeded.duckdb")

    def fresh(self) -> None:
        """Back to the seeded, otherwise empty warehouse."""
        shutil.copy(self.folder / "seeded.duckdb", self.warehouse)
