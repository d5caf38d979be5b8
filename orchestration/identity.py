"""The largest clusters of the identity graph as an asset: where an over-merge shows first, for whoever opens the UI.

It holds no data of its own. Its metadata is a table of the ten customers with the most records: how many of which type,
and how many edges of which rule hold them together. Ids, types and counts only, nothing personal.
"""

from typing import Any

import dagster as dg

from identity import graph
from orchestration.resources import WRITE_POOL

KEY = dg.AssetKey(["identity", "largest_clusters"])
CLUSTERS = 10
LARGEST = """
    with sized as (
        select customer_id, count(*) as records
        from intermediate.int_identity__record_customers
        group by customer_id
        having count(*) > 1
        order by count(*) desc, customer_id
        limit $clusters
    ),
    members as (
        select sized.customer_id, sized.records, members.record_key, members.record_type
        from sized
        inner join intermediate.int_identity__record_customers as members on sized.customer_id = members.customer_id
    ),
    kinds as (
        select customer_id, records,
            string_agg(record_type || ' ' || kind_count, ', ' order by kind_count desc, record_type) as record_types
        from (select customer_id, records, record_type, count(*) as kind_count from members group by all)
        group by customer_id, records
    ),
    rules as (
        select customer_id, string_agg(match_rule || ' ' || edge_count, ', ' order by edge_count desc, match_rule)
            as match_rules
        from (
            select near.customer_id, edges.match_rule, count(*) as edge_count
            from intermediate.int_identity__edges as edges
            inner join members as near on edges.record_key_from = near.record_key
            inner join members as far on edges.record_key_to = far.record_key and near.customer_id = far.customer_id
            group by all
        )
        group by customer_id
    )
    select kinds.customer_id, kinds.records, kinds.record_types, rules.match_rules
    from kinds
    left join rules on kinds.customer_id = rules.customer_id
    order by kinds.records desc, kinds.customer_id
"""


def identity_assets() -> list[dg.AssetsDefinition]:
    """One asset, behind the models that it reads."""

    @dg.asset(
        key=KEY,
        deps=[
            dg.AssetKey(["intermediate", "int_identity__edges"]),
            dg.AssetKey(["intermediate", "int_identity__record_customers"]),
        ],
        description="The ten customers with the most records and the rules that hold each together, as a table.",
        group_name="identity",
        owners=["team:data-platform"],
        kinds={"python", "duckdb"},
        pool=WRITE_POOL,
    )
    def largest_clusters() -> dg.MaterializeResult[Any]:
        with graph.opened() as connection:
            found = graph.rows(connection, LARGEST, {"clusters": CLUSTERS})
        return dg.MaterializeResult(
            metadata={
                "clusters": dg.MetadataValue.md(markdown(found)),
                "largest_cluster": max((row["records"] for row in found), default=1),
                "explain": "python -m identity explain <customer_id>",
            }
        )

    return [largest_clusters]


def markdown(clusters: list[dict[str, Any]]) -> str:
    """A Markdown table of the rows of ``LARGEST``."""
    lines = [
        f"| {row['customer_id']} | {row['records']:,} | {row['record_types']} | {row['match_rules'] or ''} |"
        for row in clusters
    ]
    head = ["| customer | records | record types | edges by rule |", "| --- | ---: | --- | --- |"]
    return "\n".join([*head, *lines])
