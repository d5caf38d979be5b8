"""Raw tables of Zendesk. What people wrote is in none of them: no description, comment, note, name of a file.

Of a subject only an order's number is kept, of the custom fields only the one that holds it. Comments are landed as
facts alone: whose, when, public or not.
"""

from __future__ import annotations

from ingestion.tables import Column, Table

ID = Column("id", path="id")
CREATED = Column("created_at", "ts", "created_at")
UPDATED = Column("updated_at", "ts", "updated_at")


def texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, path=name) for name in names)


TICKETS = Table(
    "tickets",
    "tickets",
    (
        ID,
        *texts("external_id", "status", "priority", "type"),
        Column("channel", path="via.channel"),
        *texts("requester_id", "submitter_id", "assignee_id", "group_id", "brand_id"),
        Column("order_number", path="order_number"),
        Column("subject_order_number", path="subject", sql="nullif(regexp_extract({text}, '#[0-9]{3,}'), '')"),
        Column("tags", "json", "tags"),
        Column("reopens", "bigint", "metrics.reopens"),
        Column("replies", "bigint", "metrics.replies"),
        Column("reply_minutes", "bigint", "metrics.reply_time_in_minutes.calendar"),
        Column("solved_at", "ts", "metrics.solved_at"),
        CREATED,
        UPDATED,
        Column("generated_at", "ts", "generated_timestamp", sql="make_timestamp(cast({text} as bigint) * 1000000)"),
    ),
    deduplicate_by=("generated_at", "desc"),
)
USERS = Table(
    "users",
    "users",
    (
        ID,
        *texts("name", "email", "phone", "external_id", "role"),
        Column("is_phone_shared", "bool", "shared_phone_number"),
        Column("is_suspended", "bool", "suspended"),
        Column("is_permanently_deleted", "bool", "permanently_deleted"),
        Column("identity_ids", "json", "identities", "json_extract({text}, '$[*].id')"),  # one that is gone is news
        CREATED,
        UPDATED,
    ),
    deduplicate_by=("updated_at", "desc"),
    not_news=("updated_at",),
)
USER_IDENTITIES = Table(
    "user_identities",
    "users",
    (
        ID,
        Column("user_id", sql="gid"),
        Column("user_updated_at", "ts", sql="json_extract_string(doc, '$.updated_at')"),
        *texts("type", "value"),
        Column("is_verified", "bool", "verified"),
        Column("is_primary", "bool", "primary"),
        CREATED,
    ),
    each="identities",
    deduplicate_by=("user_updated_at", "desc"),
    not_news=("user_updated_at",),
)
TICKET_COMMENTS = Table(
    "ticket_comments",
    "ticket_events",
    (
        ID,
        *texts("ticket_id"),
        Column("author_id", path="updater_id"),
        Column("is_public", "bool", "is_public"),
        CREATED,
    ),
)
SATISFACTION_RATINGS = Table(
    "satisfaction_ratings",
    "satisfaction_ratings",
    (ID, *texts("ticket_id", "requester_id", "assignee_id", "score"), CREATED, UPDATED),
    deduplicate_by=("updated_at", "desc"),
)
