"""The page of all sources (docs/sources.md), written from what their modules say: nobody has to keep it up.

Tables, keys and how rows are merged are asked of dlt, as it will make them; no setting has to be there and nothing is
read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any

import selvage
from ingestion import discovery
from ingestion.tables import ReadBy

HEAD = """# Sources: what each lands, and what it does not

Written by `python -m ingestion docs > docs/sources.md` from the modules in `ingestion/sources/`; a test holds the two
together. How to get at credentials is in [connect.md](connect.md).

Rows land in `raw_<source>.<table>`. A row that comes again replaces the one of the same key; under a key with
*together*, all rows that have it are replaced at once, so what the vendor took back goes too. A reading goes on where
the last one ended, by the column under *goes by*, and begins the look-back earlier, as rows arrive late or change
unseen; what comes again unchanged is not landed again. *All, compared*: the whole list is read each time, and what is
not as it was landed lands. *With orders*: the rows come with those of that table, whenever these do. A file is known by
its name, size and time, and read again when these change. A source is stale, and stops the run, when its newest event
or its last good reading is older than said here.
"""
UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


def text() -> str:
    """The whole page, ending with a line feed."""
    return HEAD + "".join(
        "\n" + "\n".join(_section(name, module)) + "\n" for name, module in discovery.sources().items()
    )


def _section(name: str, module: ModuleType) -> Iterator[str]:
    yield f"## {name}\n\n{module.DESCRIPTION}\n"
    yield from _facts(name, module)
    yield "\n| raw table | key | goes by | look-back |\n|---|---|---|---|"
    for table, resource in sorted(module.source().selected_resources.items()):
        if not table.startswith("_"):
            read = module.READ_BY[table]
            schema = resource.compute_table_schema()
            cells = _table(schema), _key(schema), _goes_by(read), _look_back(name, read)
            yield f"| {' | '.join(cells)} |"
    yield "\n| not read | why |\n|---|---|"
    for what, why in module.NOT_READ.items():
        yield f"| {what} | {why} |"


def _facts(name: str, module: ModuleType) -> Iterator[str]:
    if version := module.VERSION:
        end = f"from {version.sunset} on it may end" if version.sunset else "no end of it was told"
        yield f"- API version: `{version.name}` (`{_variable(name, version.setting)}`); {end}."
    if module.SETTINGS:
        yield f"- Settings: {', '.join(_settings(name, module.SETTINGS))}."
    if module.SCOPES:
        yield f"- Scopes: {', '.join(f'`{scope}`' for scope in sorted(module.SCOPES))}."
    is_stale = f"after {_span(module.FRESHNESS)}" if module.FRESHNESS else "never, as nothing has to come"
    yield f"- Stale: {is_stale}."


def _settings(name: str, settings: Mapping[str, str | None]) -> Iterator[str]:
    """Each variable, with its default; one without a default has to be given."""
    for field, default in settings.items():
        shown = " (needed)" if default is selvage.REQUIRED else f" (`{default}`)" if default else ""
        yield f"`{_variable(name, field)}`{shown}"


def _variable(name: str, field: str) -> str:
    return f"{name}_{field}".upper()


def _table(table: Any) -> str:
    return table["name"] if table["columns"] else "one for each name that is dropped"


def _key(table: Any) -> str:
    """The columns whose rows replace each other: one row, or all of one value together."""
    columns = table["columns"].values()
    own = [column["name"] for column in columns if column.get("primary_key")]
    together = [column["name"] for column in columns if column.get("merge_key")]
    if not own and not together:
        return "all rows of a file, together"
    return ", ".join(f"`{column}`" for column in own or together) + (", together" if together else "")


def _goes_by(read: ReadBy) -> str:
    if read.of:
        return f"with {read.of}"
    return f"`{read.cursor}`" if read.cursor else "all, compared"


def _look_back(name: str, read: ReadBy) -> str:
    if isinstance(read.look_back, str):
        return f"`{_variable(name, read.look_back)}` days"
    return "" if read.look_back is None or read.of else _span(read.look_back)


def _span(span: timedelta) -> str:
    """In whole days, hours or minutes: in the largest of them that it fills."""
    unit, word = next((unit, word) for unit, word in UNITS if not span % unit)
    return f"{span // unit} {word}{'s' * (span > unit)}"
