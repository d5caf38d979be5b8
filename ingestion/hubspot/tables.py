"""HubSpot's raw tables. All properties are texts, an empty one is no value; times are ISO in UTC.

A document is a contact as HubSpot shows it, with what the reader adds: ``version`` (when it last changed, was archived
or was found missing), ``shop_customer_id`` (from the property that the settings name), ``deleted`` and, one an address
and type, ``subscriptions``.
"""

from __future__ import annotations

from ingestion.tables import Column, Table

PROPERTIES = (
    "email",
    "firstname",
    "lastname",
    "phone",
    "mobilephone",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "hs_additional_emails",
    "hs_merged_object_ids",
    "hs_email_optout",
    "hs_object_source",
    "hs_object_source_id",
    "createdate",
    "lastmodifieddate",
)


def _property(name: str, of: str) -> Column:
    return Column(name, path=f"properties.{of}", sql="nullif({text}, '')")


CONTACTS = Table(
    "contacts",
    "contacts",
    (
        Column("id", path="id"),
        _property("email", "email"),
        _property("additional_emails", "hs_additional_emails"),
        _property("first_name", "firstname"),
        _property("last_name", "lastname"),
        _property("phone", "phone"),
        _property("mobile_phone", "mobilephone"),
        _property("address_line", "address"),
        _property("city", "city"),
        _property("region", "state"),
        _property("postal_code", "zip"),
        _property("country", "country"),
        Column("shop_customer_id", path="shop_customer_id", sql="nullif({text}, '')"),
        _property("merged_ids", "hs_merged_object_ids"),
        _property("made_by", "hs_object_source"),
        _property("made_by_id", "hs_object_source_id"),
        Column("is_email_opted_out", "bool", "properties.hs_email_optout", "nullif({text}, '')"),
        Column("is_archived", "bool", "archived"),
        Column("is_deleted", "bool", "deleted"),
        Column("created_at", "ts", "properties.createdate"),
        Column("updated_at", "ts", "version"),
    ),
    deduplicate_by=("updated_at", "desc"),
    not_news=("updated_at",),
)
SUBSCRIPTIONS = Table(
    "subscriptions",
    "contacts",
    (
        Column("id", path="subscriptionId", sql="gid || ':' || {text}"),
        Column("contact_id", sql="gid"),
        Column("contact_updated_at", "ts", sql="json_extract_string(doc, '$.version')"),
        Column("subscription_id", path="subscriptionId"),
        Column("subscription_name", path="subscriptionName"),
        Column("purpose", path="purpose"),
        Column("channel", path="channel"),
        Column("status", path="status"),
        Column("legal_basis", path="legalBasis"),
        Column("changed_at", "ts", "timestamp"),
    ),
    each="subscriptions",
    deduplicate_by=("contact_updated_at", "desc"),
    not_news=("contact_updated_at",),
)
TABLES = (CONTACTS, SUBSCRIPTIONS)
