"""What the acceptance tests share with the rooms' own."""

import pytest

from tests.acceptance_support.seeds import Seeds
from tests.orchestration.conftest import shared  # noqa: F401  (a home in which the dbt project is parsed once)


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return Seeds(tmp_path_factory.mktemp("seeds"))
