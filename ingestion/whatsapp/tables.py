"""Raw tables of WhatsApp: what became of our messages, what people wrote, what they said about being written to."""

from __future__ import annotations

from ingestion.tables import Column, Table

WHO = (
    Column("wa_id", path="wa_id"),
    Column("user_id", path="user_id"),
    Column("profile_name", path="profile_name"),
)
WHERE_FROM = (
    Column("account_id", path="account_id"),
    Column("phone_number_id", path="phone_number_id"),
    Column("received_at", "ts", "received_at"),
    Column("source_file", path="source_file"),
)
STATUSES = Table(
    "statuses",
    "status",
    (
        Column("id", path="id"),
        Column("message_id", path="message_id"),
        Column("status", path="status"),
        Column("occurred_at", "ts", "occurred_at"),
        *WHO,
        Column("campaign_name", path="campaign_name"),
        Column("template_name", path="template_name"),
        Column("is_billable", "bool", "is_billable"),
        Column("pricing_model", path="pricing_model"),
        Column("pricing_type", path="pricing_type"),
        Column("pricing_category", path="pricing_category"),
        Column("conversation_id", path="conversation_id"),
        Column("conversation_type", path="conversation_type"),
        Column("error_code", path="error_code"),
        *WHERE_FROM,
    ),
    deduplicate_by=("received_at", "asc"),
)
MESSAGES = Table(
    "messages",
    "message",
    (
        Column("id", path="id"),
        Column("message_type", path="message_type"),
        Column("occurred_at", "ts", "occurred_at"),
        *WHO,
        Column("answers_message_id", path="answers_message_id"),
        Column("is_tap", "bool", "is_tap"),
        Column("marketing_word", path="marketing_word"),
        Column("referral_type", path="referral_type"),
        Column("referral_id", path="referral_id"),
        Column("referral_url", path="referral_url"),
        Column("click_id", path="click_id"),
        *WHERE_FROM,
    ),
    deduplicate_by=("received_at", "asc"),
)
PREFERENCES = Table(
    "preferences",
    "preference",
    (
        Column("id", path="id"),
        Column("category", path="category"),
        Column("preference", path="preference"),
        Column("occurred_at", "ts", "occurred_at"),
        *WHO,
        *WHERE_FROM,
    ),
    deduplicate_by=("received_at", "asc"),
)
TABLES = (STATUSES, MESSAGES, PREFERENCES)
