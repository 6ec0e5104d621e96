"""The two plots of an evaluation as SVG: risk against coverage, and calibration.

They are drawn with the page's own colours and need no script; what they show is also in their
description, for those who hear the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qa.curves import CalibrationBin, RiskPoint

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 46
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


_PICTURE_STYLE = """
:root { color-scheme: light dark; --ink: #4d5b62; --line: #c9d1d2; --paper: #fcfcfa;
  --mark: #1f5f7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #b3bec2; --line: #3a4449; --paper: #14191c;
  --mark: #6fb4d0; } }
svg { font: 11px system-ui, sans-serif; fill: var(--ink); background: var(--paper); }
.grid { stroke: var(--line); } .ideal { stroke: var(--ink); stroke-dasharray: 4 4; }
.line { fill: none; stroke: var(--mark); stroke-width: 2; }
.mark { fill: var(--mark); stroke: var(--paper); stroke-width: 1.5; }
.whisker { stroke: var(--mark); stroke-width: 1.5; opacity: .6; }
"""


def as_picture(plot: str) -> bytes:
    """Return a plot as an SVG file of its own, with the colours that a page would give it."""
    head, end, rest = plot.partition(">")
    named = head.replace("<svg ", "<svg xmlns='http://www.w3.org/2000/svg' ", 1)
    return f"{named}{end}<style>{_PICTURE_STYLE}</style>{rest}".encode()


def risk_plot(points: Sequence[RiskPoint], threshold: float) -> str:
    """Return the risk–coverage curve, with a mark where answers are given down to ``threshold``."""
    top = _ceiling(max((point.risk for point in points), default=0.0))
    line = " ".join(f"{_x(p.coverage):.1f},{_y(p.risk / top):.1f}" for p in points)
    said = risk_said(points, threshold)
    at = _last(points, threshold)
    mark = ""
    if at is not None:
        mark = (
            f"<circle class='mark' cx='{_x(at.coverage):.1f}' cy='{_y(at.risk / top):.1f}' r='5'>"
            f"<title>{escape(said)}</title></circle>"
        )
    body = f"<polyline class='line' points='{line}'/>{mark}"
    return _plot(
        "risk", "Risk against coverage", said, "share of questions answered",
        "share of answers not right", top, body,
    )  # fmt: skip


def risk_said(points: Sequence[RiskPoint], threshold: float) -> str:
    """Return what the curve shows where answers are given down to ``threshold``."""
    at = _last(points, threshold)
    if at is None:
        return "No question was answered."
    return (
        f"At the confidence of {threshold:.2f} that is set, {at.coverage:.0%} of the questions "
        f"are answered and {at.risk:.0%} of the answers are not right."
    )


def _last(points: Sequence[RiskPoint], threshold: float) -> RiskPoint | None:
    used = [point for point in points if point.threshold >= threshold]
    return used[-1] if used else None


def calibration_said(bins: Sequence[CalibrationBin]) -> str:
    """Return the share right of each bin."""
    said = (f"confidence {one.confidence:.2f}: {one.right:.0%} of {one.n} right" for one in bins)
    return "; ".join(said) or "No question."


def calibration_plot(bins: Sequence[CalibrationBin]) -> str:
    """Return share right against confidence, with 95 % intervals and the diagonal."""
    diagonal = (
        f"<line class='ideal' x1='{_x(0):.1f}' y1='{_y(0):.1f}' x2='{_x(1):.1f}' y2='{_y(1):.1f}'/>"
    )
    marks = "".join(
        f"<line class='whisker' x1='{_x(b.confidence):.1f}' x2='{_x(b.confidence):.1f}' "
        f"y1='{_y(b.low):.1f}' y2='{_y(b.high):.1f}'/>"
        f"<circle class='mark' cx='{_x(b.confidence):.1f}' cy='{_y(b.right):.1f}' r='4.5'>"
        f"<title>confidence {b.confidence:.2f}: {b.right:.0%} of {b.n} right</title></circle>"
        for b in bins
    )
    return _plot(
        "calibration", "Calibration", calibration_said(bins), "confidence", "share right", 1.0,
        diagonal + marks,
    )  # fmt: skip


def _plot(name: str, title: str, said: str, across: str, up: str, top: float, body: str) -> str:
    grid = "".join(
        f"<line class='grid' x1='{_x(0):.1f}' x2='{_x(1):.1f}' y1='{_y(t):.1f}' y2='{_y(t):.1f}'/>"
        f"<text x='{LEFT - 8}' y='{_y(t) + 4:.1f}' text-anchor='end'>{t * top:.0%}</text>"
        f"<text x='{_x(t):.1f}' y='{HEIGHT - BOTTOM + 18}' text-anchor='middle'>{t:.0%}</text>"
        for t in TICKS
    )
    middle = (LEFT + WIDTH - RIGHT) / 2
    height = (TOP + HEIGHT - BOTTOM) / 2
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-labelledby='{name}-t {name}-d'>"
        f"<title id='{name}-t'>{escape(title)}</title><desc id='{name}-d'>{escape(said)}</desc>"
        f"{grid}{body}"
        f"<text x='{middle:.0f}' y='{HEIGHT - 8}' text-anchor='middle'>{escape(across)}</text>"
        f"<text transform='translate(12 {height:.0f}) rotate(-90)' text-anchor='middle'>"
        f"{escape(up)}</text></svg>"
    )


def _ceiling(risk: float) -> float:
    """Return the end of the risk axis: the next full fifth, so that a flat curve is seen."""
    return next((end for end in (0.2, 0.4, 0.6, 0.8) if risk <= end), 1.0)


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
