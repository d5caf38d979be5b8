"""What the pages say and how they write figures: money with its currency, counts, times, channels in words."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.data import Marts, local

SPELLED = {
    "email": "E-mail",
    "sms": "SMS",
    "qr_code": "QR code",
    "tiktok": "TikTok",
    "whatsapp": "WhatsApp",
    "paid_search": "Paid search",
    "shopify_customer_id": "Shopify customer id",
    "klaviyo_profile_id": "Klaviyo profile id",
}
NONE = "–"


def label(word: str | None) -> str:
    """``paid_social`` as a person writes it: Paid social."""
    if word is None or pd.isna(word):
        return NONE
    text = word.replace("_", " ")
    return SPELLED.get(word, text[:1].upper() + text[1:])


def money(amount: Decimal | float | None, currency: str) -> str:
    """``USD 671,211``; with cents below ten thousand."""
    if amount is None or pd.isna(amount):
        return NONE
    places = 0 if abs(float(amount)) >= 10_000 else 2
    return f"{currency} {amount:,.{places}f}"


def number(value: Any, places: int = 0) -> str:
    return NONE if value is None or pd.isna(value) else f"{value:,.{places}f}"


def counted(value: int, noun: str) -> str:
    """1 account, 2 accounts."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def percent(part: Any, whole: Any) -> str:
    """A share without decimals; below 10 % with one."""
    if part is None or not whole:
        return NONE
    share = 100 * float(part) / float(whole)
    return f"{share:.0f} %" if abs(share) >= 10 or share == 0 else f"{share:.1f} %"


def day(when: date | datetime | None) -> str:
    return NONE if when is None or pd.isna(when) else f"{when.day} {when:%b %Y}"


def moment(when: datetime | None, marts: Marts) -> str:
    """A time in UTC without zone, told in the brand's zone: 22 Nov 2026, 02:41 EST."""
    if when is None or pd.isna(when):
        return NONE
    there = local(when, marts.zone)
    return f"{day(there)}, {there:%H:%M %Z}"


def heading(marts: Marts, title: str, about: str) -> None:
    """The top of every page: what it shows, when it was published, and up to when the data run."""
    st.title(title, anchor=False)
    published, as_of = moment(marts.build.published_at, marts), moment(marts.build.as_of, marts)
    st.caption(f"{about}  \nPublished {published} · data up to {as_of}")


def explain_absence(marts: Marts, mart: str, what: str, how: str = "") -> None:
    """Say in words why there is nothing to see: by the brand's design, not published yet, or no rows yet."""
    if mart in marts.brand.empty_marts:
        st.info(f"No {what} for this brand, by design: {marts.brand.empty_marts[mart]}.")
    elif mart not in marts.columns:
        st.info(f"No {what} yet: {mart} isn't published. {how}".rstrip())
    else:
        st.info(f"No {what} yet: {mart} is empty. {how}".rstrip())
