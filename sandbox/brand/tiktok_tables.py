"""TikTok's tables: the advertiser and its ads, what it says of each day in versions, what it claims."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.ad_platforms import TIKTOK
from sandbox.brand.ad_tables import OPENED, Account, Table, claimed, make_account, told_days
from sandbox.brand.basis import NEVER
from sandbox.brand.behaviour import Visits
from sandbox.brand.shop import Shop
from sandbox.brand.texts import either, join, stamps, take

ADVERTISER_ID = 7_000_000_000_000_000_001
CAMPAIGNS = TIKTOK.campaigns
CAMPAIGN_IDS = 1_790_100_000_000_000_001 + np.arange(len(CAMPAIGNS)) * 1_210
# Two ad groups a campaign: the first two creatives in one, the others in the other.
ADGROUP_IDS = 1_790_200_000_000_000_001 + np.arange(2 * len(CAMPAIGNS)) * 870
AD_IDS = 1_790_300_000_000_000_001 + np.arange(TIKTOK.ads) * 510
AD_ADGROUP = TIKTOK.ad_campaign * 2 + TIKTOK.ad_creative // 2
ADGROUP_NAMES = ("broad", "interests")


def make_tiktok(shop: Shop, visits: Visits) -> Account:
    """Make the account around the visits that its ads brought."""
    return make_account(shop, visits, TIKTOK, AD_IDS, CAMPAIGN_IDS)


def tiktok_tables(tiktok: Account) -> dict[str, Table]:
    """The vendor's tables, by name."""
    return {**_objects(tiktok), "tiktok_reports": _reports(tiktok), "tiktok_conversions": claimed(tiktok)[1]}


def _objects(tiktok: Account) -> dict[str, Table]:
    campaigns, adgroups = len(CAMPAIGNS), len(ADGROUP_IDS)
    created, ends = tiktok.created, tiktok.ended
    changed = np.where(ends < NEVER, ends, created[TIKTOK.ad_campaign] + 7_200)
    name = take(TIKTOK.creatives, TIKTOK.ad_creative)
    return {
        "tiktok_advertisers": {
            "advertiser_id": np.array([ADVERTISER_ID]),
            "name": pa.array(["Selvage and Loom US"]),
            "currency": pa.array(["USD"]),
            "timezone": pa.array([TIKTOK.zone]),
            "created_at": stamps(np.array([OPENED])),
            "revealed_at": stamps(np.array([OPENED])),
        },
        "tiktok_campaigns": {
            "campaign_id": CAMPAIGN_IDS,
            "campaign_name": pa.array(CAMPAIGNS),
            "objective_type": take(("WEB_CONVERSIONS",), np.zeros(campaigns, np.int64)),
            "budget_cents": 4_000 + 1_500 * np.arange(campaigns),
            "created_at": stamps(created),
            "updated_at": stamps(created + 3_600),
            "revealed_at": stamps(created),
        },
        "tiktok_adgroups": {
            "adgroup_id": ADGROUP_IDS,
            "campaign_id": np.repeat(CAMPAIGN_IDS, 2),
            "adgroup_name": join(
                take(CAMPAIGNS, np.arange(adgroups) // 2), " - ", take(ADGROUP_NAMES, np.arange(adgroups) % 2)
            ),
            "created_at": stamps(np.repeat(created, 2) + 1_800),
            "updated_at": stamps(np.repeat(created, 2) + 5_400),
            "revealed_at": stamps(np.repeat(created, 2) + 1_800),
        },
        "tiktok_ads": {
            "ad_id": AD_IDS,
            "adgroup_id": ADGROUP_IDS[AD_ADGROUP],
            "campaign_id": CAMPAIGN_IDS[TIKTOK.ad_campaign],
            "ad_name": either(ends < NEVER, join(name, " (first cut)"), name),
            "created_at": stamps(created[TIKTOK.ad_campaign] + 7_200),
            "updated_at": stamps(np.minimum(changed, tiktok.shop.basis.end)),
            "revealed_at": stamps(created[TIKTOK.ad_campaign] + 7_200),
            "deleted_at": stamps(ends),
        },
    }


def _reports(tiktok: Account) -> Table:
    """What TikTok says of an ad and a day; a new version with each restatement."""
    told, _, columns = told_days(tiktok)
    return {"report_id": told.cell + 1, **columns, "reach": told.reach}
