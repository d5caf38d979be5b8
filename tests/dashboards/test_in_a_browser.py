"""The pages as a person sees them: a real server, a real browser, and nothing asked of any other host."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from sandbox.server import free_port
from tests.conftest import ROOT, clean_environment

from . import shop

PATIENCE = 60_000  # milliseconds; a cold server on a small machine takes a third of it
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]

NUMBERS = {
    "Overview": {
        "Net sales": "USD 500.00",
        "Orders": "7",
        "Average order": "USD 71.43",
        "Customers": "2",
        "Repeat orders": "67 %",
    },
    "Attribution": {
        "Credited net sales": "USD 500.00",
        "Orders": "7",
        "To direct visits": "20 %",
        "Unattributed": "10 %",
    },
    "Stock": {"Units on hand": "68", "Units available": "64", "SKUs": "3", "Sold out": "1", "Under 7 days": "0"},
    "Customer": {
        "Net sales": "USD 170.50",
        "Orders": "3",
        "First order": "4 May 2026",
        "Last order": "28 Jun 2026",
    },
    "Sync health": {
        "Members now": "3",
        "Last run": "27 Jun, 05:00",
        "Added then": "1",
        "Removed then": "2",
        "Rejected then": "1",
    },
}
CHARTS = {
    "Overview": 3,
    "Attribution": 1 + ("fct_ad_performance" in shop.SHOP),
    "Stock": 1,
    "Customer": 1,
    "Sync health": 1,
}


@dataclass
class Visit:
    page: Page
    url: str
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def chromium() -> str:
    """Debian's. Without one the test is passed over on a developer's machine only."""
    found = shutil.which("chromium")
    if not found:
        if os.environ.get("SELVAGE_BROWSER_TEST") == "1" or os.environ.get("CI"):
            pytest.fail("no chromium: apt-get install chromium")
        pytest.skip("no chromium on this machine: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    base = tmp_path_factory.mktemp("pages")
    shop.publish(base / "sandbox" / "demo", shop.SHOP)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "dashboards", "--port", str(port)],
        cwd=ROOT,
        env=clean_environment(base),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert f"http://127.0.0.1:{port}" in server.stdout.readline()
        yield f"http://127.0.0.1:{port}"
        os.killpg(server.pid, signal.SIGINT)  # what Ctrl-C in a terminal does
        _, errors = server.communicate(timeout=30)
        assert server.returncode == 0, errors
        assert "Traceback" not in errors
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.communicate()


@pytest.fixture(scope="module")
def visit(server: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=chromium,
            headless=True,
            args=ARGUMENTS,
            viewport={"width": 1400, "height": 1000},
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        visit = Visit(page, server)
        page.on("request", lambda request: visit.hosts.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda socket: visit.hosts.add(urlsplit(socket.url).netloc))
        page.on("pageerror", lambda error: visit.errors.append(str(error)))
        page.goto(server, wait_until="domcontentloaded")
        # The server's time to wake up is waited for here, once.
        expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible(timeout=PATIENCE)
        yield visit
        context.close()


@pytest.mark.parametrize("name", NUMBERS)
def test_a_page_as_it_is_seen(visit: Visit, name: str):
    page = visit.page
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=PATIENCE)
    if name == "Customer":
        page.get_by_label("Customer id").fill("c_ada")
        page.get_by_label("Customer id").press("Enter")
    expect(page.get_by_test_id("stMetric")).to_have_count(len(NUMBERS[name]), timeout=PATIENCE)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".js-plotly-plot")).to_have_count(CHARTS[name], timeout=PATIENCE)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    shown = {
        each.get_by_test_id("stMetricLabel").inner_text(): each.get_by_test_id("stMetricValue").inner_text()
        for each in page.get_by_test_id("stMetric").all()
    }
    assert shown == NUMBERS[name]
    for chart in page.locator(".js-plotly-plot").all():
        expect(chart.locator("g.points path").first).to_be_attached(timeout=PATIENCE)
    cut = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMetricValue] *')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert cut == 0, "a figure does not fit its box"
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Published 29 Jun 2026, 00:30 EDT")).to_be_visible()
    expect(page.get_by_text("Deploy", exact=True)).to_have_count(0)
    assert not visit.errors
    assert visit.hosts - {""} == {urlsplit(visit.url).netloc}, "the pages ask another host"
