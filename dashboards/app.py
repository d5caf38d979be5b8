"""Navigation: what Streamlit starts. Opens the published marts once a run and hands them to the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

import selvage
from dashboards import attribution, customer, data, data_quality, overview, stock, sync_health

ICON = str(Path(__file__).with_name("icon.svg"))
PAGES: tuple[tuple[str, str, str, Callable[[data.Marts], None]], ...] = (
    ("overview", "Overview", ":material/monitoring:", overview.page),
    ("attribution", "Attribution", ":material/account_tree:", attribution.page),
    ("stock", "Stock", ":material/inventory_2:", stock.page),
    ("customer", "Customer", ":material/person_search:", customer.page),
    ("data_quality", "Data quality", ":material/fact_check:", data_quality.page),
    ("sync_health", "Sync health", ":material/sync:", sync_health.page),
)


def main() -> None:
    st.set_page_config(page_title="Selvage", page_icon=ICON, layout="wide")
    st.logo(ICON)
    marts = data.published()
    chosen = st.navigation(
        [
            st.Page(partial(_page, marts, show), title=title, icon=icon, url_path=path, default=path == "overview")
            for path, title, icon, show in PAGES
        ]
    )
    settings = selvage.settings()
    st.sidebar.caption(f"Selvage · {settings.brand.name} · {settings.env}")
    chosen.run()


def _page(marts: data.Marts | None, show: Callable[[data.Marts], None]) -> None:
    if marts is None:
        st.title("Nothing is published yet", anchor=False)
        st.info("The pages show the marts that the last green run published. Start one: `make run`")
        return
    show(marts)


main()
