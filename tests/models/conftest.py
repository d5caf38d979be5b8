"""The empty warehouse that the tests of this folder read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import selvage
from tests.acceptance_support.empty_shop import EmptyShop, empty_shop_in

PROJECT = selvage.ROOT / "dbt_project"


@pytest.fixture(scope="session")
def empty_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmptyShop]:
    shop = empty_shop_in(tmp_path_factory.getbasetemp())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELVAGE_HOME", str(shop.home))
        patch.delenv("SELVAGE_ENV", raising=False)
        patch.delenv("SELVAGE_BRAND", raising=False)
        yield shop


@pytest.fixture(scope="session")
def compiled(empty_shop: EmptyShop) -> Callable[[str], str]:
    """Renders Jinja with the project's macros, as a model would be; nothing is run."""
    from warehouse import dbt

    def compile_text(text: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SELVAGE_HOME", str(empty_shop.home))
            result = dbt.invoke("compile", "--inline", text, target=empty_shop.target)
        return str(result.result[0].node.compiled_code)

    return compile_text
