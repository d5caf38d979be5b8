"""Reads one dropped CSV, JSON-lines or Parquet file into typed rows and, beside them, the rows that do not fit.

Parquet says itself what type a column has. A text file does not: its values are read as text, and a column gets the
type that at least nine of ten values of its first rows have (whole numbers, decimals - never floats -, booleans, dates,
times; else text). A table keeps the types that its first file gave it. A value that does not fit its column puts its
row aside with field and reason, so one bad row neither stops the file nor turns the whole column into text.
"""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import lines
from ingestion.lines import NotWhatItSays

ROWS_PER_PAGE = 500_000
ROWS_TO_JUDGE = 50_000
SHARE_THAT_FITS = 0.9
TEXT = "VARCHAR"
# The first pattern that most values match is the column's type. A leading zero makes a code, not a number.
PATTERNS = {
    "BOOLEAN": r"(?i:true|false)",
    "BIGINT": r"[+-]?(0|[1-9][0-9]{0,17})",
    "DECIMAL(38,10)": r"[+-]?(0|[1-9][0-9]{0,26})?([.][0-9]{1,10})?",
    "DATE": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "TIMESTAMP": r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9:]{2,6})?)?",
}
LOOKS_LIKE = {b"PAR1": "Parquet", b"PK\x03\x04": "a zip archive or a spreadsheet", b"%PDF": "PDF"}


def snake_case(name: str) -> str:
    """``Order ID`` and ``orderId`` -> ``order_id``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    plain = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_") or "column"
    return f"_{plain}" if plain[0].isdigit() else plain


class TabularFile:
    """One file; ``types`` (column -> SQL type) is what its table has so far, and is completed by ``read``.

    ``read`` yields (is_good, Arrow table): good rows with ``_source_file`` and ``_row_number`` (from 1), others in the
    form of ``lines.QUARANTINE``. Raises NotWhatItSays, duckdb.Error or one of ``lines.BROKEN`` if it can't be read.
    """

    def __init__(self, path: Path, source_file: str, types: dict[str, str], work: Path) -> None:
        self.path, self.source_file, self.types = path, source_file, types
        self._work = work / "files"
        self._database = duckdb.connect(":memory:", config={"temp_directory": str(self._work)})

    def read(self) -> Iterator[tuple[bool, pa.Table]]:
        names = self.path.name.removesuffix(".gz")
        with self._database:
            if names.endswith(".parquet"):
                yield from self._parquet()
                return
            self._refuse_other_content()
            yield from self._csv() if names.endswith(".csv") else self._json_lines()

    def _parquet(self) -> Iterator[tuple[bool, pa.Table]]:
        path = self.path
        if path.suffix == ".gz":
            self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._work / "unpacked.parquet"
            with gzip.open(self.path) as packed, path.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
        self._database.execute(f"create view dropped as from read_parquet({_text(str(path))}, file_row_number = true)")
        described = self._database.execute("describe dropped").fetchall()
        columns = []
        for (name, kind, *_), column in zip(described, _unique(row[0] for row in described), strict=True):
            if name == "file_row_number":
                continue
            nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
            columns.append(f"{f'to_json({_name(name)})::varchar' if nested else _name(name)} as {_name(column)}")
        yield from self._good(f"select {', '.join(columns)}, file_row_number + 1 as _row_number from dropped")
        if path != self.path:
            path.unlink()

    def _csv(self) -> Iterator[tuple[bool, pa.Table]]:
        options = "all_varchar = true, header = true, null_padding = false, store_rejects = true, rejects_limit = 0"
        self._database.execute(
            f"create table dropped as select *, row_number() over () as _row_number "
            f"from read_csv({_text(str(self.path))}, {options})"
        )
        rejected = self._database.execute(
            "select line - 1, coalesce(column_name, 'row'), lower(error_type::varchar), csv_line from reject_errors"
            " qualify row_number() over (partition by line order by column_idx) = 1 order by line"
        ).fetchall()
        if rejected:
            # The reader leaves these rows out; the numbers of those behind them are moved to their place in the file.
            places = {number - index: index + 1 for index, (number, *_) in enumerate(rejected)}
            self._database.execute("create table places (place bigint, shift bigint)")
            self._database.executemany("insert into places values (?, ?)", list(places.items()))
            self._database.execute(
                "create or replace table dropped as"
                " select d.* replace (_row_number + coalesce(shift, 0) as _row_number)"
                " from dropped as d asof left join places on d._row_number >= places.place"
            )
            yield False, self._quarantine([(row[0], snake_case(row[1]), *row[2:]) for row in rejected])
        yield from self._typed({})

    def _json_lines(self) -> Iterator[tuple[bool, pa.Table]]:
        create = "create table lines (source_file varchar, row_number bigint, doc varchar)"
        self._database.execute(create)
        for page in lines.pages(self.path, self.source_file):
            self._database.register("page", page)
            self._database.execute("insert into lines from page")
        objects = "coalesce(json_type(try_cast(doc as json)) = 'OBJECT', false)"
        all_lines, good_lines = self._database.execute(f"select count(*), count_if({objects}) from lines").fetchall()[0]
        if all_lines and good_lines * 2 < all_lines:
            raise NotWhatItSays(f"only {good_lines:,} of {all_lines:,} lines are JSON objects")
        keys = [
            row[0]
            for row in self._database.execute(
                f"select key from (select unnest(json_keys(doc)) as key, row_number from lines where {objects})"
                " group by key order by min(row_number), key"
            ).fetchall()
        ]
        paths = {key: '$."' + key.replace('"', '\\"') + '"' for key in keys}
        read = [f"json_extract_string(doc, {_text(path)}) as {_name(key)}" for key, path in paths.items()]
        columns = ", ".join([*read, "row_number as _row_number"])
        self._database.execute(f"create table dropped as select {columns} from lines where {objects}")
        kinds = (f"json_type(doc, {_text(path)})" for path in paths.values())
        is_text = [
            f"count_if({kind} = 'VARCHAR') > {1 - SHARE_THAT_FITS:.2f} * count_if({kind} <> 'NULL')" for kind in kinds
        ]
        strings = self._database.execute(
            f"select {', '.join(is_text or ['1'])} from (from lines where {objects} limit {ROWS_TO_JUDGE})"
        ).fetchall()[0]
        yield from self._typed(dict(zip(keys, strings, strict=False)))
        bad = self._database.execute(
            f"select row_number, 'row', 'not a JSON object', doc from lines where not {objects}"
        ).fetchall()
        if bad:
            yield False, self._quarantine(bad)

    def _typed(self, is_text: dict[str, bool]) -> Iterator[tuple[bool, pa.Table]]:
        """Table ``dropped`` (all text) as typed rows, and those that do not fit. JSON strings are never numbers."""
        found = [row[0] for row in self._database.execute("describe dropped").fetchall() if row[0] != "_row_number"]
        good, tests = [], []
        for name, column in zip(found, _unique(found), strict=True):
            kind = self.types.get(column) or self._type_of(name, is_text.get(name, False))
            self.types[column] = kind
            value = _name(name) if kind == TEXT else f"nullif(trim({_name(name)}), '')"
            good.append(f"try_cast({value} as {kind}) as {_name(column)}")
            if kind != TEXT:
                tests.append(f"when not {self._fits(value, kind)} then {_text(f'{column}: is not a {kind.lower()}')}")
        fault = f"case {' '.join(tests)} end" if tests else "null::varchar"
        self._database.execute(f"create table judged as select *, {fault} as _fault from dropped")
        yield from self._good(f"select {', '.join([*good, '_row_number'])} from judged where _fault is null")
        whole = ", ".join(f"{_name(name)} := {_name(name)}" for name in found)
        bad = self._database.execute(
            f"select _row_number, split_part(_fault, ': ', 1), split_part(_fault, ': ', 2), "
            f"to_json(struct_pack({whole}))::varchar from judged where _fault is not null"
        ).fetchall()
        if bad:
            yield False, self._quarantine(bad)

    def _type_of(self, name: str, is_text: bool) -> str:
        kinds = [kind for kind in PATTERNS if not is_text or kind in ("DATE", "TIMESTAMP")]
        value = f"nullif(trim({_name(name)}), '')"
        counted = ", ".join(f"count_if({self._fits(value, kind)} and {value} is not null)" for kind in kinds)
        (filled, *fitting) = self._database.execute(
            f"select count({value}), {counted} from (select {_name(name)} from dropped limit {ROWS_TO_JUDGE})"
        ).fetchall()[0]
        for kind, count in zip(kinds, fitting, strict=True):
            if filled and count >= filled * SHARE_THAT_FITS:
                return kind
        return TEXT

    def _fits(self, value: str, kind: str) -> str:
        """SQL that is true where a text is empty or of a type; the pattern forbids what a cast would round."""
        pattern = PATTERNS.get(kind)
        matches = f"regexp_full_match({value}, {_text(pattern)}) and " if pattern else ""
        return f"coalesce({matches}try_cast({value} as {kind}) is not null, {value} is null)"

    def _good(self, select: str) -> Iterator[tuple[bool, pa.Table]]:
        rows = self._database.execute(f"select *, {_text(self.source_file)} as _source_file from ({select})")
        for batch in rows.to_arrow_reader(ROWS_PER_PAGE):
            if batch.num_rows:
                yield True, pa.Table.from_batches([batch])

    def _quarantine(self, rows: list[tuple[int, str, str, str]]) -> pa.Table:
        columns = (*zip(*rows, strict=True),)
        return pa.table([[self.source_file] * len(rows), *map(list, columns)], schema=lines.QUARANTINE)

    def _refuse_other_content(self) -> None:
        with self.path.open("rb") as file:
            packed = file.read(2) == lines.GZIP
        if packed != (self.path.suffix == ".gz"):
            raise NotWhatItSays("named .gz but not compressed" if not packed else "compressed but not named .gz")
        with gzip.open(self.path) if packed else self.path.open("rb") as content:
            start = content.read(4096)
        for mark, format_name in LOOKS_LIKE.items():
            if start.startswith(mark):
                raise NotWhatItSays(f"named {''.join(self.path.suffixes)} but contains {format_name}")
        if b"\0" in start:
            raise NotWhatItSays(f"named {''.join(self.path.suffixes)} but contains binary data")
        if ".csv" in self.path.suffixes and start.lstrip()[:1] in (b"{", b"[", b"<"):
            raise NotWhatItSays("named .csv but contains JSON or markup")


def _unique(names: Iterator[str] | list[str]) -> list[str]:
    """Snake-case names; of two that become the same the later gets a number."""
    found: list[str] = []
    for name in map(snake_case, names):
        candidate, number = name, 2
        while candidate in found:
            candidate, number = f"{name}_{number}", number + 1
        found.append(candidate)
    return found


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
