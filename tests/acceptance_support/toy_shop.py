"""A copy of the product with one toy more of each kind: a source, a destination and an audience.

New files, the providers' list and the audiences' YAML, and nothing else: that is what adding one takes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from tests.conftest import ROOT

EDITED = {"dbt_project/dbt_project.yml", "dbt_project/models/audiences/_audiences.yml"}
SHAPES = ("customer_records", "identifiers", "consents")
LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".git", ".selvage", "target", "logs", "__pycache__", ".*_cache", "*.egg-info"
)

NEW_FILES = {
    "ingestion/sources/toy.py": '''
"""The toy shop's club: a list of members."""

import json

import dlt

from ingestion.tables import Column, ReadBy, Table, page_of

DESCRIPTION = "Members of the toy club"
KINDS = {"python"}
VERSION = None
SETTINGS = {}
FRESHNESS = None
NOT_READ = {}
READ_BY = {"members": ReadBy()}
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
ENTRY = """models:
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


def make_copy(copy: Path) -> set[str]:
    """Copy the product and add the toys. Returns which of its files were changed for that."""
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
    text, count = re.subn(r"^models:\n", ENTRY, audiences.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    audiences.write_text(text)
    after = contents(copy)
    return {name for name in before if before[name] != after[name]}


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip
