"""Raw tables as facts: which column is found where in a vendor's JSON, and of which type it is.

A source describes each raw table once (``Table``). From that one description come the SQL that turns a page of JSON
texts into typed Arrow rows, the hints by which dlt creates and merges the table, and the fields that are asked of the
vendor. JSON goes to DuckDB as text and comes out typed: nothing is unnested row by row in Python, and money is cast
from the digits that the vendor wrote to a decimal, never through a float.

A page is an Arrow table ``{gid, parent_gid, place, kind, doc}``: one row per object, ``kind`` tells its table, ``doc``
is its JSON, ``place`` its number among the children of its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Literal

import duckdb
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema

Type = Literal["text", "json", "bigint", "bool", "ts", "dec", "price"]

SQL_TYPES: Mapping[Type, str] = {
    "text": "varchar",
    "json": "varchar",
    "bigint": "bigint",
    "bool": "boolean",
    "ts": "timestamp",
    "dec": "decimal(18,4)",
    "price": "decimal(18,6)",
}
_HINTS: Mapping[Type, TColumnSchema] = {
    "text": {"data_type": "text"},
    "json": {"data_type": "text"},
    "bigint": {"data_type": "bigint"},
    "bool": {"data_type": "bool"},
    "ts": {"data_type": "timestamp", "timezone": False, "precision": 6},
    "dec": {"data_type": "decimal", "precision": 18, "scale": 4},
    "price": {"data_type": "decimal", "precision": 18, "scale": 6},
}
ROWS_PER_BATCH = 20_480  # DuckDB reads the batches of an Arrow table side by side
PAGE = pa.schema(
    [
        ("gid", pa.string()),
        ("parent_gid", pa.string()),
        ("place", pa.int64()),
        ("kind", pa.string()),
        ("doc", pa.string()),
    ]
)
Line = tuple[str, str | None, int, str, str]


@dataclass(frozen=True)
class Column:
    """One raw column: its value lies at ``path`` in the JSON (dotted; ``a|b``: b where there is no a).

    ``sql`` computes it instead, from the page's columns, ``item`` and ``{text}``, the text at ``path``. ``ask`` is what
    a GraphQL vendor is asked for where that is more than the path.
    """

    name: str
    type: Type = "text"
    path: str = ""
    sql: str = "{text}"
    ask: str = ""

    @property
    def hint(self) -> TColumnSchema:
        return {"name": self.name, "nullable": True, **_HINTS[self.type]}


@dataclass(frozen=True)
class Table:
    """One raw table. ``kind`` picks the page's rows; ``each`` names a list in their JSON of which every item is a row.

    Inside the SQL of columns ``item`` is the row's JSON, ``doc`` that of the whole object, ``rest`` what the SQL of
    that name made of ``item``. The first column is the key. ``not_news`` names columns whose change alone is none: a
    version that differs in nothing else is not landed (``ingestion.news``).
    """

    name: str
    kind: str
    columns: tuple[Column, ...]
    each: str = ""
    where: str = "true"
    deduplicate_by: tuple[str, Literal["asc", "desc"]] | None = None
    rest: str = "null"
    not_news: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.columns[0].name

    def hints(self) -> dict[str, Any]:
        """What ``dlt.resource`` and ``dlt.transformer`` are told about the table."""
        columns: dict[str, TColumnSchema] = {column.name: column.hint for column in self.columns}
        if self.deduplicate_by:
            name, order = self.deduplicate_by
            columns[name] = {**columns[name], "dedup_sort": order}
        return {"columns": columns, "primary_key": self.key, "write_disposition": "merge"}

    def select(self, *more: str) -> str:
        """SQL text that turns the relation ``page`` into this table's typed rows; a value of a wrong type raises.

        ``more``: columns of the page to be given besides, as SQL.
        """
        item = f"unnest(json_extract(doc, '{json_path(self.each)}[*]'))" if self.each else "doc"
        typed = (f"cast({text} as {SQL_TYPES[column.type]}) as {column.name}" for column, text in self._texts())
        return (
            f"with items as (select *, {item} as item from page where kind = '{self.kind}'),\n"
            f"read as (select *, {self._read()} from items where {self.where})\n"
            f"select {', '.join([*more, *typed])} from read"
        )

    def judge(self) -> str:
        """SQL text like ``select`` that stops at nothing: each row of ``page`` comes with what is wrong with it.

        The result has the page's columns, the table's (null where a value does not fit), ``bad_field`` and
        ``bad_reason`` (null: the row is good). A row without key is bad.
        """
        judged, faults = [], ["when not is_object then 'row: not a JSON object'"]
        for column, text in self._texts():
            if text == column.name:
                continue  # the page has it already
            kind = SQL_TYPES[column.type]
            judged.append(f"try_cast({text} as {kind}) as {column.name}")
            if column.name == self.key:
                faults.append(f"when {text} is null then '{column.name}: is missing'")
            if kind != "varchar":
                fits = f"try_cast({text} as {kind}) is not null"
                if column.type == "bigint":  # a cast would round
                    fits += f" and not regexp_matches({text}, '[.][0-9]*[1-9]')"
                faults.append(f"when {text} is not null and not ({fits}) then '{column.name}: is not a {kind}'")
        return (
            "with items as (select *, coalesce(json_type(try_cast(doc as json)) = 'OBJECT', false) as is_object,\n"
            "    case when is_object then doc end as item from page),\n"
            f"read as (select *, {self._read()} from items),\n"
            f"judged as (select * exclude (is_object, item, texts, rest), {', '.join(judged)},\n"
            f"    case {' '.join(faults)} end as fault from read)\n"
            "select * exclude fault, split_part(fault, ': ', 1) as bad_field, split_part(fault, ': ', 2) as bad_reason"
            "\nfrom judged"
        )

    def _paths(self) -> list[str]:
        return [path for column in self.columns for path in column.path.split("|") if path]

    def _read(self) -> str:
        """All paths at once: the JSON of a row is parsed a single time."""
        listed = ", ".join(f"'{json_path(path)}'" for path in self._paths())
        return f"json_extract_string(item, [{listed}]) as texts, {self.rest} as rest"

    def _texts(self) -> Iterator[tuple[Column, str]]:
        """Each column with the SQL of its text."""
        place = 0
        for column in self.columns:
            found = []
            for _ in filter(None, column.path.split("|")):
                place += 1
                found.append(f"texts[{place}]")
            text = f"coalesce({', '.join(found)})" if len(found) > 1 else "".join(found)
            yield column, column.sql.replace("{text}", text)

    def reader(self) -> Callable[[pa.Table], pa.Table | None]:
        """A function from a page to this table's rows; None where the page has none of them."""
        sql = self.select()

        def read(page: pa.Table) -> pa.Table | None:
            rows = query(sql, page=page)
            return rows if rows.num_rows else None

        return read


@dataclass(frozen=True)
class ReadBy:
    """How a reading finds what is new of a raw table since the last one.

    ``cursor``: the raw column that is gone by; "": all is read each time, and what is not as it was landed lands.
    ``look_back``: how far before the end of the last reading this one begins; a text names the setting that holds the
    days. ``of``: the table with whose rows those of this one come; then it is the other that is gone by.
    """

    cursor: str = ""
    look_back: timedelta | str | None = None
    of: str = ""


def json_path(dotted: str) -> str:
    """``a.b c`` -> ``$."a"."b c"``: a path that DuckDB reads whatever the names contain."""
    return "$" + "".join(f'."{part}"' for part in dotted.split("."))


def query(sql: str, **pages: pa.Table) -> pa.Table:
    """Run SQL over Arrow tables, which it sees under their argument names."""
    with _database().cursor() as connection:
        for name, page in pages.items():
            connection.register(name, pa.Table.from_batches(page.to_batches(max_chunksize=ROWS_PER_BATCH), page.schema))
        return connection.execute(sql).to_arrow_table()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One empty database in memory for all pages of this process: opening one costs more than reading a page."""
    return duckdb.connect(":memory:")


def page_of(rows: Iterable[Line]) -> pa.Table:
    """A page from (gid, parent gid, place, kind, JSON text)."""
    columns = tuple(zip(*rows, strict=True)) or ((),) * len(PAGE)
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, PAGE, strict=True)], schema=PAGE)
