"""Files: each audience as CSV or Parquet in a folder, for every tool that has no file of its own here.

Data flow: members -> one data file -> ``manifest.json`` beside it, which is replaced last and names the files that
count. A file that the manifest does not name does not exist for a reader, so nobody ever sees half a drop.

    <FILES_PATH>/<audience>/manifest.json
    <FILES_PATH>/<audience>/changes-000000000042-add.csv        FILES_MODE=changes: what to do, in order of sequence
    <FILES_PATH>/<audience>/members-000000000042.parquet        FILES_MODE=state: everybody who is a member

- changes: ``add`` and ``update`` rows are to be put under their customer_id, whatever was there; ``remove`` rows take
  it away. Doing a file twice changes nothing. A reader keeps the sequence it did last, and may take away files it did.
- state: one file replaces the last one. The one before it stays for those who are still reading it.

A row holds customer_id, the channel's contact points, the consent it stands on, then the audience's own columns. Times
are ISO text in UTC, amounts exact decimals. In CSV an empty cell is a missing value and ``""`` an empty text. Files
are readable by their owner only.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

import selvage
from activation.audience import scalar
from activation.destination import (
    Action,
    Audience,
    DestinationError,
    Member,
    Outcome,
    Remember,
)
from activation.identifiers import country_code, prepare
from activation.ledger import whole_file

VERSION = selvage.ApiVersion("2026-11", None, "layout")  # of the layout, which is our own
SETTINGS = {"path": selvage.REQUIRED, "mode": "changes", "format": "csv", "layout": VERSION.name}
BATCH_SIZE = {"add": 50_000, "update": 50_000, "remove": 50_000}
IDENTIFIERS = {"email": ("email",), "sms": ("phone",), "ads": ("email", "phone"), "all": ("email", "phone")}
CONTACT_FIELDS = {"ads": ("given_name", "family_name", "city", "region_code", "postal_code", "country_code")}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0

MODES, FORMATS = ("changes", "state"), ("csv", "parquet")
CONSENT = ("consent_evidence_id", "consent_policy_version", "consent_as_of")
DECIMAL_DIGITS, DECIMAL_PLACES = 38, 6
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Connection:
    """The folder of one audience, and how it is to be filled."""

    folder: Path
    audience: Audience
    mode: str
    format: str
    layout: str

    @property
    def identifiers(self) -> tuple[str, ...]:
        return IDENTIFIERS.get(self.audience.channel) or IDENTIFIERS["all"]

    @property
    def columns(self) -> tuple[str, ...]:
        """What stands before the audience's own columns."""
        return ("customer_id", *self.identifiers, *CONTACT_FIELDS.get(self.audience.channel, ()), *CONSENT)


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    """Raises DestinationError for a mode or a format that there is not."""
    for name, known in (("mode", MODES), ("format", FORMATS)):
        if settings[name] not in known:
            raise DestinationError(f"FILES_{name.upper()} is {settings[name]!r}; it must be {' or '.join(known)}")
    folder = Path(settings["path"]) / audience.name
    return Connection(folder, audience, settings["mode"], settings["format"], settings["layout"])


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Drop their rows. Whose addresses and numbers are all unusable is rejected and not dropped."""
    return _tell(connection, "add", members)


def update(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """The whole rows again, not what changed of them: nobody has to have seen the last one."""
    return _tell(connection, "update", members)


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Tell that these customer ids are members no more."""
    rows = [{"customer_id": member.customer_id, "reason": member.reason} for member in members]
    name = _drop(connection, "remove", rows)
    return [Outcome("acknowledged", request_id=name) for _ in members]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """There are no jobs: what a killed run may have dropped is dropped again."""
    return None


def read_manifest(folder: Path) -> dict[str, Any]:
    """What counts in a folder: sequence, mode and ``files``, in order. Raises DestinationError for a lost one."""
    path = folder / MANIFEST
    if not path.exists():
        if any(_number(one) for one in folder.glob("*-*")):
            raise DestinationError(
                f"{path} was taken away: put it back, or remove the audience's folder, plan --resend"
            )
        return {"sequence": 0, "mode": None, "files": []}
    try:
        return dict(orjson.loads(path.read_bytes()))
    except ValueError:
        raise DestinationError(f"{path} is no JSON: put back what was there, or remove the audience's folder") from None


def _tell(connection: Connection, action: Action, members: Sequence[Member]) -> list[Outcome]:
    identifiers, columns = connection.identifiers, connection.columns
    rows = [_row(columns, member) for member in members]
    is_usable = [any(row[name] for name in identifiers) for row in rows]
    usable = [row for row, keep in zip(rows, is_usable, strict=True) if keep]
    name = _drop(connection, action, usable) if usable else None
    accepted = Outcome("acknowledged", request_id=name)
    rejected = Outcome("rejected", f"no usable {' or '.join(identifiers)}")
    return [accepted if keep else rejected for keep in is_usable]


def _row(columns: Sequence[str], member: Member) -> dict[str, Any]:
    """A property that is named like a column of ours comes as ``property_<name>``."""
    contact, evidence = member.contact, member.evidence
    country = country_code(contact.country_code) if contact.country_code else None
    row: dict[str, Any] = dict.fromkeys(columns)
    for name in columns[1 : -len(CONSENT)]:
        row[name] = prepare("files", name, getattr(contact, name), country)
    row["customer_id"] = member.customer_id
    row |= {name: scalar(getattr(evidence, name)) for name in CONSENT}
    return row | {f"property_{name}" if name in row else name: value for name, value in member.properties.items()}


def _drop(connection: Connection, action: Action, rows: Sequence[Mapping[str, Any]]) -> str:
    """Write the data file and then the manifest that names it; returns the file's name."""
    folder = connection.folder
    try:
        manifest = read_manifest(folder)
        if manifest["mode"] not in (None, connection.mode):
            raise DestinationError(
                f"{folder} holds {manifest['mode']} and FILES_MODE is {connection.mode}: take the folder away, "
                "then plan with --resend"
            )
        if manifest["mode"] is None:  # first of all: data files without a manifest can then only mean that it was lost
            _write_manifest(connection, 0, [])
        sequence = int(manifest["sequence"]) + 1
        table = _table(rows, is_text=connection.format == "csv")
        if connection.mode == "changes":
            name = f"changes-{sequence:012d}-{action}.{connection.format}"
            kept = [one for one in manifest["files"] if (folder / one["name"]).exists()]
        else:
            name = f"members-{sequence:012d}.{connection.format}"
            table, kept = _replace(connection, manifest, action, table), []
        with whole_file(folder / name) as partial:
            if connection.format == "csv":
                pyarrow.csv.write_csv(table, partial)
            else:
                pq.write_table(table, partial)
            about = {
                "name": name,
                "sequence": sequence,
                "action": action if connection.mode == "changes" else None,
                "rows": table.num_rows,
                "sha256": _sha256(partial),
                "made_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            }
        named = [*kept, about]
        _write_manifest(connection, sequence, named)
        _tidy(connection, sequence - 1, {one["name"] for one in (*manifest["files"], *named)})
    except OSError as error:
        raise DestinationError(f"{folder}: {error.strerror or type(error).__name__}") from None
    return name


def _write_manifest(connection: Connection, sequence: int, named: Sequence[Mapping[str, Any]]) -> None:
    told = {
        "layout": connection.layout,
        "audience": connection.audience.name,
        "title": connection.audience.title,
        "mode": connection.mode,
        "format": connection.format,
        "sequence": sequence,
        "files": named,
    }
    with whole_file(connection.folder / MANIFEST) as partial:
        partial.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _replace(connection: Connection, manifest: Mapping[str, Any], action: Action, rows: pa.Table) -> pa.Table:
    """Everybody who is a member after this batch, by customer id."""
    held = [_read(connection.folder / one["name"]) for one in manifest["files"]]
    wanted = [rows.select(["customer_id"]).slice(0, 0)] if action == "remove" else [rows]
    if held:
        stays = pc.invert(pc.is_in(held[0]["customer_id"], value_set=rows["customer_id"].combine_chunks()))
        wanted = [held[0].filter(stays), *wanted]
    try:
        whole = pa.concat_tables(wanted, promote_options="permissive")
    except pa.ArrowTypeError:  # a property changed its type, of which the rows not yet sent know nothing
        whole = pa.concat_tables([_as_text(one) for one in wanted], promote_options="permissive")
    return whole.sort_by("customer_id")


def _table(rows: Sequence[Mapping[str, Any]], *, is_text: bool) -> pa.Table:
    """Rows as columns of one type each, text for CSV. A column without any value has no type yet."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column([row.get(name) for row in rows], is_text=is_text) for name in names}
    columns["customer_id"] = columns["customer_id"].cast(pa.string())
    return pa.table(columns)


def _column(values: Sequence[Any], *, is_text: bool) -> pa.Array:
    if is_text or len({type(value) for value in values if value is not None}) > 1:
        return pa.array([None if value is None else _text(value) for value in values], pa.string())
    if any(isinstance(value, Decimal) for value in values):
        places = max(DECIMAL_PLACES, *(-int(value.as_tuple().exponent) for value in values if value is not None))
        return pa.array(values, pa.decimal128(DECIMAL_DIGITS, places))
    return pa.array(values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _as_text(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


def _read(path: Path) -> pa.Table:
    """A file that the manifest names. Raises DestinationError when somebody took it away."""
    if not path.exists():
        raise DestinationError(f"{path} is named by its manifest and is not there: remove the folder, plan --resend")
    if path.suffix == ".parquet":
        return pq.read_table(path)
    with path.open(newline="", encoding="utf-8") as file:
        names = next(csv.reader(file))
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return pyarrow.csv.read_csv(path, convert_options=convert, parse_options=parse)


def _tidy(connection: Connection, last: int, named: set[str]) -> None:
    """Take away what a killed run left half done, and states that nobody has reason to read any more."""
    folder = connection.folder
    for path in (*folder.glob("changes-*"), *folder.glob("members-*")):
        if path.name not in named and (connection.mode == "state" or _number(path) > last):
            path.unlink(missing_ok=True)
    for path in folder.glob(".*.partial"):
        path.unlink(missing_ok=True)


def _number(path: Path) -> int:
    found = re.match(r"(?:changes|members)-(\d{12})\b", path.name)
    return int(found[1]) if found else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
