"""Connecting an own shop: every source's check and dry count, and what goes wrong told in words, never with a secret."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import ModuleType

import pytest

import selvage
from ingestion import connect, discovery, pipeline
from ingestion.__main__ import main
from ingestion.window import Window
from sandbox.server import Running, free_port, running

from .conftest import land

SOURCES = discovery.sources()
APIS = [name for name, module in SOURCES.items() if "base_url" in module.SETTINGS]
WORDED = ("shopify", "klaviyo")  # whose every word is tested here; of others, that there are words
WRONG = "sel_v4ge-wrong-secret"


@pytest.fixture(scope="module")
def old_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A shop that is older than 60 days."""
    with running(tmp_path_factory.mktemp("sandbox"), people=120, days=90) as server:
        yield server


@pytest.fixture
def shop(old_shop: Running, home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(old_shop.port))
    for vendor in ("web_events", "whatsapp"):
        monkeypatch.setenv(f"{vendor}_PATH".upper(), str(old_shop.drops / vendor))
    monkeypatch.setattr("ingestion.http.BACKOFF_SECONDS", 0.01)
    return old_shop


@pytest.fixture
def failing(shop: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[..., connect.Finding]:
    """The first finding that fails when these variables are set."""

    def ask(vendor: str, **variables: str) -> connect.Finding:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        found = [one for one in connect.examine(vendor) if not one.is_ok]
        assert found, "nothing failed"
        assert all(one.text and one.next_step for one in found)
        return found[0]

    return ask


def secrets(vendor: str) -> list[str]:
    return [f"{vendor}_{field}".upper() for field in SOURCES[vendor].SETTINGS if connect.SECRET.search(field)]


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_source_can_be_connected(name: str) -> None:
    module: ModuleType = SOURCES[name]
    assert isinstance(module.SCOPES, tuple)
    assert len(set(module.SCOPES)) == len(module.SCOPES)
    assert callable(module.probe)
    assert callable(module.count)
    assert (name in APIS) == bool(module.SCOPES)
    is_secret = name in APIS or hasattr(module, "journal")  # whose deliveries are signed with one
    assert is_secret == bool(secrets(name)), "a secret's field ends in token, key, secret or password"


@pytest.mark.parametrize("vendor", sorted(SOURCES))
def test_a_good_credential_passes_and_nothing_lands(vendor: str, shop: Running, capsys) -> None:
    assert main(["connect", vendor, "--since", "2026-03-01"]) == 0
    said = capsys.readouterr().out
    assert "FAILS" not in said
    assert f"make connect VENDOR={vendor} SINCE=2026-03-01 BACKFILL=1 SELVAGE_ENV=sandbox BRAND=demo" in said
    for variable in secrets(vendor):
        assert variable in said
        value = selvage.vendor(vendor, {variable.removeprefix(f"{vendor}_".upper()).lower(): None}).popitem()[1]
        assert value not in said
    assert not selvage.settings().warehouse.exists()
    tables = {resource.name for resource in SOURCES[vendor].source().selected_resources.values()}
    counted = connect.tables(vendor, datetime(2026, 3, 1))
    assert vendor == "files" or set(counted) <= tables
    assert all(count is None or count >= 0 for count in counted.values())
    assert vendor == "files" or any(counted.values())


@pytest.mark.parametrize("vendor", APIS)
def test_a_wrong_credential_fails_clearly_and_is_not_shown(vendor: str, shop: Running, monkeypatch, capsys) -> None:
    for variable in secrets(vendor):
        monkeypatch.setenv(variable, WRONG)
    assert main(["connect", vendor, "--since", "2026-03-01", "--backfill"]) == 1
    captured = capsys.readouterr()
    assert "FAILS" in captured.out
    assert "Dry count" not in captured.out
    assert secrets(vendor)[0] in captured.out.partition("Checks")[2] or vendor not in WORDED
    assert WRONG not in captured.out + captured.err
    assert not selvage.settings().warehouse.exists()


def test_without_all_orders_the_check_says_what_shopify_does_not(failing, shop: Running) -> None:
    found = failing("shopify", SHOPIFY_ACCESS_TOKEN="shpat_60_days")
    assert found.check == "history"
    assert "read_all_orders" in found.text
    assert "60 days" in found.text
    oldest = datetime.fromisoformat(found.text.partition("oldest order it sees is of ")[2][:10])
    assert timedelta(days=50) < shop.now.replace(tzinfo=None) - oldest <= timedelta(days=61)
    few = selvage.vendor("shopify", SOURCES["shopify"].SETTINGS)
    start = datetime(2026, 1, 1)
    assert (
        SOURCES["shopify"].count(few, start)["orders"]
        < (SOURCES["shopify"].count({**few, "access_token": "shpat_sandbox"}, start)["orders"])
    )


def test_an_app_without_a_lasting_token_gives_its_id_and_secret(failing, monkeypatch) -> None:
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", "client_sandbox:shpss_sandbox")
    assert all(finding.is_ok for finding in connect.examine("shopify"))
    found = failing("shopify", SHOPIFY_ACCESS_TOKEN=f"client_sandbox:{WRONG}")
    assert found.check == "token"
    assert "invalid_client" in found.text


def test_missing_scopes_are_named(failing) -> None:
    found = failing("shopify", SHOPIFY_ACCESS_TOKEN="shpat_few_scopes")
    assert found.check == "scopes"
    assert (
        "read_customers, read_draft_orders, read_inventory, read_inventory_shipments, read_inventory_transfers, "
        "read_locations, read_merchant_managed_fulfillment_orders."
    ) in found.text
    assert "read_products" not in found.text, "who may write may read"
    found = failing("klaviyo", KLAVIYO_API_KEY="pk_few_scopes")
    assert found.check == "scopes"
    assert "lacks profiles:read (403)" in found.text


def test_retired_versions_are_told(failing) -> None:
    found = failing("shopify", SHOPIFY_API_VERSION="2025-01")
    assert (found.check, "2026-01 answers" in found.text) == ("version", True)
    found = failing("klaviyo", KLAVIYO_REVISION="2023-01-15")
    assert (found.check, "410" in found.text) == ("revision", True)


def test_wrong_addresses_are_told_apart(failing, shop: Running) -> None:
    found = failing("klaviyo", KLAVIYO_BASE_URL=f"http://127.0.0.1:{free_port()}/api")
    assert "can't be reached" in found.text
    found = failing("klaviyo", KLAVIYO_BASE_URL="https://nowhere.invalid/api")
    assert "No host of the name nowhere.invalid" in found.text
    found = failing("klaviyo", KLAVIYO_BASE_URL="a.klaviyo.com/api")
    assert "no address" in found.text
    for vendor in APIS:
        found = failing(vendor, **{f"{vendor}_base_url".upper(): f"{shop.url}/nothing-here"})
        assert "404" in found.text or vendor not in WORDED


def test_a_web_page_is_no_api(failing) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome to our shop</html>")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for vendor in APIS:
            found = failing(vendor, **{f"{vendor}_base_url".upper(): f"http://127.0.0.1:{server.server_port}"})
            assert "no JSON" in found.text or vendor not in WORDED
        server.shutdown()


@pytest.mark.parametrize("vendor", APIS)
def test_no_secret_is_shown_whatever_breaks(vendor: str, shop: Running, monkeypatch, capsys) -> None:
    base_url = f"{vendor}_base_url".upper()
    for secret in (f"{WRONG}\nX-Other: 1", f"{WRONG} “quoted”"):  # a header can't hold these, and its error quotes them
        for variable in secrets(vendor):
            monkeypatch.setenv(variable, secret)
        assert main(["connect", vendor]) == 1
    monkeypatch.setenv(base_url, f"http://user:{WRONG}@127.0.0.1:{free_port()}/api?key={WRONG}")
    assert main(["connect", vendor]) == 1

    def break_down(_settings: object) -> Iterator[connect.Finding]:
        yield connect.Finding("careless", True, f"token {WRONG} “quoted” works")
        raise RuntimeError(f"{WRONG} “quoted” was refused")

    monkeypatch.delenv(base_url)
    monkeypatch.setattr(SOURCES[vendor], "probe", break_down)
    assert main(["connect", vendor]) == 1
    captured = capsys.readouterr()
    assert "careless" in captured.out
    assert "was refused" in captured.out
    assert WRONG not in captured.out + captured.err


@pytest.mark.parametrize("vendor", [*APIS, "web_events"])
def test_missing_settings_are_named_all_at_once(vendor: str, home, monkeypatch, capsys) -> None:
    monkeypatch.setenv("SELVAGE_ENV", "prod")
    required = [f"{vendor}_{key}".upper() for key, value in SOURCES[vendor].SETTINGS.items() if value is None]
    for variable in required:
        monkeypatch.delenv(variable, raising=False)
    assert main(["connect", vendor]) == 2
    said = capsys.readouterr().out
    assert f"Set {', '.join(required)} in environments/prod.env" in said
    assert all(scope in said for scope in SOURCES[vendor].SCOPES)
    example = (selvage.ROOT / "environments" / "example.env").read_text().splitlines()
    for name, _, value in (line.partition("=") for line in example if line.partition("=")[0] in required):
        monkeypatch.setenv(name, value)
    assert main(["connect", vendor]) == 2, "the example's placeholders are no settings"


@pytest.mark.parametrize("vendor", APIS)
def test_the_dry_count_is_what_a_backfill_lands(vendor: str, shop: Running, rows) -> None:
    now = shop.now.replace(tzinfo=None)
    since = (now - timedelta(days=10)).replace(hour=0)
    counted = {table: count for table, count in connect.tables(vendor, since).items() if count is not None}
    tables = set(land(vendor, window=Window(since, now + timedelta(seconds=1)))) & set(counted)
    landed = {table: rows(f"select count(*) from raw_{vendor}.{table}")[0][0] for table in tables}
    same = {table for table, count in counted.items() if landed.get(table, 0) == count}
    assert any(counted[table] for table in same), (counted, landed)
    assert same == set(counted) or vendor not in WORDED, (counted, landed)


def test_events_in_files_are_counted_as_often_as_they_were_sent(shop: Running) -> None:
    now = shop.now.replace(tzinfo=None)
    since = (now - timedelta(days=5)).replace(hour=0)
    counted = connect.tables("web_events", since)
    assert counted == {"events": land("web_events", window=Window(since, now + timedelta(seconds=1)))["events"]}


def test_dropped_files_are_counted(shop: Running, home: selvage.Settings) -> None:
    folder = home.landing / "crm"
    folder.mkdir(parents=True)
    (folder / "members.csv").write_text("id,points\n1,10\n2,20\n")
    assert connect.tables("files", datetime(2026, 3, 1)) == {"crm__members": 2}
    assert land("files") == {"crm__members": 2}
    (finding,) = connect.examine("files")
    assert "crm__members" in finding.text


def test_a_folder_that_is_not_there_or_holds_no_events_fails(failing, tmp_path) -> None:
    assert "no folder" in failing("web_events", WEB_EVENTS_PATH=str(tmp_path / "nothing")).text
    assert "no file of events" in failing("web_events", WEB_EVENTS_PATH=str(tmp_path)).text
    (tmp_path / "orders.jsonl").write_text('{"order": 1}\n{"order": 2}\n')
    assert "2 of them are no Segment events" in failing("web_events", WEB_EVENTS_PATH=str(tmp_path)).text


def test_a_backfill_runs_only_when_asked(shop: Running, monkeypatch, capsys) -> None:
    asked: list[tuple[str, Window]] = []

    def note(vendor: str, window: Window) -> pipeline.Landed:
        asked.append((vendor, window))
        return pipeline.Landed(vendor, {"profiles": 7})

    monkeypatch.setattr(pipeline, "land", note)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answers = iter(["soon", "2026-05-20"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert main(["connect", "klaviyo"]) == 0
    said = capsys.readouterr().out
    assert "'soon' is no day" in said
    assert "SINCE=2026-05-20" in said
    assert asked == []
    assert main(["connect", "klaviyo", "--since", "2026-05-20", "--backfill"]) == 0
    ((vendor, window),) = asked
    assert (vendor, window.start) == ("klaviyo", datetime(2026, 5, 20))
    assert window.end > shop.now.replace(tzinfo=None)
    assert "klaviyo: 7 rows" in capsys.readouterr().out
