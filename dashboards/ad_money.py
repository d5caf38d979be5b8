"""Ad money beside credit: what was spent, what our model credits, what the platforms claim."""

from __future__ import annotations

from dashboards.data import Marts
from dashboards.periods import Span


def section(marts: Marts, span: Span, model: str) -> None:
    """Placed below the credit of all channels; says so where no ad money is published."""
