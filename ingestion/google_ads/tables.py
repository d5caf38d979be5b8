"""The raw tables of Google Ads: which field of a query becomes which column, and with that what is asked for.

A query names its fields in GAQL (``metrics.cost_micros``) and its answer in JSON (``metrics.costMicros``). Ids are
text; cost stays in whole millionths, conversions are broken numbers and become decimals.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.tables import Column, Table, Type


@dataclass(frozen=True)
class Field:
    """One column and the field of GAQL that fills it."""

    column: str
    gaql: str
    type: Type = "text"

    @property
    def path(self) -> str:
        """Where the answer has it."""
        return ".".join(_camel(part) for part in self.gaql.split("."))


@dataclass(frozen=True)
class Objects:
    """One kind of object: the resource it is read from, and its table. ``id`` is where an answer has its key."""

    resource: str
    table: Table
    fields: tuple[Field, ...]

    @property
    def query(self) -> str:
        return f"SELECT {', '.join(field.gaql for field in self.fields)} FROM {self.resource}"


@dataclass(frozen=True)
class Report:
    """Figures by day: the resources that they are read from, each with its fields."""

    table: Table
    resources: dict[str, tuple[Field, ...]]

    def query(self, resource: str, first: str, last: str) -> str:
        names = ", ".join(field.gaql for field in self.resources[resource])
        return f"SELECT {names} FROM {resource} WHERE segments.date BETWEEN '{first}' AND '{last}'"


def _camel(part: str) -> str:
    first, *more = part.split("_")
    return first + "".join(word.title() for word in more)


def _objects(resource: str, name: str, *fields: Field) -> Objects:
    account = () if resource == "customer" else (Column("customer_id", path="customer_id"),)
    columns = tuple(Column(field.column, field.type, field.path) for field in fields)
    return Objects(resource, Table(name, name, (columns[0], *account, *columns[1:])), fields)


CUSTOMERS = _objects(
    "customer",
    "customers",
    Field("id", "customer.id"),
    Field("descriptive_name", "customer.descriptive_name"),
    Field("currency_code", "customer.currency_code"),
    Field("time_zone", "customer.time_zone"),
    Field("manager", "customer.manager", "bool"),
    Field("status", "customer.status"),
)
OBJECTS = (
    _objects(
        "campaign",
        "campaigns",
        Field("id", "campaign.id"),
        Field("name", "campaign.name"),
        Field("advertising_channel_type", "campaign.advertising_channel_type"),
        Field("status", "campaign.status"),
    ),
    _objects(
        "ad_group",
        "ad_groups",
        Field("id", "ad_group.id"),
        Field("campaign_id", "campaign.id"),
        Field("name", "ad_group.name"),
        Field("type", "ad_group.type"),
        Field("status", "ad_group.status"),
    ),
    _objects(
        "ad_group_ad",
        "ads",
        Field("id", "ad_group_ad.ad.id"),
        Field("campaign_id", "campaign.id"),
        Field("ad_group_id", "ad_group.id"),
        Field("name", "ad_group_ad.ad.name"),
        Field("type", "ad_group_ad.ad.type"),
        Field("status", "ad_group_ad.status"),
    ),
    _objects(
        "asset_group",
        "asset_groups",
        Field("id", "asset_group.id"),
        Field("campaign_id", "campaign.id"),
        Field("name", "asset_group.name"),
        Field("status", "asset_group.status"),
    ),
    _objects(
        "conversion_action",
        "conversion_actions",
        Field("id", "conversion_action.id"),
        Field("name", "conversion_action.name"),
        Field("category", "conversion_action.category"),
        Field("primary_for_goal", "conversion_action.primary_for_goal", "bool"),
        Field("status", "conversion_action.status"),
    ),
)
DAY = Field("date", "segments.date")
CAMPAIGN = (
    Field("campaign_id", "campaign.id"),
    Field("campaign_name", "campaign.name"),
    Field("advertising_channel_type", "campaign.advertising_channel_type"),
)
AD = (
    Field("ad_group_id", "ad_group.id"),
    Field("ad_group_name", "ad_group.name"),
    Field("ad_id", "ad_group_ad.ad.id"),
    Field("ad_name", "ad_group_ad.ad.name"),
)
# Performance Max has no ads: its asset groups stand for them.
ASSET_GROUP = (Field("asset_group_id", "asset_group.id"), Field("asset_group_name", "asset_group.name"))
FIGURES = (
    Field("impressions", "metrics.impressions", "bigint"),
    Field("clicks", "metrics.clicks", "bigint"),
    Field("cost_micros", "metrics.cost_micros", "bigint"),
    Field("conversions", "metrics.conversions", "price"),
    Field("conversions_value", "metrics.conversions_value", "price"),
)
ACTIONS = (
    Field("conversion_action", "segments.conversion_action"),
    Field("conversion_action_name", "segments.conversion_action_name"),
    Field("conversion_action_category", "segments.conversion_action_category"),
)
BY_ACTION = (
    Field("conversions", "metrics.conversions", "price"),
    Field("conversions_value", "metrics.conversions_value", "price"),
    Field("all_conversions", "metrics.all_conversions", "price"),
    Field("all_conversions_value", "metrics.all_conversions_value", "price"),
)


AD_RESOURCES = {"ad_group_ad": (*CAMPAIGN, *AD), "asset_group": (*CAMPAIGN, *ASSET_GROUP)}


def _report(name: str, resources: dict[str, tuple[Field, ...]], *figures: Field) -> Report:
    """Columns are those of all resources together; what a resource does not tell is null in its rows."""
    told = dict.fromkeys(field for own in resources.values() for field in own)
    columns = tuple(Column(field.column, field.type, field.column) for field in (DAY, *told, *figures))
    account = tuple(Column(one, path=one) for one in ("customer_id", "account_currency", "account_timezone"))
    asked = {resource: (DAY, *own, *figures) for resource, own in resources.items()}
    return Report(Table(name, name, (*account, *columns)), asked)


METRICS = _report("metrics", AD_RESOURCES, *FIGURES)
# Cost can't be asked for by conversion action.
CONVERSIONS = _report("conversions", AD_RESOURCES, *ACTIONS, *BY_ACTION)
# Whether ads and asset groups together are all that the account paid for.
ACCOUNT_METRICS = _report("account_metrics", {"customer": ()}, *FIGURES[:3])
REPORTS = (METRICS, CONVERSIONS, ACCOUNT_METRICS)
