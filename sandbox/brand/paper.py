"""Visits that paper brought: codes to scan and short addresses in print and in the street.

Both are taken from the direct visits and cause no order that would not have come anyway: whoever scans a poster at the
station was on the way to the shop. The truth's table ``visit_scenarios`` has each of them.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import Basis, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.channels import DIRECT, PRINT_CAMPAIGNS, VANITY_PATHS
from sandbox.brand.texts import stamps, take, uniform

Table = dict[str, object]


def scanned(basis: Basis, visits: Visits) -> tuple[Ints, Ints]:
    """Visits by a code, and which of PRINT_CAMPAIGNS it belongs to."""
    return _taken(basis, "qr_codes", visits, len(PRINT_CAMPAIGNS))


def typed(basis: Basis, visits: Visits) -> tuple[Ints, Ints]:
    """Visits by a short address, and which of VANITY_PATHS; none of them scanned anything."""
    rows, which = _taken(basis, "vanity_pages", visits, len(VANITY_PATHS))
    kept = ~np.isin(rows, scanned(basis, visits)[0])
    return rows[kept], which[kept]


def _taken(basis: Basis, scenario: str, visits: Visits, kinds: int) -> tuple[Ints, Ints]:
    chance = uniform(np.arange(len(visits)), basis.salt(scenario))
    rows = np.flatnonzero((visits.channel == DIRECT) & (chance < basis.share(scenario)))
    return rows, (uniform(rows, basis.salt(scenario + " kind")) * kinds).astype(np.int64)


def paper_truth(basis: Basis, visits: Visits, browser: pa.Array) -> dict[str, Table]:
    """One row per visit: its browser, when it began, and what brought it (the code's campaign or the address).

    ``browser``: the anonymous id of each visit.
    """
    parts = [
        ("qr_codes", PRINT_CAMPAIGNS, *scanned(basis, visits)),
        ("vanity_pages", VANITY_PATHS, *typed(basis, visits)),
    ]
    rows = np.concatenate([one[2] for one in parts])
    return {
        "visit_scenarios": {
            "scenario": take([one[0] for one in parts], np.repeat([0, 1], [len(one[2]) for one in parts])),
            "anonymous_id": browser.take(pa.array(rows)),
            "started_at": stamps(visits.start[rows]),
            "brought_by": pa.concat_arrays([pa.array(names).take(pa.array(which)) for _, names, _, which in parts]),
        }
    }
