"""What scoring adds to exact identifiers, against the sandbox's hidden truth; and the chart that chooses the threshold.

``python -m tests.identity.measure <warehouse.duckdb> <truth folder>`` scores a built warehouse at some thresholds, prints
the figures and writes identity/model_charts/thresholds.svg.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.identity.quality import pairs
from identity.build import CLUSTERED, room
from identity.charts import FOLDER, precision_and_recall
from identity.resolution import clusters_of, resolve
from identity.scoring import Model
from tests.acceptance_support.identity import codes, in_reach, owned


@dataclass(frozen=True)
class Gain:
    """Counts of pairs of records that one person owns (true) or one cluster holds (found), without and with scoring."""

    true_pairs: int
    found_before: int
    correct_before: int
    found_after: int
    correct_after: int
    in_reach: int
    """True pairs beyond the ceiling that still share given and family name and an address, postcode or birth date."""
    reached: int

    @property
    def precision(self) -> float:
        return self.correct_after / self.found_after if self.found_after else 1.0

    @property
    def recall_before(self) -> float:
        return self.correct_before / self.true_pairs

    @property
    def recall(self) -> float:
        return self.correct_after / self.true_pairs

    @property
    def added_precision(self) -> float:
        """Of the pairs that scoring added alone."""
        added = self.found_after - self.found_before
        return (self.correct_after - self.correct_before) / added if added else 1.0

    @property
    def share_reached(self) -> float:
        return self.reached / self.in_reach if self.in_reach else 1.0


def gain(warehouse: duckdb.DuckDBPyConnection, truth: Path, model: Model) -> Gain:
    """Score the warehouse's records with ``model`` and compare with ``truth/record_owners.parquet``.

    Only records with a single known owner count. Clusters are those of accepted identifiers, then with scored edges.
    """
    known = owned(warehouse, truth)
    numbers = warehouse.execute("select record_number from intermediate.int_identity__records").fetchnumpy()
    ties = warehouse.execute("select * from intermediate.int_identity__exact_ties").fetchnumpy()
    with room(
        warehouse,
        warehouse.table("intermediate.int_identity__scorable_records"),
        warehouse.table("intermediate.int_identity__exact_ties"),
    ) as api:
        scored = resolve(api, CLUSTERED, model).to_pandas()
    accepted = scored[scored["decision"] == "accepted"]
    left, right = ties["record_number_from"], ties["record_number_to"]
    every = np.sort(np.asarray(numbers["record_number"]))
    place = np.searchsorted(every, known.record_numbers)
    before = codes(clusters_of(every, left, right)[place])
    after = codes(
        clusters_of(
            every,
            np.concatenate([left, accepted["record_number_from"]]),
            np.concatenate([right, accepted["record_number_to"]]),
        )[place]
    )
    one, other = in_reach(warehouse, known)
    return Gain(
        true_pairs=pairs(known.person),
        found_before=pairs(before),
        correct_before=pairs(before, known.person),
        found_after=pairs(after),
        correct_after=pairs(after, known.person),
        in_reach=len(one),
        reached=int((after[one] == after[other]).sum()),
    )


def main() -> int:
    warehouse, truth = Path(sys.argv[1]), Path(sys.argv[2])
    model = Model.read()
    points = []
    with duckdb.connect(str(warehouse), read_only=True) as con:
        for threshold in sorted({0.5, 0.9, 0.95, 0.99, model.accept}):
            found = gain(con, truth, replace(model, accept=threshold))
            points.append((threshold, found.precision, found.share_reached))
            print(
                f"{threshold:<7} precision {found.precision:.4f} (of added pairs {found.added_precision:.4f}), recall "
                f"{found.recall_before:.4f} -> {found.recall:.4f}, in reach {found.in_reach}, found of them "
                f"{found.share_reached:.4f}"
            )
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "thresholds.svg").write_text(precision_and_recall(points, model.accept))
    return 0


if __name__ == "__main__":
    sys.exit(main())
