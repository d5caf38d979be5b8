"""What the acceptance tests share with the rooms' own."""

from tests.orchestration.conftest import shared  # noqa: F401  (a home in which the dbt project is parsed once)
