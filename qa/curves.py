"""How far the confidence can be trusted: risk against coverage, and calibration.

Both are functions of pairs (confidence, right), one for each question of a gold set. An answer is
right when it gets full credit; a question that the reports do not answer is never right when it is
answered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_BINS = 8
Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What would be if every question of at least this confidence were answered, and no other.

    ``coverage`` is the share of questions answered and ``risk`` the share of those not right.
    """

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Questions of about one confidence: its mean, the share that is right, and how many.

    ``low`` and ``high`` bound that share with 95 % confidence.
    """

    confidence: float
    right: float
    low: float
    high: float
    n: int


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> tuple[RiskPoint, ...]:
    """Return the risk at each coverage, the most confident questions first.

    Questions of equal confidence are answered together (El-Yaniv and Wiener 2010, "On the
    foundations of noise-free selective classification", for the two terms).
    """
    points: list[RiskPoint] = []
    wrong = 0
    ranked = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    for place, (confidence, is_right) in enumerate(ranked, start=1):
        wrong += not is_right
        if place == len(ranked) or ranked[place][0] != confidence:
            points.append(RiskPoint(confidence, place / len(ranked), wrong / place))
    return tuple(points)


def area_under(points: Sequence[RiskPoint]) -> float:
    """Return the mean risk over all coverages (AURC), lower is better, 0 without points."""
    total, before = 0.0, 0.0
    for point in points:
        total += (point.coverage - before) * point.risk
        before = point.coverage
    return total / before if before else 0.0


def calibration(
    confidences: Sequence[float], right: Sequence[bool], *, bins: int = DEFAULT_BINS
) -> tuple[CalibrationBin, ...]:
    """Return bins of about equally many questions, from the least to the most confident.

    Questions of equal confidence lie in one bin, so there can be fewer than ``bins``.
    """
    ranked = sorted(zip(confidences, right, strict=True))
    size = max(1, math.ceil(len(ranked) / bins))
    groups: list[list[tuple[float, bool]]] = []
    for pair in ranked:
        if groups and (len(groups[-1]) < size or groups[-1][-1][0] == pair[0]):
            groups[-1].append(pair)
        else:
            groups.append([pair])
    return tuple(_bin(group) for group in groups)


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Return how far confidence and share right lie apart on average (ECE), 0 is best.

    Source: Guo and others 2017, "On calibration of modern neural networks".
    """
    count = sum(one.n for one in bins)
    return sum(one.n * abs(one.confidence - one.right) for one in bins) / count if count else 0.0


def _bin(group: Sequence[tuple[float, bool]]) -> CalibrationBin:
    n = len(group)
    share = sum(right for _, right in group) / n
    low, high = wilson(share, n)
    return CalibrationBin(sum(confidence for confidence, _ in group) / n, share, low, high, n)


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of ``n`` (Wilson 1927, the score interval)."""
    square = Z95 * Z95
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)
