"""B14: the chosen forecasts beat seasonal naive on WAPE; replayed, the reorder points serve as often as asked for."""

from __future__ import annotations

import pytest

from tests.acceptance_support.stock import Readings


def test_the_chosen_methods_beat_seasonal_naive_in_a_window_they_were_not_chosen_by(stock: Readings) -> None:
    (found,) = stock.rows(
        "select sum(absolute_error_quantity) filter (is_chosen), sum(absolute_error_quantity) filter (is_baseline), "
        "sum(actual_quantity) filter (is_chosen), sum(actual_quantity) filter (is_baseline) "
        "from marts.fct_demand_backtest where is_last_window"
    )
    chosen, naive, actual, same = map(float, found)
    assert actual == same > 300
    assert chosen / actual < 0.95 * naive / actual


def test_replayed_service_is_within_two_points(stock: Readings) -> None:
    ((served, level),) = stock.rows(
        "select sum(served_count) / sum(series_count), max(service_level) from marts.fct_demand_backtest where is_chosen"
    )
    assert served == pytest.approx(float(level), abs=0.02)


def test_what_is_at_its_reorder_point_is_ordered_up_to_it_and_two_weeks_more(stock: Readings) -> None:
    rows = stock.rows(
        "select available_quantity + incoming_quantity, reorder_point_quantity, daily_forecast, is_to_reorder, "
        "reorder_quantity from marts.fct_stock_cover"
    )
    for position, point, daily, is_to_reorder, units in rows:
        assert is_to_reorder == (position <= point and daily > 0)
        if is_to_reorder:
            assert point + float(daily) * 14 <= position + units < point + float(daily) * 14 + 1
        else:
            assert units == 0
    assert 0 < sum(row[3] for row in rows) < len(rows) / 2


def test_cover_and_sell_through_are_what_was_sold(stock: Readings) -> None:
    wrong = stock.rows(
        """with sold as (
            select variants.sku, location_key, sum(-available_quantity) as units
            from marts.fct_inventory_movements inner join intermediate.int_products__variants as variants using (variant_key)
            where occurred_at > (select as_of from intermediate.int_as_of) - interval 28 day
                and (movement_type = 'commitment' or (movement_type = 'sale' and available_quantity < 0))
            group by all
        )
        select * from marts.fct_stock_cover as cover left join sold using (sku, location_key)
        where sold_28d_quantity <> coalesce(units, 0)
            or abs(days_of_cover - greatest(available_quantity, 0) * 28.0 / units) > 0.001
            or abs(sell_through_rate - units / (units + greatest(on_hand_quantity, 0))) > 0.001"""
    )
    assert wrong == []
