"""The platforms that sell the shop's ads: which visits came from whom, and how each counts its days and its claims.

A platform's ads are its campaigns times its creatives, and then the silent ones: those that cost money and brought
nobody. A visit belongs to a platform by the source that its mark names (a click id alone is a search ad's).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sandbox.brand.basis import Ints
from sandbox.brand.channels import CONTENTS, MARK_CHANNEL, PAID_CAMPAIGNS, PAID_SEARCH, PAID_SOCIAL, SOURCES


@dataclass(frozen=True)
class Silent:
    """An ad that brought nobody: of a campaign, with a creative, for so many days from the first (0: for all)."""

    campaign: int
    creative: int
    days: int = 0


@dataclass(frozen=True)
class Platform:
    """One account with one platform. ``stream`` begins the names of its streams of chance."""

    name: str
    stream: str
    zone: str
    channel: int
    publishers: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]
    """By publisher, in lower case; "" for a mark without a source."""
    creatives: tuple[str, ...]
    silent: tuple[Silent, ...]
    more_campaigns: tuple[str, ...] = ()
    """Campaigns that no link names."""
    click_cents: tuple[float, float] = (110, 230)
    views_of_click: tuple[float, float] = (55, 110)
    settles_after_days: int = 28
    click_days: int = 7
    """An order so many days after a click is claimed by default."""
    most_click_days: int = 28
    shown: float = 0.07
    """The part of orders that is claimed for an ad somebody was merely shown."""
    splits: bool = False
    """Whether an order after two clicks is claimed by halves, and not whole by the newer one."""

    @property
    def visited_campaigns(self) -> tuple[str, ...]:
        return PAID_CAMPAIGNS[self.channel]

    @property
    def campaigns(self) -> tuple[str, ...]:
        return (*self.visited_campaigns, *self.more_campaigns)

    @cached_property
    def ad_campaign(self) -> Ints:
        """The campaign of each ad."""
        visited = np.repeat(np.arange(len(self.visited_campaigns)), len(self.creatives))
        return np.append(visited, [one.campaign for one in self.silent]).astype(np.int64)

    @cached_property
    def ad_creative(self) -> Ints:
        """The creative of each ad."""
        visited = np.tile(np.arange(len(self.creatives)), len(self.visited_campaigns))
        return np.append(visited, [one.creative for one in self.silent]).astype(np.int64)

    @property
    def ads(self) -> int:
        return len(self.ad_campaign)

    @cached_property
    def silent_ads(self) -> Ints:
        return np.arange(self.ads - len(self.silent), self.ads)

    @cached_property
    def ended_ads(self) -> Ints:
        """The silent ads that ran at first only; they have spent money, and are on no usual list of ads any more."""
        return self.silent_ads[[one.days > 0 for one in self.silent]]

    @property
    def mark_publisher(self) -> Ints:
        """The publisher of each row of MARKS, -1 for a visit that is not this platform's."""
        found = np.full(len(SOURCES), -1)
        for publisher, names in enumerate(self.sources):
            found[[(source or "").lower() in names for source in SOURCES]] = publisher
        found[self.channel != MARK_CHANNEL] = -1
        return found


META = Platform(
    name="meta",
    stream="",
    zone="America/Los_Angeles",
    channel=PAID_SOCIAL,
    publishers=("facebook", "instagram"),
    sources=(("facebook", "fb", "fb ads"), ("instagram", "ig")),
    creatives=CONTENTS,
    silent=(Silent(campaign=3, creative=1, days=20),),
)
TIKTOK = Platform(
    name="tiktok",
    stream="tiktok ",
    zone="America/New_York",
    channel=PAID_SOCIAL,
    publishers=("tiktok",),
    sources=(("tiktok", "tt"),),
    creatives=CONTENTS,
    silent=(Silent(campaign=0, creative=3, days=25),),
    click_cents=(70, 160),
    views_of_click=(80, 160),
    shown=0.05,
)
GOOGLE_ADS = Platform(
    name="google",
    stream="google ads ",
    zone="America/Chicago",
    channel=PAID_SEARCH,
    publishers=("google",),
    sources=(("google", "adwords", ""),),
    creatives=("responsive_a", "responsive_b"),
    silent=(Silent(campaign=1, creative=0, days=22), Silent(campaign=5, creative=0)),
    more_campaigns=("video_loom_story",),
    click_cents=(90, 260),
    views_of_click=(9, 22),
    settles_after_days=30,
    click_days=30,
    most_click_days=30,
    shown=0.0,
    splits=True,
)
PLATFORMS = (META, TIKTOK, GOOGLE_ADS)
