"""How Shopify writes values: ids, money, addresses. Money comes as whole cents and leaves as decimal text."""

from __future__ import annotations

from typing import Any

CURRENCY = "USD"
COUNTRIES = {"US": "United States", "CA": "Canada"}


def gid(kind: str, number: int | None) -> str | None:
    return None if number is None else f"gid://shopify/{kind}/{number}"


def number_of(global_id: str, kind: str) -> int | None:
    """The legacy id inside a global id of this kind, else None."""
    prefix = f"gid://shopify/{kind}/"
    rest = global_id.removeprefix(prefix).partition("?")[0]
    return int(rest) if global_id.startswith(prefix) and rest.isdigit() else None


def amount(cents: int | None) -> str:
    """``1234`` -> ``"12.34"``, ``-5`` -> ``"-0.05"``."""
    cents = cents or 0
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def money(cents: int | None, currency: str = CURRENCY) -> dict[str, str]:
    return {"__typename": "MoneyV2", "amount": amount(cents), "currencyCode": currency}


def bag(cents: int | None, order: dict[str, Any] | None = None) -> dict[str, Any]:
    """In the shop's currency, and in the one that the shopper of ``order`` saw, at the order's own rate."""
    one = money(cents)
    if order is None or order.get("presentment_currency_code", CURRENCY) == CURRENCY:
        return {"shopMoney": one, "presentmentMoney": one}
    shown = round((cents or 0) * order["presentment_rate"] / 1_000_000)
    return {"shopMoney": one, "presentmentMoney": money(shown, order["presentment_currency_code"])}


def address(row: dict[str, Any], prefix: str, owner: str) -> dict[str, Any] | None:
    """The mailing address in the columns with this prefix, or None when there is none."""
    part = {name: row.get(f"{prefix}{name}") for name in ("first_name", "last_name", "address1", "city", "zip")}
    province, country = row.get(f"{prefix}province_code"), row.get(f"{prefix}country_code")
    if not (part["address1"] or part["city"] or part["zip"]):
        return None
    name = " ".join(one for one in (part["first_name"], part["last_name"]) if one) or None
    return {
        "id": f"gid://shopify/MailingAddress/{owner}?model_name=Address",
        "firstName": part["first_name"],
        "lastName": part["last_name"],
        "name": name,
        "company": None,
        "address1": part["address1"],
        "address2": row.get(f"{prefix}address2"),
        "city": part["city"],
        "province": province,
        "provinceCode": province,
        "country": COUNTRIES.get(country or "", country),
        "countryCode": country,
        "countryCodeV2": country,
        "zip": part["zip"],
        "phone": row.get(f"{prefix}phone"),
    }


def tax_lines(cents: int | None, base_cents: int | None, order: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """One line of sales tax, as the world knows no more than its sum."""
    if not cents:
        return []
    rate = round(cents / base_cents, 4) if base_cents else 0.0
    line = {"title": "Sales tax", "rate": rate, "ratePercentage": round(rate * 100, 2), "priceSet": bag(cents, order)}
    return [line]
