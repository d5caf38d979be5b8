"""The product's own dbt models of identity, run on generated records in a copy of the project.

The copy differs from the project in this: the one provider of records and identifiers reads Parquet files, all other
shapes have none, the moment up to which data were seen is that of the newest record, and without scoring there is no
scored edge. ``dbt run`` is one process, as an operator would start it. What dbt costs by itself is the same command
over files without rows.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from benchmarks.identity.quality import Quality, quality
from benchmarks.road import ROOT, measured

WANTED = "+int_identity__record_customers +fct_customer_merges"
SHAPES = ("customer_records", "identifiers")
AS_OF = "select max(updated_at) as as_of from {{ ref('int_identity__records') }}\n"
NO_SCORED_EDGES = """
select
    cast(null as string) as record_key_from, cast(null as string) as record_key_to,
    cast(null as bigint) as record_number_from, cast(null as bigint) as record_number_to,
    cast(null as string) as match_rule, cast(null as string) as identifier_type,
    cast(null as string) as identifier_value, cast(null as bigint) as match_rank,
    cast(null as double) as match_probability, cast(null as string) as source_system,
    cast(null as timestamp) as first_seen_at
where 1 = 0
"""
LINKS = """(
    select record_key, identifier_type || ':' || identifier_value as identifier
    from intermediate.int_identity__identifiers where blocked_reason is distinct from 'malformed'
)"""
CLUSTERS = "(select record_key, customer_id as cluster from intermediate.int_identity__record_customers)"
EDGES = "select record_number_from as a, record_number_to as b from intermediate.int_identity__edges"
PARTITION = """
    select record_key, min(record_key) over (partition by customer_id) as first_record
    from {}.intermediate.int_identity__record_customers
"""
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


class Product:
    """A copy of the dbt project below ``folder`` whose provider reads ``<rows>/<shape>/*.parquet``."""

    def __init__(self, folder: Path, rows: Path, *, scored: bool = False) -> None:
        self.folder = folder
        self.warehouse = folder / "warehouse.duckdb"
        self.project = folder / "dbt_project"
        shutil.copytree(ROOT / "dbt_project", self.project, ignore=LEFT_OUT)
        settings = self.project / "dbt_project.yml"
        project = yaml.safe_load(settings.read_text())
        project["vars"]["providers"] = {
            shape: ["bench"] if shape in SHAPES else [] for shape in project["vars"]["providers"]
        }
        settings.write_text(yaml.safe_dump(project, sort_keys=False))
        shapes = self.project / "models" / "shapes" / "bench"
        shapes.mkdir()
        for shape in SHAPES:
            (shapes / f"shp_bench__{shape}.sql").write_text(f"select * from read_parquet('{rows}/{shape}/*.parquet')\n")
        next(self.project.rglob("int_as_of.sql")).write_text(AS_OF)
        if not scored:
            next(self.project.rglob("int_identity__scored_edges.sql")).write_text(NO_SCORED_EDGES)

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
            "PYTHONPATH": str(ROOT),
        }
        seconds, cpu, peak = measured(command, environment)
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        models = {each["unique_id"].split(".")[-1]: round(each["execution_time"], 3) for each in results}
        return Run(round(seconds, 2), round(cpu, 2), peak, models)

    def prepare(self) -> None:
        """An empty warehouse with the seeds and what dbt has parsed, so that neither is measured."""
        self.warehouse.unlink(missing_ok=True)
        self.dbt("seed", "--select", "identity")
        shutil.copy(self.warehouse, self.folder / "seeded.duckdb")

    def fresh(self) -> None:
        """Back to the seeded, otherwise empty warehouse."""
        shutil.copy(self.folder / "seeded.duckdb", self.warehouse)

    def run(self) -> Run:
        """The chain from the shapes to every record's customer and the merge log."""
        return self.dbt("run", "--select", *WANTED.split())


def judged(warehouse: Path, data: Path, edges: str) -> Quality:
    """Compare a built warehouse with the truth in ``data``; leaves its edges there, as ``<edges>.parquet``."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        con.execute(f"copy ({EDGES}) to '{data}/{edges}.parquet' (format parquet)")
        return quality(con, CLUSTERS, LINKS, f"read_parquet('{data}/owners/base.parquet')")


def same_partition(one: Path, other: Path) -> bool:
    """Whether two warehouses put the same records together, whatever the ids they give."""
    with duckdb.connect() as con:
        for name, file in (("one", one), ("other", other)):
            con.execute(f"attach '{file}' as {name} (read_only)")
        left, right = PARTITION.format("one"), PARTITION.format("other")
        return not con.sql(f"({left} except {right}) union all ({right} except {left}) limit 1").fetchall()
