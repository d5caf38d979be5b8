"""Goods on their way: from suppliers to the warehouse, from there to the shops, each with a document that says so.

A document is made in the morning, leaves on some day, is received on another; of what suppliers send a little is
refused at the door. What goes to a store whose stock is kept elsewhere (``OUTSIDE``) leaves no trace at its far end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, Basis, Bools, Ints
from sandbox.brand.catalogue import LOCATION_IDS, LOCATION_NAMES, WAREHOUSE, Catalogue
from sandbox.brand.texts import digits, join, masked, stamps, take

SUPPLIER = -1
OUTSIDE = -2
STORES = ("Mill Street shop", "Pier Market stand")
PLACES = len(LOCATION_IDS)
HOUR = 3_600


@dataclass
class Document:
    """One delivery: from and to a place (or a code below zero), when, and units and refused units by cell."""

    origin: int
    destination: int
    created_at: int
    shipped_at: int
    received_at: int
    cells: Ints
    units: Ints
    refused: Ints
    may_be_refused: float = 0.008
    scenario: str | None = None


class Deliveries:
    """All documents so far, and what is on its way to each cell (item x location)."""

    def __init__(self, basis: Basis, cells: int) -> None:
        self._rng = basis.rng("refused")
        self.incoming = np.zeros(cells, dtype=np.int64)
        self.documents: list[Document] = []
        self._due: dict[int, list[Document]] = {}

    def receive(self, day: int) -> Ints:
        """Units that arrive on a day, by cell; suppliers' goods are looked through."""
        arrived = np.zeros_like(self.incoming)
        for one in self._due.pop(day, []):
            if one.origin == SUPPLIER:
                one.refused = self._rng.binomial(one.units, one.may_be_refused)
            np.add.at(arrived, one.cells, one.units - one.refused)
            np.subtract.at(self.incoming, one.cells, one.units)
        return arrived

    def courier(self, day: int, units: Ints, booked_after: int = 0) -> Ints:
        """Units that a supplier brings the same morning; booked in then, or so many days later."""
        made = self._add(SUPPLIER, units, day, day + booked_after, (5 * HOUR, 5 * HOUR + 900, 6 * HOUR))
        for one in made if booked_after else []:
            one.may_be_refused = 0.0
            np.add.at(self.incoming, one.cells, one.units)
            self._due.setdefault(day + booked_after, []).append(one)
        return units

    def order(self, day: int, units: Ints, lead: int) -> None:
        """Order from a supplier; the goods leave halfway and arrive ``lead`` days later."""
        for one in self._add(SUPPLIER, units, day, day + lead, (8 * HOUR, lead * DAY // 2, 9 * HOUR)):
            one.scenario = "purchase_orders"
            np.add.at(self.incoming, one.cells, one.units)
            self._due.setdefault(day + lead, []).append(one)

    def transfer(self, day: int, units: Ints, destination: int) -> Ints:
        """Send units of the warehouse's cells to another place, where they arrive in two days; what leaves, by cell."""
        for one in self._add(WAREHOUSE, units, day, day + 2, (10 * HOUR, 15 * HOUR, 11 * HOUR), destination):
            one.scenario = "floor_transfers" if destination >= 0 else "store_transfers"
            if destination >= 0:
                one.cells = one.cells + destination
                np.add.at(self.incoming, one.cells, one.units)
                self._due.setdefault(day + 2, []).append(one)
        return units

    def _add(
        self, origin: int, units: Ints, day: int, arrives: int, clock: tuple[int, int, int], destination: int = 0
    ) -> list[Document]:
        """The document, or two when a supplier brings to both places; none for no units."""
        made = []
        for place in range(PLACES) if origin == SUPPLIER else [destination]:
            cells = np.flatnonzero(units)
            cells = cells[cells % PLACES == place] if origin == SUPPLIER else cells
            if len(cells):
                start, later = day * DAY, arrives * DAY
                times = (start + clock[0], start + clock[1], later + clock[2])
                made.append(Document(origin, place, *times, cells, units[cells], np.zeros(len(cells), np.int64)))
        self.documents += made
        return made


def delivery_tables(
    basis: Basis, catalogue: Catalogue, deliveries: Deliveries
) -> tuple[dict[str, dict[str, object]], dict[str, object]]:
    """Tables shopify_inventory_transfers (each is one shipment) and shopify_inventory_transfer_lines; and the truth's
    table ``stock_transfers``, a row per scenario and line, with what of it was refused at the door.
    """
    rng = basis.rng("delivery ids")
    found = sorted(deliveries.documents, key=lambda one: (one.created_at, one.origin, one.destination))
    origin, destination, created, shipped, received = (
        np.array([getattr(one, name) for one in found], dtype=np.int64)
        for name in ("origin", "destination", "created_at", "shipped_at", "received_at")
    )
    sizes = np.array([len(one.cells) for one in found], dtype=np.int64)
    owner = np.repeat(np.arange(len(found)), sizes)
    transfer_id = 2_300_000_000 + np.cumsum(rng.integers(20, 900, len(found)))
    cells, units, refused = (
        np.concatenate([getattr(one, name) for one in found] or [np.empty(0, np.int64)])
        for name in ("cells", "units", "refused")
    )
    line_id = 3_100_000_000 + np.arange(len(owner)) * 13
    tables: dict[str, dict[str, object]] = {
        "shopify_inventory_transfers": {
            "transfer_id": transfer_id,
            "shipment_id": transfer_id + 7_000_000_000,
            "name": join("#T", digits(np.arange(len(found)) + 1, 4)),
            "created_at": stamps(created),
            "revealed_at": stamps(created),
            "shipped_at": stamps(shipped),
            "received_at": stamps(received),
            **_place("origin", origin),
            **_place("destination", destination),
        },
        "shopify_inventory_transfer_lines": {
            "transfer_line_id": line_id,
            "transfer_id": transfer_id[owner],
            "revealed_at": stamps(created[owner]),
            "inventory_item_id": catalogue.item_id[cells // PLACES],
            "quantity": units,
            "refused_quantity": refused,
        },
    }
    named = np.flatnonzero(np.array([one.scenario is not None for one in found], dtype=bool)[owner])
    of = owner[named]
    return tables, {
        "scenario": pa.array([one.scenario for one in found], pa.string()).take(pa.array(of)),
        "source_system": take(["shopify"], np.zeros(len(of), np.int64)),
        "transfer_id": digits(transfer_id[of]),
        "transfer_line_id": digits(line_id[named]),
        "sku": catalogue.sku.take(pa.array(cells[named] // PLACES)),
        "origin_location_id": _place("origin", origin[of])["origin_location_id"],
        "destination_location_id": _place("destination", destination[of])["destination_location_id"],
        "shipped_at": stamps(shipped[of]),
        "received_at": stamps(received[of]),
        "quantity": units[named],
        "refused_quantity": refused[named],
    }


def _place(name: str, place: Ints) -> dict[str, object]:
    """Id and name of a place; a supplier has neither, a store outside Shopify only its name."""
    known: Bools = place >= 0
    names = [*LOCATION_NAMES, *STORES]
    code = np.where(known, place, np.where(place == SUPPLIER, -1, PLACES + OUTSIDE - place))
    return {
        f"{name}_location_id": masked(LOCATION_IDS[np.maximum(place, 0)], known),
        f"{name}_name": take(names, code),
    }
