"""Models run on DuckDB and on Spark: words that only one of them knows stand in macros/cross_db alone.

A static check, so it finds what no run on DuckDB would: the silent differences (null order, the first match only,
integer division) most of all. SQL comments, Jinja comments and quoted text are taken out first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.models.conftest import PROJECT

FILES = sorted(
    path
    for folder in ("models", "macros", "tests")
    for path in (PROJECT / folder).rglob("*.sql")
    if "cross_db" not in path.parts
)
REFUSED = {
    "DuckDB's list functions": r"\blist(_\w+)?\s*\(",
    "arg_max, arg_min: max_by, min_by": r"\barg_m(ax|in)\b",
    "strftime: format_date": r"\bstrf?ptime\b|\bstrftime\b",
    "->>: json_text": r"->",
    "json functions: json_text": r"\bjson_(?!text\b|text_array\b)\w+\s*\(|\bget_json_object\b|\bfrom_json\b",
    "exclude: list the columns": r"\*\s*(exclude|except)\b",
    "asof join: a window": r"\basof\b",
    "generate_series: dbt.date_spine or range": r"\bgenerate_series\b|\bunnest\s*\(",
    "hugeint, varchar, text: bigint, string": r"\b(u?hugeint|varchar|text|timestamptz)\b",
    "epoch: epoch_seconds": r"\bepoch(_ms|_us|_ns)?\s*\(",
    "sha256: sha256_hex": r"\bsha2?(56)?\s*\(",
    "day of week: day_of_week": r"\b(isodow|dayofweek|weekday)\b|\bextract\s*\(\s*(iso)?dow",
    "regexp_replace: regexp_replace_all": r"\bregexp_replace\s*\(",
    "strpos: instr": r"\bstrpos\s*\(",
    "zones: to_reporting_date, local_to_utc": r"\bat\s+time\s+zone\b|\btimezone\s*\(",
    "quantile_cont: percentile_cont .. within group": r"\bquantile_\w+\s*\(",
    "integer division": r"[\w)]\s*//\s*[\w(]",
    "union by name: name the columns": r"\bunion\s+(all\s+)?by\s+name\b",
    "last_value: last_value_ignore_nulls": r"\bignore\s+nulls\b",
    "url_decode: url_decoded": r"\burl_decode\s*\(|\bparse_url\s*\(",
    "double-quoted name: adapter.quote": r'"',
    "the wall clock: int_as_of": r"\b(now\s*\(|current_(date|timestamp)\b|get_current_timestamp)",
}
CONTRACT_TYPES = re.compile(r"string|bigint|decimal\(\d+, ?\d+\)|date|timestamp|boolean")
ENDS = re.compile(r"\b(rows|range|limit|union|qualify|select|from|where)\b", re.IGNORECASE)


def sql_of(path: Path) -> str:
    text = re.sub(r"{#.*?#}", " ", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"{%.*?%}", " ", text, flags=re.DOTALL)
    text = re.sub(r"{{.*?}}", " jinja ", text, flags=re.DOTALL)
    text = re.sub(r"--[^\n]*", " ", text)
    return re.sub(r"'(?:[^']|'')*'", " '?' ", text)


def order_keys(sql: str) -> list[str]:
    """The keys of every ``order by``, cut at commas outside brackets."""
    keys = []
    for start in re.finditer(r"\border\s+by\b", sql, re.IGNORECASE):
        depth, key = 0, ""
        for sign in sql[start.end() :] + ")":
            if depth == 0 and (sign in "),;" or ENDS.search(key)):
                keys.append(ENDS.sub("", key).strip())
                key = ""
                if sign != ",":
                    break
            else:
                depth += (sign == "(") - (sign == ")")
                key += sign
    return [key for key in keys if key]


def test_only_words_of_both_engines() -> None:
    found = {
        path.stem: (match.group(), reason)
        for path in FILES
        for reason, pattern in REFUSED.items()
        if (match := re.search(pattern, sql_of(path), re.IGNORECASE))
    }
    assert not found


def test_order_by_says_where_nulls_go() -> None:
    found = {
        path.stem: key
        for path in FILES
        for key in order_keys(sql_of(path))
        if not re.search(r"nulls\s+(first|last)$", key, re.IGNORECASE)
    }
    assert not found


def test_contracts_use_types_of_both_engines(manifest: dict[str, Any]) -> None:
    wrong = {
        f"{node['name']}.{column['name']}": column["data_type"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["contract"]["enforced"]
        for column in node["columns"].values()
        if not CONTRACT_TYPES.fullmatch(column["data_type"] or "")
    }
    assert not wrong


def test_the_check_would_find_them() -> None:
    """The checks themselves: what they must refuse, and what they must let through."""
    refused = [
        "list(x)",
        "arg_max(a, b)",
        "x ->> 'a'",
        "select * exclude (a)",
        "cast(a as varchar)",
        "epoch(t)",
        "a // b",
        "json_extract(a, b)",
        "unnest(a)",
        "now()",
    ]
    for sql in refused:
        assert any(re.search(pattern, sql, re.IGNORECASE) for pattern in REFUSED.values()), sql
    for sql in ["count(a) as listed", "cast(a as string)", "a / b", "max_by(a, b)", "epoch_seconds", "text_length"]:
        assert not any(re.search(pattern, sql, re.IGNORECASE) for pattern in REFUSED.values()), sql
    assert order_keys("row_number() over (partition by a order by b desc nulls last, f(c, d)) = 1") == [
        "b desc nulls last",
        "f(c, d)",
    ]
    assert order_keys("over (order by b nulls last rows between 1 preceding and current row)") == ["b nulls last"]
