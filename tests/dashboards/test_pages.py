"""Every page, painted in this process: its figures are the shop's, its words say why something isn't there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dashboards import data

from . import shop
from .conftest import PAGES, Paint, changes, charts, numbers, table, values, words


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_when_it_was_published(published: Path, paint: Paint, page: str):
    said = words(paint(page))
    assert "Published 29 Jun 2026, 00:30 EDT" in said
    assert "data up to 28 Jun 2026, 19:57 EDT" in said


@pytest.mark.parametrize("page", PAGES)
def test_axes_are_titled_in_words(published: Path, paint: Paint, page: str):
    figures = charts(paint(page, customer_id="c_ada") if page == "customer" else paint(page))
    assert figures
    for figure in figures:
        for axis in ("xaxis", "yaxis"):
            title = figure["layout"][axis]["title"]["text"]
            assert title[:1].isupper(), title
            assert "_" not in title


def test_overview_adds_up(published: Path, paint: Paint):
    app = paint("overview")
    assert numbers(app) == {
        "Net sales": "USD 500.00",
        "Orders": "7",
        "Average order": "USD 71.43",
        "Customers": "2",
        "Repeat orders": "67 %",
    }
    assert not changes(app), "there is nothing before all data to compare with"
    sales, orders, _ = charts(app)
    assert sum(sum(filter(None, values(bar["y"]))) for bar in sales["data"]) == 500
    assert sum(sum(filter(None, values(bar["y"]))) for bar in orders["data"]) == 7
    by_week = table(app, "period_date", "channel", "net_sales_amount")
    assert Decimal(str(by_week["net_sales_amount"].sum())) == 500


def test_overview_compares_with_the_span_before_to_the_same_hour(published: Path, paint: Paint):
    app = paint("overview", period="Last 28 days")
    assert numbers(app)["Net sales"] == "USD 182.00"
    assert numbers(app)["Orders"] == "4"
    assert changes(app)["Net sales"] == "-39 %"
    assert changes(app)["Orders"] == "+100 %"


@pytest.mark.parametrize(("grain", "hatched"), [("month", ["May 2026", "Jun 2026"]), ("day", ["28 Jun 2026"])])
def test_periods_that_are_not_whole_are_marked(published: Path, paint: Paint, grain: str, hatched: list[str]):
    app = paint("overview", grain_56=grain)
    bar = charts(app)[0]["data"][0]
    shapes = dict(zip(values(bar["x"]), bar["marker"]["pattern"]["shape"], strict=True))
    assert [period for period, shape in shapes.items() if shape] == hatched
    assert " and ".join(hatched) in words(app)


def test_attribution_follows_its_one_selector(published: Path, paint: Paint):
    app = paint("attribution")
    assert numbers(app) == {
        "Credited net sales": "USD 500.00",
        "Orders": "7",
        "To direct visits": "20 %",
        "Unattributed": "10 %",
    }
    for model, paid_social, email in (("linear", 75.25, 75.25), ("first_touch", 150.5, 0), ("last_touch", 0, 150.5)):
        app = paint("attribution", attribution_model=model)
        (bar,) = charts(app)[0]["data"]
        credit = dict(zip(values(bar["y"]), values(bar["x"]), strict=True))
        assert credit.get("Paid social", 0) == paid_social
        assert credit.get("E-mail", 0) == email
        assert sum(credit.values()) == 500
        assert numbers(app)["Credited net sales"] == "USD 500.00"


def test_sign_ups_are_credited_beside_the_orders(published: Path, paint: Paint):
    for model, credit in (("linear", {"E-mail": 0.75, "Paid social": 0.25}), ("last_touch", {"E-mail": 1})):
        shown = table(paint("attribution", attribution_model=model), "channel", "sign_up_count")
        assert dict(zip(shown["channel"], shown["sign_up_count"].astype(float), strict=True)) == credit


def test_attribution_puts_what_nobody_earned_last(published: Path, paint: Paint):
    (bar,) = charts(paint("attribution"))[0]["data"]
    assert values(bar["y"])[0] == "Unattributed", "the first of a horizontal bar chart lies at the bottom"
    assert values(bar["y"])[-1] == "Organic search"


def test_ad_money_stands_beside_credit(published: Path, paint: Paint):
    app = paint("attribution")
    campaigns = table(app, "campaign", "roas")
    assert campaigns["campaign"].tolist() == ["spring", "cart", "brand"], "the dearest first"
    (platforms,) = (each.value for each in app.dataframe if "roas" in each.value and "campaign" not in each.value)
    meta, google = (platforms.set_index("platform").loc[name] for name in ("Meta", "Google"))
    assert (meta["spend_amount"], meta["credited_revenue"], meta["roas"]) == (150, 150, 1)
    assert (meta["claimed_roas"], meta["over_claim_factor"], meta["cac"]) == (2.4, 2.4, 37.5)
    assert google["credited_revenue"] == 75
    assert google[["spend_amount", "roas", "cac", "claimed_amount", "over_claim_factor"]].isna().all()
    assert "no ad account of theirs tells of any: Google" in words(app)
    bars = {
        trace["name"]: dict(zip(values(trace["y"]), values(trace["x"]), strict=True))
        for trace in charts(app)[1]["data"]
    }
    assert bars["Spend"] == {"spring · Meta": 100, "cart · Meta": 50}
    assert bars["Claimed by the platform"] == {"spring · Meta": 300, "cart · Meta": 60}


def test_stock_shows_lowest_cover_first(published: Path, paint: Paint):
    app = paint("stock")
    assert numbers(app) == {
        "Units on hand": "68",
        "Units available": "64",
        "SKUs": "3",
        "Sold out": "1",
        "Under 7 days": "0",
    }
    cover = table(app, "sku", "cover_days")
    assert cover["sku"].tolist() == ["HAT", "TEE", "SOCK"]
    assert cover["sold_per_day"].tolist() == [0.5, 1.0, 0.0]
    assert cover["cover_days"].fillna(-1).tolist() == [0, 14, -1], "28 complete days; a test order is no sale"


def test_stock_of_one_location_without_movements(home: Path, paint: Paint):
    shop.publish(home, shop.SHOP, without=["fct_inventory_movements"])
    app = paint("stock", location="shop")
    assert numbers(app)["Units on hand"] == "5"
    assert "aren't known without stock movements" in words(app)
    assert numbers(app)["Under 7 days"] == "–", "not known is not none"
    assert not charts(app)


def test_stock_says_what_each_channel_may_promise(published: Path, paint: Paint):
    promised = table(paint("stock"), "sku", "cover_days").set_index("sku")[["Online", "Store"]]
    assert promised.loc["TEE"].tolist() == [8, 6]
    assert promised.loc["HAT"].isna().all()
    assert table(paint("stock", location="shop"), "sku", "cover_days")["Store"].tolist() == [4]


def test_stock_of_one_location_goes_by_its_movements(published: Path, paint: Paint):
    cover = table(paint("stock", location="shop"), "sku", "cover_days")
    assert cover["cover_days"].tolist() == [56], "4 available, 2 sold in 28 days, today and a count not counted"


def test_customer_is_shown_without_clear_text(published: Path, paint: Paint):
    app = paint("customer", customer_id="c_ada")
    assert numbers(app) == {
        "Net sales": "USD 170.50",
        "Orders": "3",
        "First order": "4 May 2026",
        "Last order": "28 Jun 2026",
    }
    identifiers = table(app, "pseudonym")
    assert identifiers["identifier_type"].tolist() == ["E-mail", "Phone"]
    assert identifiers["pseudonym"].tolist() == ["1a2b1a2b1a2b", "3c4d3c4d3c4d"]
    assert identifiers["usage"].tolist() == ["joins records", "refused"]
    assert identifiers["source_systems"].tolist() == ["klaviyo, shopify", "shopify"]
    for frame in (each.value for each in app.dataframe):
        assert "secret-record" not in frame.to_csv()
    assert len(table(app, "order_name", "total_amount")) == 5, "also the test and the cancelled order"
    assert table(app, "touch_type")["channel"].tolist() == ["E-mail", "Paid social"]


def test_customer_is_in_the_audiences_that_an_id_merged_into_it_was_sent_to(published: Path, paint: Paint):
    audiences = table(paint("customer", customer_id="c_ada"), "audience", "membership")
    assert audiences[["audience", "destination", "membership"]].to_numpy().tolist() == [
        ["Cart abandoners", "Klaviyo", "member"]
    ]
    audiences = table(paint("customer", customer_id="c_ben"), "audience", "membership")
    assert audiences[["audience", "destination", "membership"]].to_numpy().tolist() == [
        ["Lapsed best customers", "Meta", "member"],
        ["Cart abandoners", "Klaviyo", "not a member"],
    ]


def test_an_id_that_was_merged_leads_on(published: Path, paint: Paint):
    app = paint("customer", customer_id=" c_old ")
    assert "c_old was merged into c_ada on 20 Jun 2026" in words(app)
    assert numbers(app)["Net sales"] == "USD 170.50"


def test_a_device_nobody_is_known_for_has_visits_only(published: Path, paint: Paint):
    app = paint("customer", customer_id="c_device")
    assert "A device that nobody is known for" in words(app)
    assert not numbers(app)
    assert len(table(app, "touch_type")) == 1


def test_an_unknown_customer_is_told_in_words(published: Path, paint: Paint):
    app = paint("customer", customer_id="c_nobody' or true --")
    assert "There is no customer c_nobody' or true --" in app.warning[0].value
    assert not app.metric
    assert table(app, "customer_id", "net_sales_amount")["customer_id"].tolist() == ["c_ben", "c_ada"]


def test_sync_health_counts_members_by_the_last_answer(published: Path, paint: Paint):
    app = paint("sync_health")
    assert numbers(app) == {
        "Members now": "3",
        "Last run": "27 Jun, 05:00",
        "Added then": "1",
        "Removed then": "2",
        "Rejected then": "1",
    }
    totals = table(app, "member_count").set_index("destination")
    assert totals["member_count"].to_dict() == {"Klaviyo": 2, "Meta": 1}, "a removal that was rejected removed nobody"
    assert totals[["add_count", "removal_count", "rejected_count"]].to_numpy().tolist() == [[3, 2, 1], [1, 0, 0]]
    assert table(app, "reason")["reason"].tolist() == ["Invalid address"]


@pytest.mark.parametrize("page", PAGES)
def test_empty_marts_are_told_in_words(home: Path, paint: Paint, page: str):
    shop.publish(home, {})
    app = paint(page)
    assert not app.metric
    assert any(" yet: " in info.value for info in app.info)


@pytest.mark.parametrize("page", ["stock", "sync_health"])
def test_what_a_brand_has_none_of_is_so_by_design(home: Path, paint: Paint, page: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SELVAGE_BRAND", "complete_journey")
    shop.publish(home.parent / "complete_journey", shop.changed(fct_inventory_levels=[], fct_sync_runs=[]))
    assert "by design" in paint(page).info[0].value


def test_a_mart_that_is_not_published_is_named(home: Path, paint: Paint):
    shop.publish(home, shop.SHOP, without=["fct_sync_runs", "fct_sync_records", "fct_ad_performance"])
    assert "fct_sync_runs isn't published" in words(paint("sync_health"))
    assert "fct_ad_performance isn't published" in words(paint("attribution"))
    assert "fct_sync_records isn't published" in words(paint("customer", customer_id="c_ada"))


def test_before_anything_is_published(home: Path, whole_app):
    whole_app.run()
    assert not whole_app.exception
    assert "make run" in whole_app.info[0].value


def test_a_file_that_was_swapped_is_picked_up(published: Path, whole_app):
    whole_app.run()
    assert numbers(whole_app)["Orders"] == "7"
    before = data.published()
    shop.publish(published, shop.changed(fct_orders=shop.SHOP["fct_orders"][:1]))
    whole_app.run()
    assert numbers(whole_app)["Orders"] == "1"
    assert before.row("overview_span")["last_date"].isoformat() == "2026-06-28", "who reads the old file goes on"


def test_the_published_file_is_opened_to_read_only(published: Path):
    import duckdb

    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        data.published().connection.execute("insert into published.dim_locations (location_key) values ('x')")


def test_long_tables_are_paged(home: Path, paint: Paint):
    many = [shop.customer(f"c_{at:03}", 1, str(1000 - at), "2026-05-04", "2026-05-04") for at in range(45)]
    shop.publish(home, shop.changed(dim_customers=many))
    app = paint("customer")
    assert table(app, "customer_id")["customer_id"].tolist() == [f"c_{at:03}" for at in range(10)]
    assert "1 to 10 of 45 customers" in words(app)
    app = paint("customer", largest_page=5)
    assert table(app, "customer_id")["customer_id"].tolist() == [f"c_{at:03}" for at in range(40, 45)]


def test_data_quality_counts_faults_and_shows_what_is_left(published: Path, paint: Paint):
    app = paint("data_quality")
    assert numbers(app) == {
        "Unexplained": "2.00",
        "Days compared": "2",
        "Documents at fault": "3",
        "Stock at fault": "1",
        "Unmatched variants": "1",
    }
    faults = table(app, "issue_type", "document_count")
    assert dict(zip(faults["issue_type"], faults["document_count"], strict=True)) == {
        "Line without product": 2,
        "Unknown currency": 1,
        "Negative on hand": 1,
    }
    assert faults.set_index("issue_type")["issue_quantity"]["Negative on hand"] == 2
    compared = table(app, "measure", "mart_amount")
    assert dict(zip(compared["measure"], compared["unexplained_amount"], strict=True)) == {
        "Totals as ordered": 0,
        "Refunds by refund date": 2,
    }
    (gaps,) = charts(app)
    assert sum(sum(filter(None, values(bar["y"]))) for bar in gaps["data"]) == 0
