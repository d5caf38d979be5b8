"""Orders in a test's activation copy, and what each vendor's sandbox made of the events that it was told."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from activation import conversions, discovery
from activation.conversions import ConversionsResult
from sandbox.server import Running
from tests.activation.world import World

CLICKED = {"fbclid": "fbclid-of-", "gclid": "gclid-of-", "ttclid": "ttclid-of-"}
_ROUNDS = itertools.count(1)


@dataclass(frozen=True)
class Order:
    """One event of the feed; ``of`` is the purchase that a refund gives back."""

    number: int
    customer: str
    value: str = "12.3400"
    days_ago: float = 0.5
    source: str = "website"
    of: int | None = None
    currency: str = "USD"
    is_clicked: bool = False


@dataclass(frozen=True)
class Counted:
    """What a platform counts of one event."""

    kind: str
    value: Decimal
    currency: str


@dataclass
class EventWorld:
    """A world whose orders go to one vendor of the sandbox. Event ids differ between tests: the vendors forget none."""

    world: World
    server: Running
    vendor: str
    orders: list[Order] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    """Address and body of every call."""
    elsewhere: tuple[str, ...] = ()
    """Customers who agreed to another use, and not to advertising."""
    prefix: str = field(default_factory=lambda: f"{9_000 + next(_ROUNDS)}")

    def event_id(self, number: int, is_refund: bool = False) -> str:
        return f"{'refund-' if is_refund else ''}{self.prefix}{number:05d}"

    def name(self, order: Order) -> str:
        return self.event_id(order.number, order.of is not None)

    def people(self, count: int) -> list[str]:
        self.world.contacts |= {f"c_{n:04d}": (f"c_{n:04d}@example.com", f"+1212555{n:04d}") for n in range(count)}
        return [f"c_{n:04d}" for n in range(count)]

    def purchases(self, count: int, **values: Any) -> None:
        """That many orders, one customer each."""
        self.orders += [Order(n, name, **values) for n, name in enumerate(self.people(count))]

    def publish(self) -> None:
        """One build: the world's copy, with these orders and this vendor as their way."""
        self.world.channel, self.world.purpose = "ads", "advertising"
        self.world.publish()
        now = self.server.now.astimezone(UTC).replace(tzinfo=None)
        with duckdb.connect(str(self.world.settings.activation_file)) as connection:
            connection.execute("update build set as_of = ?", [now])
            connection.execute("create table conversion_routes (destination varchar, channel varchar, purpose varchar)")
            connection.execute("insert into conversion_routes values (?, 'ads', 'advertising')", [self.vendor])
            connection.execute("""
                create table act_conversions (
                    event_id varchar, purchase_event_id varchar, customer_id varchar, conversion_kind varchar,
                    action_source varchar, occurred_at timestamp, value_amount decimal(18, 4), currency_code varchar,
                    store_id varchar, fbclid varchar, fbclid_at timestamp, gclid varchar, gclid_at timestamp,
                    ttclid varchar, ttclid_at timestamp, page_host varchar, user_agent varchar,
                    consent_channel varchar, consent_purpose varchar, consent_evidence_id varchar,
                    consent_policy_version varchar, consent_as_of timestamp)""")
            rows = [self._row(order, now) for order in self.orders]
            if rows:
                connection.executemany(f"insert into act_conversions values ({', '.join('?' * 22)})", rows)

    def _row(self, order: Order, now: datetime) -> list[Any]:
        happened = now - timedelta(days=order.days_ago)
        clicks = [
            value
            for start in CLICKED.values()
            for value in ((f"{start}{order.number}", happened) if order.is_clicked else (None, None))
        ]
        purpose = "research" if order.customer in self.elsewhere else "advertising"
        return [
            self.name(order), self.event_id(order.number if order.of is None else order.of), order.customer,
            "purchase" if order.of is None else "refund", order.source, happened, Decimal(order.value),
            order.currency, "store-1" if order.source == "store" else None, *clicks, "shop.example.com", "Browser/1",
            "ads", purpose, f"consent-{order.customer}", "2026-01", datetime(2026, 5, 1),  # noqa: DTZ001
        ]  # fmt: skip

    def run(self) -> ConversionsResult:
        return conversions.apply(conversions.plan(self.vendor))

    def counted(self) -> dict[str, Counted]:
        """Event id -> what the platform counts, of this test's events. Fails where one is counted twice."""
        found: dict[str, Counted] = {}
        for event_id, one in PROBES[self.vendor](self.server):
            if self.prefix in event_id[:12]:
                assert event_id not in found, f"{event_id} is counted twice"
                found[event_id] = one
        return found

    def wanted(self, *numbers: int) -> dict[str, Counted]:
        """What should be counted of these orders (all, if none is named), computed here from the rules."""
        kinds = discovery.conversions(self.vendor).KINDS
        wanted = {}
        for order in self.orders:
            kind = "purchase" if order.of is None else "refund"
            if (not numbers or order.number in numbers) and kind in kinds:
                value = Decimal(order.value) * (1 if order.of is None else -1)
                wanted[self.name(order)] = Counted(kind, value, order.currency)
        return wanted

    def rows(self) -> list[dict[str, Any]]:
        return self.world.ledger_rows(self.vendor)

    def moment(self, order: Order) -> datetime:
        return (self.server.now - timedelta(days=order.days_ago)).astimezone(UTC)


def asked(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer, parse_float=Decimal)


def _meta(server: Running) -> list[tuple[str, Counted]]:
    return [
        (
            one["event_id"],
            Counted(
                one["event_name"].lower(), Decimal(one["custom_data"]["value"]), one["custom_data"]["currency"].upper()
            ),
        )
        for one in asked(f"{server.url}/meta/_sandbox/events")["events"]
    ]


def _tiktok(server: Running) -> list[tuple[str, Counted]]:
    return [
        (
            one["event_id"],
            Counted(one["event"].lower(), Decimal(one["properties"]["value"]), one["properties"]["currency"]),
        )
        for one in asked(f"{server.url}/tiktok/_sandbox/events")["events"]
    ]


def _google(server: Running) -> list[tuple[str, Counted]]:
    found = asked(f"{server.url}/google/_sandbox/events")["events"]
    return [(one["transaction_id"], Counted("purchase", Decimal(one["value"]), one["currency"])) for one in found]


PROBES: dict[str, Callable[[Running], list[tuple[str, Counted]]]] = {
    "meta": _meta,
    "tiktok": _tiktok,
    "google": _google,
}
"""What each vendor's sandbox counts, told to tests only."""


def _meta_pixel(shop: EventWorld, order: Order, email: str) -> None:
    """By Meta's own client, which hashes the address itself."""
    from facebook_business.adobjects.serverside.action_source import ActionSource
    from facebook_business.adobjects.serverside.custom_data import CustomData
    from facebook_business.adobjects.serverside.event import Event
    from facebook_business.adobjects.serverside.event_request import EventRequest
    from facebook_business.adobjects.serverside.user_data import UserData
    from facebook_business.api import FacebookAdsApi
    from facebook_business.session import FacebookSession

    graph = FacebookSession.GRAPH
    FacebookSession.GRAPH = f"{shop.server.url}/meta"
    try:
        FacebookAdsApi.init(access_token="meta_sandbox", crash_log=False)
        event = Event(
            event_name="Purchase",
            event_id=shop.name(order),
            event_time=int(shop.moment(order).timestamp()),
            action_source=ActionSource.WEBSITE,
            user_data=UserData(email=email),
            custom_data=CustomData(value=float(order.value), currency=order.currency),
        )
        answer = EventRequest(pixel_id="700800900100200", events=[event], access_token="meta_sandbox").execute()
        assert answer.events_received == 1
    finally:
        FacebookSession.GRAPH = graph


def _tiktok_pixel(shop: EventWorld, order: Order, email: str) -> None:
    """TikTok's own client has no call for events."""
    from tests.sandbox.tiktok_caller import TikTok, hashed

    event = {
        "event": "Purchase",
        "event_id": shop.name(order),
        "event_time": int(shop.moment(order).timestamp()),
        "user": {"email": hashed(email)},
        "properties": {"value": float(order.value), "currency": order.currency},
    }
    answer = TikTok(shop.server).post(
        "event/track", event_source="web", event_source_id="CSELVAGE00PIXEL00001", data=[event]
    )
    assert answer["code"] == 0


def _google_pixel(shop: EventWorld, order: Order, email: str) -> None:
    """By Google's own client."""
    from google.ads import datamanager_v1 as sdk
    from google.ads.datamanager_v1.services.ingestion_service.transports.rest import IngestionServiceRestTransport
    from google.protobuf.timestamp_pb2 import Timestamp

    from tests.sandbox.google_caller import Google, hashed

    moment = Timestamp()
    moment.FromDatetime(shop.moment(order).replace(tzinfo=None))
    transport = IngestionServiceRestTransport(
        host=f"{shop.server.url}/google", url_scheme="http", credentials=Google(shop.server).credentials()
    )
    account = sdk.ProductAccount(account_type=sdk.ProductAccount.AccountType.GOOGLE_ADS, account_id="1112223333")
    granted = sdk.ConsentStatus.CONSENT_GRANTED
    event = sdk.Event(
        transaction_id=shop.name(order),
        event_timestamp=moment,
        currency=order.currency,
        conversion_value=float(order.value),
        event_source=sdk.EventSource.WEB,
        user_data=sdk.UserData(user_identifiers=[sdk.UserIdentifier(email_address=hashed(email))]),
    )
    request = sdk.IngestEventsRequest(
        destinations=[sdk.Destination(operating_account=account, product_destination_id="777000001")],
        events=[event],
        consent=sdk.Consent(ad_user_data=granted, ad_personalization=granted),
        encoding=sdk.Encoding.HEX,
    )
    assert sdk.IngestionServiceClient(transport=transport).ingest_events(request=request).request_id


PIXELS: dict[str, Callable[[EventWorld, Order, str], None]] = {
    "meta": _meta_pixel,
    "tiktok": _tiktok_pixel,
    "google": _google_pixel,
}
"""How the shop's pixel tells each vendor of an order: (shop, order, e-mail)."""
