"""Square's locations, customers and orders as tables, in versions.

A profile that was merged away gets a last version that is deleted. An order is open until it is paid; what came back
is a row of ``square_return_lines`` of another order.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, NEVER, Ints
from sandbox.brand.orders import sum_by
from sandbox.brand.people import phone_text
from sandbox.brand.shop_orders import AFTERMATH
from sandbox.brand.square_goods import goods_tables
from sandbox.brand.square_money import money_tables
from sandbox.brand.store_customers import DIRECTORY, NAME, PHONE, SOURCES
from sandbox.brand.store_orders import CANCELED, OPEN, SALE
from sandbox.brand.store_world import Stores, Table
from sandbox.brand.stores import CODES, PERCENT, STORES
from sandbox.brand.texts import digits, either, join, stamps, take
from sandbox.brand.versions import number_versions

POS, TERMINAL = "Square Point of Sale", "Selvage Till"


def square_tables(stores: Stores) -> dict[str, Table]:
    """All tables of the stores, by name."""
    return {
        "square_locations": _locations(),
        "square_customers": _customers(stores),
        "square_loyalty_accounts": _loyalty(stores),
        "square_orders": _orders(stores),
        "square_order_lines": _lines(stores),
        "square_return_lines": _return_lines(stores),
        **money_tables(stores),
        **goods_tables(stores),
    }


def _locations() -> Table:
    born = stamps(np.array([-800 * DAY, -500 * DAY]))
    return {
        "location_id": pa.array([one.location_id for one in STORES]),
        "name": pa.array([one.name for one in STORES]),
        "timezone": pa.array([one.zone for one in STORES]),
        "address": pa.array([one.address for one in STORES]),
        "city": pa.array([one.city for one in STORES]),
        "province_code": pa.array([one.province_code for one in STORES]),
        "zip": pa.array([one.zip for one in STORES]),
        "is_main": np.array([True, False]),
        "created_at": born,
        "revealed_at": born,
    }


def _customers(stores: Stores) -> Table:
    customers = stores.customers
    every = np.arange(len(customers))
    moments = (customers.created_at, customers.email_at, customers.phone_at, customers.unsubscribed_at)
    versions = number_versions(
        [(every, np.where(at < customers.deleted_at, at, NEVER)) for at in moments] + [(every, customers.deleted_at)],
        stores.basis.end + AFTERMATH,
    )
    row, at = versions.thing, versions.at
    rows, tells_home = pa.array(row), customers.tells_home[row]
    return {
        "customer_id": stores.ids("customer", row),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(customers.created_at[row]),
        "given_name": customers.names.first.take(rows),
        "family_name": customers.names.last.take(rows),
        "email": either(customers.email_at[row] <= at, customers.email.text.take(rows), None),
        "phone": either(customers.phone_at[row] <= at, customers.phone.take(rows), None),
        "birthday": customers.birth_date.take(rows),
        "address1": either(tells_home, customers.address.line.take(rows), None),
        "city": either(tells_home, customers.address.city.take(rows), None),
        "province_code": either(tells_home, customers.address.province.take(rows), None),
        "zip": either(tells_home | (customers.kind[row] == NAME), customers.address.zip.take(rows), None),
        "email_unsubscribed": customers.unsubscribed_at[row] <= at,
        "creation_source": take(SOURCES, customers.kind[row]),
        "is_deleted": customers.deleted_at[row] <= at,
        "merged_into": either(
            customers.deleted_at[row] <= at, stores.ids("customer", customers.merged_into[row]), None
        ),
    }


def _loyalty(stores: Stores) -> Table:
    """Accounts belong to a phone; a merge moves them to the new profile."""
    customers, rng = stores.customers, stores.basis.rng("store loyalty")
    joins = (customers.kind == PHONE) | ((customers.kind == DIRECTORY) & (rng.random(len(customers)) < 0.5))
    row = np.flatnonzero(joins & (customers.phone_at < NEVER))
    points = rng.integers(0, 400, len(customers))
    versions = number_versions(
        [(row, customers.phone_at[row]), (row, customers.deleted_at[row])], stores.basis.end + AFTERMATH
    )
    row, at = versions.thing, versions.at
    owner = np.where(customers.deleted_at[row] <= at, customers.merged_into[row], row)
    return {
        "account_id": stores.ids("loyalty", row),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(customers.phone_at[row]),
        "customer_id": stores.ids("customer", owner),
        "phone": phone_text(customers.number[row]),
        "balance": points[row],
    }


def _orders(stores: Stores) -> Table:
    orders = stores.orders
    n, every = len(orders), np.arange(len(orders))
    versions = number_versions([(every, orders.created_at), (every, orders.closed_at)], stores.basis.end + AFTERMATH)
    o, at = versions.thing, versions.at
    closed = orders.closed_at[o] <= at
    state = np.where(~closed | (orders.state[o] == OPEN), 1, np.where(orders.state[o] == CANCELED, 2, 0))
    tip = np.where(state == 0, orders.tip[o], 0)
    discount, tax, lines = (
        sum_by(orders.line_order, values, n)[o] for values in (orders.line_discount, orders.line_tax, orders.line_total)
    )
    back_discount, back_tax, back_total = (
        sum_by(orders.back_order, values, n)[o] for values in (orders.back_discount, orders.back_tax, orders.back_total)
    )
    rng = stores.basis.rng("store registers")
    through_api = (rng.random(n) < 0.2) & (orders.kind == SALE) & ~orders.offline
    named = rng.random(n) < 0.08
    return {
        "order_id": stores.ids("order", o),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(orders.created_at[o]),
        "closed_at": stamps(orders.closed_at[o], closed),
        "location_id": stores.locations(orders.store[o]),
        "state": take(("COMPLETED", "OPEN", "CANCELED"), state),
        "customer_id": stores.ids("customer", stores.customers.of_order[o]),
        "source_name": take((POS, TERMINAL), through_api[o].astype(np.int64)),
        "has_version": through_api[o],
        "ticket_name": either(named[o], join("Ticket ", digits(o % 90 + 10)), None),
        "source_order_id": stores.ids("order", orders.source[o]),
        "discount_name": take(CODES, orders.code[o]),
        "discount_percent": pa.array(PERCENT[orders.code[o]], mask=orders.code[o] < 0),
        "tax_rate_millionths": np.array([one.tax_rate for one in STORES])[orders.store[o]],
        "discounts_cents": discount,
        "tax_cents": tax,
        "tip_cents": tip,
        "total_cents": lines + tip,
        "return_discounts_cents": back_discount,
        "return_tax_cents": back_tax,
        "return_total_cents": back_total,
    }


def _lines(stores: Stores) -> Table:
    orders, order = stores.orders, stores.orders.line_order
    position = np.arange(len(order)) - np.searchsorted(order, order)
    return {
        **_line_columns(stores, "line", order, position, orders.line_variant, orders.line_quantity),
        "unit_price_cents": orders.line_price,
        "discount_cents": orders.line_discount,
        "tax_cents": orders.line_tax,
        "total_cents": orders.line_total,
    }


def _return_lines(stores: Stores) -> Table:
    orders, order = stores.orders, stores.orders.back_order
    position = np.arange(len(order)) - np.searchsorted(order, order)
    linked = orders.back_line >= 0
    source_line = np.maximum(orders.back_line, 0)
    first = np.searchsorted(orders.line_order, orders.line_order)
    source_position = (np.arange(len(first)) - first)[source_line]
    return {
        **_line_columns(stores, "return", order, position, orders.back_variant, orders.back_quantity),
        "source_order_id": stores.ids("order", np.where(linked, orders.line_order[source_line], -1)),
        "source_line_uid": either(linked, _uid("line", source_position), None),
        "unit_price_cents": orders.back_price,
        "discount_cents": orders.back_discount,
        "tax_cents": orders.back_tax,
        "total_cents": orders.back_total,
        "is_restocked": orders.back_restocked,
    }


def _line_columns(stores: Stores, word: str, order: Ints, position: Ints, variant: Ints, quantity: Ints) -> Table:
    """What lines of sales and of returns have in common. A uid is unique only inside its order."""
    order_id, uid = stores.ids("order", order), _uid(word, position)
    at = stores.orders.created_at[order]
    return {
        f"{word}_id": join(order_id, ":", uid),
        "revealed_at": stamps(at),
        "order_id": order_id,
        "uid": uid,
        "position": position + 1,
        "variation_id": stores.ids("variation", variant),
        "name": stores.catalogue.title.take(pa.array(variant)),
        "variation_name": stores.catalogue.size.take(pa.array(variant)),
        "quantity": quantity,
    }


def _uid(word: str, position: Ints) -> pa.Array:
    return join(f"{word}-", digits(position + 1))
