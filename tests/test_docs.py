"""The documents name what there is: every source, destination, audience, mart and make target; and the README stays short."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()


def names(folder: str, pattern: str) -> list[str]:
    found = [path.stem for path in sorted((ROOT / folder).rglob(pattern)) if path.stem != "__init__"]
    assert found, folder
    return found


@pytest.mark.parametrize(
    "name",
    names("ingestion/sources", "*.py")
    + names("activation/destinations", "*.py")
    + names("dbt_project/models/audiences", "aud_*.sql")
    + names("dbt_project/models/marts", "*.sql"),
)
def test_readme_names_it(name: str):
    assert re.search(rf"\b{name}\b", README)


def test_readme_is_short():
    assert len(README.splitlines()) <= 150


def test_targets_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)", README, flags=re.MULTILINE)) >= {("run", "")}
    for pair in re.findall(r"^make ([a-z]+)|`make ([a-z]+)", README, flags=re.MULTILINE):
        assert set(pair) & targets, pair


def test_no_machine_or_registry_is_named():
    """The product works wherever it is cloned and installs from whatever index the machine is set up with."""
    forbidden = re.compile(
        "|".join(["/" + "work/", "/" + "root/", "python" + "hosted", "pypi" + r"\.org", "registry\\." + "npmjs"])
    )
    import subprocess

    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    named = [path for path in tracked if forbidden.search((ROOT / path).read_text(errors="ignore"))]
    assert not named
