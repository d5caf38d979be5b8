"""The raw tables of Meta: which field of an object becomes which column, and with that what is asked for.

Ids are text (they do not fit a double), money a decimal. Budgets are minor units of the account's currency as Meta
tells them, spend is not. ``actions`` and ``action_values`` stay JSON: which action is a purchase is a seed's word.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.tables import Column, Table

CAMPAIGN_STATUSES = ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES")
AD_SET_STATUSES = (*CAMPAIGN_STATUSES, "CAMPAIGN_PAUSED")
AD_STATUSES = (
    *AD_SET_STATUSES,
    "ADSET_PAUSED",
    "PENDING_REVIEW",
    "DISAPPROVED",
    "PREAPPROVED",
    "PENDING_BILLING_INFO",
)
WINDOWS = ("7d_click", "1d_view", "default")


def _same(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, path=name) for name in names)


def _times(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "ts", name) for name in names)


CHANGES = _times("created_time", "updated_time")


@dataclass(frozen=True)
class Objects:
    """One kind of object: its list below the account ("" for the account itself), its table, and its statuses.

    The statuses are asked for by name: without that, archived and deleted objects are left out.
    """

    edge: str
    table: Table
    statuses: tuple[str, ...] = ()

    @property
    def fields(self) -> str:
        """What is asked for: the first part of each path, once."""
        return ",".join(dict.fromkeys(column.path.partition(".")[0] for column in self.table.columns))


OBJECTS = (
    Objects(
        "",
        Table(
            "accounts",
            "account",
            (
                *_same("id", "account_id", "name", "currency", "timezone_name"),
                Column("account_status", "bigint", "account_status"),
            ),
        ),
    ),
    Objects(
        "campaigns",
        Table(
            "campaigns",
            "campaign",
            (
                *_same("id", "account_id", "name", "objective", "status", "effective_status"),
                Column("daily_budget", "bigint", "daily_budget"),
                *CHANGES,
            ),
        ),
        CAMPAIGN_STATUSES,
    ),
    Objects(
        "adsets",
        Table(
            "ad_sets",
            "ad_set",
            (
                *_same("id", "account_id", "campaign_id", "name", "status", "effective_status", "optimization_goal"),
                Column("attribution_spec", "json", "attribution_spec"),
                *CHANGES,
            ),
        ),
        AD_SET_STATUSES,
    ),
    Objects(
        "ads",
        Table(
            "ads",
            "ad",
            (*_same("id", "account_id", "campaign_id", "adset_id", "name", "status", "effective_status"), *CHANGES),
        ),
        AD_STATUSES,
    ),
)
INSIGHTS = Table(
    "insights",
    "insight",
    (
        *_same("account_id", "account_name", "account_currency", "account_timezone"),
        *_same("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name"),
        *_same("publisher_platform", "date_start", "date_stop", "attribution_setting"),
        Column("impressions", "bigint", "impressions"),
        Column("clicks", "bigint", "clicks"),
        Column("inline_link_clicks", "bigint", "inline_link_clicks"),
        Column("spend", "dec", "spend"),
        Column("actions", "json", "actions"),
        Column("action_values", "json", "action_values"),
    ),
)
# The time zone is the account's and added here; the publisher comes with its breakdown.
ADDED = {"account_timezone", "publisher_platform", "date_start", "date_stop"}
FIELDS = ",".join(column.path for column in INSIGHTS.columns if column.path not in ADDED)
