"""What the shop sells and where it lies: products, variants, two locations.

About 200 variants of invented garments. A gift card product stands last: its lines carry no tax and no discount.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import DAY, Basis, Bools, Floats, Ints
from sandbox.brand.texts import join, stamps, take

WAREHOUSE, SHOP_FLOOR = 0, 1
LOCATION_IDS = np.array([81_000_000_017, 81_000_000_025])
LOCATION_NAMES = ("Main warehouse", "Harbor Street shop")
GIFT_CARDS = (2_500, 5_000, 10_000)


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

    def __len__(self) -> int:
        return len(self.product)

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
    )


def _code(title: str) -> str:
    return "-".join(word[:3].upper() for word in title.split())


def catalogue_tables(catalogue: Catalogue) -> dict[str, dict[str, object]]:
    """Tables shopify_products, shopify_variants and shopify_locations."""
    n, products = len(catalogue), len(catalogue.product_id)
    created, updated = catalogue.created_at, catalogue.updated_at
    ones, zeros = np.ones(n, dtype=np.int64), np.zeros(products, dtype=np.int64)
    return {
        "shopify_products": {
            "product_id": catalogue.product_id,
            "version": zeros + 1,
            "updated_at": stamps(updated),
            "created_at": stamps(created),
            "revealed_at": stamps(created),
            "title": catalogue.product_title,
            "handle": catalogue.product_handle,
            "product_type": catalogue.product_type,
            "vendor": take(["Selvage Demo"], zeros),
            "status": take(["ACTIVE"], zeros),
        },
        "shopify_variants": {
            "variant_id": catalogue.variant_id,
            "version": ones,
            "updated_at": stamps(updated[catalogue.product]),
            "created_at": stamps(created[catalogue.product]),
            "revealed_at": stamps(created[catalogue.product]),
            "product_id": catalogue.product_id[catalogue.product],
            "sku": catalogue.sku,
            "title": catalogue.size,
            "barcode": pc.cast(pa.array(840_000_000_000 + np.arange(n) * 17), pa.string()),
            "price_cents": catalogue.price,
            "compare_at_price_cents": pa.array(catalogue.price * 5 // 4, mask=np.arange(n) % 9 != 0),
            "unit_cost_cents": catalogue.cost,
            "inventory_item_id": catalogue.item_id,
            "is_gift_card": catalogue.gift_card,
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
