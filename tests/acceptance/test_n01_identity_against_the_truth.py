"""N1: identity against the sandbox's hidden truth, on five seeds with all of their mess, by exact identifiers alone.

Pairwise precision >= 0.995 and recall >= 0.97 of the ceiling, which is what exact identifiers could join at best
(tests/acceptance_support/identity.py); and nobody is joined to another by a household's phone, a browser on which
several log in, a junk e-mail or a junk phone.
"""

from __future__ import annotations

import pytest

from tests.acceptance_support.seeds import Seeds

PRECISION, RECALL_OF_CEILING = 0.995, 0.97
JOINS_NOBODY = {"shared_phones", "shared_laptops", "borrowed_laptops", "store_tablets", "junk_emails", "junk_phones"}


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_records_find_their_customer(seed: int, seeds: Seeds):
    world = seeds.measured(seed)
    found = world.deterministic
    print(
        f"seed {seed}: {found.records:,} records, precision {found.precision:.4f}, recall {found.recall:.4f}, "
        f"ceiling {found.ceiling_recall:.4f}, joined by: {world.over_merges}"
    )
    assert found.records > 1500
    assert found.precision >= PRECISION
    assert found.correct_reachable_pairs / found.reachable_pairs >= RECALL_OF_CEILING
    assert not [row for row in world.over_merges if row[3] in JOINS_NOBODY]
