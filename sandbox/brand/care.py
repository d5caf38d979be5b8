"""What comes after the sale, in one place: the help desk, the points programme, the surveys, and who is behind each."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.brand.service import Service, make_service
from sandbox.brand.service_tables import service_emails, service_owners, service_tables
from sandbox.brand.shop import Shop, Table
from sandbox.brand.store_truth import stacked
from sandbox.brand.store_world import Stores


@dataclass
class Care:
    """The vendors of this part of the world."""

    service: Service


def make_care(shop: Shop, stores: Stores) -> Care:
    """Draw it all; of the rest of the world it only reads."""
    return Care(service=make_service(shop, stores))


def care_tables(care: Care) -> dict[str, Table]:
    """All tables, by name."""
    return service_tables(care.service)


def with_care(truth: dict[str, Table], care: Care) -> dict[str, Table]:
    """The tables of the truth with this part's records among ``record_owners`` and ``record_emails``."""
    owners, emails = truth["record_owners"], truth["record_emails"]
    for more in (service_owners(care.service),):
        owners = stacked(owners, more)
    for more in (service_emails(care.service),):
        emails = stacked(emails, more)
    return {**truth, "record_owners": owners, "record_emails": emails}
