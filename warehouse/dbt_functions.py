"""The two functions that models call and no engine has: phone numbers in E.164, and the parting of tied records.

profiles.yml names this module as a dbt-duckdb plugin, so every dbt command has them; another connection gets them by
``register``. They are called through macros/cross_db, and on Spark are functions of the session under the same names.
"""

from __future__ import annotations

from typing import Any

import duckdb
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
