"""What the acceptance tests share with the rooms' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance_support.seeds import Seeds
from tests.acceptance_support.stock import MARTS, Readings, StockReadings
from tests.activation.conftest import world  # noqa: F401  (an activation copy of a test's own, and the toy destination)
from tests.orchestration.conftest import shared  # noqa: F401  (a home in which the dbt project is parsed once)

STOCK_SEED, STOCK_DAYS = 9, 90


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return Seeds(tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readings]:
    """Ninety days of a shop whose stock goes wrong in every way, read each night, with all marts of stock."""
    from sandbox.brand.world import make_world

    own = tmp_path_factory.mktemp("stock")
    compiled = StockReadings(own, *MARTS)
    # so much held back and stolen that it is more than chance; all else as in the demo
    shop = make_world(STOCK_SEED, 3_000, STOCK_DAYS, own, scenarios={"quality_holds": 0.8, "theft": 0.006})
    with compiled.of(shop) as readings:
        for day in range(STOCK_DAYS + 1):
            readings.read(day)
        readings.marts()
        yield readings
