"""The mess of a real shop, by name: what each scenario does, and how much of it a world has by default.

A share of 0 switches a scenario off; the draws of chance stay the same, so two worlds that differ in one scenario
differ little else. What a scenario touched stands in a table of the truth: those of identity in ``scenarios``,
those of orders in ``order_scenarios``, those of visits in ``visit_scenarios``, goods on their way in
``stock_transfers``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One kind of mess. ``of`` says what ``share`` is a share of, ``truth`` which table of the truth tells of it."""

    share: float
    of: str
    does: str
    truth: str = "scenarios"


SCENARIOS = {
    # what people are called and where they live
    "twins": Scenario(0.04, "households of two or more", "same family name, address and birth date, other given name"),
    "namesakes": Scenario(0.05, "people who live alone", "the full name of somebody else"),
    "moved_house": Scenario(0.24, "people", "another address from a day on; some tell it late"),
    # how it is typed
    "nicknames": Scenario(0.06, "names typed", "a short form of the given name"),
    "name_typos": Scenario(0.02, "names typed", "a letter of the given or the family name wrong"),
    "address_spellings": Scenario(0.3, "addresses typed", "St for Street, other case, the flat left out"),
    "birth_date_slips": Scenario(0.03, "birth dates typed", "day and month swapped, or a digit wrong"),
    "email_typos": Scenario(0.04, "e-mails typed", "a letter left out or swapped, or a slip in the domain"),
    "other_case": Scenario(0.135, "e-mails typed", "upper case or capitals"),
    "plus_tags": Scenario(0.05, "e-mails typed", "a tag behind a plus"),
    "junk_emails": Scenario(0.1, "e-mails of guests", "test@test.com and so on; a tenth as often on receipts"),
    "junk_phones": Scenario(0.035, "phones of guests", "0000000000 and so on; half as often at the till"),
    "till_contacts": Scenario(0.08, "profiles at the till", "the shop's own phone or e-mail, from the cashier"),
    # what is shared, passed on or hidden
    "second_emails": Scenario(0.46, "people", "a second e-mail, for newsletters, guest check-outs and receipts"),
    "shared_phones": Scenario(0.18, "households of two or more", "one phone for all of them"),
    "recycled_phones": Scenario(0.012, "people", "a number that a stranger gave up weeks before"),
    "masked_emails": Scenario(0.07, "orders of guests", "sold by a marketplace, which hides e-mail and phone"),
    "store_cards": Scenario(0.12, "people at the till", "a card with a name and a postcode, and nothing else"),
    # devices
    "shared_laptops": Scenario(0.9, "households with two accounts", "both log in and out again on one browser"),
    "borrowed_laptops": Scenario(0.25, "members without an account", "they use the browser of one who logs in"),
    "store_tablets": Scenario(0.03, "visits of people near a store", "on the store's own tablet, where all log in"),
    "cookie_resets": Scenario(0.15, "browsers", "a new anonymous id from a day on"),
    "late_logins": Scenario(0.12, "browsers", "no log-in before a day late in the history"),
    # what brings visits; the truth's own channel stays direct
    "qr_codes": Scenario(0.03, "direct visits", "by a code on a poster or in a parcel", "visit_scenarios"),
    "vanity_pages": Scenario(0.03, "direct visits", "by a short address on paper, without any tag", "visit_scenarios"),
    # how an order is sold, paid and sent
    "test_orders": Scenario(1.0, "orders of staff", "marked as tests: never revenue", "order_scenarios"),
    "draft_orders": Scenario(0.006, "orders", "written by staff for the shopper", "order_scenarios"),
    "tax_included": Scenario(0.05, "orders", "prices contain the tax", "order_scenarios"),
    "other_currencies": Scenario(0.06, "orders", "paid in CAD, EUR or GBP; the books are in USD", "order_scenarios"),
    "gift_card_payments": Scenario(0.05, "orders", "up to half of it paid with a gift card", "order_scenarios"),
    "store_pickups": Scenario(0.06, "orders", "bought online, fetched in the shop; not shipped", "order_scenarios"),
    "ship_from_store": Scenario(0.12, "orders", "sent from the shop's floor", "order_scenarios"),
    "store_holds": Scenario(0.3, "store pickups", "put aside in the shop first, until a moment", "reservations"),
    "expired_holds": Scenario(0.012, "orders", "as many more put aside, which nobody fetches", "reservations"),
    "split_shipments": Scenario(0.05, "orders of two lines or more", "sent in two parcels", "order_scenarios"),
    # what becomes of it
    "cancellations": Scenario(0.017, "orders", "cancelled and refunded whole before they leave", "order_scenarios"),
    "fraudulent_orders": Scenario(0.1, "cancellations", "cancelled as fraud", "order_scenarios"),
    "order_edits": Scenario(0.018, "orders", "a line taken out, and refunded, before it leaves", "order_scenarios"),
    "order_additions": Scenario(0.012, "orders", "a line put in, and paid, before it leaves", "order_scenarios"),
    "returns": Scenario(0.057, "orders", "goods sent back and refunded, with a reason", "order_scenarios"),
    "partial_refunds": Scenario(0.55, "returns", "a line or a unit of it, and not the whole order", "order_scenarios"),
    "cross_channel_returns": Scenario(0.3, "refunds of goods", "bought online, brought to a shop", "order_scenarios"),
    "exchanges": Scenario(0.3, "refunds over the counter", "another item taken for what came back", "order_scenarios"),
    "goodwill_refunds": Scenario(0.018, "orders", "money given back without goods", "order_scenarios"),
    "till_returns": Scenario(0.05, "sales at the till", "goods brought back with the receipt", "order_scenarios"),
    "till_exchanges": Scenario(0.022, "sales at the till", "goods brought back and others taken", "order_scenarios"),
    "till_returns_without_receipt": Scenario(0.016, "sales at the till", "brought back without it", "order_scenarios"),
    "till_goodwill": Scenario(0.018, "sales at the till", "money given back without goods", "order_scenarios"),
    "offline_sales": Scenario(0.04, "sales by card", "uploaded by the till up to three days later", "order_scenarios"),
    "late_payments": Scenario(0.012, "sales at the till", "closed and paid days after they began", "order_scenarios"),
    "voided_sales": Scenario(0.012, "sales at the till", "cancelled before they were paid", "order_scenarios"),
    # what platforms do by themselves
    "merged_profiles": Scenario(0.25, "till profiles made twice", "the platform makes a new profile of the two"),
    "merged_accounts": Scenario(0.04, "people with a second e-mail", "a second account, merged away later"),
    # stock
    "quality_holds": Scenario(0.2, "items", "held back for twelve days, so that another is bought", "lost_sales"),
    "oversells": Scenario(0.15, "items at a place", "ordered again too late while the shop sells on", "oversells"),
    "late_bookings": Scenario(0.5, "items ordered too late", "sold before they are booked: on_hand below 0", "stock"),
    "purchase_orders": Scenario(1.0, "items the warehouse runs low of", "brought days later", "stock_transfers"),
    "floor_transfers": Scenario(1.0, "items the shop runs low of", "sent from the warehouse", "stock_transfers"),
    "store_transfers": Scenario(0.2, "items, a week and store", "sent to a store kept elsewhere", "stock_transfers"),
    "theft": Scenario(0.004, "items at a place, a day", "a piece is gone, found by a count", "stock_losses"),
    "stray_pieces": Scenario(0.0004, "items in a store, a day", "a piece too many, found by a count", "stock_losses"),
    "breakage": Scenario(0.0008, "items at a place, a day", "damaged, later thrown away unwritten", "stock_losses"),
    "miscounts": Scenario(0.1, "counts", "one or two pieces off until the next day's count", "stock_losses"),
}  # fmt: skip


def changes(given: Mapping[str, float], without: Iterable[str] = ()) -> dict[str, float]:
    """The shares that differ from the defaults, by name. Raises ValueError for unknown names and shares beyond 1."""
    wanted = {**given, **dict.fromkeys(without, 0.0)}
    for name, share in wanted.items():
        if name not in SCENARIOS:
            raise ValueError(f"no scenario {name!r}; there are: {', '.join(SCENARIOS)}")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of scenario {name!r} is {share}; it must be from 0 to 1")
    return {name: share for name, share in sorted(wanted.items()) if share != SCENARIOS[name].share}


def read(texts: Iterable[str]) -> dict[str, float]:
    """``name=share`` as on a command line. Raises ValueError for anything else."""
    found = {}
    for text in texts:
        name, _, share = text.partition("=")
        try:
            found[name] = float(share)
        except ValueError:
            raise ValueError(f"a scenario is given as name=share, not {text!r}") from None
    return found
