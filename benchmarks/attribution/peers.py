"""What others take: ``python -m benchmarks.attribution.peers <name> <folder>``, a process each.

``query`` is one hand-written DuckDB query for five rule models by channel and campaign. ``paths`` brings all paths to
the form that ChannelAttribution (GPL, no part of the product) reads, and ``channelattribution`` is its Markov chain of
order 1 over them, at its defaults; its effects stand beside the exact ones of the same paths. Each writes
``<folder>/<name>.json``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from attribution.markov import SEPARATOR, solve
from benchmarks.attribution.reference import transitions

QUERY = """
    with matched as (
        select c.conversion_id, c.conversion_value_amount as value, t.channel, t.campaign, t.touched_at,
            t.touchpoint_id, epoch(c.converted_at) - epoch(t.touched_at) as age
        from '{folder}/touchpoints.parquet' as t
        inner join '{folder}/conversions.parquet' as c on t.customer_id = c.customer_id
            and t.touched_at <= c.converted_at and t.touched_at >= c.converted_at - interval 30 days
    ), placed as (
        select *, row_number() over (partition by conversion_id order by touched_at, touchpoint_id) as place,
            count(*) over (partition by conversion_id) as length,
            pow(0.5, age / (7 * 86400.0)) as decayed,
            sum(pow(0.5, age / (7 * 86400.0))) over (partition by conversion_id) as all_decayed
        from matched
    )
    select channel, campaign,
        sum(case when place = 1 then value else 0 end) as first_touch,
        sum(case when place = length then value else 0 end) as last_touch,
        sum(value / length) as linear,
        sum(value * case when length = 1 then 1 when length = 2 then 0.5 when place in (1, length) then 0.4
            else 0.2 / (length - 2) end) as position_based,
        sum(value * decayed / all_decayed) as time_decay
    from placed group by channel, campaign
"""
PATHS = """
    with moments as (
        select customer_id, channel, touched_at as moment, null as converted from '{folder}/touchpoints.parquet'
        union all
        select customer_id, null, converted_at, true from '{folder}/conversions.parquet'
    ), numbered as (
        select *, count(converted) over (
            partition by customer_id order by moment, channel nulls last
            rows between unbounded preceding and 1 preceding
        ) as path from moments
    ), whole as (
        select string_agg(channel, ' > ' order by moment, channel) as path, bool_or(converted) as converted
        from numbered group by customer_id, numbered.path
    )
    select path, count(*) filter (converted) as conversions, count(*) filter (converted is null) as lost
    from whole where path is not null group by path
"""


def main(words: list[str]) -> None:
    name, folder = words[0], Path(words[1])
    result: dict[str, Any] = {"costs": {}}

    def timed(step: str, work: Callable[[], Any]) -> Any:
        started, cpu = time.monotonic(), time.process_time()
        found = work()
        spent = {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - cpu}
        result["costs"][step] = {key: round(value, 3) for key, value in spent.items()}
        return found

    with duckdb.connect(config={"memory_limit": "4GB", "threads": 2}) as con:
        if name == "query":
            rows = timed("query", lambda: con.execute(QUERY.format(folder=folder)).fetchall())
            result["value"] = [round(float(sum(row[column] for row in rows)), 2) for column in range(2, 7)]
        elif name == "paths":
            copy = f"copy ({PATHS.format(folder=folder)}) to '{folder}/paths.parquet' (format parquet)"
            timed("paths", lambda: con.execute(copy))
        elif name == "channelattribution":
            from ChannelAttribution import markov_model  # type: ignore[import-not-found]

            frame = con.execute(f"from '{folder}/paths.parquet'").df()
            result["paths"] = len(frame)
            found = timed(
                "markov",
                lambda: markov_model(
                    frame, "path", "conversions", var_null="lost", order=1, out_more=True, verbose=False, flg_pro=False
                ),
            )
            effects = found["removal_effects"]
            theirs = dict(zip(effects.iloc[:, 0], map(float, effects.iloc[:, 1]), strict=True))
            rows = zip(frame["path"], frame["conversions"], frame["lost"], strict=True)
            exact = solve(transitions((path.split(SEPARATOR), one, other) for path, one, other in rows))
            result["effects"] = {name: [effect, exact.removal_effects[name]] for name, effect in theirs.items()}
            result["largest_difference_from_exact"] = round(
                max(abs(effect - exact.removal_effects[name]) for name, effect in theirs.items()), 5
            )
        else:
            raise SystemExit(f"no peer {name!r}")
    (folder / f"{name}.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
