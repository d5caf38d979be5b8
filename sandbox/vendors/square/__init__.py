"""Square in the sandbox: what a source reads of two stores, with ``Square-Version`` 2026-09-16. Nothing is written."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.context import Context
from sandbox.vendors.square import webhooks
from sandbox.vendors.square.catalog import Catalog
from sandbox.vendors.square.customers import Customers
from sandbox.vendors.square.gate import Gate, no_such_path
from sandbox.vendors.square.inventory import Inventory
from sandbox.vendors.square.orders import Orders
from sandbox.vendors.square.payments import Payments
from sandbox.vendors.square.rows import Shown


def build(context: Context) -> Starlette:
    shown = Shown(context)
    customers, orders, payments = Customers(shown), Orders(shown), Payments(shown)
    catalog, inventory = Catalog(shown), Inventory(shown)
    route = Gate(context).route
    routes = [
        route("/v2/locations", "GET", customers.locations),
        route("/v2/locations/{id}", "GET", customers.location),
        route("/v2/customers", "GET", customers.index),
        route("/v2/customers/search", "POST", customers.search),
        route("/v2/customers/bulk-retrieve", "POST", customers.several),
        route("/v2/customers/{id}", "GET", customers.get),
        route("/v2/loyalty/accounts/search", "POST", customers.loyalty_accounts),
        route("/v2/loyalty/accounts/{id}", "GET", customers.loyalty_account),
        route("/v2/orders/search", "POST", orders.search),
        route("/v2/orders/batch-retrieve", "POST", orders.several),
        route("/v2/orders/{id}", "GET", orders.get),
        route("/v2/payments", "GET", payments.index),
        route("/v2/payments/{id}", "GET", payments.get),
        route("/v2/refunds", "GET", payments.refunds),
        route("/v2/refunds/{id}", "GET", payments.refund),
        route("/v2/catalog/list", "GET", catalog.index),
        route("/v2/catalog/search", "POST", catalog.search),
        route("/v2/catalog/object/{id}", "GET", catalog.get),
        route("/v2/inventory/counts/batch-retrieve", "POST", inventory.counts),
        route("/v2/inventory/batch-retrieve-counts", "POST", inventory.counts),
        route("/v2/inventory/changes/batch-retrieve", "POST", inventory.changes),
        route("/v2/inventory/batch-retrieve-changes", "POST", inventory.changes),
        Route("/_sandbox/webhooks", partial(webhooks.answer, shown), methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: no_such_path, 405: no_such_path})
