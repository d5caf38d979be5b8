"""Daily demand as one array: a row per SKU and location, a column per whole day; and which kind of demand each row is.

Classes after Syntetos, Boylan and Croston (2005): the mean interval between days with demand, and the squared
coefficient of variation of the units on such days, with cuts at 1.32 and 0.49.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.object_]

CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
LONGEST_HISTORY = 730
SHRINKING = 20
"""Days with demand after which a row's own dispersion counts as much as that of all."""
MEAN_INTERVAL, SQUARED_VARIATION = 1.32, 0.49


@dataclass
class Series:
    """``units[s, d]`` on day d; the last column is the last whole day. ``first[s]`` is the first day known of a row.

    ``lead_days``: from looking at the stock to having what is ordered then; ``service_level``: share of such spans in
    which nothing shall be missing.
    """

    sku: pa.Array
    location_key: pa.Array
    units: Floats
    first: Ints
    lead_days: Floats
    service_level: Floats

    def __len__(self) -> int:
        return len(self.units)

    @classmethod
    def of(cls, demand: pa.Table) -> Series:
        """From rows of ``int_inventory__daily_demand``, in the order of their keys."""
        if not demand.num_rows:
            nothing = np.zeros(0)
            empty = pa.array([], pa.string())
            return cls(empty, empty, np.zeros((0, 0)), np.zeros(0, np.int64), nothing, nothing)
        about = [("known_from_date", "min"), ("last_date", "max"), ("lead_days", "max"), ("service_level", "max")]
        keys = demand.group_by(["sku", "location_key"]).aggregate(about)
        keys = keys.sort_by([("sku", "ascending"), ("location_key", "ascending")]).combine_chunks()
        last = _days(keys["last_date_max"]).max()
        since = np.maximum(_days(keys["known_from_date_min"]), last - LONGEST_HISTORY + 1)
        begin = int(since.min())
        units = np.zeros((keys.num_rows, max(int(last) - begin + 1, 0)))
        numbered = keys.select(["sku", "location_key"]).append_column("row", pa.array(np.arange(keys.num_rows)))
        placed = demand.join(numbered, ["sku", "location_key"])
        row, day = placed["row"].to_numpy(), _days(placed["demand_date"]) - begin
        known = (day >= since[row] - begin) & (day < units.shape[1])
        np.add.at(units, (row[known], day[known]), placed["units"].to_numpy()[known].astype(np.float64))
        lead_days, service_level = (
            pc.cast(keys[f"{name}_max"], pa.float64()).to_numpy() for name in ("lead_days", "service_level")
        )
        return cls(
            keys["sku"].combine_chunks(), keys["location_key"].combine_chunks(),
            units, since - begin, lead_days, service_level,
        )  # fmt: skip

    def until(self, day: int) -> Series:
        """What was known at the end of a day (a column's number, exclusive)."""
        return replace(self, units=self.units[:, :day])

    def take(self, rows: Ints) -> Series:
        chosen = pa.array(rows)
        return Series(
            self.sku.take(chosen), self.location_key.take(chosen), self.units[rows], self.first[rows],
            self.lead_days[rows], self.service_level[rows],
        )  # fmt: skip

    @property
    def days(self) -> Ints:
        """Days known of each row."""
        return np.maximum(self.units.shape[1] - self.first, 0)

    @property
    def total(self) -> Floats:
        found: Floats = self.units.sum(axis=1)
        return found

    @property
    def classes(self) -> Words:
        """The kind of each row's demand."""
        with_demand = (self.units > 0).sum(axis=1)
        interval = self.days / np.maximum(with_demand, 1)
        mean = self.total / np.maximum(with_demand, 1)
        square = (self.units**2).sum(axis=1) / np.maximum(with_demand, 1)
        varies = (square - mean**2) / np.maximum(mean, 1e-9) ** 2 >= SQUARED_VARIATION
        seldom = interval >= MEAN_INTERVAL
        return np.array(CLASSES, dtype=object)[seldom * 2 + varies]

    @property
    def dispersion(self) -> Floats:
        """Variance over mean of a day's units, at least 1 (Poisson).

        A row's own is drawn to that of all rows together, the more the fewer days with demand it has: of a slow mover's
        few sales the variance is mostly noise, and noise above 1 alone would keep too much.
        """
        days = np.maximum(self.days, 2)
        mean = self.total / days
        variance = ((self.units**2).sum(axis=1) - days * mean**2) / (days - 1)
        together = variance.sum() / max(mean.sum(), 1e-9)
        weight = (self.units > 0).sum(axis=1)
        own = variance / np.maximum(mean, 1e-9)
        return np.maximum((weight * own + SHRINKING * together) / (weight + SHRINKING), 1.0)


def _days(dates: pa.ChunkedArray) -> Ints:
    return pc.cast(pc.cast(dates, pa.date32()), pa.int32()).to_numpy().astype(np.int64)
