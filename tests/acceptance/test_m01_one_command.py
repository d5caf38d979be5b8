"""M01: on a machine with no credentials the one command exits 0 in under five minutes, and every declared mart has rows,
but for those that the brand says are empty by design."""

import tomllib

from tests.conftest import ROOT, Walk


def test_run_ends_in_time_and_says_what_came_out(first: Walk):
    assert first.cpu_seconds < 300, "as processor time, which whatever runs beside it does not stretch"
    for words in ("rows landed", "customers", "net sales", "credited", "members", "published", "try next"):
        assert words in first.output.lower(), f"the summary says nothing of {words!r}"


def test_every_declared_mart_has_rows(first: Walk, manifest: dict):
    declared = {
        node["alias"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }
    assert len(declared) >= 13
    with first.marts() as con:
        published = {
            name
            for (name,) in con.sql(
                "select table_name from information_schema.tables where table_schema = 'main' and table_name not like '\\_%' escape '\\'"
            ).fetchall()
        }
        empty = [name for name in sorted(published) if con.sql(f"select count(*) from {name}").fetchone() == (0,)]
    assert declared <= published
    assert set(empty) == set(tomllib.loads((ROOT / "brands" / "demo.toml").read_text())["empty_marts"])
