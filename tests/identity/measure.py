"""What scoring adds to exact identifiers, against the sandbox's hidden truth; and the chart that chooses the threshold.

``python -m tests.identity.measure <warehouse.duckdb> <truth folder>`` scores a built warehouse at every threshold, prints
the figures and writes identity/model_charts/thresholds.svg.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from identity.build import CLUSTERED, room
from identity.charts import FOLDER, precision_and_recall
from identity.resolution import clusters_of, resolve
from identity.scoring import Model
from tests.acceptance_support.identity import OWNERS, _ceiling, _codes, _pairs


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
    known = warehouse.execute(
        f"""
        select records.record_key, records.record_number, owners.person_id
        from intermediate.int_identity__records as records
        inner join ({OWNERS}) as owners on owners.record_key = records.record_key
        order by records.record_number nulls last
        """,
        [str(truth / "record_owners.parquet")],
    ).fetchnumpy()
    numbers = warehouse.execute("select record_number from intermediate.int_identity__records").fetchnumpy()
    ties = warehouse.execute("select * from intermediate.int_identity__exact_ties").fetchnumpy()
    with room(
        warehouse,
        warehouse.table("intermediate.int_identity__scorable_records"),
        warehouse.table("intermediate.int_identity__exact_ties"),
    ) as api:
        pairs = resolve(api, CLUSTERED, model).to_pandas()
    accepted = pairs[pairs["decision"] == "accepted"]
    left, right = ties["record_number_from"], ties["record_number_to"]
    every = np.asarray(numbers["record_number"])
    place = np.searchsorted(np.sort(every), known["record_number"])
    before = clusters_of(np.sort(every), left, right)[place]
    after = clusters_of(
        np.sort(every),
        np.concatenate([left, accepted["record_number_from"]]),
        np.concatenate([right, accepted["record_number_to"]]),
    )[place]
    person = _codes(known["person_id"])
    ceiling = _ceiling(warehouse, known["record_key"], person)
    before, after = _codes(before), _codes(after)
    one, other = _in_reach(warehouse, known["record_number"], person, ceiling)
    return Gain(
        true_pairs=_pairs(person),
        found_before=_pairs(before),
        correct_before=_pairs(before, person),
        found_after=_pairs(after),
        correct_after=_pairs(after, person),
        in_reach=len(one),
        reached=int((after[one] == after[other]).sum()),
    )


def _in_reach(
    warehouse: duckdb.DuckDBPyConnection, numbers: np.ndarray, person: np.ndarray, ceiling: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the two records of each true pair that no exact identifier reaches but a name and a place would."""
    con = warehouse.cursor()
    con.register(
        "known", {"position": np.arange(len(numbers)), "number": numbers, "person": person, "ceiling": ceiling}
    )
    con.execute("create or replace temp table told as select * from known")
    found = con.execute(
        """
        with people as (
            select told.*, given_name, family_name, address_line, postcode, birth_date
            from told inner join intermediate.int_identity__scorable_records as records
                on told.number = records.record_number
        )
        select l.position as one, r.position as other
        from people as l inner join people as r
            on l.person = r.person and l.position < r.position and l.ceiling <> r.ceiling
            and l.given_name = r.given_name and l.family_name = r.family_name
            and (l.address_line = r.address_line or l.postcode = r.postcode or l.birth_date = r.birth_date)
        """
    ).fetchnumpy()
    return found["one"], found["other"]


def main() -> int:
    warehouse, truth = Path(sys.argv[1]), Path(sys.argv[2])
    model = Model.read()
    points = []
    with duckdb.connect(str(warehouse), read_only=True) as con:
        for threshold in (0.5, 0.9, 0.99):
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
