"""The web events table: the timeline's numbers as Segment-shaped rows, as the shop's collector received them.

Written in the order of arrival, a block of rows at a time, so that memory stays flat however large the world is.
The browser's clock may be wrong (``original_timestamp``, ``sent_at``), events may come late or twice; ``timestamp`` is
what Segment makes of it: received_at - (sent_at - original_timestamp).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.arrivals import (
    SECOND,
    Arrivals,
    Traits,
    anonymous_ids,
    make_traits,
    trait_codes,
    user_codes,
)  # fmt: skip
from sandbox.brand.basis import Bools, Ints
from sandbox.brand.channels import MEDIUMS, SOURCES
from sandbox.brand.messages import Profiles
from sandbox.brand.shop import Shop, ip_text
from sandbox.brand.texts import digits, either, hex_token, join, micro_stamps, take, uuid
from sandbox.brand.timeline import (
    ADDED,
    CART,
    CHECKOUT,
    COMPLETED,
    EVENT_NAMES,
    FIRST_IDENTIFY,
    PAGE,
    SEARCHED,
    WISHED,
)  # fmt: skip

BLOCK_ROWS = 400_000
HAS_SOURCE = np.array([source is not None for source in SOURCES])
TITLES = (
    "Home",
    "New in",
    "Tops",
    "Home textiles",
    "Sale",
    "About us",
    "Your cart",
    "Checkout",
    "Thank you",
    "Search",
    "Catalogue",
    "Station",
)
Table = dict[str, object]


@dataclass
class Sheet:
    """The constant parts that every block reads."""

    shop: Shop
    traits: Traits
    ids: pa.Array
    titles: pa.Array


def event_blocks(shop: Shop, profiles: Profiles, arrivals: Arrivals) -> Iterator[Table]:
    """The table's columns, block by block, in the order of arrival."""
    browsers = max(len(shop.devices.owner), int(shop.timeline.visit_device.max(initial=0)) + 1)
    sheet = Sheet(
        shop=shop,
        traits=make_traits(shop, profiles),
        ids=anonymous_ids(shop.basis, browsers),
        titles=pa.concat_arrays([pa.array(TITLES), shop.catalogue.product_title]),
    )
    for first in range(0, len(arrivals.event), BLOCK_ROWS):
        block = slice(first, first + BLOCK_ROWS)
        yield _block(sheet, Arrivals(arrivals.event[block], arrivals.received[block], arrivals.delay[block]))


def _block(sheet: Sheet, arrivals: Arrivals) -> Table:
    event = arrivals.event
    return {
        "message_id": join("ajs-", uuid(event, sheet.shop.basis.salt("message ids"))),
        **_times(sheet.shop, arrivals),
        **_visitor(sheet, event),
        **_page(sheet, event),
        **_commerce(sheet.shop, event),
    }


def _device(shop: Shop, event: Ints) -> tuple[Ints, Ints, Bools]:
    """The browser of each event, one that has an owner to read columns from, and whether it is a bot's."""
    device = shop.timeline.visit_device[shop.timeline.visit[event]]
    owners = len(shop.devices.owner)
    return device, np.minimum(device, owners - 1), device >= owners


def _times(shop: Shop, arrivals: Arrivals) -> Table:
    _, known, bot = _device(shop, arrivals.event)
    true_moment = shop.timeline.micros[arrivals.event] // 1_000 * 1_000
    original = true_moment + np.where(bot, 0, shop.devices.skew[known]) * SECOND
    sent = original + 40_000 + arrivals.delay // 1_000 * 1_000
    return {
        "received_at": micro_stamps(arrivals.received),
        "revealed_at": micro_stamps(arrivals.received),
        "timestamp": micro_stamps(arrivals.received - (sent - original)),
        "original_timestamp": micro_stamps(original),
        "sent_at": micro_stamps(sent),
    }


def _visitor(sheet: Sheet, event: Ints) -> Table:
    shop, timeline = sheet.shop, sheet.shop.timeline
    kind = timeline.kind[event]
    device, known, bot = _device(shop, event)
    agent = np.where(bot, words.FIRST_BOT + device % 3, shop.devices.agent[known])
    user = user_codes(shop, event)
    trait = trait_codes(shop, sheet.traits, event)
    advertising = np.where(bot, 2, shop.devices.advertising[known])
    analytics = np.where(bot, 2, shop.devices.analytics[known])
    in_app = shop.devices.is_app(device)
    phone = np.where(in_app, device, -1)
    shown = np.where(in_app, shop.devices.owner[known], 0)
    at = timeline.micros[event] // SECOND
    takes_push = in_app & shop.pushes.may_be_sent(shown, at)
    message = np.select([kind >= FIRST_IDENTIFY, kind != PAGE, in_app], [2, 1, 3], 0)
    return {
        "type": take(("page", "track", "identify", "screen"), message),
        "event": take(EVENT_NAMES, kind),
        "anonymous_id": sheet.ids.take(pa.array(device)),
        "user_id": shop.accounts.id_text(user),
        "user_agent": take([pair[1] for pair in words.AGENTS], agent),
        "device_type": take([pair[0] for pair in words.AGENTS], agent),
        "ip": ip_text(np.where(bot, 7 + device % 90, shop.devices.ip[known])),
        "app_version": take(("4.2.0",), np.where(in_app, 0, -1)),
        "device_id": _spread(lambda one: uuid(one, shop.basis.salt("phones")), phone, in_app),
        "device_token": _spread(lambda one: hex_token(one, shop.basis.salt("push tokens"), 64), phone, takes_push),
        "locale": take(("en-US", "es-US"), (known % 11 == 0).astype(np.int64)),
        "traits_email": take(sheet.traits.email, trait),
        "traits_phone": take(sheet.traits.phone, trait),
        "traits_first_name": take(sheet.traits.first, trait),
        "traits_last_name": take(sheet.traits.last, trait),
        "consent_advertising": pa.array(advertising == 0, mask=advertising == 2),
        "consent_analytics": pa.array(analytics == 0, mask=analytics == 2),
    }


def _page(sheet: Sheet, event: Ints) -> Table:
    shop, timeline = sheet.shop, sheet.shop.timeline
    visit, landing = timeline.visit[event].astype(np.int64), timeline.landing[event]
    path = timeline.path[event].astype(np.int64)
    mark = shop.landing.mark[visit]
    tagged = landing & HAS_SOURCE[mark]
    # the query string is text only where a visit lands: made for those rows, and put in place by a code
    landed = shop.landing.search(visit[landing])
    queries = pa.concat_arrays([pa.array(["", *(f"?q={word.replace(' ', '+')}" for word in words.SEARCHES)]), landed])
    code = np.where(timeline.kind[event] == SEARCHED, 1 + visit % len(words.SEARCHES), 0)
    code[landing] = 1 + len(words.SEARCHES) + np.arange(len(landed))
    search = take(queries, code)
    page_path = take(shop.landing.paths, path)
    tagged_visit = np.where(tagged, visit, -1)
    on_web = ~shop.devices.is_app(timeline.visit_device[visit])
    return {
        "url": either(on_web, join(words.SHOP, page_path, search), None),
        "path": either(on_web, page_path, None),
        "referrer": either(on_web, either(landing, shop.landing.referrer(visit), words.SHOP + "/"), None),
        "title": take(sheet.titles, path),
        "search": either(on_web, search, None),
        "campaign_source": take(SOURCES, np.where(tagged, mark, -1)),
        "campaign_medium": take(MEDIUMS, np.where(tagged, mark, -1)),
        "campaign_name": take(shop.landing.campaigns, np.where(tagged, shop.landing.campaign[visit], -1)),
        "campaign_term": shop.landing.term(tagged_visit),
        "campaign_content": shop.landing.content(tagged_visit),
    }


def _commerce(shop: Shop, event: Ints) -> Table:
    timeline, catalogue, orders = shop.timeline, shop.catalogue, shop.orders
    visit, kind = timeline.visit[event].astype(np.int64), timeline.kind[event]
    variant = timeline.variant[event].astype(np.int64)
    has_product = variant >= 0
    human = np.minimum(visit, timeline.people_visits - 1)
    order = np.where(kind == COMPLETED, orders.of_visit[human], -1)
    ordered = order >= 0
    product_id = catalogue.product_id[catalogue.product[variant]]
    price = catalogue.price_at(variant, timeline.micros[event] // SECOND)
    return {
        "product_id": either(has_product, digits(product_id), None),
        "sku": take(catalogue.sku, variant),
        "product_name": take(catalogue.title, variant),
        "quantity": pa.array(timeline.quantity[event].astype(np.int64), mask=~has_product),
        "price_cents": pa.array(price, mask=~has_product),
        "cart_id": _spread(shop.cart_token, visit, np.isin(kind, (ADDED, CART, CHECKOUT, COMPLETED))),
        "wishlist_id": _spread(shop.wishlist_token, timeline.visit_device[visit], kind == WISHED),
        "checkout_id": _spread(shop.checkout_token, visit, np.isin(kind, (CHECKOUT, COMPLETED))),
        "order_id": either(ordered, digits(orders.order_id[order]), None),
        "revenue_cents": pa.array(orders.subtotal[order], mask=~ordered),
        "total_cents": pa.array(orders.total[order], mask=~ordered),
        "shipping_cents": pa.array(orders.shipping[order], mask=~ordered),
        "tax_cents": pa.array(orders.tax[order], mask=~ordered),
    }


def _spread(make: Callable[[Ints], pa.Array], owner: Ints, where: Bools) -> pa.Array:
    """Tokens of visits or browsers where they are wanted, null elsewhere."""
    place = np.where(where, np.cumsum(where) - 1, -1)
    return take(make(owner[where]), place)
