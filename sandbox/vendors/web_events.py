"""Web events as Segment drops them: gzip'd JSON lines, a folder a day, by the time at which they were received.

    drops/web_events/2026-06-01/events-00.jsonl.gz

When the clock stands at ``now``, everything received before it lies there. Advancing adds files and never touches
one: a day that was open at the last stop gets ``events-01``. DuckDB writes the lines; nothing passes through Python.
There is no HTTP API: ``build`` drops what is due and says so on request.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context

EAGER = True
CURRENCY = "USD"

# One SQL value a line: nulls are left out by the merge patch, as Segment sends no empty keys.
PRODUCTS = """
    select order_id::varchar as order_id, list({
        'product_id': product_id::varchar, 'sku': sku, 'name': title, 'price': (unit_price_cents / 100)::decimal(18, 2),
        'quantity': quantity} order by position) as products
    from (select * from read_parquet($lines) qualify row_number() over (partition by line_id order by version) = 1)
    group by order_id"""
MONEY = "(%s / 100)::decimal(18, 2)"


def line_sql(with_products: bool) -> str:
    """The JSON text of one event, from the columns of the world's table."""
    products = "products" if with_products else "null"
    moment = "strftime(%s, '%%Y-%%m-%%dT%%H:%%M:%%S.%%gZ')"
    money = {name: MONEY % f"{name}_cents" for name in ("price", "revenue", "total", "shipping", "tax")}
    has_money = "coalesce(price_cents, revenue_cents, total_cents) is not null"
    return f"""json_merge_patch('{{}}', to_json({{
        'messageId': message_id, 'type': type, 'event': event, 'anonymousId': anonymous_id, 'userId': user_id,
        'originalTimestamp': {moment % "original_timestamp"}, 'sentAt': {moment % "sent_at"},
        'receivedAt': {moment % "received_at"}, 'timestamp': {moment % '"timestamp"'},
        'traits': case when type = 'identify' then {{'email': traits_email, 'phone': traits_phone,
            'first_name': traits_first_name, 'last_name': traits_last_name}} end,
        'properties': case
            when type = 'page' then {{'path': path, 'referrer': referrer, 'search': search, 'title': title, 'url': url}}::json
            when type = 'track' then to_json({{'order_id': order_id, 'checkout_id': checkout_id, 'cart_id': cart_id,
                'product_id': product_id, 'sku': sku, 'name': product_name, 'quantity': quantity,
                'price': {money["price"]}, 'revenue': {money["revenue"]}, 'total': {money["total"]},
                'shipping': {money["shipping"]}, 'tax': {money["tax"]},
                'currency': case when {has_money} then '{CURRENCY}' end, 'products': {products}}}) end,
        'context': {{
            'page': {{'url': url, 'path': path, 'referrer': referrer, 'title': title, 'search': search}},
            'campaign': case when coalesce(campaign_source, campaign_medium, campaign_name) is not null then {{
                'source': campaign_source, 'medium': campaign_medium, 'name': campaign_name, 'term': campaign_term,
                'content': campaign_content}} end,
            'consent': case when consent_advertising is not null or consent_analytics is not null then {{
                'categoryPreferences': {{'Advertising': consent_advertising, 'Analytics': consent_analytics}}}} end,
            'userAgent': user_agent, 'ip': ip, 'locale': locale,
            'device': case when device_type is not null then {{'type': device_type}} end}}
    }}))::varchar"""


class Drops:
    """The folder of drops and the moment up to which it is filled."""

    def __init__(self, context: Context):
        self.folder = context.home / "drops" / "web_events"
        self._context = context
        self._lock = threading.Lock()
        context.state.execute(
            "create table if not exists web_events_drops (one integer primary key check (one = 1), up_to text not null)"
        )

    def fill(self, now: datetime) -> int:
        """Write what was received since the last call and before ``now``; returns the number of new files."""
        with self._lock:
            rows = self._context.state.rows("select up_to from web_events_drops")
            up_to = datetime.fromisoformat(rows[0][0]) if rows else self._context.clock.start - timedelta(days=400)
            if not rows:
                _clear(self.folder)
            if now <= up_to:
                return 0
            written = self._write(up_to.astimezone(UTC).replace(tzinfo=None), now.astimezone(UTC).replace(tzinfo=None))
            self._context.state.execute("insert or replace into web_events_drops values (1, ?)", (now.isoformat(),))
            return written

    def _write(self, begin: datetime, end: datetime) -> int:
        tables, written = self._context.tables, 0
        lines = tables.path("shopify_order_lines")
        with duckdb.connect(":memory:", config={"threads": "2"}) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(
                f"create temp table products as {PRODUCTS}", {"lines": lines}
            )
            connection.execute(
                f"""create temp table due as
                select received_at::date as day, received_at, message_id, {line_sql(with_products=True)} as line
                from read_parquet($events) as event
                left join products on event.event = 'Order Completed' and event.order_id = products.order_id
                where received_at >= $begin and received_at < $end""".replace("'order_id': order_id", "'order_id': event.order_id"),
                {"events": tables.path("web_events"), "begin": begin, "end": end},
            )
            for (day,) in connection.execute("select distinct day from due order by day").fetchall():
                self._write_day(connection, day)
                written += 1
        return written

    def _write_day(self, connection: duckdb.DuckDBPyConnection, day: object) -> None:
        folder = self.folder / str(day)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = len(list(folder.glob("events-*.jsonl.gz")))
        path, partial = folder / f"events-{number:02d}.jsonl.gz", folder / f".events-{number:02d}.partial"
        connection.execute(
            f"""copy (select line from due where day = '{day}' order by received_at, message_id)
            to '{partial}' (format csv, header false, quote '', escape '', delimiter '\x01', compression gzip)"""
        )
        partial.rename(path)


def _clear(folder: Path) -> None:
    """Files of another world, whose state is gone."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def build(context: Context) -> Starlette:
    drops = Drops(context)
    drops.fill(context.clock.now)
    context.clock.listen(lambda now: _ignore(drops.fill(now)))

    async def listing(_: Request) -> JSONResponse:
        files = sorted(str(path.relative_to(drops.folder)) for path in drops.folder.rglob("*.jsonl.gz"))
        return JSONResponse({"files": files})

    return Starlette(routes=[Route("/", listing)])


def _ignore(_: int) -> None:
    return None
