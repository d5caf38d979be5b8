"""What takes conversions: the words that the engine and every vendor's ``conversions`` share.

A conversion is an order or its refund, told to an ad platform as one event. A destination that takes events has a
module as its attribute ``conversions`` (``activation/<vendor>/events.py``, reached from the destination's own file, so
the folder stays the registry). It declares what it takes and for how long, and brings a plain function that sends one
batch. Finding what is to be sent, batches, bisection, the ledger, locks and what happens after a kill are the engine's
(conversions.py), and the same as the audiences'.

The id of a purchase is the order's own id, which the shop's pixel gives its event as well, so the platform counts both
as one. The engine sends an event again when it does not know what became of it; that must have no effect, within
``KNOWN_FOR`` of the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol

from activation.destination import Contact, Evidence, Outcome, Remember

Kind = Literal["purchase", "refund"]
Source = Literal["website", "app", "store"]
KINDS: tuple[Kind, ...] = ("purchase", "refund")  # in the order of sending: a refund follows its purchase
SOURCES: tuple[Source, ...] = ("website", "app", "store")
CLICK_IDS = ("fbclid", "gclid", "ttclid")


@dataclass(frozen=True)
class Event:
    """One conversion. ``value`` is what was paid, or given back, in ``currency``; never negative. Times are UTC."""

    event_id: str
    purchase_event_id: str
    """The event of the purchase: its own id, or that of the order that is refunded."""
    customer_id: str
    kind: Kind
    source: Source
    occurred_at: datetime
    value: Decimal
    currency: str
    contact: Contact = field(default_factory=Contact, repr=False)
    click_id: str | None = field(default=None, repr=False)
    """The platform's own click id that this customer last arrived with before the order."""
    clicked_at: datetime | None = None
    store_id: str | None = None
    page_host: str | None = None
    user_agent: str | None = field(default=None, repr=False)
    fingerprint: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    remote_id: None = None
    reason: None = None


class Conversions(Protocol):
    """The ``conversions`` of a destination. Functions raise BatchRefused (sent in halves) or DestinationError."""

    SETTINGS: Mapping[str, str | None]
    """What events need beside the destination's own SETTINGS: field -> default, or ``selvage.REQUIRED``."""
    BATCH_SIZE: int
    MAX_AGE: timedelta
    """The vendor takes no older events: they expire, and the plan counts them."""
    KNOWN_FOR: timedelta | None
    """For so long the vendor knows an event again by its id; None: for good."""
    KINDS: tuple[Kind, ...]
    SOURCES: Mapping[Source, str]
    """Source -> the setting that names where its events go. Events of a source whose setting is empty are not sent."""
    IDENTIFIERS: tuple[str, ...]
    """Contact points and click id (of CLICK_IDS) of which an event needs at least one."""
    CONTACT_FIELDS: tuple[str, ...]
    """Further contact points that are sent, as far as known."""

    def connect(self, settings: Mapping[str, str]) -> Any:
        """Whatever the functions below need; no request is made yet."""

    def send(self, connection: Any, events: Sequence[Event], remember: Remember) -> list[Outcome]:
        """Tell one batch, all of one kind and source."""

    def resume(self, connection: Any, job_id: str, event_ids: Sequence[str]) -> list[Outcome] | None:
        """The outcomes of a job that an earlier run left behind; None when the vendor forgot it."""
