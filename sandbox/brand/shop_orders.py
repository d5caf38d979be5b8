"""Shopify's tables of orders: versions of orders and lines, refunds, transactions, fulfilments, abandoned checkouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.aftersales import CANCEL_REASONS, NOTES, RESTOCK_TYPES, Aftersales, refunded_by
from sandbox.brand.basis import NEVER, Basis, Bools, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.catalogue import LOCATION_IDS, Catalogue
from sandbox.brand.channels import Landing
from sandbox.brand.contacts import Contacts
from sandbox.brand.orders import DISCOUNT_CODES, Orders, sum_by
from sandbox.brand.people import Devices, People
from sandbox.brand.texts import digits, hex_token, join, letter_token, masked, stamps, take
from sandbox.brand.timeline import Timeline
from sandbox.brand.versions import number_versions

Table = dict[str, object]


@dataclass
class Shop:
    """Everything the shop's tables are written from."""

    basis: Basis
    people: People
    devices: Devices
    catalogue: Catalogue
    landing: Landing
    timeline: Timeline
    baskets: Baskets
    contacts: Contacts
    orders: Orders
    after: Aftersales
    visit_person: Ints
    joins_second: Bools
    customer_of_person: Ints
    """Shopify customer id of each person, -1 without an account."""

    def checkout_token(self, visits: Ints) -> pa.Array:
        return hex_token(visits, self.basis.salt("checkout token"))

    def cart_token(self, visits: Ints) -> pa.Array:
        return join("hWN", letter_token(visits, self.basis.salt("cart token"), 29))


def order_tables(shop: Shop) -> dict[str, Table]:
    orders, after = shop.orders, shop.after
    every = np.arange(len(orders))
    versions = number_versions(
        [
            (every, orders.created_at),
            (every, after.shipped_at),
            (every, after.delivered_at),
            (after.refund_order, after.refund_at),
        ],
        shop.basis.end + 400 * 86_400,
    )
    o, at = versions.thing, versions.at
    refunded = refunded_by(after, o, at)
    contact = shop.contacts.row_of_visit[orders.visit[o]]
    person = orders.person[o]
    customer = np.where(orders.guest[o], -1, shop.customer_of_person[person])
    status = np.where(refunded == 0, 0, np.where(refunded >= orders.total[o], 1, 2))
    city = shop.people.city[person]
    ip = shop.devices.ip[shop.baskets.device[orders.visit]]
    people = shop.people
    per_order: Table = {
        "checkout_token": shop.checkout_token(orders.visit),
        "cart_token": shop.cart_token(orders.visit),
        "landing_page": shop.landing.url(orders.visit),
        "referrer_url": shop.landing.referrer(orders.visit),
    }
    rows = pa.array(o)
    table: Table = {
        "order_id": orders.order_id[o],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(orders.created_at[o]),
        "processed_at": stamps(orders.created_at[o] - 1),
        "cancelled_at": stamps(after.cancelled_at[o], after.cancelled_at[o] <= at),
        "cancel_reason": take(CANCEL_REASONS, np.where(after.cancelled_at[o] <= at, after.cancel_reason[o], -1)),
        "closed_at": stamps(after.delivered_at[o], after.delivered_at[o] <= at),
        "test": orders.test[o],
        "edited": after.edited_at[o] <= at,
        "name": join("#", digits(orders.number[o])),
        "number": orders.number[o],
        "currency_code": take(["USD"], np.zeros(len(o), np.int64)),
        "taxes_included": np.zeros(len(o), dtype=bool),
        "financial_status": take(("PAID", "REFUNDED", "PARTIALLY_REFUNDED"), status),
        "fulfillment_status": take(("UNFULFILLED", "FULFILLED"), (after.shipped_at[o] <= at).astype(np.int64)),
        "source_name": take(("web", "shopify_draft_order"), orders.draft[o].astype(np.int64)),
        "customer_id": masked(customer, customer >= 0),
        "email": shop.contacts.email.text.take(pa.array(contact)),
        "phone": shop.contacts.phone.take(pa.array(contact)),
        **{name: text.take(rows) for name, text in per_order.items()},
        "subtotal_cents": orders.subtotal[o],
        "discounts_cents": orders.discounts[o],
        "shipping_cents": orders.shipping[o],
        "tax_cents": orders.tax[o],
        "tip_cents": orders.tip[o],
        "total_cents": orders.total[o],
        "refunded_cents": refunded,
        "current_total_cents": orders.total[o] - refunded,
        "discount_code": take(DISCOUNT_CODES, orders.code[o]),
        "ship_first_name": shop.contacts.names.first.take(pa.array(contact)),
        "ship_last_name": shop.contacts.names.last.take(pa.array(contact)),
        "ship_address1": people.address.take(pa.array(person)),
        "ship_city": take([place[0] for place in words.CITIES], city),
        "ship_province_code": take([place[1] for place in words.CITIES], city),
        "ship_country_code": take(["US"], np.zeros(len(o), np.int64)),
        "ship_zip": people.zip.take(pa.array(person)),
        "client_ip": ip_text(ip[o]),
    }
    return {
        "shopify_orders": table,
        "shopify_order_lines": _lines(shop),
        **_refunds(shop),
        "shopify_transactions": _transactions(shop),
        "shopify_fulfillments": _fulfillments(shop),
        **_checkouts(shop),
    }


def ip_text(ip: Ints) -> pa.Array:
    """Addresses of the range set aside for benchmarks."""
    return join("198.", digits(18 + ip // 32_768), ".", digits(ip // 256 % 128), ".", digits(ip % 256))


def _lines(shop: Shop) -> Table:
    orders, after, catalogue = shop.orders, shop.after, shop.catalogue
    every = np.arange(len(orders.line_id))
    refund_at = after.refund_at[after.line_refund]
    versions = number_versions(
        [(every, orders.created_at[orders.line_order]), (after.line_row, refund_at)], shop.basis.end + 400 * 86_400
    )
    row, at = versions.thing, versions.at
    by_line = np.lexsort((refund_at, after.line_row))
    span = np.int64(1) << np.int64(33)
    gone = np.concatenate([[0], np.cumsum(after.line_quantity[by_line])])
    owner = after.line_row[by_line]
    upto = np.searchsorted(owner * span + refund_at[by_line], row * span + at, side="right")
    removed = gone[upto] - gone[np.searchsorted(owner, row)]
    order, variant = orders.line_order[row], orders.line_variant[row]
    return {
        "line_id": orders.line_id[row],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "order_id": orders.order_id[order],
        "position": orders.line_position[row] + 1,
        "variant_id": catalogue.variant_id[variant],
        "product_id": catalogue.product_id[catalogue.product[variant]],
        "sku": catalogue.sku.take(pa.array(variant)),
        "title": catalogue.title.take(pa.array(variant)),
        "quantity": orders.line_quantity[row],
        "current_quantity": orders.line_quantity[row] - removed,
        "unit_price_cents": orders.line_price[row],
        "discount_cents": orders.line_discount[row],
        "tax_cents": orders.line_tax[row],
        "is_gift_card": catalogue.gift_card[variant],
    }


def _refunds(shop: Shop) -> dict[str, Table]:
    orders, after = shop.orders, shop.after
    at = stamps(after.refund_at)
    line_at = stamps(after.refund_at[after.line_refund])
    return {
        "shopify_refunds": {
            "refund_id": after.refund_id,
            "order_id": orders.order_id[after.refund_order],
            "created_at": at,
            "processed_at": at,
            "updated_at": at,
            "revealed_at": at,
            "total_cents": after.refund_total,
            "shipping_cents": after.refund_shipping,
            "adjustment_cents": after.refund_adjustment,
            "note": take(NOTES, after.refund_note),
        },
        "shopify_refund_lines": {
            "refund_line_id": 620_000_000_000 + np.arange(len(after.line_row)) * 37,
            "refund_id": after.refund_id[after.line_refund],
            "order_id": orders.order_id[orders.line_order[after.line_row]],
            "line_id": orders.line_id[after.line_row],
            "revealed_at": line_at,
            "quantity": after.line_quantity,
            "restock_type": take(RESTOCK_TYPES, after.line_restock),
            "restocked": after.line_restock != 1,
            "location_id": masked(LOCATION_IDS[after.line_location], after.line_location >= 0),
            "subtotal_cents": after.line_subtotal,
            "tax_cents": after.line_tax,
        },
    }


def _transactions(shop: Shop) -> Table:
    orders, after = shop.orders, shop.after
    rng = shop.basis.rng("transactions")
    every, n = np.arange(len(orders)), len(orders)
    chance = rng.random(n)
    held, failed = chance < 0.2, chance > 0.965
    paid = orders.created_at - 1
    parts = [
        (every[failed], 0, 1, paid[failed] - 60, orders.total[failed]),
        (every[~held], 0, 0, paid[~held], orders.total[~held]),
        (every[held], 1, 0, paid[held], orders.total[held]),
        (every[held], 2, 0, paid[held] + 1, orders.total[held]),
        (after.refund_order, 3, 0, after.refund_at, after.refund_total),
    ]
    order, kind, status, at, amount = (
        np.concatenate([np.broadcast_to(part[k], len(part[0])) for part in parts]) for k in range(5)
    )
    by_time = np.lexsort((kind, order, at))
    order, kind, status, at, amount = order[by_time], kind[by_time], status[by_time], at[by_time], amount[by_time]
    gateway = np.where(orders.test[order], 2, (rng.random(n) < 0.25)[order])
    return {
        "transaction_id": 6_700_000_000_000 + np.cumsum(rng.integers(2_000, 60_000, len(order))),
        "order_id": orders.order_id[order],
        "kind": take(("SALE", "AUTHORIZATION", "CAPTURE", "REFUND"), kind),
        "status": take(("SUCCESS", "FAILURE"), status),
        "gateway": take(("shopify_payments", "paypal", "bogus"), gateway),
        "amount_cents": amount,
        "processed_at": stamps(at),
        "revealed_at": stamps(np.maximum(at, orders.created_at[order])),
        "test": orders.test[order],
    }


def _fulfillments(shop: Shop) -> Table:
    """Versions: shipped, then delivered."""
    orders, after = shop.orders, shop.after
    order = np.flatnonzero(after.shipped_at < NEVER)
    rank = np.empty(len(order), dtype=np.int64)
    rank[np.argsort(after.shipped_at[order], kind="stable")] = np.arange(len(order))
    row = np.repeat(np.arange(len(order)), 2)
    delivered = np.arange(len(row)) % 2 == 1
    o = order[row]
    at = np.where(delivered, after.delivered_at[o], after.shipped_at[o])
    return {
        "fulfillment_id": 5_040_000_000_000 + rank[row] * 31_337,
        "version": delivered + np.int64(1),
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "order_id": orders.order_id[o],
        "status": take(["SUCCESS"], np.zeros(len(o), np.int64)),
        "created_at": stamps(after.shipped_at[o]),
        "delivered_at": stamps(after.delivered_at[o], delivered),
        "location_id": LOCATION_IDS[after.location[o]],
    }


def _checkouts(shop: Shop) -> dict[str, Table]:
    """Checkouts that gave contact details and were left: shown ten minutes after the last step."""
    baskets, timeline, catalogue = shop.baskets, shop.timeline, shop.catalogue
    visit = shop.contacts.visit[shop.orders.of_visit[shop.contacts.visit] < 0]
    created = np.maximum(timeline.contact_at[visit], timeline.checkout_at[visit])
    by_time = np.lexsort((visit, created))
    visit, created = visit[by_time], created[by_time]
    updated = np.maximum(created, timeline.ended_at[visit]) + 600
    ids = 37_300_000_000_000 + np.cumsum(shop.basis.rng("checkouts").integers(2_000, 90_000, len(visit)))
    place = np.full(len(shop.orders.of_visit), -1)
    place[visit] = np.arange(len(visit))
    line = np.flatnonzero(place[baskets.line_visit] >= 0)
    owner, variant = place[baskets.line_visit[line]], baskets.line_variant[line]
    gross = catalogue.price[variant] * baskets.line_quantity[line]
    contact = shop.contacts.row_of_visit[visit]
    customer = np.where(shop.contacts.as_customer[contact], shop.customer_of_person[shop.visit_person[visit]], -1)
    return {
        "shopify_checkouts": {
            "checkout_id": ids,
            "token": shop.checkout_token(visit),
            "created_at": stamps(created),
            "updated_at": stamps(updated),
            "completed_at": stamps(np.full(len(visit), NEVER)),
            "revealed_at": stamps(updated),
            "customer_id": masked(customer, customer >= 0),
            "email": shop.contacts.email.text.take(pa.array(contact)),
            "total_cents": sum_by(owner, gross, len(visit)),
        },
        "shopify_checkout_lines": {
            "checkout_line_id": ids[owner] * 10 + baskets.line_position[line],
            "checkout_id": ids[owner],
            "revealed_at": stamps(updated[owner]),
            "variant_id": catalogue.variant_id[variant],
            "product_id": catalogue.product_id[catalogue.product[variant]],
            "sku": catalogue.sku.take(pa.array(variant)),
            "title": catalogue.title.take(pa.array(variant)),
            "quantity": baskets.line_quantity[line],
            "unit_price_cents": catalogue.price[variant],
        },
    }

