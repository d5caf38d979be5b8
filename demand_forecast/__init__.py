"""How many units of each SKU a location will sell, and when to order again: forecasts by statsforecast, backtested.

The models ``int_inventory__demand_forecasts`` and ``.._demand_backtest`` call ``demand_forecast.build``;
the rest is arithmetic on arrays and knows nothing of a warehouse.
"""
