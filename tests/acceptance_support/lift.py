"""Made-up experiments for the marts of lift: people with an arm, and what they bought, as the marts take them.

What a person buys is drawn from the same distribution in every replay, so the true lift is known to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

AS_OF = datetime.fromisoformat("2026-06-30")
ASSIGNED = AS_OF - timedelta(days=30)
ARMS = pa.schema(
    [
        *((name, pa.string()) for name in ("audience", "customer_id", "current_customer_id", "arm")),
        *((name, pa.string()) for name in ("not_measured_reason", "destination")),
        ("holdout_share", pa.decimal128(18, 6)),
        ("is_contaminated", pa.bool_()),
        ("assigned_at", pa.timestamp("us")),
    ]
)
ORDERS = pa.schema(
    [
        ("order_key", pa.string()),
        ("customer_id", pa.string()),
        ("net_sales_amount", pa.decimal128(18, 4)),
        *((name, pa.bool_()) for name in ("is_test", "is_cancelled", "is_return")),
        ("ordered_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class Replays:
    """One experiment per row of the arrays, all of them with the same number of people and share held out.

    ``rate`` is the chance that somebody held out buys, ``more_buyers`` what the treatment adds to it, ``dearer`` the
    factor on what a treated buyer spends; spending is lognormal with median ``spend`` and ``spread`` (sigma of its log).
    """

    people: int
    share: float
    rate: np.ndarray
    more_buyers: np.ndarray
    dearer: np.ndarray
    spend: float = 60.0
    spread: float = 0.7

    @property
    def true_conversion_lift(self) -> np.ndarray:
        return self.more_buyers

    @property
    def true_lift(self) -> np.ndarray:
        """Net sales per person that the treatment adds."""
        mean = self.spend * np.exp(self.spread**2 / 2)
        return mean * (self.dearer * (self.rate + self.more_buyers) - self.rate)

    def draw(self, rng: np.random.Generator) -> tuple[pa.Table, pa.Table]:
        """The arms and the orders."""
        replays, people = len(self.rate), self.people
        shape = (replays, people)
        held_out = rng.random(shape) < self.share
        chance = self.rate[:, None] + np.where(held_out, 0, self.more_buyers[:, None])
        buys = rng.random(shape) < chance
        spent = rng.lognormal(np.log(self.spend), self.spread, shape) * np.where(held_out, 1, self.dearer[:, None])
        ordered = np.datetime64(ASSIGNED) + (rng.random(shape) * 6 * 86_400e6).astype("timedelta64[us]")
        number = np.arange(replays * people)
        customers = pc.binary_join_element_wise("c", pa.array(number.astype(str)), "_")
        audiences = pa.DictionaryArray.from_arrays(
            np.repeat(np.arange(replays), people), [f"replay_{replay:04d}" for replay in range(replays)]
        ).cast(pa.string())
        arms = pa.table(
            {
                "audience": audiences,
                "customer_id": customers,
                "current_customer_id": customers,
                "arm": pa.array(np.where(held_out, "holdout", "treated").ravel()),
                "not_measured_reason": pa.nulls(len(number), pa.string()),
                "destination": pa.repeat("klaviyo", len(number)),
                "holdout_share": pa.repeat(pa.scalar(self.share).cast(pa.decimal128(18, 6)), len(number)),
                "is_contaminated": pa.repeat(False, len(number)),
                "assigned_at": pa.repeat(pa.scalar(ASSIGNED, pa.timestamp("us")), len(number)),
            }
        )
        chosen = np.flatnonzero(buys)
        no = pa.repeat(False, len(chosen))
        money = pa.array(spent.ravel()[chosen].round(2)).cast(pa.decimal128(18, 4), safe=False)
        bought = customers.take(pa.array(chosen))
        columns = [bought, bought, money, no, no, no, pa.array(ordered.ravel()[chosen])]
        return arms.cast(ARMS), pa.table(columns, names=ORDERS.names).cast(ORDERS)


def given(connection: duckdb.DuckDBPyConnection, arms: pa.Table, orders: pa.Table, as_of: datetime = AS_OF) -> None:
    """The tables that fct_audience_lift reads."""
    connection.register("given_arms", arms)
    connection.register("given_orders", orders)
    connection.execute("create or replace table marts.fct_holdout_arms as from given_arms")
    connection.execute("create or replace table marts.fct_orders as from given_orders")
    connection.execute("create or replace table intermediate.int_as_of as select ?::timestamp as as_of", [as_of])
