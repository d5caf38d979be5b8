"""What a run brought, as text for a person: from the published marts and the last run's own account.

Nothing personal is in it: the marts hold none, and the account is counts. A mart that a brand does not fill shows as
such, a mart that is not there yet is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

import selvage

LAST_RUN = "last_run.json"


def text() -> str:
    """The whole summary; what is not there yet is said, not raised."""
    settings = selvage.settings()
    if not settings.marts_file.exists():
        return "Nothing is published yet. Try: python -m orchestration run"
    file = settings.work / LAST_RUN
    account: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    with duckdb.connect(str(settings.marts_file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        known = {
            str(name) for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()
        }
        parts = [
            *_landed(account),
            *_customers(connection, known),
            *_orders(connection, known, settings.brand.reporting_currency),
            *_attribution(connection, known),
            *_ads(connection, known),
            *_stock(connection, known),
            *_audiences(account),
            *_empty(connection, settings.brand),
            *_files(connection, settings),
        ]
    return "\n\n".join(parts)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns under a title: text to the left, numbers to the right."""
    shown = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *shown, strict=True)]
    right = [bool(rows) and all(not isinstance(row[at], str) for row in rows) for at in range(len(header))]
    lines = [
        "  " + "  ".join(cell.rjust(width) if end else cell.ljust(width) for cell, width, end in zip(
            each, widths, right, strict=True
        )).rstrip()
        for each in [list(header), *shown]
    ]  # fmt: skip
    return "\n".join([title, *lines])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:,}"


def _landed(account: Mapping[str, Any]) -> Iterator[str]:
    landed: Mapping[str, Mapping[str, int]] = account.get("landed", {})
    if landed:
        rows = [(vendor, count["rows"], count["in_all"]) for vendor, count in sorted(landed.items())]
        yield table("Rows landed", ["source", "this run", "in all"], rows)


def _customers(connection: duckdb.DuckDBPyConnection, known: set[str]) -> Iterator[str]:
    if "dim_customers" in known:
        rows = connection.execute(
            "select customer_type, cast(sum(record_count) as bigint), cast(sum(visitor_count) as bigint), count(*) "
            "from dim_customers group by customer_type order by customer_type asc nulls last"
        ).fetchall()
        lines = ["Customers"]
        for kind, records, browsers, customers in rows:
            lines.append(
                f"  {_cell(records)} records ({_cell(browsers)} of them browsers) -> {_cell(customers)} customers"
            )
            if kind == "household":
                lines.append(
                    "  Each of them is a household: its card is used by all who live there, so it is no person."
                )
        yield "\n".join(lines)


def _orders(connection: duckdb.DuckDBPyConnection, known: set[str], currency: str) -> Iterator[str]:
    if "fct_orders" in known:
        rows = connection.execute(
            "select channel, count(*) filter (where not is_return), count(distinct customer_id), "
            "cast(round(sum(net_sales_amount), 2) as decimal(18, 2)) from fct_orders "
            "where not is_test group by channel order by sum(net_sales_amount) desc nulls last, channel asc nulls last"
        ).fetchall()
        yield table("Orders (tests left out)", ["channel", "orders", "customers", f"net sales {currency}"], rows)


def _attribution(connection: duckdb.DuckDBPyConnection, known: set[str]) -> Iterator[str]:
    """Orders credited to each channel, a column per model; every column has the same total."""
    if "fct_attribution" not in known:
        return
    models = [
        str(name)
        for (name,) in connection.execute(
            "select distinct attribution_model from fct_attribution order by attribution_model asc nulls last"
        ).fetchall()
    ]
    sums = ", ".join(
        f"cast(coalesce(sum(credit) filter (where attribution_model = '{name}'), 0) as decimal(18, 1))"
        for name in models
    )
    if not models:
        return
    rows = connection.execute(
        f"select coalesce(channel, 'unattributed') as channel_name, {sums} from fct_attribution "
        "where conversion_type <> 'sign_up' group by channel_name "
        "order by sum(credit) desc nulls last, channel_name asc nulls last"
    ).fetchall()
    yield table("Orders credited to each channel", ["channel", *models], rows)


def _ads(connection: duckdb.DuckDBPyConnection, known: set[str]) -> Iterator[str]:
    """What each platform cost and claims, beside the money that each model credits to its campaigns."""
    if "fct_ad_performance" not in known:
        return
    rows = connection.execute(
        "select platform, attribution_model, currency_code, cast(sum(spend_amount) as decimal(18, 2)), "
        "cast(sum(credited_revenue) as decimal(18, 2)), cast(sum(claimed_amount) as decimal(18, 2)), "
        "cast(sum(credited_revenue) / nullif(sum(spend_amount), 0) as decimal(18, 2)), "
        "cast(sum(claimed_amount) / nullif(sum(credited_revenue), 0) as decimal(18, 2)) "
        "from fct_ad_performance group by platform, attribution_model, currency_code "
        "having sum(spend_amount) is not null "
        "order by platform asc nulls last, attribution_model asc nulls last, currency_code asc nulls last"
    ).fetchall()
    header = ["platform", "model", "currency", "spend", "credited", "claimed", "return on spend", "over-claim factor"]
    if rows:
        yield table("Ad money beside the model's credit and the platform's own claims", header, rows)


def _stock(connection: duckdb.DuckDBPyConnection, known: set[str]) -> Iterator[str]:
    """Units by location, and how many variants have none left to sell."""
    if not {"fct_inventory_levels", "dim_locations"} <= known:
        return
    rows = connection.execute(
        "select coalesce(location_name, location_key) as location, count(*), cast(sum(on_hand_quantity) as bigint), "
        "cast(sum(available_quantity) as bigint), count(*) filter (where available_quantity <= 0) "
        "from fct_inventory_levels left join dim_locations using (location_key) "
        "group by location order by sum(on_hand_quantity) desc nulls last, location asc nulls last"
    ).fetchall()
    if rows:
        yield table("Stock", ["location", "variants", "on hand", "available", "sold out"], rows)


def _audiences(account: Mapping[str, Any]) -> Iterator[str]:
    everything: Mapping[str, Mapping[str, int]] = account.get("syncs", {})
    told = {key: sync for key, sync in everything.items() if "purchases" in sync}
    syncs = {key: sync for key, sync in everything.items() if key not in told}
    if syncs:
        names = ("members", "added", "updated", "removed", "held_out", "outranked", "waiting", "suppressed", "rejected")
        rows = [(*key.split("/"), *(sync.get(name, 0) for name in names)) for key, sync in sorted(syncs.items())]
        header = ["audience", "destination", *(name.replace("_", " ") for name in names)]
        few = [
            f"  {key.replace('/', ' at ')} is too small to deliver: that takes {sync['min_members']:,} matched people"
            for key, sync in sorted(syncs.items())
            if sync.get("members", 0) < sync.get("min_members", 0)
        ]
        yield "\n".join([table("Audience members", header, rows), *few])
    if told:
        counts = ("told", "purchases", "refunds", "expired", "suppressed", "rejected")
        lines = [(key.split("/")[-1], *(sync.get(name, 0) for name in counts)) for key, sync in sorted(told.items())]
        yield table("Conversions", ["destination", *counts], lines)


def _empty(connection: duckdb.DuckDBPyConnection, brand: selvage.Brand) -> Iterator[str]:
    found = connection.execute("select mart from _build where row_count = 0 order by mart asc nulls last").fetchall()
    empty = [str(name) for (name,) in found]
    by_design = [(name, reason) for name, reason in sorted(brand.empty_marts.items()) if name in empty]
    if by_design:
        yield table(f"Empty by design for {brand.name}", ["mart", "because"], by_design)
    others = [name for name in empty if name not in brand.empty_marts]
    if others:
        yield f"Empty, and not by design: {', '.join(others)}"


def _files(connection: duckdb.DuckDBPyConnection, settings: selvage.Settings) -> Iterator[str]:
    found = connection.execute("select build_id, as_of, count(*) from _build group by all").fetchone()
    if found:
        build_id, as_of, marts = found
        reach = f"data as of {as_of:%Y-%m-%d %H:%M} UTC" if as_of else "without data"
        yield "\n".join(
            [
                f"Published: {marts} marts, build {build_id}, {reach}",
                f"  {settings.marts_file}",
                f"  {settings.published / 'parquet'}/<mart>.parquet",
            ]
        )
    brand = "" if settings.brand.name == "demo" else f" BRAND={settings.brand.name}"
    tries = [
        (f"make ui{brand}", "the asset graph, with every check and plan"),
        (f"make dashboards{brand}", "sales, attribution, stock, customers and syncs as pages"),
    ]
    if settings.brand.sources is None and settings.env == "sandbox":
        tries.append(("make advance && make run", "a day later: only what changed moves"))
    elif settings.brand.has_source("files"):
        tries.append((f"make run{brand}", f"again, after a new file in {settings.landing}/<folder>/"))
    width = max(len(command) for command, _ in tries)
    yield "\n".join(["Try next", *(f"  {command.ljust(width)}   {what}" for command, what in tries)])
