"""Reads one of Shopify's lists into pages of JSON lines, {gid, parent_gid, place, kind, doc}: its history, or what changed.

History comes as the file of a bulk operation, later changes by cursor in order of update; both end as the same lines.
Children name their parent and are told by it, never by their order in the file. A connection inside a list (the lines
of an order's refunds) is refused in bulk, and dear by cursor: such objects are asked for by their id (``details``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import batched  # type: ignore[attr-defined]
from typing import Any, Literal

import duckdb
import orjson
import pyarrow as pa

import selvage
from ingestion import reading
from ingestion.position import Position
from ingestion.shopify.admin import Admin, quoted
from ingestion.tables import PAGE, Line, Table, page_of, query
from ingestion.window import Window

LAG = timedelta(minutes=5)
DAY = timedelta(days=1)
LINES_PER_PAGE = 50_000
NODES_PER_PAGE, CHILDREN_PER_PAGE, DETAILS_PER_CALL = 100, 50, 25
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
log = logging.getLogger(__name__)
