"""Everything the shop's tables are written from, in one place, and the tokens that several tables share."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from sandbox.brand.additions import Additions
from sandbox.brand.aftersales import Aftersales
from sandbox.brand.app import Pushes
from sandbox.brand.basis import Basis, Bools, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.channels import Landing
from sandbox.brand.contacts import Contacts
from sandbox.brand.customers import Accounts
from sandbox.brand.devices import Devices
from sandbox.brand.orders import Orders
from sandbox.brand.people import People
from sandbox.brand.texts import digits, hex_token, join, letter_token
from sandbox.brand.timeline import Timeline

Table = dict[str, object]


@dataclass
class Shop:
    """Everything the shop's tables are written from."""

    basis: Basis
    people: People
    devices: Devices
    catalogue: Catalogue
    landing: Landing
    timeline: Timeline
    baskets: Baskets
    contacts: Contacts
    orders: Orders
    after: Aftersales
    additions: Additions
    visit_person: Ints
    joins_second: Bools
    accounts: Accounts
    second_account: Bools
    """The visits in which the person uses the second account."""
    pushes: Pushes

    def account_of_visit(self, visits: Ints) -> Ints:
        """The row of ``accounts`` that the person of each visit uses."""
        return self.accounts.row(self.visit_person[visits], self.second_account[visits])

    def checkout_token(self, visits: Ints) -> pa.Array:
        """Token of the checkout of each visit."""
        return hex_token(visits, self.basis.salt("checkout token"))

    def cart_token(self, visits: Ints) -> pa.Array:
        """Token of the cart of each visit."""
        return join("hWN", letter_token(visits, self.basis.salt("cart token"), 29))

    def wishlist_token(self, browsers: Ints) -> pa.Array:
        """Token of the wish list that each browser keeps."""
        return hex_token(browsers, self.basis.salt("wish lists"))


def ip_text(ip: Ints) -> pa.Array:
    """Addresses of the range set aside for benchmarks."""
    return join("198.", digits(18 + ip // 32_768), ".", digits(ip // 256 % 128), ".", digits(ip % 256))
