"""What a customer will buy: purchases by BG/NBD, spend by Gamma-Gamma, fitted here and tested against what came.

The dbt models ``int_customers__value_model``, ``int_customers__predicted_value`` and ``int_customers__value_backtest``
call ``customer_value.build``; the rest is statistics on arrays and knows nothing of a warehouse.
"""
