"""What the dbt model int_identity__scored_pairs calls: records and exact ties in, scored pairs out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from identity.resolution import PAIRS, clusters_of, resolve
from identity.scoring import Model

CLUSTERED = "clustered_records"


def scored_pairs(records: Any, ties: Any, session: Any) -> pa.Table:
    """Scored pairs (``identity.resolution.PAIRS``) of the relations that dbt hands a Python model on DuckDB or Spark.

    ``records`` as ``identity.scoring.DESCRIBED`` with ``record_number`` and ``is_given_known``; ``ties`` has
    ``record_number_from, record_number_to``. No record is no work: Splink is not even imported.

    On DuckDB the work is done in a database of its own in memory, so that the build's connection sees none of Splink's
    tables. On Spark it is done in the session, and only integers come to the driver.
    """
    numbers = _arrow(records.select("record_number"))["record_number"].to_numpy()
    if len(numbers) < 2:
        return PAIRS.empty_table()
    with room(session, records, ties) as api:
        return resolve(api, CLUSTERED, Model.read())


@contextmanager
def room(session: Any, records: Any, ties: Any) -> Iterator[Any]:
    """Splink's way to a session in which CLUSTERED is a table or view of the records with their cluster_number."""
    from identity.engine import backend

    numbers = _arrow(records.select("record_number"))["record_number"].to_numpy()
    tied = _arrow(ties)
    ends = (tied[name].to_numpy() for name in ("record_number_from", "record_number_to"))
    clusters = pa.table({"record_number": numbers, "cluster_number": clusters_of(numbers, *ends)})
    if type(session).__module__.startswith("pyspark"):
        records.join(session.createDataFrame(clusters), "record_number").createOrReplaceTempView(CLUSTERED)
        yield backend(session)
        return
    import duckdb

    with duckdb.connect() as own:
        threads = session.execute("select current_setting('threads')").fetchall()[0][0]
        own.execute(f"set threads = {threads}")
        own.execute("set enable_progress_bar = false")
        own.register("records", _arrow(records))
        own.register("clusters", clusters)
        own.execute(f"create table {CLUSTERED} as select * from records inner join clusters using (record_number)")
        own.unregister("records")
        own.unregister("clusters")
        yield backend(own)


def _arrow(relation: Any) -> pa.Table:
    """A DuckDB relation or a Spark data frame as an Arrow table."""
    return relation.toArrow() if hasattr(relation, "toArrow") else relation.to_arrow_table()
