"""Shopify's orders, their lines and their parcels, in versions.

An order gets a new version when it ships, is delivered, and with each refund; a line only when units of it go back.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.aftersales import CANCEL_REASONS, Aftersales, refunded_by
from sandbox.brand.basis import DAY, NEVER, Ints
from sandbox.brand.catalogue import LOCATION_IDS
from sandbox.brand.order_kinds import CURRENCIES
from sandbox.brand.orders import DISCOUNT_CODES
from sandbox.brand.shop import Shop, Table, ip_text
from sandbox.brand.texts import digits, either, join, masked, stamps, take
from sandbox.brand.versions import number_versions

SOURCE_NAMES = ("web", "shopify_draft_order", "marketplace", "iphone", "android")
"""The last two stand for the app, in the order of its user agents."""
FIRST_FULFILMENT_ORDER = 2_000_000_000_000
"""Between the number of an order and that of its fulfilment order; one more for that of what was put in later."""
AFTERMATH = 400 * DAY
"""Changes of orders are written beyond the world's end, so that its last day is as complete as its first."""


def order_tables(shop: Shop) -> dict[str, Table]:
    """Tables shopify_orders, shopify_order_lines and shopify_fulfillments."""
    orders, after, additions = shop.orders, shop.after, shop.additions
    every = np.arange(len(orders))
    account = shop.account_of_visit(orders.visit)
    merged_at = np.where(orders.guest, NEVER, shop.accounts.merged_at[account])
    versions = number_versions(
        [
            (every, orders.created_at),
            (every, merged_at),
            (additions.order, additions.added_at),
            (every, after.shipped_at),
            (np.flatnonzero(after.split), first_parcel_at(after)[after.split]),
            (every, after.delivered_at),
            (after.refund_order, after.refund_at),
        ],
        shop.basis.end + AFTERMATH,
    )
    o, at = versions.thing, versions.at
    refunded = refunded_by(after, o, at)
    added, net, tax = (additions.until(o, at, one) for one in (additions.cents, additions.price, additions.tax))
    total, edited_at = orders.total[o] + added, additions.since(len(orders), NEVER, exchanges=False)
    contact = shop.contacts.row_of_visit[orders.visit[o]]
    # the orders of an account that is merged away move to the one that stays
    of_account = np.where(merged_at[o] <= at, orders.person[o], account[o])
    customer = np.where(orders.guest[o], -1, shop.accounts.customer_id[of_account])
    status = np.where(refunded == 0, 0, np.where(refunded >= total, 1, 2))
    ip = shop.devices.ip[shop.baskets.device[orders.visit]]
    address, contact_rows = shop.contacts.address, pa.array(contact)
    elsewhere, device = shop.baskets.marketplace[orders.visit], shop.baskets.device[orders.visit]
    in_app = shop.devices.is_app(device)
    platform = 3 + shop.devices.agent[device] - words.FIRST_APP
    source = np.select([elsewhere, orders.draft, in_app], [2, 1, platform], 0)
    per_order: dict[str, pa.Array] = {
        "checkout_token": shop.checkout_token(orders.visit),
        "cart_token": shop.cart_token(orders.visit),
        "landing_page": either(elsewhere | in_app, None, shop.landing.url(orders.visit)),
        "referrer_url": either(elsewhere | in_app, None, shop.landing.referrer(orders.visit)),
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
        "edited": np.minimum(after.edited_at, edited_at)[o] <= at,
        "name": join("#", digits(orders.number[o])),
        "number": orders.number[o],
        "currency_code": take(["USD"], np.zeros(len(o), np.int64)),
        "presentment_currency_code": take(CURRENCIES, orders.kinds.currency[o]),
        "presentment_rate": orders.kinds.rate[o],
        "taxes_included": orders.kinds.tax_included[o],
        "financial_status": take(("PAID", "REFUNDED", "PARTIALLY_REFUNDED"), status),
        "fulfillment_status": take(
            ("UNFULFILLED", "PARTIALLY_FULFILLED", "FULFILLED"),
            (first_parcel_at(after)[o] <= at).astype(np.int64) + (after.shipped_at[o] <= at),
        ),
        "delivery_method": take(("SHIPPING", "PICK_UP"), orders.kinds.pickup[o].astype(np.int64)),
        "assigned_location_id": LOCATION_IDS[after.location[o]],
        "source_name": take(SOURCE_NAMES, source[o]),
        "customer_id": masked(customer, customer >= 0),
        "email": shop.contacts.email.text.take(contact_rows),
        "phone": shop.contacts.phone.take(contact_rows),
        **{name: text.take(rows) for name, text in per_order.items()},
        "subtotal_cents": orders.subtotal[o] + net,
        "discounts_cents": orders.discounts[o],
        "shipping_cents": orders.shipping[o],
        "tax_cents": orders.tax[o] + tax,
        "tip_cents": orders.tip[o],
        "total_cents": total,
        "original_total_cents": orders.total[o],
        "refunded_cents": refunded,
        "current_total_cents": total - refunded,
        "discount_code": take(DISCOUNT_CODES, orders.code[o]),
        "ship_first_name": shop.contacts.names.first.take(contact_rows),
        "ship_last_name": shop.contacts.names.last.take(contact_rows),
        "ship_address1": address.line.take(contact_rows),
        "ship_city": address.city.take(contact_rows),
        "ship_province_code": address.province.take(contact_rows),
        "ship_country_code": take(["US"], np.zeros(len(o), np.int64)),
        "ship_zip": address.zip.take(contact_rows),
        "client_ip": ip_text(ip[o]),
    }
    return {
        "shopify_orders": table,
        "shopify_order_lines": _lines(shop),
        "shopify_fulfillments": _fulfillments(shop),
        "shopify_fulfillment_orders": _fulfilment_orders(shop, table),
    }


def _lines(shop: Shop) -> Table:
    orders, after, catalogue = shop.orders, shop.after, shop.catalogue
    every = np.arange(len(orders.line_id))
    refund_at = after.refund_at[after.line_refund]
    versions = number_versions(
        [(every, orders.created_at[orders.line_order]), (after.line_row, refund_at)], shop.basis.end + AFTERMATH
    )
    row, at = versions.thing, versions.at
    by_line = np.lexsort((refund_at, after.line_row))
    span = np.int64(1) << np.int64(33)
    gone = np.concatenate([[0], np.cumsum(after.line_quantity[by_line])])
    owner = after.line_row[by_line]
    upto = np.searchsorted(owner * span + refund_at[by_line], row * span + at, side="right")
    removed = gone[upto] - gone[np.searchsorted(owner, row)]
    order, variant = orders.line_order[row], orders.line_variant[row]
    additions = shop.additions
    added, later = additions.order, additions.variant
    none = np.zeros_like(added)

    def both(placed: Ints, put_in: Ints) -> Ints:
        return np.concatenate([placed, put_in])

    at, variant = both(at, additions.added_at), both(variant, later)
    price, quantity = both(orders.line_price[row], additions.price), both(orders.line_quantity[row], additions.quantity)
    return {
        "line_id": both(orders.line_id[row], additions.line_id),
        "version": both(versions.number, none + 1),
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "order_id": orders.order_id[both(order, added)],
        "position": both(orders.line_position[row], orders.line_count[added]) + 1,
        "is_added": np.arange(len(at)) >= len(row),
        "is_exchange": np.concatenate([np.zeros(len(row), dtype=bool), additions.is_exchange]),
        "variant_id": catalogue.variant_id[variant],
        "product_id": catalogue.product_id[catalogue.product[variant]],
        "sku": catalogue.sku.take(pa.array(variant)),
        "title": catalogue.title.take(pa.array(variant)),
        "quantity": quantity,
        "current_quantity": quantity - both(removed, none),
        "unit_price_cents": price,
        "discount_cents": both(orders.line_discount[row], none),
        "tax_cents": both(orders.line_tax[row], additions.tax),
        "is_gift_card": catalogue.gift_card[variant],
    }


def _fulfilment_orders(shop: Shop, orders: Table) -> Table:
    """What each order asks of its place, in the order's own versions; what was put in later asks by itself."""
    additions, count = shop.additions, len(shop.additions.order)
    versions = number_versions(
        [(np.arange(count), additions.added_at), (np.arange(count), additions.sent_at)], shop.basis.end + AFTERMATH
    )
    row, at = versions.thing, versions.at
    order, sent = additions.order[row], additions.sent_at[row] <= at
    method = np.where(additions.is_exchange[row], 2, shop.orders.kinds.pickup[order])
    own: Table = {
        "order_id": shop.orders.order_id[order],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(additions.added_at[row]),
        "cancelled_at": stamps(np.full(len(order), NEVER)),
        "fulfillment_status": take(("UNFULFILLED", "FULFILLED"), sent.astype(np.int64)),
        "delivery_method": take(("SHIPPING", "PICK_UP", "RETAIL"), method),
        "assigned_location_id": LOCATION_IDS[additions.location[row]],
    }
    of_orders = {name: pa.concat_arrays([_array(orders[name]), _array(values)]) for name, values in own.items()}
    is_added = np.arange(len(of_orders["order_id"])) >= len(of_orders["order_id"]) - len(order)
    return {
        "fulfillment_order_id": of_orders["order_id"].to_numpy() + FIRST_FULFILMENT_ORDER + is_added,
        "is_added": is_added,
        **of_orders,
    }


def _array(values: object) -> pa.Array:
    if isinstance(values, np.ndarray):
        return pa.array(values.astype(np.int64) if values.dtype.kind in "iu" else values)
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def first_parcel_at(after: Aftersales) -> Ints:
    """When the first parcel of each order left: minutes before the last where there are two."""
    return np.where(after.split, after.shipped_at - 540, after.shipped_at)


def _fulfillments(shop: Shop) -> Table:
    """A parcel or two an order, each in versions: shipped, then delivered; what is handed over has one."""
    orders, after, additions = shop.orders, shop.after, shop.additions
    order = np.repeat(np.arange(len(orders)), np.where(after.shipped_at < NEVER, 1 + after.split, 0))
    second = np.zeros(len(order), dtype=bool)
    second[1:] = order[1:] == order[:-1]
    left_at = np.where(second, after.shipped_at[order], first_parcel_at(after)[order])
    rank = np.empty(len(order), dtype=np.int64)
    rank[np.lexsort((second, order, left_at))] = np.arange(len(order))
    row = np.repeat(np.arange(len(order)), np.where(orders.kinds.pickup[order], 1, 2))
    delivered = np.zeros(len(row), dtype=bool)
    delivered[1:] = row[1:] == row[:-1]
    o = order[row]
    at = np.where(delivered, after.delivered_at[o], left_at[row])
    handed = np.flatnonzero(additions.is_exchange)
    handed_at, ones = additions.sent_at[handed], np.ones(len(handed), dtype=np.int64)

    def both(sent: Ints, over_counter: Ints) -> Ints:
        return np.concatenate([sent, over_counter])

    first_id = 5_040_000_000_000
    return {
        "fulfillment_id": first_id + both(rank[row] * 31_337, (len(order) + np.arange(len(handed))) * 31_337),
        "version": both(delivered + np.int64(1), ones),
        "updated_at": stamps(both(at, handed_at)),
        "revealed_at": stamps(both(at, handed_at)),
        "order_id": orders.order_id[both(o, additions.order[handed])],
        "status": take(["SUCCESS"], np.zeros(len(o) + len(handed), np.int64)),
        "parcel": both(second[row] + np.int64(1), ones),
        "parcels": both(after.split[o] + np.int64(1), ones),
        "is_exchange": np.arange(len(o) + len(handed)) >= len(o),
        "created_at": stamps(both(left_at[row], handed_at)),
        "delivered_at": stamps(
            both(after.delivered_at[o], handed_at), np.concatenate([delivered, np.zeros(len(handed), dtype=bool)])
        ),
        "location_id": LOCATION_IDS[both(after.location[o], additions.location[handed])],
    }
