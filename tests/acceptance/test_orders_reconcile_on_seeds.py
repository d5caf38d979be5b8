"""Five worlds with all their mess of orders: nothing is left between our sums and what the documents state, to the cent."""

from __future__ import annotations

import pytest

from tests.acceptance_support.seeds import Seeds


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_difference_is_nothing_everywhere(seeds: Seeds, seed: int):
    found = seeds.measured(seed).reconciliation
    assert {(source, measure) for source, measure, *_ in found} == {
        *(("shopify", name) for name in ("subtotal", "total", "current_total", "net_payment", "refunds")),
        *((vendor, name) for vendor in ("square", "amazon") for name in ("subtotal", "total", "refunds")),
    }
    assert [row for row in found if row[4] != 0] == []
    assert min(row[3] for row in found) > 100, "next to nothing was compared"
    assert sum(row[2] for row in found) > 300
