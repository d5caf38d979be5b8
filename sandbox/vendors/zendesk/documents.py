"""Zendesk's objects: tickets with their metrics, users with their identities, comments with a text made up for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.context import Context
from sandbox.streams import Stream, Streams, seconds_of

Row = dict[str, Any]
BRAND, GROUP = 3_600_000_001, 3_600_000_011
ORDER_FIELD, REASON_FIELD = 3_600_001_001, 3_600_001_002
EXPORT_LAG = 60.0
SUBJECTS = {
    "wismo": "Where is my order",
    "return_refund": "Something is wrong with order",
    "store": "My visit to your store",
    "question": "A question about your products",
}
TEXTS = (
    "Hello, this is {name}. {subject}? You can also call me.",
    "Checked with the warehouse; {name} has asked before.",
    "Hello {name}, thank you for writing. We have looked into it.",
    "Could you look again? {name}",
    "We have done so, {name}. Anything else?",
    "It is still not as it should be. {name}",
    "We are sorry, {name}, and have mended it.",
    "Chat transcript with {name}",
)


class Desk:
    """The tables of the help desk as exports (a minute late) and lists (at once) show them.

    ``written``: when a user was last written to; ``fields_of``: a user's own fields. Who takes writes brings both.
    """

    def __init__(self, context: Context) -> None:
        self.context, self.streams = context, Streams(context)
        self.written: dict[int, datetime] = {}
        self.fields_of: Callable[[int], Row] = lambda _: {}

    def tickets(self, lag: float = 0.0) -> Stream:
        return self.streams.get("zendesk_tickets", "ticket_id", lag=lag)

    def users(self, lag: float = 0.0) -> Stream:
        return self.streams.get("zendesk_users", "user_id", lag=lag, without="is_gone", written=self.written)

    def comments(self, lag: float = 0.0) -> Stream:
        return self.streams.get("zendesk_comments", "comment_id", "created_at", lag=lag)

    def ratings(self) -> Stream:
        return self.streams.get("zendesk_ratings", "rating_id", "created_at")

    def ticket(self, row: Row) -> Row:
        """A ticket as exports and lists give it."""
        subject = subject_of(row)
        rating = {"score": row["score"] or "unoffered"}
        return {
            "url": f"https://selvage.zendesk.com/api/v2/tickets/{row['ticket_id']}.json",
            "id": row["ticket_id"],
            "external_id": None,
            "via": {"channel": row["channel"], "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": row["created_at"],
            "updated_at": row["touched_at"],
            "generated_timestamp": seconds_of(row["updated_at"]),
            "type": row["type"],
            "subject": subject,
            "raw_subject": subject,
            "description": TEXTS[0].format(name="a customer", subject=subject),
            "priority": row["priority"],
            "status": row["status"],
            "recipient": None,
            "requester_id": row["requester_id"],
            "submitter_id": row["requester_id"],
            "assignee_id": row["assignee_id"],
            "organization_id": None,
            "group_id": GROUP,
            "brand_id": BRAND,
            "is_public": True,
            "tags": [row["reason"]],
            "custom_fields": [
                {"id": REASON_FIELD, "value": row["reason"]},
                {"id": ORDER_FIELD, "value": row["order_field"]},
            ],
            "satisfaction_rating": rating,
            "followup_ids": [],
            "from_messaging_channel": row["channel"] == "native_messaging",
        }

    def metric_set(self, row: Row) -> Row:
        minutes = {"calendar": row["reply_minutes"], "business": row["reply_minutes"]}
        return {
            "id": 7_000_000 + row["ticket_id"],
            "ticket_id": row["ticket_id"],
            "reopens": row["reopens"],
            "replies": row["replies"],
            "reply_time_in_minutes": minutes,
            "solved_at": row["solved_at"],
            "assigned_at": None,
            "created_at": row["created_at"],
            "updated_at": row["touched_at"],
        }

    def user(self, row: Row) -> Row:
        return {
            "id": row["user_id"],
            "url": f"https://selvage.zendesk.com/api/v2/users/{row['user_id']}.json",
            "name": row["name"],
            "email": row["email"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "time_zone": "Eastern Time (US & Canada)",
            "phone": row["phone"],
            "shared_phone_number": row["shared_phone_number"] if row["phone"] else None,
            "external_id": row["external_id"],
            "role": row["role"],
            "verified": row["email"] is not None,
            "active": True,
            "suspended": False,
            "permanently_deleted": False,
            "notes": "",
            "details": "",
            "tags": [],
            "user_fields": self.fields_of(row["user_id"]),
        }

    def identities(self, row: Row) -> list[Row]:
        """The primary address and those of merged users; a phone only where it is this user's own line."""
        emails = [one for one in (row["email"], *row["further_emails"]) if one]
        own = [row["phone"]] if row["phone"] and not row["shared_phone_number"] else []
        found = [("email", one) for one in emails] + [("phone_number", one) for one in (*own, *row["further_phones"])]
        return [
            {
                "id": row["user_id"] * 10 + number,
                "user_id": row["user_id"],
                "type": kind,
                "value": value,
                "verified": kind == "email",
                "primary": number == 0,
                "created_at": row["created_at"],
                "updated_at": row["updated_at"],
            }
            for number, (kind, value) in enumerate(found)
        ]

    def comment(self, row: Row, name: str) -> Row:
        body = TEXTS[row["kind"]].format(name=name, subject="Where is my order")
        return {
            "id": row["comment_id"] + 1,
            "type": "Comment",
            "author_id": row["author_id"],
            "body": body,
            "html_body": f'<div class="zd-comment">{body}</div>',
            "plain_body": body,
            "public": row["public"],
            "attachments": [],
            "audit_id": row["comment_id"],
            "via": {"channel": row["channel"], "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": row["created_at"],
        }

    def name_of(self, user_id: int) -> str:
        found = self.users().row(user_id)
        return str(found["name"]) if found else "somebody"


def subject_of(row: Row) -> str:
    number = f" #{row['order_in_subject']}" if row["order_in_subject"] else ""
    return SUBJECTS[row["reason"]] + number
