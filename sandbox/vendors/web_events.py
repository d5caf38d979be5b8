"""Web events as Segment drops them: gzip'd JSON lines, a folder a day, by the time at which they were received.

    drops/web_events/2026-06-01/events-00.jsonl.gz

When the clock stands at ``now``, everything received before it lies there. Advancing adds files and never touches
one: a day that was open at the last stop gets ``events-01``. DuckDB writes the text of all lines, so that no event
passes through Python. There is no HTTP API: ``build`` drops what is due, and the route only lists the files.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context

EAGER = True
CURRENCY = "USD"
APP_NAME, APP_SPACE = "Selvage Demo", "com.example.selvagedemo"
# Fast rather than small: level 1 packs the lines to a tenth already.
GZIP_LEVEL, GZIP_FORMAT = 1, 31
SLICE = timedelta(days=10)

PRODUCTS = """
    select order_id::varchar as ordered_id, '[' || string_agg('{"product_id":"' || product_id || '","sku":"' || sku
        || '","name":' || json_quote(title)::varchar || ',"price":' || (unit_price_cents / 100)::decimal(18, 2)
        || ',"quantity":' || quantity || '}', ',' order by position) || ']' as products
    from (
        select * from read_parquet($lines)
        qualify row_number() over (partition by line_id order by version nulls last) = 1
    )
    group by order_id"""


def _text(name: str, column: str) -> str:
    """A member with text that may need escaping; null when the text is, as Segment sends no empty keys."""
    return f"""',"{name}":' || json_quote({column})::varchar"""


def _safe(name: str, column: str) -> str:
    """A member with text of our own making (ids, codes), which needs no escaping."""
    return f"""',"{name}":"' || {column} || '"'"""


def _raw(name: str, column: str) -> str:
    return f"""',"{name}":' || {column}"""


def _time(name: str, column: str) -> str:
    return _safe(name, f"""strftime("{column}", '%Y-%m-%dT%H:%M:%S.%gZ')""")


def _money(name: str) -> str:
    return _raw(name, f"({name}_cents / 100)::decimal(18, 2)")


def _object(name: str, *members: str) -> str:
    """An object of members, each of which begins with its comma."""
    return f"""concat(',"{name}":{{', {_joined(members)}, '}}')"""


def _joined(members: Sequence[str]) -> str:
    """Members one after the other, without the first comma. One ``concat`` skips nulls, and copies each text once."""
    return f"substr(concat({', '.join(members)}), 2)"


def _if(condition: str, then: str) -> str:
    return f"case when {condition} then {then} end"


def line_sql() -> str:
    """The JSON text of one event with its line end, from the columns of the world's table and ``products``."""
    page = [_text("path", "path"), _text("referrer", "referrer"), _text("search", "search"), _text("title", "title")]
    page.append(_text("url", "url"))
    has_money = "coalesce(price_cents, revenue_cents, total_cents) is not null"
    track = [
        *(_safe(name, name) for name in ("order_id", "checkout_id", "cart_id", "wishlist_id", "product_id", "sku")),
        _text("name", "product_name"),
        _raw("quantity", "quantity"),
        *(_money(name) for name in ("price", "revenue", "total", "shipping", "tax")),
        _if(has_money, f"""',"currency":"{CURRENCY}"'"""),
        _raw("products", "products"),
    ]
    # a notification tells its campaign itself, as Segment's mobile events do
    by_push = "event = 'Push Notification Opened'"
    has_campaign = "coalesce(campaign_source, campaign_medium, campaign_name) is not null"
    traits = [_text(name, f"traits_{name}") for name in ("email", "phone", "first_name", "last_name")]
    campaign = [_text(name, f"campaign_{name}") for name in ("source", "medium", "name", "term", "content")]
    choices = [_raw("Advertising", "consent_advertising::varchar"), _raw("Analytics", "consent_analytics::varchar")]
    phone = [_safe("type", "device_type"), _safe("id", "device_id"), _safe("token", "device_token")]
    app = [_safe("version", "app_version"), f"""',"name":"{APP_NAME}","namespace":"{APP_SPACE}"'"""]
    track.append(_if(by_push, _object("campaign", *campaign)))
    context = [
        _if("path is not null", _object("page", *page)),
        _if("app_version is not null", _object("app", *app)),
        _if(f"{has_campaign} and {by_push} is not true", _object("campaign", *campaign)),
        _if(
            "consent_advertising is not null or consent_analytics is not null",
            _object("consent", _object("categoryPreferences", *choices)),
        ),
        _text("userAgent", "user_agent"),
        _safe("ip", "ip"),
        _safe("locale", "locale"),
        _if("device_type is not null", _object("device", *phone)),
    ]
    members = [
        _safe("messageId", "message_id"),
        _safe("type", "type"),
        _safe("event", "event"),
        _safe("anonymousId", "anonymous_id"),
        _safe("userId", "user_id"),
        _time("originalTimestamp", "original_timestamp"),
        _time("sentAt", "sent_at"),
        _time("receivedAt", "received_at"),
        _time("timestamp", "timestamp"),
        _if("type = 'identify'", _object("traits", *traits)),
        _if("type = 'page'", _object("properties", *page)),
        _if("type = 'track'", _object("properties", *track)),
        _if("type = 'screen'", _text("name", "title")),
        _object("context", *context),
    ]
    return f"""concat('{{', {_joined(members)}, '}}', chr(10))"""


class Drops:
    """The folder of drops and the moment up to which it is filled."""

    def __init__(self, context: Context) -> None:
        self.folder = context.home / "drops" / "web_events"
        self._context = context
        self._lock = threading.Lock()
        context.state.execute(
            "create table if not exists web_events_drops (one integer primary key check (one = 1), up_to text not null)"
        )

    def fill(self, now: datetime) -> None:
        """Write what was received since the last call and before ``now``."""
        with self._lock:
            rows = self._context.state.rows("select up_to from web_events_drops")
            up_to = datetime.fromisoformat(rows[0][0]) if rows else self._context.clock.start - timedelta(days=400)
            if not rows:
                _clear(self.folder)
            if now > up_to:
                self._write(up_to.astimezone(UTC).replace(tzinfo=None), now.astimezone(UTC).replace(tzinfo=None))
                self._context.state.execute("insert or replace into web_events_drops values (1, ?)", (now.isoformat(),))

    def _write(self, begin: datetime, end: datetime) -> None:
        """A slice of days at a time: its lines are packed while DuckDB makes those of the next."""
        tables = self._context.tables
        due = f"""
            select received_at::date::varchar as day, {line_sql()} as line
            from events
            left join products on ordered_id = case when event = 'Order Completed' then order_id end
            where received_at >= $begin and received_at < $end
            order by received_at, message_id"""
        with duckdb.connect(":memory:", config={"threads": "2"}) as connection, ThreadPoolExecutor(1) as packers:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"create table products as {PRODUCTS}", {"lines": tables.path("shopify_order_lines")})
            # Read once, in order, so that a slice below touches only its own part.
            events = "select * from read_parquet($events) where received_at >= $begin and received_at < $end"
            values = {"events": tables.path("web_events"), "begin": begin, "end": end}
            connection.execute(f"create table events as {events} order by received_at", values)
            (first,) = connection.execute("select min(received_at) from events").fetchall()[0]
            low = begin if first is None else max(begin, first.replace(hour=0, minute=0, second=0, microsecond=0))
            packed: list[Future[None]] = []
            while first is not None and low < end:
                high = min(end, low.replace(hour=0, minute=0, second=0, microsecond=0) + SLICE)
                lines = connection.execute(due, {"begin": low, "end": high}).to_arrow_table()
                packed.append(packers.submit(self._write_days, lines))
                low = high
            for one in packed:
                one.result()

    def _write_days(self, lines: pa.Table) -> None:
        counts = lines.column("day").value_counts().to_pylist()
        begin = 0
        for one in sorted(counts, key=lambda one: str(one["values"])):
            self._write_day(one["values"], lines.column("line").slice(begin, one["counts"]))
            begin += one["counts"]

    def _write_day(self, day: str, lines: pa.ChunkedArray) -> None:
        folder = self.folder / day
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = len(list(folder.glob("events-*.jsonl.gz")))
        partial = folder / f".events-{number:02d}.partial"
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_FORMAT)
        partial.touch(mode=0o600)
        with partial.open("wb") as file:
            for chunk in lines.chunks:
                file.write(packer.compress(_content(chunk)))
            file.write(packer.flush())
        partial.rename(folder / f"events-{number:02d}.jsonl.gz")


def _content(lines: pa.Array) -> memoryview:
    """The text of all lines as it lies in memory: each line brings its line end."""
    large = lines.cast(pa.large_string())
    offsets = memoryview(large.buffers()[1]).cast("q")
    return memoryview(large.buffers()[2])[offsets[large.offset] : offsets[large.offset + len(large)]]


def _clear(folder: Path) -> None:
    """Files of another world, whose state is gone."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()


def build(context: Context) -> Starlette:
    drops = Drops(context)
    drops.fill(context.clock.now)
    context.clock.listen(drops.fill)

    async def listing(_: Request) -> JSONResponse:
        files = sorted(str(path.relative_to(drops.folder)) for path in drops.folder.rglob("*.jsonl.gz"))
        return JSONResponse({"files": files})

    return Starlette(routes=[Route("/", listing)])
