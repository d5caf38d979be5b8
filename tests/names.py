"""The names check of ``make lint``: one word for one thing, from API to mart.

Reads files only (no parse, no database), so it takes a second. Prints every breach as ``file: what and what instead``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
DBT = ROOT / "dbt_project"

# folder below models/ -> how its files are named
PREFIXES = {
    "staging": r"stg_{folder}__\w+",
    "shapes": r"shp_{folder}__\w+",
    "intermediate": r"int_({folder}__\w+|as_of)",
    "marts": r"(dim|fct|bridge)_\w+",
    "audiences": r"aud_\w+",
    "activation": r"act_\w+",
}
# a mart's column type -> how its name may end or begin
ENDINGS = {
    "timestamp": r"(_at|^as_of|_as_of|^valid_(from|to))$",
    "date": r"_date$",
    "boolean": r"^(is|has)_",
    "decimal": r"(_amount|_rate|_price|_cost|_revenue|_share|credit|_conversions|_factor|_correlation|_orders|_probability|roas|cac|wape"
    r"|_quantity|_days|_level|_visits)$|^credited_|^daily_|^days_of_|^value$|^threshold$",
}
# word in a mart's column -> the field's standard word
SYNONYMS = {
    "person_id": "customer_id",
    "contact_id": "customer_id",
    "profile_id": "source_record_id",
    "user_id": "customer_id",
    "qty": "quantity",
    "stock": "on_hand",
    "visit": "session",
    "visit_id": "session_id",
    "touch_id": "touchpoint_id",
    "journey": "path",
    "opt_in": "consent_status",
    "traffic_source": "channel",
    "external_id": "source_record_id",
    "ts": "<event>_at",
}


def breaches() -> Iterator[str]:
    """Every breach of the rules above, one line each."""
    yield from _model_files()
    yield from _mart_columns()
    yield from _vendor_words()
    yield from _room_sizes()


def _model_files() -> Iterator[str]:
    for path in sorted((DBT / "models").rglob("*.sql")):
        layer, *rest = path.relative_to(DBT / "models").parts
        folder = rest[0] if len(rest) > 1 else layer
        pattern = PREFIXES.get(layer)
        if pattern is None:
            yield f"{path.relative_to(ROOT)}: models/{layer}/ is no layer; use one of {', '.join(PREFIXES)}"
        elif not re.fullmatch(pattern.format(folder=re.escape(folder)), path.stem):
            yield f"{path.relative_to(ROOT)}: expected a name like {pattern.format(folder=folder)}"
    for path in sorted((DBT / "tests").rglob("*.sql")):
        if path.parent.name == "generic":
            continue
        if not path.stem.startswith("assert_"):
            yield f"{path.relative_to(ROOT)}: a singular test is named assert_<what must hold>"
        if not path.read_text().lstrip().startswith(("--", "{#")):
            yield f"{path.relative_to(ROOT)}: its first lines must say which bug it catches"


def _mart_columns() -> Iterator[str]:
    for path in sorted((DBT / "models" / "marts").rglob("_*.yml")):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            for column in model.get("columns", []):
                name, data_type = column["name"], str(column.get("data_type", "")).split("(")[0]
                where = f"{path.relative_to(ROOT)}: {model['name']}.{name}"
                if name in SYNONYMS:
                    yield f"{where}: say {SYNONYMS[name]}"
                ending = ENDINGS.get(data_type)
                if ending and not re.search(ending, name):
                    yield f"{where}: a {data_type} is named {ending}"


def _vendor_words() -> Iterator[str]:
    """One word per vendor: a source (or a folder of files) has a staging and a shapes folder of the same name."""
    folders = {
        layer: {path.name for path in (DBT / "models" / layer).iterdir() if path.is_dir()}
        for layer in ("staging", "shapes")
    }
    sources = {path.stem for path in (ROOT / "ingestion" / "sources").glob("*.py")} - {"__init__", "files"}
    for vendor in sorted(sources - folders["staging"]):
        yield f"ingestion/sources/{vendor}.py: there is no dbt_project/models/staging/{vendor}/"
    for vendor in sorted(folders["shapes"] - folders["staging"]):
        yield f"dbt_project/models/shapes/{vendor}/: there is no staging/{vendor}/"
    vendors = {path.stem for path in (ROOT / "sandbox" / "vendors").iterdir()}
    destinations = {path.stem for path in (ROOT / "activation" / "destinations").glob("*.py")} - {"__init__", "files"}
    for vendor in sorted(destinations - vendors):
        yield f"activation/destinations/{vendor}.py: the sandbox has no vendors/{vendor}"


def _room_sizes() -> Iterator[str]:
    for pattern, limit in (("*.py", 300), ("*.sql", 120)):
        for folder in (
            "ingestion",
            "activation",
            "orchestration",
            "customer_value",
            "demand_forecast",
            "attribution",
            "sandbox",
            "warehouse",
            "benchmarks",
            "dashboards",
            "identity",
            "dbt_project",
        ):
            for path in sorted((ROOT / folder).rglob(pattern)):
                if "target" in path.parts:
                    continue
                lines = len(path.read_text().splitlines())
                if lines > limit:
                    yield f"{path.relative_to(ROOT)}: {lines} lines; a room has {limit} at most"


if __name__ == "__main__":
    found = list(breaches())
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.exit(1 if found else 0)
