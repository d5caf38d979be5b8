"""Amazon's Selling Partner API in the sandbox: orders, stock at Amazon, money, and reports of returns and of stock.

``/amazon/auth/o2/token`` gives a token for the refresh token of the shop's one seller account, whose orders are of
amazon.com. Nothing is written but the reports that are asked for.
"""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.context import Context
from sandbox.streams import Streams
from sandbox.vendors.amazon.finances import Finances
from sandbox.vendors.amazon.gate import Gate, Limit, no_such_path
from sandbox.vendors.amazon.inventory import Inventory
from sandbox.vendors.amazon.orders import Orders
from sandbox.vendors.amazon.reports import Reports
from sandbox.vendors.amazon.tokens import Tokens


def build(context: Context) -> Starlette:
    streams, tokens, reports = Streams(context), Tokens(context), Reports(context)
    orders, inventory, finances = Orders(context, streams), Inventory(context, streams), Finances(streams)
    route = Gate(context, tokens).route
    routes = [
        tokens.route(),
        route("/orders/2026-01-01/orders", "GET", orders.search, Limit(0.0056, 20)),
        route("/orders/2026-01-01/orders/{id}", "GET", orders.get, Limit(0.5, 30)),
        route("/fba/inventory/v1/summaries", "GET", inventory.summaries, Limit(2, 2)),
        route("/finances/2024-06-19/transactions", "GET", finances.transactions, Limit(0.5, 10)),
        route("/reports/2021-06-30/reports", "POST", reports.create, Limit(0.0167, 15)),
        route("/reports/2021-06-30/reports/{id}", "GET", reports.get, Limit(2, 15)),
        route("/reports/2021-06-30/documents/{id}", "GET", reports.document, Limit(0.0167, 15)),
        reports.download(),
    ]
    return Starlette(routes=routes, exception_handlers={404: no_such_path, 405: no_such_path})
