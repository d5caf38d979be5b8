"""Spans of days and the periods they are cut into; which period is not over yet, or began before the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import streamlit as st

Grain = Literal["day", "week", "month"]
LENGTHS: dict[str, int | None] = {"Last 28 days": 28, "Last 90 days": 90, "Last 365 days": 365, "All": None}


@dataclass(frozen=True)
class Span:
    """Reporting days ``first`` to ``last``, both included; known up to the moment ``until`` (UTC without zone)."""

    first: date
    last: date
    until: datetime

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Span:
        """The span of the same length just before, up to the same hour of its last day."""
        length = timedelta(days=self.days)
        return Span(self.first - length, self.last - length, self.until - length)


def chosen(first: date, last: date, until: datetime | None, zone: ZoneInfo) -> Span:
    """The span that the reader picks; ``first`` and ``last`` are the days that hold data."""
    length = LENGTHS[st.segmented_control("Period", list(LENGTHS), default="All", required=True, key="period") or "All"]
    if until is None:
        until = datetime.combine(last, time.max, zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    begin = first if length is None else max(first, last - timedelta(days=length - 1))
    return Span(begin, last, until)


def grain_for(days: int) -> Grain:
    """Neither three bars nor three hundred."""
    return "day" if days <= 45 else "week" if days <= 200 else "month"


def starts(span: Span, grain: Grain) -> list[date]:
    """The first day of every period that the span touches."""
    begin = span.first
    if grain == "week":
        begin -= timedelta(days=begin.weekday())
    elif grain == "month":
        begin = begin.replace(day=1)
    found = []
    while begin <= span.last:
        found.append(begin)
        begin = after(begin, grain)
    return found


def after(start: date, grain: Grain) -> date:
    """The first day of the next period."""
    if grain == "month":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=7 if grain == "week" else 1)


def is_partial(start: date, grain: Grain, span: Span, zone: ZoneInfo) -> bool:
    """Whether the span holds only a part of the period that begins on ``start``."""
    end = datetime.combine(after(start, grain), time(), zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    # Data that run up to the last second of a day hold all of it.
    return start < span.first or span.until < end - timedelta(seconds=1)


def named(start: date, grain: Grain) -> str:
    return f"{start:%b %Y}" if grain == "month" else f"{start.day} {start:%b %Y}"
