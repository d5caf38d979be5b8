"""The records that identity is measured on: the shares they promise, their columns, and the measure itself."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pytest

from benchmarks.identity import peers
from benchmarks.identity.generate import JUNK_EMAILS, JUNK_PHONES, Population, generate
from benchmarks.identity.quality import ceiling, pairs, quality
from tests.models.conftest import PROJECT

POPULATION = Population(records=20_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    generate(POPULATION, folder)
    return folder


def share(folder: Path, table: str, counted: str, among: str = "true") -> float:
    rows = duckdb.sql(
        f"select count(*) filter ({counted}) / count(*) from '{folder}/{table}/base.parquet' where {among}"
    )
    return float(rows.fetchone()[0])


def test_shapes_have_their_columns(made: Path) -> None:
    macro = (PROJECT / "macros" / "shapes" / "customer_shapes.sql").read_text()
    for shape in ("customer_records", "identifiers"):
        wanted = re.findall(r"'(\w+)': '\w+'", re.search(rf"'{shape}': {{(.*?)}}", macro, re.DOTALL).group(1))
        assert set(duckdb.sql(f"from '{made}/{shape}/base.parquet'").columns) == set(wanted)


def test_numbers_and_truth_fit(made: Path) -> None:
    for records, owners, count in (
        (made / "customer_records" / "base.parquet", made / "owners" / "base.parquet", 20_000),
        (made / "added" / "customer_records.parquet", made / "added" / "owners.parquet", 200),
    ):
        assert duckdb.sql(f"select count(*), count(distinct record_key) from '{records}'").fetchone() == (count, count)
        nobodys = duckdb.sql(f"from '{records}' where record_key not in (select record_key from '{owners}')")
        assert nobodys.filter("record_type <> 'visitor'").fetchall() == []
        assert len(nobodys.fetchall()) < 0.02 * count
    people = duckdb.sql(f"select count(distinct person_id) from '{made}/owners/base.parquet'").fetchone()[0]
    assert 11_900 < people <= 12_000
    channels = duckdb.sql(f"select count(distinct source_system) from '{made}/customer_records/base.parquet'")
    assert channels.fetchone() == (6,)


def test_the_mess_is_there(made: Path) -> None:
    email, phone = "identifier_type = 'email' and source_system <> 'marketplace'", "identifier_type = 'phone'"
    junk = ", ".join(f"'{value}'" for value in (*JUNK_EMAILS, *JUNK_PHONES))
    assert share(made, "identifiers", f"identifier_value in ({junk})", email) == pytest.approx(0.006, abs=0.003)
    assert share(made, "identifiers", f"identifier_value in ({junk})", phone) == pytest.approx(0.003, abs=0.002)
    assert share(made, "identifiers", "identifier_value like '%+%@%'", email) == pytest.approx(0.03, abs=0.006)
    assert share(made, "identifiers", "identifier_value <> lower(identifier_value)", email) == pytest.approx(
        0.1, abs=0.01
    )
    assert share(made, "identifiers", "identifier_value like '%@relay.%'", "source_system = 'marketplace'") == 0.5
    # Of what was seen: a household's phone shows as one only when two of its people gave it.
    phones = duckdb.sql(
        "select count(*) filter (people > 1) / count(*) from ("
        "  select count(distinct person_id) as people "
        f"  from '{made}/wide/base.parquet' inner join '{made}/owners/base.parquet' using (record_key) "
        "  where phone is not null group by right(regexp_replace(phone, '[^0-9]', '', 'g'), 10))"
    )
    assert 0.01 < phones.fetchone()[0] < 0.06
    assert share(
        made, "identifiers", "identifier_value like 'h%'", "identifier_type = 'anonymous_id'"
    ) == pytest.approx(0.03, abs=0.012)


def test_a_seed_gives_the_same_records(made: Path, tmp_path: Path) -> None:
    generate(POPULATION, tmp_path / "again")
    generate(Population(records=20_000, seed=8), tmp_path / "other")
    content = "select md5(string_agg(columns(*)::varchar, '|' order by record_key)) from '{}/wide/base.parquet'"
    first, again, other = (
        duckdb.sql(content.format(folder)).fetchone() for folder in (made, tmp_path / "again", tmp_path / "other")
    )
    assert first == again != other


def test_too_many_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="phone numbers"):
        generate(Population(records=2_000_000), tmp_path)


def test_quality_counts_pairs() -> None:
    rng = np.random.default_rng(5)
    person, cluster = rng.integers(0, 9, 60), rng.integers(0, 7, 60)
    every = list(combinations(range(60), 2))
    both = sum(person[a] == person[b] and cluster[a] == cluster[b] for a, b in every)
    found = sum(cluster[a] == cluster[b] for a, b in every)
    assert (pairs(person, cluster), pairs(cluster)) == (both, found)
    con = duckdb.connect()
    con.execute(
        "create table labels as select unnest($1) as record_key, unnest($2) as cluster", [list(range(60)), cluster]
    )
    con.execute(
        "create table owners as select unnest($1) as record_key, unnest($2) as person_id", [list(range(60)), person]
    )
    con.execute("create table links as select record_key, person_id::varchar as identifier from owners")
    measured = quality(con, "labels", "links", "owners")
    assert measured.precision == pytest.approx(both / found)
    assert measured.ceiling_recall == 1, "every person's records share an identifier"
    con.execute("delete from labels where record_key = 3")
    with pytest.raises(ValueError, match="one number"):
        quality(con, "labels", "links", "owners")


def test_the_ceiling_never_joins_two_people() -> None:
    person = np.array([0, 0, 1, 1, 1])
    record, identifier = np.array([0, 1, 2, 3]), np.array([7, 7, 7, 8])
    label = ceiling(person, record, identifier)
    assert label[0] == label[1]
    assert len({label[0], label[2], label[3], label[4]}) == 4


def test_peers_agree_on_components(tmp_path: Path) -> None:
    """Each gets the same edges; one that stopped early or joined too much would compare itself with another graph."""
    edges = np.unique(np.sort(np.random.default_rng(3).integers(1, 400, (260, 2)), axis=1), axis=0)
    con = duckdb.connect()
    con.execute("create table edges as select unnest($1) as a, unnest($2) as b", [edges[:, 0], edges[:, 1]])
    con.execute(f"copy edges to '{tmp_path}/edges.parquet'")
    labels = {}
    for name in ("recursive", "scipy", "igraph"):
        peers.main(name, tmp_path)
        found = duckdb.sql(f"select node, min(node) over (partition by cluster) from '{tmp_path}/{name}.parquet'")
        labels[name] = {node: smallest for node, smallest in found.fetchall() if node in set(edges.flatten())}
    assert labels["recursive"] == labels["scipy"] == labels["igraph"]
    assert len(set(labels["scipy"].values())) > 10
