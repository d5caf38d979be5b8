"""What every macro of macros/cross_db gives, on every engine.

A case is a whole query of one column, so that another engine's adapter can run the same table of values.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, eq=False)
class Case:
    macro: str
    sql: str
    expected: list[Any]

    @property
    def id(self) -> str:
        return f"{self.macro}: {self.sql[:70]}"


def value(macro: str, call: str, expected: Any) -> Case:
    """A case of one value."""
    return Case(macro, "select {{ " + call + " }} as x", [expected])


DOCUMENT = """'{\"a\": {\"b\": \"x\"}, \"n\": 7, \"list\": [\"p\", \"q\"], \"none\": null}'"""
PAIRS = "(select 'v1' as v, 2 as o union all select 'v2', 1 union all select 'v3', null) as t"
STEPS = "(select 1 as o, 'a' as v union all select 2, null union all select 3, 'b' union all select 4, null) as t"
URL = "'https://me@Www.Shop.Example:8443/p/1?utm_source=a%20b+c&UTM_Medium=cpc&empty=&bad=%ZZ#top?x=1'"
SUNDAY = "date '2026-03-01'"

CASES = [
    value("json_text", f"json_text({DOCUMENT!r}, 'a.b')", "x"),
    value("json_text", f"json_text({DOCUMENT!r}, 'n')", "7"),
    value("json_text", f"json_text({DOCUMENT!r}, 'list[1]')", "q"),
    value("json_text", f"json_text({DOCUMENT!r}, 'missing')", None),
    value("json_text", f"json_text({DOCUMENT!r}, 'none')", None),
    value("json_text", "json_text('cast(null as string)', 'a')", None),
    value("json_text_array", f"json_text_array({DOCUMENT!r}, 'list')", ["p", "q"]),
    value("json_text_array", "json_text_array(\"'[]'\")", []),
    value("json_text_array", "json_text_array('cast(null as string)')", None),
    Case("agg_ordered", "select {{ agg_ordered('v', 'o') }} as x from " + PAIRS, [["v2", "v1", "v3"]]),
    Case(
        "unnest_lateral",
        'select u.e as x from (select {{ json_text_array("\'[\\"p\\", \\"q\\"]\'") }} as a) as t '
        "{{ unnest_lateral('t.a', 'u', 'e') }} order by 1 nulls last",
        ["p", "q"],
    ),
    Case(
        "unnested_with_position",
        "select e || n as x from (select {{ unnested_with_position(\"split('p q', ' ')\", 'e', 'n') }}) as t "
        "order by n nulls last",
        ["p1", "q2"],
    ),
    value("array_text", "array_text(\"split('p q', ' ')\", '-')", "p-q"),
    Case(
        "last_value_ignore_nulls",
        "select {{ last_value_ignore_nulls('v', 'order by o asc nulls last "
        "rows between unbounded preceding and current row') }} as x from " + STEPS + " order by o nulls last",
        ["a", "a", "b", "b"],
    ),
    value(
        "sha256_hex",
        "sha256_hex(\"'test@example.com'\")",
        "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b",
    ),
    value("sha256_hex", "sha256_hex('cast(null as string)')", None),
    value("regexp_replace_all", "regexp_replace_all(\"'+1 (212) 555-0100'\", '[^0-9]', '')", "12125550100"),
    value("regexp_replace_all", "regexp_replace_all(\"'a.b.c'\", '[.]', '-')", "a-b-c"),
    value("letters_exchanged", "letters_exchanged(\"'joshau'\", \"'joshua'\")", True),
    value("letters_exchanged", "letters_exchanged(\"'joshua'\", \"'joshua'\")", False),
    value("letters_exchanged", "letters_exchanged(\"'maria'\", \"'mario'\")", False),
    value("letters_exchanged", "letters_exchanged(\"'ana'\", \"'anan'\")", False),
    value("phone_e164", "phone_e164(\"'(212) 555-0100'\", \"'US'\")", "+12125550100"),
    value("phone_e164", "phone_e164(\"'1-212-555-0100'\", \"'US'\")", "+12125550100"),
    value("phone_e164", "phone_e164(\"'020 7946 0958'\", \"'GB'\")", "+442079460958"),
    value("phone_e164", "phone_e164(\"'0044 20 7946 0958'\", \"'US'\")", "+442079460958"),
    value("phone_e164", "phone_e164(\"'+39 06 1234 5678'\", \"'US'\")", "+390612345678"),
    value("phone_e164", "phone_e164(\"'020 7946 0958 ext. 12'\", \"'GB'\")", "+442079460958"),
    value("phone_e164", "phone_e164(\"'0000000000'\", \"'US'\")", None),
    value("phone_e164", "phone_e164(\"'555-0100'\", \"'US'\")", None),
    value("phone_e164", "phone_e164(\"'ask at the till'\", \"'US'\")", None),
    value("phone_e164", "phone_e164('cast(null as string)', \"'US'\")", None),
    Case(
        "parted",
        "select {{ parted('edges', 'marks') }} as x from (select {{ json_text_array(\"'[\\\"1|2|0\\\", \\\"2|3|0\\\"]'\") }} as edges, "
        '{{ json_text_array("\'[\\"1|1|card|a\\", \\"3|1|card|b\\"]\'") }} as marks) as t',
        [["1|1", "3|3", "2|1"]],
    ),
    value("parted", "parted('null', json_text_array('cast(null as string)'))", []),
    value("raise_error", "'case when 1 = 2 then ' ~ raise_error(\"'stop'\") ~ ' else 3 end'", 3),
    value("url_decoded", "url_decoded(\"'a%20b+c%2Fd'\")", "a b c/d"),
    value("url_decoded", "url_decoded(\"'100%'\")", "100%"),
    value("url_decoded", "url_decoded('cast(null as string)')", None),
    value("url_param", f"url_param({URL!r}, 'utm_source')", "a b c"),
    value("url_param", f"url_param({URL!r}, 'utm_medium')", "cpc"),
    value("url_param", f"url_param({URL!r}, 'empty')", None),
    value("url_param", f"url_param({URL!r}, 'bad')", "%ZZ"),
    value("url_param", f"url_param({URL!r}, 'source')", None),
    value("url_host", f"url_host({URL!r})", "shop.example"),
    value("url_host", "url_host(\"'/p/1'\")", None),
    value("url_path", f"url_path({URL!r})", "/p/1"),
    value("url_path", "url_path(\"'https://shop.example?x=1'\")", "/"),
    value("url_path", "url_path(\"'p/1'\")", None),
    # 02:00 UTC is the evening before in New York; after the clocks go forward at 07:00 UTC the day begins an hour earlier
    value("to_reporting_date", "to_reporting_date(\"timestamp '2026-03-02 04:59:59'\")", dt.date(2026, 3, 1)),
    value("to_reporting_date", "to_reporting_date(\"timestamp '2026-03-02 05:00:00'\")", dt.date(2026, 3, 2)),
    value("to_reporting_date", "to_reporting_date(\"timestamp '2026-03-09 04:00:00'\")", dt.date(2026, 3, 9)),
    value("to_reporting_date", "to_reporting_date('cast(null as timestamp)')", None),
    value("epoch_seconds", "epoch_seconds(\"timestamp '2026-03-01 00:00:00.999'\")", 1772323200),
    value("epoch_seconds", "epoch_seconds(\"timestamp '1969-12-31 23:59:59.5'\")", -1),
    value("day_of_week", f"day_of_week({SUNDAY!r})", 7),
    value("day_of_week", "day_of_week(\"date '2026-03-02'\")", 1),
    value(
        "format_date", "format_date(\"timestamp '2026-03-01 04:05:06'\", '%Y-%m-%dT%H:%M:%SZ')", "2026-03-01T04:05:06Z"
    ),
    value("format_date", f"format_date({SUNDAY!r}, '%Y%m')", "202603"),
    value("safe_divide", "safe_divide('cast(1 as decimal(18, 4))', '4')", Decimal("0.25")),
    value("safe_divide", "safe_divide('1', '0')", None),
    value("safe_divide", "safe_divide('1 + 1', '2')", 1),
    # the MD5 of '1|<null>|a'
    value("surrogate_key", "surrogate_key(['1', 'null', \"'a'\"])", "f5b7627ecd4e5c09c9af4dec0f80055b"),
    value("nfc", "nfc(\"'e\u0301'\")", "\u00e9"),
    Case(
        "local_to_utc",
        "select cast({{ local_to_utc(\"date '2026-03-01'\", 'America/New_York') }} as string) as x",
        ["2026-03-01 05:00:00"],
    ),
    Case(
        "local_to_utc",
        "select cast({{ local_to_utc(\"date '2026-07-01'\", 'America/New_York') }} as string) as x",
        ["2026-07-01 04:00:00"],
    ),
]

# Macros whose result is no SQL value; test_cross_db_macros.py has a test for each.
STORAGE = {"incremental_config", "source_location", "landed_columns"}
