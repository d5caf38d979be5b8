"""The parts of an order's document: lines, returned lines, tenders, refunds."""

from __future__ import annotations

from sandbox.vendors.square.rows import Row, filled, money, time


def line_item(row: Row) -> Row:
    return {
        **_item(row),
        "variation_total_price_money": money(row["quantity"] * row["unit_price_cents"]),
        "gross_sales_money": money(row["quantity"] * row["unit_price_cents"]),
        "total_service_charge_money": money(0),
    }


def return_item(row: Row) -> Row:
    return filled(
        {
            **_item(row),
            "source_line_item_uid": row["source_line_uid"],
            "gross_return_money": money(row["quantity"] * row["unit_price_cents"]),
        }
    )


def _item(row: Row) -> Row:
    uid, tax, discount = row["uid"], money(row["tax_cents"]), money(row["discount_cents"])
    taxes = [{"uid": f"{uid}-tax", "tax_uid": "tax", "applied_money": tax}]
    discounts = [{"uid": f"{uid}-discount", "discount_uid": "discount", "applied_money": discount}]
    return filled(
        {
            "uid": uid,
            "catalog_object_id": row["variation_id"],
            "name": row["name"],
            "variation_name": row["variation_name"],
            "quantity": str(row["quantity"]),
            "item_type": "ITEM",
            "base_price_money": money(row["unit_price_cents"]),
            "total_tax_money": tax,
            "total_discount_money": discount,
            "total_money": money(row["total_cents"]),
            "applied_taxes": taxes if row["tax_cents"] else None,
            "applied_discounts": discounts if row["discount_cents"] else None,
        }
    )


def tender(row: Row) -> Row:
    is_card = row["source_type"] == "CARD"
    return filled(
        {
            "id": row["payment_id"],
            "location_id": row["location_id"],
            "transaction_id": row["order_id"],
            "created_at": time(row["created_at"]),
            "amount_money": money(row["total_cents"]),
            "tip_money": money(row["tip_cents"]) if row["tip_cents"] else None,
            "processing_fee_money": money(row["fee_cents"]),
            "customer_id": row["customer_id"],
            "type": row["source_type"],
            "card_details": {"status": "CAPTURED", "card": card(row), "entry_method": "EMV"} if is_card else None,
            "cash_details": None if is_card else cash(row, "buyer_tendered_money"),
            "payment_id": row["payment_id"],
        }
    )


def refund(row: Row) -> Row:
    return filled(
        {
            "id": row["refund_id"],
            "location_id": row["location_id"],
            "transaction_id": row["order_id"],
            "tender_id": row["payment_id"],
            "created_at": time(row["created_at"]),
            "reason": row["reason"],
            "amount_money": money(row["amount_cents"]),
            "status": "APPROVED" if row["status"] == "COMPLETED" else "PENDING",
        }
    )


def card(row: Row) -> Row:
    """Without the first six digits, which only the Payments API tells."""
    return {
        "card_brand": row["card_brand"],
        "last_4": row["card_last_4"],
        "exp_month": row["card_exp_month"],
        "exp_year": row["card_exp_year"],
        "fingerprint": row["card_fingerprint"],
    }


def cash(row: Row, given: str) -> Row:
    """A buyer hands over whole five-dollar amounts."""
    handed = -(-row["total_cents"] // 500) * 500
    return {given: money(handed), "change_back_money": money(handed - row["total_cents"])}
