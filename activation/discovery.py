"""The folder is the registry: every module of ``activation/destinations`` is a destination, named like its file."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

import yaml

import selvage
from activation import destinations as folder
from activation.destination import Destination

AUDIENCES = selvage.ROOT / "dbt_project" / "models" / "audiences"


def names() -> list[str]:
    """All destinations, sorted; nothing is imported."""
    return sorted(module.name for module in pkgutil.iter_modules(folder.__path__) if not module.name.startswith("_"))


def find(name: str) -> Destination:
    """The module of one destination. Raises LookupError naming those there are."""
    if name not in names():
        raise LookupError(f"There is no destination {name!r}; known are: {', '.join(names())}")
    return cast("Destination", importlib.import_module(f"{folder.__name__}.{name}"))


def destinations() -> dict[str, Destination]:
    """Name -> module of every destination."""
    return {name: find(name) for name in names()}


def routed() -> set[str]:
    """Destinations that some audience goes to, as the audiences' YAML says; no manifest is needed."""
    models = [
        model for path in AUDIENCES.rglob("*.yml") for model in yaml.safe_load(path.read_text()).get("models") or ()
    ]
    return {
        destination
        for model in models
        for destination in model["config"]["meta"].get("activation", {}).get("destinations", ())
    }
