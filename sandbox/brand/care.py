"""What staff, programmes and chats know of people: help desk, points, surveys, CRM, WhatsApp, texts."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.brand.crm import Crm, crm_emails, crm_owners, crm_tables, make_crm
from sandbox.brand.loyalty import Loyalty, make_loyalty
from sandbox.brand.loyalty_tables import loyalty_emails, loyalty_owners, loyalty_tables
from sandbox.brand.service import Service, make_service
from sandbox.brand.service_tables import service_emails, service_owners, service_tables
from sandbox.brand.shop import Shop, Table
from sandbox.brand.sms import Texts, make_texts, text_owners, text_tables
from sandbox.brand.store_truth import stacked
from sandbox.brand.store_world import Stores
from sandbox.brand.surveys import Surveys, make_surveys, survey_emails, survey_owners, survey_tables
from sandbox.brand.whatsapp import WhatsApp, make_whatsapp, whatsapp_owners, whatsapp_tables, whatsapp_truth


@dataclass
class Care:
    """The vendors of this part of the world."""

    service: Service
    loyalty: Loyalty
    surveys: Surveys
    crm: Crm
    whatsapp: WhatsApp
    texts: Texts


def make_care(shop: Shop, stores: Stores) -> Care:
    """Draw it all; of the rest of the world it only reads."""
    service = make_service(shop, stores)
    surveys = make_surveys(shop, stores, service)
    return Care(service, make_loyalty(shop), surveys, make_crm(shop), make_whatsapp(shop), make_texts(shop))


def care_tables(care: Care) -> dict[str, Table]:
    """All tables, by name."""
    tables = service_tables(care.service) | loyalty_tables(care.loyalty)
    tables |= survey_tables(care.surveys) | crm_tables(care.crm)
    return tables | whatsapp_tables(care.whatsapp) | text_tables(care.texts)


def with_care(truth: dict[str, Table], care: Care) -> dict[str, Table]:
    """The tables of the truth with this part's records among ``record_owners`` and ``record_emails``, and its own."""
    owners, emails = truth["record_owners"], truth["record_emails"]
    for more in (
        service_owners(care.service),
        loyalty_owners(care.loyalty),
        survey_owners(care.surveys),
        crm_owners(care.crm),
        whatsapp_owners(care.whatsapp),
        text_owners(care.texts),
    ):
        owners = stacked(owners, more)
    for more in (
        service_emails(care.service),
        loyalty_emails(care.loyalty),
        survey_emails(care.surveys),
        crm_emails(care.crm),
    ):
        emails = stacked(emails, more)
    own = {"whatsapp_offers": whatsapp_truth(care.whatsapp)}
    return {**truth, **own, "record_owners": owners, "record_emails": emails}
