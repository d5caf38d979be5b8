"""The folder ``sandbox/vendors`` is the registry: each module or package there is a vendor.

A vendor has ``build(context) -> ASGI app`` and may name ``HOSTS``, host patterns at whose root it also answers. A
new vendor adds files and edits none.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from sandbox import vendors


def found() -> dict[str, ModuleType]:
    """Vendor modules by name, in order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(vendors.__path__))
    return {name: importlib.import_module(f"sandbox.vendors.{name}") for name in names}
