"""The whole graph over a small shop, launched as a person does it from the UI; then what must stop it.

The product that runs it is a copy with a toy source, a toy destination and a toy audience more. One home goes through
all tests of this file, in their order: 'Materialize all' through the UI's GraphQL, with a bare ``dbt build`` beside it;
what the toys got of it; SIGTERM during a second run; a red test; a stale source.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.acceptance_support.small_shop import Shop, children_of, free_port, lives, wait
from tests.acceptance_support.toy_shop import EDITED, make_copy
from tests.conftest import clean_environment

SEED, PEOPLE, DAYS = 5, 150, 30
EVIDENCE = {"consent_channel", "consent_purpose", "consent_evidence_id", "consent_policy_version", "consent_as_of"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    from sandbox.server import running

    base = tmp_path_factory.mktemp("small_shop")
    assert make_copy(base / "selvage") == EDITED
    with running(base, seed=SEED, people=PEOPLE, days=DAYS) as sandbox:
        environment = clean_environment(base, **sandbox.environment(), SHELF_PATH=str(base / "shelf.json"))
        yield Shop(base / "selvage", base / "sandbox" / "demo", environment, f"http://127.0.0.1:{free_port()}")


@pytest.fixture(scope="module")
def ui(shop: Shop) -> Iterator[subprocess.Popen[str]]:
    with shop.ui() as process:
        yield process


def test_materialize_all_from_the_ui_with_a_bare_dbt_build_beside_it(shop: Shop, ui: subprocess.Popen[str]) -> None:
    run_id = shop.materialize_all()
    begun = ("IN_PROGRESS", "SUCCESS", "FAILURE")
    wait(lambda: shop.steps(run_id).get("build_models") in begun, 180, "models are built", every=2)
    bare = shop.command("warehouse.dbt", "build", "--select", "stg_shopify__customers", "dim_locations")
    assert bare.returncode == 0, bare.stdout[-3000:]
    wait(lambda: shop.status(run_id) in ("SUCCESS", "FAILURE", "CANCELED"), 300, "the run ends")
    steps = shop.steps(run_id)
    assert shop.status(run_id) == "SUCCESS", steps
    assert set(steps.values()) == {"SUCCESS"}
    marts = shop.home / "published" / "marts.duckdb"
    with duckdb.connect(str(marts), read_only=True) as connection:
        assert (connection.execute("select count(*) from fct_orders").fetchone() or [0])[0] > 0


def test_the_toys_members_came_to_the_toy_destination(shop: Shop) -> None:
    shelf = json.loads(Path(shop.environment["SHELF_PATH"]).read_text())
    members = [email for email in shelf["members"] if email.startswith("toy")]
    assert 35 <= len(members) <= 49, "about a tenth of fifty is held out"
    assert len(members) < len(shelf["members"]), "the audience is of all who consented, whichever source they came by"
    with duckdb.connect(str(shop.home / "activation.duckdb"), read_only=True) as con:
        columns = con.execute("select column_name from duckdb_columns() where table_name = 'aud_toys'").fetchall()
    assert {name for (name,) in columns} == {"customer_id", "is_toy", *EVIDENCE}, "the macro brings what nobody wrote"


def test_sigterm_during_a_run_leaves_no_process(shop: Shop, ui: subprocess.Popen[str]) -> None:
    run_id = shop.materialize_all()
    wait(lambda: bool(shop.steps(run_id)), 120, "the run's first step")
    children = children_of(ui.pid)
    assert len(children) >= 4, "code server, web server, daemon and the run were expected"
    ui.terminate()
    assert ui.wait(timeout=60) == 0
    wait(lambda: not any(lives(pid) for pid in children), 15, "every child has ended")


def test_a_red_test_stops_publishing_and_syncing(shop: Shop) -> None:
    brand = shop.product / "brands" / "demo.toml"
    brand.write_text(f'sources = ["shopify", "square"]\n{brand.read_text()}')  # reading the others again shows nothing
    before, sent = shop.published(), len(shop.ledger_files())
    without_id = ("raw_shopify.orders", "raw_shopify.customers")  # nearly all is built on them
    with duckdb.connect(str(shop.home / "warehouse.duckdb")) as connection:
        for table in without_id:
            connection.execute(f"insert into {table} from (from {table} limit 1) select * replace (null as id)")
    done = shop.command("orchestration", "run")
    with duckdb.connect(str(shop.home / "warehouse.duckdb")) as connection:
        for table in without_id:
            connection.execute(f"delete from {table} where id is null")
    assert done.returncode == 1
    assert "build models: dbt build failed" in done.stderr
    assert "Next: " in done.stderr
    assert "publish" not in done.stdout
    assert "sync" not in done.stdout
    assert shop.published() == before
    assert len(shop.ledger_files()) == sent


def test_a_stale_source_stops_the_run_before_anything_is_built(shop: Shop) -> None:
    before = shop.published()
    source = shop.product / "ingestion" / "sources" / "square.py"
    text, count = re.subn(
        r"^FRESHNESS = .*$", "FRESHNESS = timedelta(seconds=-1)", source.read_text(), flags=re.MULTILINE
    )
    assert count == 1
    source.write_text(text)
    done = shop.command("orchestration", "run")
    assert done.returncode == 1
    assert "check freshness: square was last read" in done.stderr
    assert "build " not in done.stdout
    assert shop.published() == before
