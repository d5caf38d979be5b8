"""What counts as a change of the build's inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration import unchanged
from warehouse import dbt


@pytest.mark.parametrize(
    "file", ["dbt_project/models/a.sql", "dbt_project/dbt_project.yml", "identity/model.json", "warehouse/phones.py"]
)
def test_each_file_that_a_build_is_made_from_counts(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "dbt_project/models/a.sql",
        "dbt_project/dbt_project.yml",
        "identity/model.json",
        "warehouse/phones.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    monkeypatch.setattr(dbt, "PROJECT", tmp_path / "dbt_project")
    before = unchanged._project()
    assert unchanged._project() == before
    (tmp_path / file).write_text("after")
    assert unchanged._project() != before
