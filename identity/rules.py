"""What a changed seed of identity would merge, split and leave as it is, before it is applied.

Both states put every record under one customer_id, so they are compared as partitions: a former id is *split* if its
records would be under several ids, *merged* if they would all be under one id together with records of another, and
else *unchanged*; the three are all ids. One that loses records and is joined by others counts as split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

import selvage
from identity import trial
from identity.graph import rows
from identity.trial import SeedRefused

SHOWN_IDS = 5
__all__ = ["Report", "SeedRefused", "compare", "text"]

MOVES = """
    create or replace temp table moves as
    select former.record_key, former.customer_id as former_id, later.customer_id as later_id
    from before.int_identity__record_customers as former
    inner join intermediate.int_identity__record_customers as later on former.record_key = later.record_key
"""
FATES = """
    create or replace temp table fates as
    with gathered as (
        select later_id, count(distinct former_id) as former_ids from moves group by later_id
    )
    select moves.former_id,
        case when count(distinct moves.later_id) > 1 then 'split'
            when max(gathered.former_ids) > 1 then 'merged' else 'unchanged' end as fate
    from moves
    inner join gathered on moves.later_id = gathered.later_id
    group by moves.former_id
"""
COUNTS = """
    select count(*) as ids, count(*) filter (fate = 'split') as split_ids,
        count(*) filter (fate = 'merged') as merged_ids, count(*) filter (fate = 'unchanged') as unchanged_ids,
        (select count(distinct later_id) from moves) as ids_after,
        (select count(*) from moves where former_id <> later_id) as moved_records
    from fates
"""
ORDERS = """
    select count(*) filter (not orders.is_return) as orders,
        cast(coalesce(sum(orders.net_sales_amount), 0) as decimal(18, 4)) as net_sales_amount,
        count(*) filter (not orders.is_return and moves.former_id <> moves.later_id) as moved_orders,
        cast(coalesce(sum(orders.net_sales_amount) filter (moves.former_id <> moves.later_id), 0) as decimal(18, 4))
            as moved_net_sales_amount
    from before.int_orders__orders as orders
    inner join moves on orders.record_key = moves.record_key
    where not orders.is_test and not orders.is_cancelled
"""
EXAMPLES = """
    with groups as (
        select {one} as customer_id, list(distinct {many} order by {many}) as ids, count(*) as records
        from moves
        group by {one}
        having count(distinct {many}) > 1
        order by count(*) desc, {one}
        limit $examples
    ),
    rules as (
        select ends.{one} as customer_id, edges.match_rule, count(*) as edge_count
        from {edges} as edges
        inner join moves as ends on edges.record_key_from = ends.record_key
        inner join moves as others on edges.record_key_to = others.record_key
        where ends.{one} = others.{one} and ends.{many} <> others.{many}
        group by ends.{one}, edges.match_rule
    ),
    sold as (
        select moves.{one} as customer_id, count(*) as moved_orders,
            cast(sum(orders.net_sales_amount) as decimal(18, 4)) as moved_net_sales_amount
        from before.int_orders__orders as orders
        inner join moves on orders.record_key = moves.record_key
        where not orders.is_test and not orders.is_cancelled and moves.former_id <> moves.later_id
        group by moves.{one}
    )
    select groups.customer_id, groups.ids, groups.records,
        coalesce(list(distinct rules.match_rule order by rules.match_rule) filter (rules.match_rule is not null), [])
            as match_rules,
        coalesce(max(sold.moved_orders), 0) as moved_orders,
        coalesce(max(sold.moved_net_sales_amount), 0) as moved_net_sales_amount
    from groups
    left join rules on groups.customer_id = rules.customer_id
    left join sold on groups.customer_id = sold.customer_id
    group by groups.customer_id, groups.ids, groups.records
    order by groups.records desc, groups.customer_id
"""
EDGES = """
    select coalesce(former.match_rule, later.match_rule) as match_rule,
        coalesce(former.edges, 0) as edges_before, coalesce(later.edges, 0) as edges_after
    from (select match_rule, count(*) as edges from before.int_identity__edges group by match_rule) as former
    full join (select match_rule, count(*) as edges from intermediate.int_identity__edges group by match_rule) as later
        on former.match_rule = later.match_rule
    order by match_rule
"""
CARDS = """
    select later.card, former.value as value_before, later.value as value_after, later.threshold,
        later.is_within_threshold
    from marts.fct_identity_quality as later
    left join before.fct_identity_quality as former on later.card = former.card
    order by later.card
"""


@dataclass(frozen=True)
class Example:
    """A merge (``ids`` become ``customer_id``) or a split (it falls into ``ids``), and the rules behind it."""

    customer_id: str
    ids: list[str]
    records: int
    match_rules: list[str]
    moved_orders: int
    moved_net_sales_amount: Decimal


@dataclass(frozen=True)
class EdgeCount:
    """Edges of one rule, before and after."""

    match_rule: str
    edges_before: int
    edges_after: int


@dataclass(frozen=True)
class Card:
    """A quality card of identity, before and after; the threshold is that of fct_identity_quality."""

    card: str
    value_before: Decimal | None
    value_after: Decimal
    threshold: Decimal
    is_within_threshold: bool


@dataclass(frozen=True)
class Report:
    """The comparison. ``ids`` = ``split_ids`` + ``merged_ids`` + ``unchanged_ids``, visitors nobody knows included.

    ``changed_rows``: rows of each seed that are not in the other state (new, gone). Money is net sales of orders whose
    customer would be another, in the reporting currency. ``failed_tests`` would stop the next build.
    """

    changed_rows: dict[str, tuple[int, int]]
    ids: int
    split_ids: int
    merged_ids: int
    unchanged_ids: int
    ids_after: int
    moved_records: int
    orders: int
    net_sales_amount: Decimal
    moved_orders: int
    moved_net_sales_amount: Decimal
    currency_code: str
    merges: list[Example]
    splits: list[Example]
    edges: list[EdgeCount]
    cards: list[Card]
    failed_tests: list[str]


def compare(files: Sequence[Path], examples: int = 5) -> Report:
    """Build identity with these seed files in a throw-away warehouse and compare. See ``trial.built`` for errors."""
    with trial.built(files) as (connection, planned, failed_tests):
        connection.execute(MOVES)
        connection.execute(FATES)
        merged = EXAMPLES.format(one="later_id", many="former_id", edges="intermediate.int_identity__edges")
        split = EXAMPLES.format(one="former_id", many="later_id", edges="before.int_identity__edges")
        return Report(
            changed_rows={name: _changed(connection, name) for name in planned.seeds},
            **rows(connection, COUNTS, {})[0],
            **rows(connection, ORDERS, {})[0],
            currency_code=selvage.settings().brand.reporting_currency,
            merges=[Example(**row) for row in rows(connection, merged, {"examples": examples})],
            splits=[Example(**row) for row in rows(connection, split, {"examples": examples})],
            edges=[EdgeCount(**row) for row in rows(connection, EDGES, {})],
            cards=[Card(**row) for row in rows(connection, CARDS, {})],
            failed_tests=failed_tests,
        )


def _changed(connection: duckdb.DuckDBPyConnection, seed: str) -> tuple[int, int]:
    sides = [f"(from seeds.{seed} except from before.{seed})", f"(from before.{seed} except from seeds.{seed})"]
    new, gone = (connection.execute(f"select count(*) from {side}").fetchone() or (0,) for side in sides)
    return int(new[0]), int(gone[0])


def text(report: Report) -> str:
    """The report as lines for a terminal."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for seed, (new, gone) in report.changed_rows.items():
        yield f"{seed}: {new} rows new or changed, {gone} rows gone or as they were before"
    yield ""
    fates = {"split": report.split_ids, "merged": report.merged_ids, "unchanged": report.unchanged_ids}
    for name, count in fates.items():
        yield f"  {name:<10}{count:>12,} ids"
    yield f"  {'total':<10}{report.ids:>12,} ids, {report.ids_after:,} afterwards"
    yield ""
    yield f"{report.moved_records:,} records would be under another id, and with them {report.moved_orders:,} of "
    yield (
        f"{report.orders:,} orders with net sales of {report.moved_net_sales_amount:,.2f} of "
        f"{report.net_sales_amount:,.2f} {report.currency_code}."
    )
    for title, verb, examples in (
        ("Largest merges", "becomes of", report.merges),
        ("Largest splits", "falls into", report.splits),
    ):
        if examples:
            yield ""
            yield title
        for each in examples:
            more = f" and {len(each.ids) - SHOWN_IDS} more" if len(each.ids) > SHOWN_IDS else ""
            yield f"  {each.customer_id} {verb} {', '.join(each.ids[:SHOWN_IDS])}{more}: {each.records} records"
            yield (
                f"      by {', '.join(each.match_rules) or 'no edge'}; with {each.moved_orders:,} orders of "
                f"{each.moved_net_sales_amount:,.2f} {report.currency_code}"
            )
    if changed := [each for each in report.edges if each.edges_before != each.edges_after]:
        yield ""
        yield "Edges by rule"
        for rule in changed:
            yield f"  {rule.match_rule:<34}{rule.edges_before:>12,} -> {rule.edges_after:,}"
    yield ""
    yield "Quality cards"
    for card in report.cards:
        was = f"{card.value_before:f}" if card.value_before is not None else "-"
        mark = "" if card.is_within_threshold else f"   beyond its threshold of {card.threshold:f}"
        yield f"  {card.card:<34}{was:>12} -> {card.value_after:f}{mark}"
    if report.failed_tests:
        yield ""
        yield f"The next build would stop at: {', '.join(report.failed_tests)}"
