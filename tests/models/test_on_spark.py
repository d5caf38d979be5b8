"""What is said twice, for DuckDB and for Spark, gives the same on both: the macros of macros/cross_db, and scored pairs.

``make test-spark`` installs PySpark (half a gigabyte; needs Java 17) and runs this file; without PySpark it is skipped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest

from identity.engine import backend
from identity.resolution import resolve
from identity.scoring import Model
from tests.identity.test_febrl import as_described, febrl
from tests.models.cross_db_cases import CASES, Case
from tests.models.test_cross_db_macros import dispatched, rendered
from warehouse.dbt_functions import register_on_spark

pyspark_sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed; make test-spark installs it")

__all__ = ["rendered"]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from splink.internals.spark.jar_location import similarity_jar_location

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = (
            pyspark_sql.SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.driver.memory", "6g")
            .config("spark.jars", similarity_jar_location())
            .getOrCreate()
        )
        register_on_spark(session)
        yield session
        session.stop()


@pytest.mark.parametrize("case", [case for case in CASES if case.macro in dispatched()], ids=lambda case: case.id)
def test_a_macro_gives_the_same_value(case: Case, rendered: dict[Case, dict[str, str]], spark: Any) -> None:
    rows = spark.sql(rendered[case]["spark"]).collect()
    given = [float(row[0]) if isinstance(row[0], Decimal) else row[0] for row in rows]
    assert given == [float(one) if isinstance(one, Decimal) else one for one in case.expected]


def test_scored_pairs_are_the_same(spark: Any) -> None:
    """FEBRL's set 1 by the shop's own model: the same pairs, decisions and probabilities."""
    model = Model.read()
    with duckdb.connect() as con:
        table = as_described(con, febrl(1)[0])
        ours = resolve(backend(con), table, model).to_pandas()
        spark.createDataFrame(con.table(table).to_arrow_table()).createOrReplaceTempView(table)
    theirs = resolve(backend(spark), table, model).to_pandas()
    assert len(ours) > 400
    keys = ["record_number_from", "record_number_to", "decision"]
    assert theirs[keys].equals(ours[keys])
    assert np.allclose(theirs["match_probability"], ours["match_probability"], atol=2e-6)
