"""Splink's way to the engine behind a session, and what Splink needs around it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from splink.internals.database_api import DatabaseAPI

DOUBLE = re.compile(r"cast\(\s*(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s+as\s+double\s*\)", re.IGNORECASE)


def backend(session: Any) -> DatabaseAPI[Any]:
    """``session`` is a DuckDB connection (Splink makes tables in it: give it one of its own) or a Spark session."""
    _write_each_column_name_once()
    if type(session).__module__.startswith("pyspark"):
        return _spark(session)
    from splink import DuckDBAPI

    return DuckDBAPI(session)


def _spark(session: Any) -> DatabaseAPI[Any]:
    """Splink's way to Spark, with sqlglot's Spark dialect as it is.

    Splink derives a dialect of its own from it, to write number literals as doubles, and sqlglot's compiled form lets
    nothing derive. The literals are made doubles here.
    """
    import sqlglot
    from splink import SparkAPI

    class Spark(SparkAPI):
        def _setup_for_execute_sql(self, sql: str, physical_name: str) -> str:  # noqa: ARG002
            return DOUBLE.sub(r"\1D", sqlglot.transpile(sql, read="spark", write="spark")[0])

    return Spark(spark_session=session, break_lineage_method="persist")


def _write_each_column_name_once() -> None:
    """Have Splink remember how a column is quoted, instead of asking sqlglot each of two thousand times.

    With sqlglot's compiled form each asking parses 16 templates: 5 s of CPU a prediction, 0.1 s when remembered
    (measured). The answer depends on the fields of the frozen object alone.
    """
    from splink.internals.input_column import SqlglotColumnTreeBuilder

    written = SqlglotColumnTreeBuilder.sql
    if isinstance(written, property) and written.fget is not None and not hasattr(written.fget, "cache_info"):
        SqlglotColumnTreeBuilder.sql = property(cache(written.fget))
