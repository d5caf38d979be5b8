"""The two functions that models call and no engine has: phone numbers in E.164, and the parting of tied records.

profiles.yml names this module as a dbt-duckdb plugin, so every dbt command has them; another connection gets them by
``register``, a Spark session by ``register_on_spark``. They are called through macros/cross_db.
"""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import duckdb
import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Gives dbt's connection the functions."""

    def configure_connection(self, conn: Any) -> None:
        register(conn)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``phone_e164(value, country_code)`` and ``parted(edges, marks)`` known to a connection and its cursors."""
    from warehouse.parting import parted_column
    from warehouse.phones import e164_column

    text, texts = "varchar", "varchar[]"
    for name, function, parameters, result in (
        ("phone_e164", e164_column, [text, text], text),
        ("parted", parted_column, [texts, texts], texts),
    ):
        connection.create_function(name, function, parameters, result, type="arrow", null_handling="special")


def nfc_column(texts: pa.Array) -> pa.Array:
    """Texts in Unicode's composed form; null where null."""
    return pa.array([None if text is None else normalize("NFC", text) for text in texts.to_pylist()], pa.string())


def register_on_spark(session: Any) -> None:
    """The same functions for a Spark session, and ``nfc_normalize(text)``, which DuckDB has and Spark lacks."""
    from pyspark.sql.functions import arrow_udf

    from warehouse.parting import parted_column
    from warehouse.phones import e164_column

    for name, function, result in (
        ("phone_e164", e164_column, "string"),
        ("parted", parted_column, "array<string>"),
        ("nfc_normalize", nfc_column, "string"),
    ):
        session.udf.register(name, arrow_udf(function, result))
