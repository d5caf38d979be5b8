"""What a destination is: the words that the engine and every file of ``destinations/`` share.

A destination is a module, and its file name is its name. It declares what it needs (``SETTINGS``, ``IDENTIFIERS``,
``CONTACT_FIELDS``, ``TAKES_PROPERTIES``, ``MIN_MEMBERS``, ``RESEND_DAYS``), what it can do (``BATCH_SIZE``,
``CAN_REMOVE``, ``VERSION``), and brings plain functions that send one batch. Diffing, batching, bisection, the ledger,
locks and retries are the engine's, so a new destination is one file and edits none. Every write must be safe to repeat:
the engine sends a batch again when it does not know what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import selvage

Action = Literal["add", "update", "remove"]
Status = Literal["acknowledged", "accepted_unverified", "rejected"]
MODES = ("mirror", "upsert", "update_only")
MOVED, SEARCHED = "identifier_changed", "identifier_uncertain"
GLOBAL_CONTROL = "global_control"  # and what the history of holdouts calls the holdout from all audiences
CONVERSIONS = "conversions"  # what the ledger calls the feed of events where audiences have their name
STATUSES: tuple[Status, ...] = ("acknowledged", "accepted_unverified", "rejected")
CONTACT_POINTS = (
    "email", "phone", "given_name", "family_name", "city", "region_code", "postal_code", "country_code",
    "shopify_ids", "zendesk_ids",
)  # fmt: skip
IDENTIFYING = ("email", "phone", "shopify_ids", "zendesk_ids")
"""A tool that is a source too knows people by ids of its own: all that one customer has there, ``1,2`` in order."""


class DestinationError(RuntimeError):
    """The destination cannot be used now (refused key, lasting outage). Its text never holds personal data."""


class BatchRefused(DestinationError):
    """The vendor refused a whole batch and did none of it: the engine halves it until the bad rows stand alone."""

    def __init__(self, reason: str, request_id: str | None = None) -> None:
        self.reason = reason
        self.request_id = request_id
        super().__init__(reason)


class BatchTooLarge(BatchRefused):
    """The batch is over the vendor's size and was not sent: the engine halves it."""


@dataclass(frozen=True)
class Audience:
    """One row of the activation copy's ``audiences``: an audience on its way to one destination.

    ``purpose`` and ``channel`` say which consent it needs there; ``mode`` and the shares how far a sync may go;
    ``priority_list``, ``priority_rank`` (1 is first) and ``is_capped`` who has the turn with a person (turns.py).
    """

    name: str
    description: str
    purpose: str
    channel: str
    destination: str
    mode: str = "mirror"
    holdout: float = 0.0
    max_removal_share: float = 0.2
    owner: str = ""
    priority_list: str | None = None
    priority_rank: int | None = None
    is_capped: bool = True

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"audience {self.name}: mode {self.mode!r} is not one of {', '.join(MODES)}")
        for taken, what in ((CONVERSIONS, "the feed of orders"), (GLOBAL_CONTROL, "the global control group")):
            if self.name == taken:
                raise ValueError(f"no audience may be called {taken}: the ledger knows {what} by that name")
        for share in ("holdout", "max_removal_share"):
            if not 0 <= getattr(self, share) <= 1:
                raise ValueError(f"audience {self.name}: {share} must lie between 0 and 1")
        is_listed = self.priority_list is not None
        if is_listed != (self.priority_rank is not None) or (is_listed and (self.priority_rank or 0) < 1):
            raise ValueError(f"audience {self.name}: priority takes a list and a rank of 1 or more")
        if is_listed and self.mode != "mirror":
            raise ValueError(
                f"audience {self.name}: mode {self.mode} keeps members who left, so it can't be of a priority list; "
                "take mirror"
            )

    @property
    def title(self) -> str:
        """The name people see in the tool: neutral words, no ``aud_``."""
        return f"Selvage: {self.name.replace('_', ' ')}"


@dataclass(frozen=True)
class Contact:
    """How to reach a person in clear text; only what the destination declared. Never shown by ``repr``."""

    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    given_name: str | None = field(default=None, repr=False)
    family_name: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    region_code: str | None = field(default=None, repr=False)
    postal_code: str | None = field(default=None, repr=False)
    country_code: str | None = field(default=None, repr=False)
    shopify_ids: str | None = field(default=None, repr=False)
    zendesk_ids: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Evidence:
    """Which record of consent (or of its withdrawal) an action stands on."""

    consent_evidence_id: str | None = None
    consent_policy_version: str | None = None
    consent_as_of: datetime | None = None


@dataclass(frozen=True)
class Member:
    """One person of a batch. ``remote_id`` is what the destination called them when it last acknowledged them."""

    customer_id: str
    contact: Contact
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fingerprint: str = ""
    remote_id: str | None = None
    reason: str | None = None
    """Why the plan has this row, where that needs saying (removals)."""
    evidence: Evidence = Evidence()
    event_id: None = None
    """Only conversions have one (conversion.py)."""


@dataclass(frozen=True)
class Outcome:
    """What became of one row; a batch's outcomes stand in the order of its members."""

    status: Status
    reason: str | None = None
    request_id: str | None = None
    job_id: str | None = None
    remote_id: str | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r} is not one of {', '.join(STATUSES)}")
        if self.status == "rejected" and not self.reason:
            raise ValueError("a rejected row needs a reason")


Remember = Callable[[str], None]
"""Called with a job's id as soon as the vendor gives it, before the first poll."""


class Destination(Protocol):
    """The module of a destination. Functions raise BatchRefused (nothing done) or DestinationError (unknown)."""

    SETTINGS: Mapping[str, str | None]
    """Field -> default, or ``selvage.REQUIRED``."""
    VERSION: selvage.ApiVersion
    BATCH_SIZE: Mapping[Action, int]
    IDENTIFIERS: Mapping[str, tuple[str, ...]]
    """Audience channel -> the contact points of which a member needs at least one. A change of one of these makes the
    engine remove the member under the old one and add it under the new."""
    CONTACT_FIELDS: Mapping[str, tuple[str, ...]]
    """Audience channel -> further contact points that are sent, as far as known. A change is an update."""
    CAN_REMOVE: bool
    CLEAR_TEXT: bool
    """Whether it takes identifiers in clear text; one that does not gets hashes only."""
    TAKES_PROPERTIES: bool
    """Whether the audience's own columns are sent; where they are not, their changes are no updates."""
    MIN_MEMBERS: int
    """Below this many members the platform delivers nothing (0: it has no minimum). A plan warns, and goes on."""
    RESEND_DAYS: int
    """Who was told longer ago is told again, before the platform ends the membership (0: it never ends)."""

    def connect(self, settings: Mapping[str, str], audience: Audience) -> Any:
        """Whatever the functions below need; no request is made yet."""

    def add(self, connection: Any, members: Sequence[Member], remember: Remember) -> list[Outcome]:
        """Make them members, with their properties."""

    def update(self, connection: Any, members: Sequence[Member], remember: Remember) -> list[Outcome]:
        """Bring the properties of members up to date."""

    def remove(self, connection: Any, members: Sequence[Member], remember: Remember) -> list[Outcome]:
        """End their membership. Who is not there counts as removed.

        A member is known by ``remote_id``, else by its identifiers, else (neither is given) by whatever the destination
        holds under this customer_id.
        """

    def resume(self, connection: Any, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:
        """The outcomes of a job that an earlier run left behind; None when the vendor forgot it."""
