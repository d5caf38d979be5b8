"""A home with the small shop published in it, and a page painted in this process."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import selvage
from tests.conftest import ROOT

from . import shop

PAGES = ("overview", "attribution", "stock", "customer", "data_quality", "sync_health")
Paint = Callable[..., AppTest]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of the sandbox's demo brand."""
    for name in ("SELVAGE_ENV", "SELVAGE_BRAND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path))
    return selvage.settings().home


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop.publish(tmp_path_factory.mktemp("shop"), shop.SHOP)


@pytest.fixture
def published(home: Path, shop_file: Path) -> Path:
    """A home with the small shop as it is."""
    (home / "published").mkdir()
    shutil.copy(shop_file, home / "published" / "marts.duckdb")
    return home


@pytest.fixture(scope="session", autouse=True)
def _packages_are_looked_through_once() -> Iterator[None]:
    """For each painted page Streamlit would read what every installed package says of itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def paint() -> Paint:
    """Paints one page; ``state`` is what the reader has picked before."""

    def run(page: str, **state: Any) -> AppTest:
        text = f"from dashboards import data, {page}\n{page}.page(data.published())"
        app = AppTest.from_string(text, default_timeout=60)
        for key, value in state.items():
            app.session_state[key] = value
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return run


@pytest.fixture
def whole_app() -> AppTest:
    return AppTest.from_file(str(ROOT / "dashboards" / "app.py"), default_timeout=60)


def numbers(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def changes(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.delta for metric in app.metric if metric.delta}


def table(app: AppTest, *columns: str) -> pd.DataFrame:
    """The one table that has these columns."""
    found = [each.value for each in app.dataframe if set(columns) <= set(each.value.columns)]
    assert len(found) == 1, [list(each.value.columns) for each in app.dataframe]
    return found[0]


def words(app: AppTest) -> str:
    """All that the page says outside of figures and tables."""
    return "\n".join(
        each.value for kind in ("title", "subheader", "caption", "info", "warning", "success") for each in app.get(kind)
    )


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(each.proto.spec) for each in app.get("plotly_chart")]


def values(of: Any) -> list[Any]:
    """The values of a trace's axis; Plotly packs numbers."""
    if isinstance(of, dict):
        return np.frombuffer(base64.b64decode(of["bdata"]), dtype=of["dtype"]).tolist()
    return list(of or [])
