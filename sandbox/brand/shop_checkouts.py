"""Shopify's abandoned checkouts: left after contact details were given, shown ten minutes after the last step."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import NEVER
from sandbox.brand.orders import sum_by
from sandbox.brand.shop import Shop, Table
from sandbox.brand.texts import masked, stamps


def checkout_tables(shop: Shop) -> dict[str, Table]:
    """Tables shopify_checkouts and shopify_checkout_lines."""
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
    price = catalogue.price_at(variant, created[owner])
    gross = price * baskets.line_quantity[line]
    contact = shop.contacts.row_of_visit[visit]
    # those of a second account move at once to the first, which takes it in later
    customer = np.where(shop.contacts.as_customer[contact], shop.accounts.customer_id[shop.visit_person[visit]], -1)
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
            "unit_price_cents": price,
        },
    }
