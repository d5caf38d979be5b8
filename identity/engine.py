"""Splink's way to the engine behind a session, and what Splink needs around it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from splink.internals.database_api import DatabaseAPI


def backend(session: Any) -> DatabaseAPI[Any]:
    """``session`` is a DuckDB connection (Splink makes tables in it: give it one of its own) or a Spark session."""
    _write_each_column_name_once()
    if type(session).__module__.startswith("pyspark"):
        from splink import SparkAPI

        return SparkAPI(spark_session=session)
    from splink import DuckDBAPI

    return DuckDBAPI(session)


def _write_each_column_name_once() -> None:
    """Have Splink remember how a column is quoted, instead of asking sqlglot each of two thousand times.

    With sqlglot's compiled form each asking parses 16 templates: 5 s of CPU a prediction, 0.1 s when remembered
    (measured). The answer depends on the fields of the frozen object alone.
    """
    from splink.internals.input_column import SqlglotColumnTreeBuilder

    written = SqlglotColumnTreeBuilder.sql
    if isinstance(written, property) and written.fget is not None and not hasattr(written.fget, "cache_info"):
        SqlglotColumnTreeBuilder.sql = property(cache(written.fget))
