"""Google Ads' tables: the account and its ads, what Google says of each day in versions, what it claims.

A Performance Max campaign has asset groups and no ads; here both are in ``google_ads_ads``, told apart by ``kind``. Of
an order that follows two clicks each has a half (``share``).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.ad_platforms import GOOGLE_ADS
from sandbox.brand.ad_tables import OPENED, Account, Table, claimed, make_account, told_days
from sandbox.brand.basis import NEVER
from sandbox.brand.behaviour import Visits
from sandbox.brand.shop import Shop
from sandbox.brand.texts import either, join, stamps, take

CUSTOMER_ID, MANAGER_ID = 1_112_223_333, 9_998_887_777
CAMPAIGNS = GOOGLE_ADS.campaigns
CHANNEL_TYPES = ("SEARCH", "SEARCH", "PERFORMANCE_MAX", "SEARCH", "SEARCH", "VIDEO")
CAMPAIGN_IDS = 21_700_000_001 + np.arange(len(CAMPAIGNS)) * 137
AD_GROUP_IDS = 161_800_000_001 + np.arange(len(CAMPAIGNS)) * 91
AD_IDS = 705_300_000_001 + np.arange(GOOGLE_ADS.ads) * 43
IS_ASSET_GROUP = np.array([kind == "PERFORMANCE_MAX" for kind in CHANNEL_TYPES])[GOOGLE_ADS.ad_campaign]
# id, name, category, is it in the column "conversions" and not in "all conversions" alone
ACTIONS = (
    (777_000_001, "Purchase", "PURCHASE", True),
    (777_000_002, "GA4 purchase", "PURCHASE", False),
    (777_000_004, "Newsletter", "SIGNUP", True),
)


def make_google_ads(shop: Shop, visits: Visits) -> Account:
    """Make the account around the visits that its ads brought."""
    return make_account(shop, visits, GOOGLE_ADS, AD_IDS, CAMPAIGN_IDS)


def google_ads_tables(google: Account) -> dict[str, Table]:
    """The vendor's tables, by name."""
    return {**_objects(google), "google_ads_metrics": _metrics(google), "google_ads_conversions": _conversions(google)}


def _objects(google: Account) -> dict[str, Table]:
    created, ends, opened = google.created, google.ended, stamps(np.full(2, OPENED))
    ids, names, categories, primary = zip(*ACTIONS, strict=True)
    name = join(take(CAMPAIGNS, GOOGLE_ADS.ad_campaign), " - ", take(GOOGLE_ADS.creatives, GOOGLE_ADS.ad_creative))
    return {
        "google_ads_customers": {
            "customer_id": np.array([CUSTOMER_ID, MANAGER_ID]),
            "descriptive_name": pa.array(["Selvage and Loom US", "Selvage and Loom, all shops"]),
            "currency_code": pa.array(["USD", "USD"]),
            "time_zone": pa.array([GOOGLE_ADS.zone, GOOGLE_ADS.zone]),
            "manager": pa.array([False, True]),
            "revealed_at": opened,
        },
        "google_ads_conversion_actions": {
            "conversion_action_id": np.array(ids),
            "name": pa.array(names),
            "category": pa.array(categories),
            "is_primary": pa.array(primary),
            "revealed_at": stamps(np.full(len(ACTIONS), OPENED)),
        },
        "google_ads_campaigns": {
            "campaign_id": CAMPAIGN_IDS,
            "name": pa.array(CAMPAIGNS),
            "channel_type": pa.array(CHANNEL_TYPES),
            "revealed_at": stamps(created),
        },
        "google_ads_ad_groups": {
            "ad_group_id": AD_GROUP_IDS,
            "campaign_id": CAMPAIGN_IDS,
            "name": join(pa.array(CAMPAIGNS), " - all"),
            "revealed_at": stamps(created + 1_800),
        },
        "google_ads_ads": {
            "ad_id": AD_IDS,
            "kind": take(("ad", "asset_group"), IS_ASSET_GROUP.astype(np.int64)),
            "ad_group_id": AD_GROUP_IDS[GOOGLE_ADS.ad_campaign],
            "campaign_id": CAMPAIGN_IDS[GOOGLE_ADS.ad_campaign],
            "name": either(ends < NEVER, join(name, " (first cut)"), name),
            "revealed_at": stamps(created[GOOGLE_ADS.ad_campaign] + 7_200),
            "removed_at": stamps(ends),
        },
    }


def _metrics(google: Account) -> Table:
    """What Google says of an ad and a day; a new version with each restatement."""
    told, _, columns = told_days(google)
    return {"metric_id": told.cell + 1, **columns}


def _conversions(google: Account) -> Table:
    """The claims, which the vendor adds up by day and conversion action."""
    by_time, columns = claimed(google)
    return {**columns, "share": google.claims.share[by_time]}
