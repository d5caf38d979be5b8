"""Channels: how strongly each one truly makes people buy, and the marks its visits carry.

The causal model: on each day a person's chance to buy is ``hazard x season x (1 + sum of uplift x exposure)``, where
the exposure to a channel is 1 after a visit through it and halves every ``half_life`` days. Visits that are direct or
from organic search have no effect of their own: they show up before an order because buyers come to buy, and a good
attribution should find that out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import Ints
from sandbox.brand.texts import either, join, letter_token, take, uniform


@dataclass(frozen=True)
class Channel:
    """One channel: its true effect and how common its visits are."""

    name: str
    uplift: float
    half_life: float
    visits: float
    """Visits per person and day on average; e-mail visits come from clicks."""


CHANNELS = (
    Channel("email", 4.0, 2.0, 0.0),
    Channel("paid_search", 3.0, 1.5, 0.014),
    Channel("paid_social", 2.0, 2.0, 0.018),
    Channel("organic_search", 0.0, 1.0, 0.022),
    Channel("direct", 0.0, 1.0, 0.026),
    Channel("referral", 1.5, 1.0, 0.005),
    Channel("affiliate", 0.4, 1.0, 0.006),
)
NAMES = tuple(channel.name for channel in CHANNELS)
EMAIL, PAID_SEARCH, PAID_SOCIAL, ORGANIC, DIRECT, REFERRAL, AFFILIATE = range(len(CHANNELS))
BASELINE = len(CHANNELS)

# channel, utm_source, utm_medium, click id parameter, referrer, how often
MARKS: tuple[tuple[int, str | None, str | None, str | None, str | None, float], ...] = (
    (EMAIL, "klaviyo", "email", None, None, 0.8),
    (EMAIL, "Klaviyo", "Email", None, None, 0.12),
    (EMAIL, "klaviyo", "e-mail", None, "https://mail.example.com/", 0.08),
    (PAID_SEARCH, "google", "cpc", "gclid", "https://www.google.com/", 0.6),
    (PAID_SEARCH, "Google", "CPC", "gclid", "https://www.google.com/", 0.12),
    (PAID_SEARCH, "adwords", "ppc", "gclid", "https://www.google.com/", 0.1),
    (PAID_SEARCH, None, None, "gclid", "https://www.google.com/", 0.12),
    (PAID_SEARCH, "google", "cpc", None, "https://www.google.com/", 0.06),
    (PAID_SOCIAL, "facebook", "paid_social", "fbclid", "https://m.facebook.com/", 0.24),
    (PAID_SOCIAL, "fb", "paid", "fbclid", "https://m.facebook.com/", 0.12),
    (PAID_SOCIAL, "FB Ads", "Paid Social", "fbclid", None, 0.08),
    (PAID_SOCIAL, "Facebook", "cpc", "fbclid", "https://www.facebook.com/", 0.08),
    (PAID_SOCIAL, "instagram", "paid_social", "fbclid", "https://l.instagram.com/", 0.12),
    (PAID_SOCIAL, "ig", "paidsocial", "fbclid", None, 0.06),
    (PAID_SOCIAL, "tiktok", "paid_social", "ttclid", "https://www.tiktok.com/", 0.2),
    (PAID_SOCIAL, "TikTok", "Paid_Social", "ttclid", None, 0.06),
    (PAID_SOCIAL, "tt", "cpc", "ttclid", None, 0.04),
    (ORGANIC, None, None, None, "https://www.google.com/", 0.84),
    (ORGANIC, None, None, None, "https://www.bing.com/", 0.1),
    (ORGANIC, None, None, None, "https://duckduckgo.com/", 0.06),
    (DIRECT, None, None, None, None, 0.96),
    (DIRECT, None, None, None, "https://checkout.shop.example.com/", 0.04),
    # what is scanned off paper; the scenario qr_codes says how often
    (DIRECT, "poster", "qr", None, None, 0.0),
    (DIRECT, "packaging", "QR-Code", None, None, 0.0),
    (REFERRAL, None, None, None, "https://blog.example.org/best-linen", 0.6),
    (REFERRAL, None, None, None, "https://reviews.example.net/wardrobe", 0.4),
    (AFFILIATE, "awin", "affiliate", None, "https://deals.example.org/", 0.6),
    (AFFILIATE, "AWIN", "Affiliate", None, "https://deals.example.org/", 0.2),
    (AFFILIATE, "cashback_club", "affiliates", None, "https://cashback.example.net/", 0.2),
    # a notification of the app; app.py says which visits it opened
    (DIRECT, "Klaviyo", "Push", None, None, 0.0),
)
MARK_CHANNEL = np.array([mark[0] for mark in MARKS])
SOURCES = tuple(mark[1] for mark in MARKS)
MEDIUMS = tuple(mark[2] for mark in MARKS)
CLICK_IDS = tuple(mark[3] for mark in MARKS)
REFERRERS = tuple(mark[4] for mark in MARKS)

PAID_CAMPAIGNS = {
    PAID_SEARCH: ("brand_search", "nonbrand_linen", "shopping_all", "nonbrand_dresses", "Brand Search"),
    PAID_SOCIAL: ("prospecting_spring", "retargeting_cart", "lookalike_1pct", "video_views_loom", "Prospecting Spring"),
    AFFILIATE: ("always_on", "voucher_may"),
}
PRINT_CAMPAIGNS = ("station_poster", "parcel_insert")
"""Of the marks that are scanned, in their order."""
SCANNED = tuple(row for row, mark in enumerate(MARKS) if str(mark[2]).lower().startswith("qr"))
PUSHED = len(MARKS) - 1
UNTAGGED = next(row for row, mark in enumerate(MARKS) if mark[:5] == (DIRECT, None, None, None, None))
VANITY_PATHS = ("/catalogue", "/station")
"""Short addresses on paper and in the street: nothing but the page tells where the visit comes from."""
TERMS = ("linen shirt", "summer dress", "wool throw", "canvas tote", "selvage denim")
CONTENTS = ("carousel_a", "video_b", "static_c", "story_d")


def choose_marks(channel: Ints, salt: int) -> Ints:
    """The row of MARKS of each visit."""
    chance = uniform(np.arange(len(channel)), salt)
    mark = np.zeros(len(channel), dtype=np.int64)
    for code in range(len(CHANNELS)):
        rows = np.flatnonzero(code == MARK_CHANNEL)
        edges = np.cumsum([MARKS[row][5] for row in rows])
        here = channel == code
        mark[here] = rows[np.searchsorted(edges[:-1], chance[here] * edges[-1], side="right")]
    return mark


def campaign_pool(email_slugs: pa.Array) -> tuple[pa.Array, dict[int, tuple[int, int]]]:
    """All campaign names as one pool: e-mails, the paid ones, those on paper; with (start, count) of each channel."""
    names: list[str] = []
    place = {}
    for channel, campaigns in (*PAID_CAMPAIGNS.items(), (DIRECT, PRINT_CAMPAIGNS)):
        place[channel] = (len(email_slugs) + len(names), len(campaigns))
        names.extend(campaigns)
    return pa.concat_arrays([email_slugs, pa.array(names, pa.string())]), place


@dataclass
class Landing:
    """How visits arrive: text made on demand for the rows that are asked for."""

    mark: Ints
    campaign: Ints
    path: Ints
    campaigns: pa.Array
    paths: pa.Array
    salt: int

    def search(self, visits: Ints) -> pa.Array:
        """The query string with its '?', '' for a bare visit."""
        mark, campaign = self.mark[visits], self.campaign[visits]
        has_source = np.array([source is not None for source in SOURCES])[mark]
        click = take(CLICK_IDS, mark.copy()).fill_null("")
        has_click = np.array([name is not None for name in CLICK_IDS])[mark]
        with_campaign = has_source & (campaign >= 0)
        utm = join(
            "utm_source=", _escape(take(SOURCES, mark).fill_null("")),
            "&utm_medium=", _escape(take(MEDIUMS, mark).fill_null("")),
            either(with_campaign, join("&utm_campaign=", _escape(take(self.campaigns, campaign).fill_null(""))), ""),
        )  # fmt: skip
        term, content = self.term(visits), self.content(visits)
        utm = join(
            utm,
            join("&utm_term=", _escape(term)).fill_null(""),
            join("&utm_content=", content).fill_null(""),
        )
        click_id = join(click, "=", letter_token(visits, self.salt, 44))
        text = either(has_source, utm, "")
        text = either(has_click, either(has_source, join(text, "&", click_id), click_id), text)
        return either(has_source | has_click, join("?", text), "")

    def term(self, visits: Ints) -> pa.Array:
        """The keyword of paid searches; null for other visits, and for visits below zero."""
        here = (visits >= 0) & (MARK_CHANNEL[self.mark[visits]] == PAID_SEARCH)
        chance = uniform(visits, self.salt + 1)
        return take(TERMS, np.where(here & (chance < 0.7), (chance * 7).astype(np.int64) % len(TERMS), -1))

    def content(self, visits: Ints) -> pa.Array:
        """The creative of paid social visits."""
        here = (visits >= 0) & (MARK_CHANNEL[self.mark[visits]] == PAID_SOCIAL)
        chance = uniform(visits, self.salt + 2)
        return take(CONTENTS, np.where(here, (chance * len(CONTENTS)).astype(np.int64), -1))

    def path_text(self, visits: Ints) -> pa.Array:
        """Path of the page a visit lands on."""
        return take(self.paths, self.path[visits])

    def url(self, visits: Ints) -> pa.Array:
        """The whole landing URL."""
        return join(words.SHOP, self.path_text(visits), self.search(visits))

    def referrer(self, visits: Ints) -> pa.Array:
        """The page a visit came from, null for none."""
        return take(REFERRERS, self.mark[visits])


def _escape(text: pa.Array) -> pa.Array:
    return pc.replace_substring(text, " ", "%20")
