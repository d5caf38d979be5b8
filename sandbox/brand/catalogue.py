"""What the shop sells and where it lies: products, variants, two locations.

About 200 variants of invented garments. A gift card product stands last: its lines carry no tax and no discount.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.texts import either, join, stamps, take
from sandbox.brand.versions import number_versions

WAREHOUSE, SHOP_FLOOR = 0, 1
LOCATION_IDS = np.array([81_000_000_017, 81_000_000_025])
LOCATION_NAMES = ("Main warehouse", "Harbor Street shop")
GIFT_CARDS = (2_500, 5_000, 10_000)
MARKED_DOWN = np.array([20, 25, 30, 40, 5])
"""Percents that come off a price; the last is too little to write to anybody for."""


@dataclass
class Catalogue:
    """Variants as arrays; ``product`` points to the products."""

    product: Ints
    price: Ints
    cost: Ints
    sku: pa.Array
    size: pa.Array
    gift_card: Bools
    popularity: Floats
    product_title: pa.Array
    product_handle: pa.Array
    product_type: pa.Array
    product_id: Ints
    variant_id: Ints
    item_id: Ints
    created_at: Ints
    updated_at: Ints
    cut_at: Ints
    """When the web shop marks the product down, NEVER for most. The tills keep their prices."""
    cut_price: Ints

    def __len__(self) -> int:
        return len(self.product)

    def price_at(self, variant: Ints, at: Ints) -> Ints:
        """What the web shop asks for each variant at a moment, in cents."""
        return np.where(at < self.cut_at[self.product[variant]], self.price[variant], self.cut_price[variant])

    @property
    def title(self) -> pa.Array:
        """Product title of each variant."""
        return take(self.product_title, self.product)

    @property
    def product_paths(self) -> pa.Array:
        """Path of each product's page."""
        return join("/products/", self.product_handle)


def make_catalogue(basis: Basis) -> Catalogue:
    """Invent the products; prices and titles are the same in every world, what sells best is not."""
    rng = basis.rng("catalogue")
    products = [
        (f"{fabric} {kind} {words.COLOURS[(i + j) % len(words.COLOURS)]}", kind_type, price + 500 * (i % 3), sizes)
        for i, fabric in enumerate(words.FABRICS)
        for j, (kind, kind_type, price, sizes) in enumerate(words.GARMENTS)
        if (i + j) % 7 != 3
    ]
    rows = [(p, price, size) for p, (_, _, price, sizes) in enumerate(products) for size in sizes.split()]
    gift = len(products)
    rows += [(gift, price, f"${price // 100}") for price in GIFT_CARDS]
    titles = [title for title, *_ in products] + ["Gift card"]
    product = np.array([row[0] for row in rows])
    price = np.array([row[1] for row in rows])
    n = len(rows)
    gift_card = product == gift
    popularity = rng.gamma(0.6, 1.0, n) + 0.05
    popularity[gift_card] = 0.006 * popularity[~gift_card].sum() / len(GIFT_CARDS)
    title_array = pa.array(titles)
    cut_at, percent = _markdowns(basis, gift)
    sku = [f"{_code(titles[p])}-{size.strip('$')}" for p, _, size in rows]
    return Catalogue(
        product=product,
        price=price,
        cost=np.where(gift_card, 0, price * rng.integers(32, 48, n) // 100),
        sku=pa.array(sku),
        size=pa.array([row[2] for row in rows]),
        gift_card=gift_card,
        popularity=popularity / popularity.sum(),
        product_title=title_array,
        product_handle=pc.replace_substring(pc.utf8_lower(title_array), " ", "-"),
        product_type=pa.array([kind for _, kind, *_ in products] + ["Gift card"]),
        product_id=8_100_000_000_000 + np.cumsum(rng.integers(3_000, 90_000, len(titles))),
        variant_id=44_000_000_000_000 + np.cumsum(rng.integers(300, 90_000, n)),
        item_id=46_000_000_000_000 + np.cumsum(rng.integers(300, 90_000, n)),
        created_at=-rng.integers(100 * DAY, 500 * DAY, len(titles)),
        updated_at=-rng.integers(3_600, 50 * DAY, len(titles)),
        cut_at=cut_at,
        cut_price=price * (100 - percent[product]) // 100,
    )


def _markdowns(basis: Basis, products: int) -> tuple[Ints, Ints]:
    """By product, the gift card behind them: when it is marked down, and by how many percent.

    An eighth of the products in the last days of the history, as many in the days that the clock still reveals. Nobody
    buys more or less for it: what changes is what is charged.
    """
    rng, count = basis.rng("markdowns"), products // 8
    chosen = rng.permutation(products)[: 2 * count]
    at, percent = np.full(products + 1, NEVER), np.zeros(products + 1, dtype=np.int64)
    since = np.repeat([-10, 1], count) * DAY + rng.integers(0, 9 * DAY, 2 * count)
    at[chosen], percent[chosen] = basis.days * DAY + since, MARKED_DOWN[np.arange(2 * count) % len(MARKED_DOWN)]
    return at, percent


def _code(title: str) -> str:
    return "-".join(word[:3].upper() for word in title.split())


def catalogue_tables(catalogue: Catalogue) -> dict[str, dict[str, object]]:
    """Tables shopify_products, shopify_variants and shopify_locations."""
    created, every = catalogue.created_at, np.arange(len(catalogue.product_id))
    versions = number_versions([(every, catalogue.updated_at), (every, catalogue.cut_at)], int(NEVER))
    product, first = versions.thing, versions.number == 1
    zeros, titles = np.zeros(len(versions), dtype=np.int64), pa.array(product)
    revealed = np.where(first, created[product], versions.at)
    # a variant changes with its product
    row, place = np.nonzero(product[:, None] == catalogue.product)
    by_variant = np.lexsort((row, place))
    row, variant = row[by_variant], place[by_variant]
    variants, is_cut = pa.array(variant), ~first[row]
    usual = pa.array(catalogue.price[variant] * 5 // 4, mask=variant % 9 != 0)
    return {
        "shopify_products": {
            "product_id": catalogue.product_id[product],
            "version": versions.number,
            "updated_at": stamps(versions.at),
            "created_at": stamps(created[product]),
            "revealed_at": stamps(revealed),
            "title": catalogue.product_title.take(titles),
            "handle": catalogue.product_handle.take(titles),
            "product_type": catalogue.product_type.take(titles),
            "vendor": take(["Selvage Demo"], zeros),
            "status": take(["ACTIVE"], zeros),
        },
        "shopify_variants": {
            "variant_id": catalogue.variant_id[variant],
            "version": versions.number[row],
            "updated_at": stamps(versions.at[row]),
            "created_at": stamps(created[product[row]]),
            "revealed_at": stamps(revealed[row]),
            "product_id": catalogue.product_id[product[row]],
            "sku": catalogue.sku.take(variants),
            "title": catalogue.size.take(variants),
            "barcode": pc.cast(pa.array(840_000_000_000 + variant * 17), pa.string()),
            "price_cents": np.where(is_cut, catalogue.cut_price[variant], catalogue.price[variant]),
            "compare_at_price_cents": either(is_cut, pa.array(catalogue.price[variant]), usual),
            "unit_cost_cents": catalogue.cost[variant],
            "inventory_item_id": catalogue.item_id[variant],
            "is_gift_card": catalogue.gift_card[variant],
        },
        "shopify_locations": {
            "location_id": LOCATION_IDS,
            "name": pa.array(LOCATION_NAMES),
            "city": pa.array(["Columbus", "Boston"]),
            "province_code": pa.array(["OH", "MA"]),
            "country_code": pa.array(["US", "US"]),
            "is_active": np.array([True, True]),
            "fulfills_online_orders": np.array([True, True]),
            "offers_pickup": np.array([False, True]),
            "created_at": stamps(np.array([-900 * DAY, -600 * DAY])),
            "updated_at": stamps(np.array([-30 * DAY, -20 * DAY])),
            "revealed_at": stamps(np.array([-900 * DAY, -600 * DAY])),
        },
    }
