"""Charts of the model, as SVG that a browser and a code host show without any program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from identity.scoring import Model

FOLDER = Path(__file__).with_name("model_charts")
INK, GOOD, BAD, GRID = "#222", "#2a7f62", "#b5443a", "#ccc"
ROW, LEFT, WIDTH = 18, 330, 760


def write_charts(model: Model) -> None:
    """``match_weights.svg`` and ``m_and_u.svg`` in identity/model_charts."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "match_weights.svg").write_text(match_weights(model))
    (FOLDER / "m_and_u.svg").write_text(m_and_u(model))


def match_weights(model: Model) -> str:
    """A bar per level: the bits it adds to (right) or takes from (left) a match; same-levels before term
    frequencies.
    """
    middle, unit = 530, 14
    marks = []
    for number, (name, _, shares) in enumerate(_levels(model)):
        bits = math.log2(shares["m"] / shares["u"])
        y, length = 40 + number * ROW, max(1.0, abs(bits) * unit)
        marks.append(_text(LEFT - 8, y + 12, name, "end"))
        marks.append(_bar(middle if bits > 0 else middle - length, y, length, GOOD if bits > 0 else BAD))
        marks.append(_text(middle + (length + 4 if bits > 0 else 4), y + 12, f"{bits:+.1f}"))
    title = "Match weight of each level of agreement, in bits"
    return _page(
        title, 40 + len(_levels(model)) * ROW, [*marks, _line(middle, 34, middle, 40 + len(_levels(model)) * ROW)]
    )


def m_and_u(model: Model) -> str:
    """Two bars per level: its share among matches (m) and among strangers (u), on a scale of powers of ten."""
    marks = []
    for number, (name, _, shares) in enumerate(_levels(model)):
        y = 40 + number * ROW
        marks.append(_text(LEFT - 8, y + 12, name, "end"))
        for side, start, colour in (("m", LEFT, GOOD), ("u", LEFT + 215, BAD)):
            length = max(1.0, (7 + math.log10(shares[side])) * 20)
            marks += [_bar(start, y, length, colour), _text(start + length + 4, y + 12, f"{shares[side]:.2g}")]
    title = "Share of each level among matches (m, left) and strangers (u, right), from 1e-7 to 1"
    return _page(title, 40 + len(_levels(model)) * ROW, marks)


def precision_and_recall(points: Sequence[tuple[float, float, float]], accept: float) -> str:
    """Curves of (threshold, precision, recall) over the threshold's odds; ``accept`` is marked."""
    low, high = -7.0, 20.0

    def x(threshold: float) -> float:
        bits = min(high, max(low, math.log2(threshold / (1 - threshold)))) if threshold < 1 else high
        return 70 + (bits - low) / (high - low) * 640

    def y(share: float) -> float:
        return 340 - share * 290

    marks = [_line(70, y(share), 710, y(share), GRID) for share in (0, 0.25, 0.5, 0.75, 1)]
    marks += [_text(64, y(share) + 4, f"{share:g}", "end") for share in (0, 0.25, 0.5, 0.75, 1)]
    for bits in range(-6, 21, 2):
        marks.append(_text(70 + (bits - low) / (high - low) * 640, 360, str(bits), "middle"))
    marks += [_line(x(accept), 46, x(accept), 340), _text(x(accept) + 4, 56, f"joined from {accept:g}")]
    for place, (label, colour) in enumerate((("precision", GOOD), ("recall", BAD))):
        path = " ".join(f"{x(point[0]):.1f},{y(point[1 + place]):.1f}" for point in points)
        marks.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks.append(_text(600, 300 + 16 * place, label, colour=colour))
    return _page("Precision and recall of joined pairs by threshold (match weight, bits)", 370, marks)


def _levels(model: Model) -> list[tuple[str, str, dict[str, float]]]:
    return [
        (f"{comparison}: {label}", label, shares)
        for comparison, told in model.weights.items()
        for label, shares in told.items()
    ]


def _page(title: str, height: float, marks: list[str]) -> str:
    body = "\n".join([_text(10, 20, title), *marks])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 10:.0f}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _bar(x: float, y: float, length: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y + 2:.1f}" width="{length:.1f}" height="{ROW - 5}" fill="{colour}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = INK) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'
