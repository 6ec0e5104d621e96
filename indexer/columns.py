"""The order in which the parts of a page are read: columns, and what stands above and below them.

A page is cut along a gutter: an upright strip without words that has running text on both sides.
What stands above the columns comes first, then the left column, the right one, and what stands
below them; each part is cut again in the same way. Columns of a table are no columns of text: one
side has few words, or the paragraphs on both sides begin at the same heights, row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Generic, TypeVar

from indexer.lines import overlap
from indexer.records import Rect

MAX_CANDIDATES = 10
"""Places that are tried for the left edge of a right column, those of most lines first."""

GAP = 0.7
"""Gutters are at least this many type sizes wide."""

END = 6.0
MAX_ENDS = 3
"""Places where many lines end, within this many points, that are tried for a left column's."""

MIN_LINES = 3
"""A column has at least this many lines."""

MIN_LINE_WORDS = 2.3
MIN_LINE_CHARACTERS = 13
"""Lines of running text have more words and characters than those of a table's figures."""

MIN_TEXT_LINES = 5
MIN_TEXT_WORDS = 3.5
"""Text beside a chart is longer, so that the labels of an axis are not taken for it."""

FULL = 0.6
"""A line is full when it takes this part of its column's width."""

PARTED = 1.5
"""Lines this many usual steps apart begin a new paragraph."""

BAND = 2.2
"""A heading over two columns stands in a blank band of the right one, this many lines high."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Piece(Generic[T]):
    """Something that is read in one go: a part of a line, or a table (without words)."""

    rect: Rect
    item: T
    words: int = 0
    characters: int = 0
    size: float = 10.0
    strong: bool = False

    @property
    def middle(self) -> float:
        """The height of its middle above the foot of the page."""
        return (self.rect[1] + self.rect[3]) / 2


@dataclass(frozen=True, slots=True)
class _Cut(Generic[T]):
    above: list[Piece[T]]
    left: list[Piece[T]]
    right: list[Piece[T]]
    below: list[Piece[T]]
    gap: float

    @property
    def worth(self) -> tuple[int, float]:
        return len(self.left) + len(self.right), self.gap


@dataclass(slots=True)
class _Run:
    """One line of a column, whatever pieces it is made of."""

    rect: Rect
    words: int
    characters: int


def regions(pieces: Sequence[Piece[T]]) -> list[list[Piece[T]]]:
    """Return pieces parted into regions in reading order; most pages are one region."""
    if len(pieces) < 2 * MIN_LINES:
        return [list(pieces)] if pieces else []
    ordered = sorted(pieces, key=lambda p: -p.middle)
    cuts = (_cut(ordered, x) for x in _candidates(ordered))
    best = max((cut for cut in cuts if cut is not None), key=lambda cut: cut.worth, default=None)
    if best is None:
        return [ordered]
    parts = (best.above, best.left, best.right, best.below)
    return [region for part in parts for region in regions(part)]


def _candidates(pieces: Sequence[Piece[T]]) -> list[float]:
    """Return where a right column might begin: where several pieces do, or just before it."""
    left = min(p.rect[0] for p in pieces)
    right = max(p.rect[2] for p in pieces)
    size = median(p.size for p in pieces)
    inner = [p.rect[0] for p in pieces if left + 4 * size < p.rect[0] < right - 3 * size]
    counts = Counter(round(x) for x in inner)
    support = {x: sum(counts[x + d] for d in (-1, 0, 1)) for x in counts}
    firm = sorted((x for x in counts if support[x] >= MIN_LINES), key=lambda x: -support[x])
    found: set[int] = set()
    for x in firm[:MAX_CANDIDATES]:
        found |= {x, min(y for y in counts if x - 3 * size <= y <= x)}
    tried = {x - 1.0 for x in found}
    # The words of a chart begin anywhere; the text beside it ends where its lines are full.
    ends = Counter(round(p.rect[2] / END) for p in pieces if p.words >= MIN_LINES)
    for end, count in ends.most_common(MAX_ENDS):
        if count >= MIN_TEXT_LINES - 1 and END * end < right - 3 * size:
            tried.add(END * (end + 0.5) + GAP * size)
    return sorted(tried)


def _cut(pieces: Sequence[Piece[T]], x: float) -> _Cut[T] | None:
    """Return the best cut along a gutter that ends at ``x``, or nothing."""
    best: _Cut[T] | None = None
    first = 0
    for index in range(len(pieces) + 1):
        if index < len(pieces):
            piece = pieces[index]
            if not (piece.rect[0] < x and piece.rect[2] > x - GAP * piece.size + 1.0):
                continue
        for start, end in _stretches(pieces, first, index, x):
            cut = _columns(pieces, start, end, x)
            if cut is not None and (best is None or cut.worth > best.worth):
                best = cut
        first = index + 1
    return best


def _stretches(pieces: Sequence[Piece[T]], start: int, end: int, x: float) -> list[tuple[int, int]]:
    """Return the parts of a run that headings over both columns leave, though they cross nothing.

    Such a heading stands on the left, strong, where the right column has a blank band.
    """
    if end - start < 2 * MIN_LINES:
        return []
    right = [p for p in pieces[start:end] if p.rect[0] >= x]
    if len(right) < MIN_LINES:
        return []
    ends = [start]
    for index in range(start, end):
        piece = pieces[index]
        if not piece.strong or piece.rect[0] >= x:
            continue
        tops = [p.rect[3] for p in right if p.middle < piece.middle]
        lows = [p.rect[1] for p in right if p.middle > piece.middle]
        if not tops or not lows:
            continue
        band = min(lows) - max(tops)
        inside = max(tops) <= piece.rect[1] + 1 and piece.rect[3] - 1 <= min(lows)
        if inside and band >= BAND * (piece.rect[3] - piece.rect[1]):
            ends.append(index)
    ends.append(end)
    return [(a, b) for a, b in pairwise(ends) if b - a >= 2 * MIN_LINES]


def _columns(pieces: Sequence[Piece[T]], start: int, end: int, x: float) -> _Cut[T] | None:
    """Return the cut of a run of pieces that none crosses, if both sides are running text."""
    end = _foot(pieces, start, end, x)
    left = [p for p in pieces[start:end] if p.rect[0] < x]
    right = [p for p in pieces[start:end] if p.rect[0] >= x]
    if len(left) < MIN_LINES or len(right) < MIN_LINES:
        return None
    one, other = _runs(left), _runs(right)
    if not (one and other) or not _beside(one, other):
        return None
    if _is_text(one) and _is_text(other):
        if _is_tabular(one, other):
            return None
    elif not _is_text_beside_figure(one, other):
        return None
    gap = min(p.rect[0] for p in right) - max(p.rect[2] for p in left)
    above = list(pieces[:start])
    return _Cut(above, left, right, list(pieces[end:]), gap)


def _foot(pieces: Sequence[Piece[T]], start: int, end: int, x: float) -> int:
    """Return where the columns end: short lines below both of them belong to what comes next."""
    last = max((i for i in range(start, end) if pieces[i].rect[0] >= x), default=start)
    before = [p for p in pieces[start : last + 1] if p.rect[0] < x]
    if not before:
        return end
    at = before[-1]
    for index in range(last + 1, end):
        piece = pieces[index]
        step = at.rect[1] - piece.rect[1]
        if (piece.strong and not at.strong) or step > 2.2 * (piece.rect[3] - piece.rect[1]):
            return index
        at = piece
    return end


def _runs(pieces: Sequence[Piece[T]]) -> list[_Run]:
    """Return the lines of a column from top to bottom, tables left out."""
    runs: list[_Run] = []
    for piece in pieces:
        if not piece.words:
            continue
        last = runs[-1] if runs else None
        if last is not None and overlap(last.rect, piece.rect) >= 0.5:
            a, b = last.rect, piece.rect
            last.rect = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
            last.words += piece.words
            last.characters += piece.characters
        else:
            runs.append(_Run(piece.rect, piece.words, piece.characters))
    return runs


def _is_text(runs: Sequence[_Run]) -> bool:
    """Return whether lines look like running text: several words each, many of them full."""
    if len(runs) < MIN_LINES:
        return False
    if sum(r.words for r in runs) < MIN_LINE_WORDS * len(runs):
        return False
    if sum(r.characters for r in runs) < MIN_LINE_CHARACTERS * len(runs):
        return False
    width = max(r.rect[2] for r in runs) - min(r.rect[0] for r in runs)
    full = sum(r.rect[2] - r.rect[0] >= FULL * width for r in runs)
    return full >= 0.4 * len(runs)


def _is_text_beside_figure(one: Sequence[_Run], other: Sequence[_Run]) -> bool:
    """Return whether one side is running text and the other the words of a chart or a box.

    The words of a table's other columns stand on the lines of the first; those of a chart do not.
    """
    text, figure = (one, other) if _is_text(one) else (other, one)
    if not _is_text(text) or len(text) < MIN_TEXT_LINES:
        return False
    if sum(r.words for r in text) < MIN_TEXT_WORDS * len(text):
        return False
    on_lines = sum(
        any(abs(f.rect[1] - t.rect[1]) < 1.0 and abs(f.rect[3] - t.rect[3]) < 2.0 for t in text)
        for f in figure
    )
    return on_lines < 0.4 * len(figure)


def _beside(one: Sequence[_Run], other: Sequence[_Run]) -> bool:
    """Return whether two columns stand beside each other over half of the lower one's height."""
    high = min(one[0].rect[3], other[0].rect[3])
    low = max(one[-1].rect[1], other[-1].rect[1])
    heights = [runs[0].rect[3] - runs[-1].rect[1] for runs in (one, other)]
    return high - low >= 0.5 * min(heights)


def _is_tabular(one: Sequence[_Run], other: Sequence[_Run]) -> bool:
    """Return whether the paragraphs on both sides begin at the same heights, as table rows do."""
    starts = sorted((_starts(one), _starts(other)), key=len)
    few, many = (s[1:] for s in starts)  # the first begin together in columns, too
    if len(few) < 2:
        return False
    height = median(r.rect[3] - r.rect[1] for r in one)
    met = sum(any(abs(a - b) <= 0.3 * height for b in many) for a in few)
    return met >= 0.8 * len(few)


def _starts(runs: Sequence[_Run]) -> list[float]:
    """Return the upper edges of the lines that begin a paragraph after a gap."""
    steps = [a.rect[3] - b.rect[3] for a, b in pairwise(runs)]
    usual = sorted(steps)[len(steps) // 3]
    return [runs[0].rect[3]] + [
        run.rect[3] for run, step in zip(runs[1:], steps, strict=True) if step > PARTED * usual
    ]
