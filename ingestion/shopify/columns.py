"""Columns as Shopify writes them: global ids, money bags, sums over lists; and those that many tables share."""

from __future__ import annotations

from typing import Literal

from ingestion.tables import Column

LATEST: tuple[str, Literal["asc", "desc"]] = ("updated_at", "desc")
LEGACY = "split_part({text}, '/', 5)"  # gid://shopify/Order/<id>
OWNER = "split_part(parent_gid, '/', 5)"
GRANDPARENT = "__grandparentId"  # written by the reader into children of an object that has a parent itself
ITSELF = "split_part(gid, '/', 5)"


def money(name: str, field: str) -> Column:
    return Column(name, "dec", f"{field}.shopMoney.amount")


def total(name: str, field: str, inner: str, ask: str = "", below: str = "[*]") -> Column:
    """The sum of an amount over a list."""
    amounts = f"json_extract_string({{text}}, '${below}.{inner}.shopMoney.amount')"
    asked = ask or f"{field} {{ {inner} {{ shopMoney {{ amount }} }} }}"
    return Column(name, "dec", field, f"coalesce(list_sum(cast({amounts} as decimal(18,4)[])), 0)", asked)


def reference(name: str, field: str) -> Column:
    return Column(name, path=f"{field}.id", sql=LEGACY)


def quantity(name: str) -> Column:
    ask = f'{name}: quantities(names: ["{name}"]) {{ quantity }}'
    return Column(name, "bigint", name, "json_extract_string({text}, '$[0].quantity')", ask)


ID = Column("id", path="id", sql=LEGACY)
GID = Column("gid", path="id")
CREATED = Column("created_at", "ts", "createdAt")
UPDATED = Column("updated_at", "ts", "updatedAt")
PROCESSED = Column("processed_at", "ts", "processedAt")
OTHERS = "list_filter(cast(cast({text} as json) as varchar[]), lambda tag: not starts_with(lower(tag), 'selvage/'))"
TAGS_OF_OTHERS = Column("tags", "json", "tags", f"to_json({OTHERS})")  # without those that activation wrote
