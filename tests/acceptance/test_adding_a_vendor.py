"""Adding a source, a destination and an audience: new files, the providers' list and the audiences' YAML, and nothing else.

A copy of the product gets one toy of each and a brand that uses them; one ordinary run must land the toy's rows,
make customers of them and bring the audience to the toy destination.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT, clean_environment

EDITED = {"dbt_project/dbt_project.yml", "dbt_project/models/audiences/_audiences.yml"}
SHAPES = ("customer_records", "identifiers", "consents")
EVIDENCE = {"consent_channel", "consent_purpose", "consent_evidence_id", "consent_policy_version", "consent_as_of"}
LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".git", ".selvage", "target", "logs", "__pycache__", ".*_cache", "*.egg-info"
)

NEW_FILES = {
    "brands/toyshop.toml": """
description = "A shop with one toy of everything."
reporting_timezone = "UTC"
reporting_currency = "USD"
default_country = "US"
sources = ["toy"]
destinations = ["shelf"]
""",
    "ingestion/sources/toy.py": '''
"""The toy shop's club: a list of members."""

import json

import dlt

from ingestion.tables import Column, Table, page_of

DESCRIPTION = "Members of the toy club"
KINDS = {"python"}
SETTINGS = {}
FRESHNESS = None
MEMBERS = Table(
    "members", "member",
    (Column("id", path="id"), Column("email", path="email"), Column("first_name", path="first_name"),
     Column("agreed_at", "ts", path="agreed_at")),
)


@dlt.source(name="toy")
def source(window=None):
    @dlt.resource(name="members", **MEMBERS.hints())
    def members():
        people = [
            {"id": str(number), "email": f"toy{number}@example.com", "first_name": "Toy", "agreed_at": "2026-05-01T00:00:00"}
            for number in range(50)
        ]
        yield MEMBERS.reader()(page_of([(p["id"], None, 1, "member", json.dumps(p)) for p in people]))

    return members
''',
    "dbt_project/models/staging/toy/_toy.yml": """
sources:
  - name: toy
    schema: raw_toy
    description: The toy club.
    tables:
      - name: members
        description: One row per member.
        columns:
          - {name: id, data_type: text, description: Key}
          - {name: email, data_type: text, description: E-mail}
          - {name: first_name, data_type: text, description: Name}
          - {name: agreed_at, data_type: timestamp, description: When they agreed}
models:
  - name: stg_toy__members
    description: One row per member.
    columns:
      - {name: member_id, description: Key, data_tests: [primary_key]}
""",
    "dbt_project/models/staging/toy/stg_toy__members.sql": """
select id as member_id, email, first_name, agreed_at from {{ source('toy', 'members') }}
""",
    "dbt_project/models/shapes/toy/_shp_toy.yml": """
models:
  - {name: shp_toy__customer_records, description: One row per member.}
  - {name: shp_toy__identifiers, description: One row per member and identifier.}
  - {name: shp_toy__consents, description: One row per member.}
""",
    "dbt_project/models/shapes/toy/shp_toy__customer_records.sql": """
select
    'toy' as source_system, member_id as source_record_id, 'toy:' || member_id as record_key, 'account' as record_type,
    first_name as given_name, cast(null as {{ dbt.type_string() }}) as family_name, cast(null as date) as birth_date,
    cast(null as {{ dbt.type_string() }}) as address_line, cast(null as {{ dbt.type_string() }}) as city,
    cast(null as {{ dbt.type_string() }}) as region_code, cast(null as {{ dbt.type_string() }}) as postal_code,
    'US' as country_code, cast(null as {{ dbt.type_string() }}) as merged_into_record_id, false as is_test,
    agreed_at as created_at, agreed_at as updated_at
from {{ ref('stg_toy__members') }}
""",
    "dbt_project/models/shapes/toy/shp_toy__identifiers.sql": """
select
    'toy' as source_system, 'toy:' || member_id as record_key, 'email' as identifier_type, email as identifier_value,
    'US' as country_code, 'account' as observed_by, agreed_at as first_seen_at, agreed_at as last_seen_at
from {{ ref('stg_toy__members') }}
""",
    "dbt_project/models/shapes/toy/shp_toy__consents.sql": """
select
    'toy' as source_system, 'toy:' || member_id as consent_key, 'toy:' || member_id as record_key, 'email' as channel,
    'marketing' as purpose, 'granted' as consent_status, 'toy:' || member_id as evidence_id, 'v1' as policy_version,
    agreed_at as changed_at
from {{ ref('stg_toy__members') }}
""",
    "dbt_project/models/audiences/aud_toys.sql": """
with candidates as (
    select customer_id, true as is_toy from {{ ref('dim_customers') }}
)

select * from {{ eligible_members('candidates') }}
""",
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("product") / "selvage"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    before = contents(copy)
    for name, text in NEW_FILES.items():
        assert not (copy / name).exists(), name
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text.lstrip())
    shutil.copy(ROOT / "tests" / "activation" / "toy" / "shelf.py", copy / "activation" / "destinations" / "shelf.py")
    project = copy / "dbt_project" / "dbt_project.yml"
    text = project.read_text()
    for shape in SHAPES:
        text, count = re.subn(rf"(\n    {shape}: \[)", r"\1toy, ", text)
        assert count == 1, shape
    project.write_text(text)
    audiences = copy / "dbt_project" / "models" / "audiences" / "_audiences.yml"
    entry = """models:
  - name: aud_toys
    description: One row per toy club member.
    data_tests: [only_eligible_members]
    config:
      meta:
        dagster: {group: audiences, owners: ["team:marketing"]}
        activation:
          destinations: {shelf: {channel: email, purpose: marketing}}
          mode: mirror
          holdout: 0.1
          max_removal_share: 0.5
    columns:
      - {name: customer_id, description: The member, data_tests: [primary_key]}
"""
    text, count = re.subn(r"^models:\n", entry, audiences.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    audiences.write_text(text)
    after = contents(copy)
    assert {name for name in before if before[name] != after[name]} == EDITED
    return copy


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def test_one_run_brings_the_toys_members_to_the_toy_destination(copy: Path, tmp_path: Path):
    shelf = tmp_path / "shelf.json"
    environment = clean_environment(tmp_path, SELVAGE_BRAND="toyshop", SHELF_PATH=str(shelf))
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", "run"],
        cwd=copy, env=environment, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    members = json.loads(shelf.read_text())["members"]
    assert 35 <= len(members) <= 49, "about a tenth of fifty is held out"
    assert all(email.startswith("toy") for email in members)
    with duckdb.connect(str(tmp_path / "sandbox" / "toyshop" / "activation.duckdb"), read_only=True) as con:
        columns = con.execute("select column_name from duckdb_columns() where table_name = 'aud_toys'").fetchall()
    assert {name for (name,) in columns} == {"customer_id", "is_toy", *EVIDENCE}, "the macro brings what nobody wrote"
