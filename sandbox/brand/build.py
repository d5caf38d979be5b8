"""From the basis to files: runs the parts of the generator in order and writes every table as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.brand.ad_tables import ad_truth
from sandbox.brand.additions import make_additions
from sandbox.brand.aftersales import make_aftersales
from sandbox.brand.amazon_tables import amazon_tables, make_amazon
from sandbox.brand.amazon_truth import amazon_causes, amazon_owners, amazon_totals
from sandbox.brand.app import make_pushes, push_truth, with_app, with_pushes
from sandbox.brand.arrivals import anonymous_ids, make_arrivals
from sandbox.brand.basis import Basis
from sandbox.brand.baskets import fill_baskets
from sandbox.brand.behaviour import live
from sandbox.brand.care import care_tables, make_care, with_care
from sandbox.brand.catalogue import catalogue_tables, make_catalogue
from sandbox.brand.contacts import make_contacts
from sandbox.brand.customers import customer_table, make_accounts, on_second_account
from sandbox.brand.deliveries import delivery_tables
from sandbox.brand.devices import make_devices
from sandbox.brand.google_ads_tables import google_ads_tables, make_google_ads
from sandbox.brand.holds import draft_tables, make_drafts, reservations_truth
from sandbox.brand.inventory import inventory_table, make_stock
from sandbox.brand.messages import campaign_slugs, make_profiles, message_tables, profile_table
from sandbox.brand.meta_tables import make_meta, meta_tables, meta_truth
from sandbox.brand.order_truth import order_truth
from sandbox.brand.orders import make_orders
from sandbox.brand.paper import paper_truth
from sandbox.brand.people import make_people
from sandbox.brand.shop import Shop
from sandbox.brand.shop_checkouts import checkout_tables
from sandbox.brand.shop_money import money_tables
from sandbox.brand.shop_orders import order_tables
from sandbox.brand.square_tables import square_tables
from sandbox.brand.stock_truth import (
    losses_truth,
    lost_sales_truth,
    oversells_truth,
    stock_truth,
    store_losses_truth,
)
from sandbox.brand.store_truth import stacked, stock_table
from sandbox.brand.store_world import make_stores
from sandbox.brand.stores import home_store
from sandbox.brand.subscribers import make_mailings, make_subscribers
from sandbox.brand.tiktok_tables import make_tiktok, tiktok_tables
from sandbox.brand.timeline import bot_visits, make_landing, make_timeline
from sandbox.brand.truth import truth_tables
from sandbox.brand.web_events import event_blocks
from sandbox.brand.wishes import with_wishes

Table = dict[str, object]


def build(basis: Basis, folder: Path, truth: Path, progress: Callable[[str], None]) -> None:
    """Write the vendors' tables into ``folder`` and the truth into ``truth`` (both must exist)."""
    people = make_people(basis)
    devices = make_devices(basis, people, home_store(people))
    subscribers = make_subscribers(basis, people)
    mailings = make_mailings(basis)
    catalogue = make_catalogue(basis)
    visits = live(basis, people, subscribers, mailings, progress)

    baskets = fill_baskets(basis, people, devices, visits, catalogue)
    bots = bot_visits(basis, visits, len(devices.owner))
    pushes = make_pushes(basis, devices, subscribers, visits, baskets, people.count)
    landing = with_pushes(make_landing(basis, visits, bots[0], catalogue, campaign_slugs(mailings)), pushes)
    timeline = make_timeline(basis, visits, baskets, catalogue, bots, landing)
    timeline = with_app(devices, baskets, pushes, with_wishes(basis, timeline))
    orders = make_orders(basis, people, visits, baskets, catalogue, timeline)
    after = make_aftersales(basis, orders, catalogue)
    additions = make_additions(basis, people, orders, after, catalogue)
    stores = make_stores(basis, people, catalogue, orders, after)
    accounts = make_accounts(basis, people, subscribers)
    second_account = on_second_account(basis, accounts, visits)
    contacts = make_contacts(basis, people, visits, baskets, accounts, second_account)
    profiles = make_profiles(basis, people, subscribers, accounts)
    shop = Shop(
        basis=basis,
        people=people,
        devices=devices,
        catalogue=catalogue,
        landing=landing,
        timeline=timeline,
        baskets=baskets,
        contacts=contacts,
        orders=orders,
        after=after,
        additions=additions,
        visit_person=visits.person,
        joins_second=subscribers.joins_second,
        accounts=accounts,
        second_account=second_account,
        pushes=pushes,
    )
    progress(f"{len(orders)} orders, {len(timeline)} web events; writing the tables")

    _write_all(folder, catalogue_tables(catalogue))
    _write_all(folder, {"shopify_customers": customer_table(basis, people, accounts)})
    _write_all(folder, order_tables(shop) | money_tables(shop) | checkout_tables(shop))
    drafts = make_drafts(basis, orders, catalogue)
    stock = make_stock(basis, catalogue, orders, after, additions, drafts)
    _write_all(folder, draft_tables(basis, orders, catalogue, drafts))
    moved, moved_truth = delivery_tables(basis, catalogue, stock.deliveries)
    _write_all(folder, {"shopify_inventory_levels": inventory_table(catalogue, stock)} | moved)
    _write_all(
        truth,
        {
            "stock": stacked(stock_truth(catalogue, stock), stock_table(stores)),
            "stock_losses": stacked(losses_truth(catalogue, stock), store_losses_truth(stores)),
            "stock_transfers": moved_truth,
            "reservations": reservations_truth(basis, orders, catalogue, drafts),
            "oversells": oversells_truth(orders, catalogue, stock),
            "lost_sales": lost_sales_truth(catalogue, baskets, orders, visits.start),
        }
        | order_truth(shop, stores),
    )
    _write_all(folder, {"klaviyo_profiles": profile_table(basis, subscribers, accounts, profiles, pushes)})
    _write_all(folder, message_tables(basis, subscribers, mailings, profiles, orders, pushes))
    amazon = make_amazon(basis, people, catalogue)
    _write_all(folder, square_tables(stores) | amazon_tables(amazon))
    meta, tiktok, google_ads = (make(shop, visits) for make in (make_meta, make_tiktok, make_google_ads))
    _write_all(folder, meta_tables(meta) | tiktok_tables(tiktok) | google_ads_tables(google_ads))
    _write_all(truth, meta_truth(meta) | ad_truth((meta, tiktok, google_ads)))
    arrivals = make_arrivals(shop)
    _write(folder / "web_events.parquet", event_blocks(shop, profiles, arrivals))
    browsers = anonymous_ids(basis, int(timeline.visit_device.max()) + 1).take(pa.array(timeline.visit_device))
    _write_all(truth, paper_truth(basis, visits, browsers) | push_truth(visits, pushes, browsers))
    care = make_care(shop, stores)
    _write_all(folder, care_tables(care))
    told = with_care(truth_tables(shop, visits, subscribers, profiles, arrivals, stores), care)
    told["record_owners"] = stacked(told["record_owners"], amazon_owners(amazon))
    told["order_causes"] = stacked(told["order_causes"], amazon_causes(amazon))
    _write_all(truth, told | {"amazon_totals": amazon_totals(amazon)})
    progress("world written")


def _write_all(folder: Path, tables: dict[str, Table]) -> None:
    for name, columns in tables.items():
        _write(folder / f"{name}.parquet", [columns])


def _write(path: Path, blocks: Iterable[Table]) -> None:
    """One row group a block; the file is complete or absent, never half a table under its name."""
    writer: pq.ParquetWriter | None = None
    try:
        for columns in blocks:
            table = pa.table({name: _plain(values) for name, values in columns.items()})
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="snappy", store_schema=False)
            writer.write_table(table, row_group_size=len(table) or 1)
    finally:
        if writer is not None:
            writer.close()


def _plain(values: object) -> pa.Array:
    """Arrays with 64-bit whole numbers, whatever the generator computed with."""
    if isinstance(values, np.ndarray):
        return pa.array(values.astype(np.int64) if values.dtype.kind in "iu" else values)
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks()
    return values
