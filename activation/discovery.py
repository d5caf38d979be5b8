"""The folder is the registry: every module of ``activation/destinations`` is a destination, named like its file."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

import yaml

import selvage
from activation import destinations as folder
from activation.conversion import Conversions
from activation.destination import Destination

MODELS = selvage.ROOT / "dbt_project" / "models"


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


def conversions(name: str) -> Conversions:
    """What a destination does with conversions. Raises LookupError if there is none, or it takes none."""
    found = getattr(find(name), "conversions", None)
    if found is None:
        takers = [one for one, module in destinations().items() if hasattr(module, "conversions")]
        raise LookupError(f"{name} takes no conversions; those that do are: {', '.join(takers)}")
    return cast("Conversions", found)


def routed() -> set[str]:
    """Destinations that some audience goes to, as the audiences' YAML says; no manifest is needed."""
    return _routed("audiences", "activation")


def conversions_routed() -> set[str]:
    """Destinations that conversions go to, as the YAML of act_conversions says."""
    return _routed("activation", "conversions")


def _routed(models: str, word: str) -> set[str]:
    listed = [
        model
        for path in (MODELS / models).rglob("*.yml")
        for model in yaml.safe_load(path.read_text()).get("models") or ()
    ]
    metas = [(model.get("config") or {}).get("meta") or {} for model in listed]
    return {destination for meta in metas for destination in (meta.get(word) or {}).get("destinations", ())}
