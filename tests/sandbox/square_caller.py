"""A plain caller of the sandbox's Square, and the world's rows that it should be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import duckdb

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request

BOTH = ["LMILLSTREET01", "LPIERMARKET02"]
LISTS = ("customers", "orders", "payments", "refunds", "objects", "counts", "changes", "loyalty_accounts")


class Square:
    """A plain caller of the sandbox's Square."""

    def __init__(self, server: Running):
        self.server, self.base = server, f"{server.url}/square/v2"
        self.headers = {"Authorization": "Bearer sq_sandbox", "Square-Version": "2026-09-16"}

    def get(self, path: str, **query: Any) -> Answer:
        return request(f"{self.base}/{path}?{urlencode(query)}", self.headers)

    def post(self, path: str, body: Any) -> Answer:
        return request(f"{self.base}/{path}", {**self.headers, "Content-Type": "application/json"}, body)

    def pages(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        cursor: dict[str, Any] = {}
        while True:
            answer = self.get(path, **query, **cursor) if body is None else self.post(path, {**body, **cursor})
            assert answer.status == 200, answer.body
            yield answer.json
            if "cursor" not in answer.json:
                return
            cursor = {"cursor": answer.json["cursor"]}

    def all(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> list[dict[str, Any]]:
        return [one for page in self.pages(path, body, **query) for name in LISTS for one in page.get(name, [])]

    def orders(self, **more: Any) -> list[dict[str, Any]]:
        return self.all("orders/search", {"location_ids": BOTH, "limit": 50, **more})


def rows(square: Square, query: str) -> list[tuple[Any, ...]]:
    now = square.server.now.replace(tzinfo=None)
    with duckdb.connect() as connection:
        for path in square.server.world.glob("square_*.parquet"):
            file = str(path).replace("'", "''")
            columns = {row[0] for row in connection.execute(f"describe from read_parquet('{file}')").fetchall()}
            key = connection.execute(f"describe from read_parquet('{file}')").fetchall()[0][0]
            newest = f"and updated_at <= timestamp '{now}' qualify row_number() over (partition by {key} order by version desc) = 1"
            connection.execute(
                f"create view {path.stem} as select * from read_parquet('{file}') "
                f"where revealed_at <= timestamp '{now}' {newest if 'version' in columns else ''}"
            )
        return connection.execute(query).fetchall()


def code(answer: Answer) -> str:
    error = answer.json["errors"][0]
    assert {"category", "code", "detail"} <= set(error)
    return f"{answer.status} {error['code']}"
