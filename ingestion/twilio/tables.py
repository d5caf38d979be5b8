"""The raw table of Twilio: messages both ways with what they cost, without their text."""

from __future__ import annotations

from ingestion.tables import Column, Table

MESSAGES = Table(
    "messages",
    "message",
    (
        Column("id", path="sid"),
        Column("account_id", path="account_sid"),
        Column("service_id", path="messaging_service_sid"),
        Column("direction", path="direction"),
        Column("sender", path="from"),
        Column("recipient", path="to"),
        Column("status", path="status"),
        Column("error_code", path="error_code"),
        Column("segment_count", "bigint", "num_segments"),
        Column("media_count", "bigint", "num_media"),
        # Twilio writes what it takes as a negative price
        Column("cost_amount", "price", "price", sql="-cast({text} as decimal(18,6))"),
        Column("currency_code", path="price_unit"),
        Column("order_reference", path="order_reference"),
        Column("marketing_word", path="marketing_word"),
        Column("created_at", "ts", "created_at"),
        Column("sent_at", "ts", "sent_at"),
        Column("updated_at", "ts", "updated_at"),
    ),
    not_news=("updated_at",),
)
