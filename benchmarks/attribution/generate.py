"""Touchpoints and conversions at scale, as the warehouse has them before paths: ids are texts of the usual length."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

CHANNELS = (
    "organic_search", "direct", "paid_search", "email", "paid_social", "referral", "affiliate", "display",
    "organic_social", "sms", "qr_code", "paid_other",
)  # fmt: skip
CAMPAIGNS_PER_CHANNEL = 17
DAYS, FIRST_CONVERSION_DAY = 90, 30

TOUCHPOINTS = """
    select
        'visit:' || md5('t' || touch) as touchpoint_id,
        'visit' as touch_type,
        channel,
        channel || '_' || campaign as campaign,
        'c_' || substr(md5('c' || customer), 1, 20) as customer_id,
        timestamp '2026-03-01' + to_seconds(second) as touched_at
    from touches
"""
CONVERSIONS = """
    select
        'shopify:' || conversion as conversion_id,
        'order' as conversion_type,
        'shopify' as source_system,
        'c_' || substr(md5('c' || customer), 1, 20) as customer_id,
        'USD' as currency_code,
        cast(cents / 100 as decimal(18, 4)) as conversion_value_amount,
        timestamp '2026-03-01' + to_seconds(second) as converted_at
    from conversions
"""


def generate(folder: Path, touches: int, conversions: int, customers: int, seed: int) -> None:
    """Write ``touchpoints.parquet`` and ``conversions.parquet``; channels are skewed, campaigns within them too."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(CHANNELS) + 1)
    channel = rng.choice(len(CHANNELS), touches, p=share / share.sum())
    tables = {
        "touches": pa.table(
            {
                "touch": np.arange(touches),
                "channel": pa.DictionaryArray.from_arrays(channel.astype(np.int32), list(CHANNELS)).cast(pa.string()),
                "campaign": np.minimum(rng.geometric(0.15, touches), CAMPAIGNS_PER_CHANNEL),
                "customer": rng.integers(0, customers, touches),
                "second": rng.integers(0, DAYS * 86_400, touches),
            }
        ),
        "conversions": pa.table(
            {
                "conversion": np.arange(conversions),
                "customer": rng.integers(0, customers, conversions),
                "second": rng.integers(FIRST_CONVERSION_DAY * 86_400, DAYS * 86_400, conversions),
                "cents": np.exp(rng.normal(8.7, 0.6, conversions)).astype(np.int64),
            }
        ),
    }
    with duckdb.connect() as con:
        for name, table in tables.items():
            con.register(name, table)
        for name, query in (("touchpoints", TOUCHPOINTS), ("conversions", CONVERSIONS)):
            con.execute(f"copy ({query}) to '{folder}/{name}.parquet' (format parquet)")
