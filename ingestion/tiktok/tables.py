"""The raw tables of TikTok: which field of an object becomes which column, and with that what is asked for.

Ids are text (their 19 digits do not fit a double), money a decimal in the advertiser's currency. Figures come as text.
Of what TikTok claims, ``complete_payment`` is purchases on the web, ``vta_`` the part of them after a view alone, and
``total_complete_payment_rate`` is no rate but what all of them were worth.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.tables import Column, Table


def _same(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, path=name) for name in names)


# Times of objects are UTC and do not say so.
CHANGES = (Column("create_time", "ts", "create_time"), Column("modify_time", "ts", "modify_time"))
STATUSES = _same("operation_status", "secondary_status")


@dataclass(frozen=True)
class Objects:
    """One kind of object: its list and its table."""

    path: str
    table: Table

    @property
    def fields(self) -> list[str]:
        """What is asked for."""
        return list(dict.fromkeys(path for column in self.table.columns for path in column.path.split("|")))

    @property
    def key(self) -> str:
        return self.table.key


ADVERTISERS = Objects(
    "advertiser/info",
    Table(
        "advertisers",
        "advertiser",
        (
            *_same("advertiser_id", "name", "company", "country", "currency"),
            Column("timezone", path="display_timezone|timezone"),
            *_same("status"),
        ),
    ),
)
OBJECTS = (
    Objects(
        "campaign/get",
        Table(
            "campaigns",
            "campaign",
            (
                *_same("campaign_id", "advertiser_id", "campaign_name", "objective_type", "budget_mode"),
                Column("budget", "dec", "budget"),
                *STATUSES,
                *CHANGES,
            ),
        ),
    ),
    Objects(
        "adgroup/get",
        Table(
            "ad_groups",
            "ad_group",
            (
                *_same("adgroup_id", "advertiser_id", "campaign_id", "adgroup_name", "optimization_goal"),
                *_same("click_attribution_window", "view_attribution_window"),
                *STATUSES,
                *CHANGES,
            ),
        ),
    ),
    Objects(
        "ad/get",
        Table(
            "ads",
            "ad",
            (
                *_same("ad_id", "advertiser_id", "campaign_id", "adgroup_id", "ad_name", "ad_format"),
                *STATUSES,
                *CHANGES,
            ),
        ),
    ),
)
NAMES = ("campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_name")
COUNTS = ("impressions", "clicks", "conversion", "complete_payment", "vta_complete_payment")
AMOUNTS = ("spend", "total_complete_payment_rate", "vta_complete_payment_value")
METRICS = [*NAMES, *COUNTS, *AMOUNTS]
REPORTS = Table(
    "reports",
    "report",
    (
        *_same("advertiser_id", "account_currency", "account_timezone", "ad_id", "stat_date", *NAMES),
        *(Column(name, "bigint", name) for name in COUNTS),
        *(Column(name, "dec", name) for name in AMOUNTS),
    ),
)
