"""Words that a reader looks for in a report: where they stand and the way from one to the next.

Case, accents' forms, punctuation and the hyphen at the end of a line make no difference; a part of
a word is found too, as in a browser.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from indexer.records import Rect, TextWord, Word
from indexer.text import fold
from qa.citation import line_rects

MAX_CHARACTERS = 100
KEPT = frozenset("%£$€&+")
"""Signs that count as letters: "£76" is not "76%"."""

HYPHENS = ("-", "\u2010", "\u00ad")


def wanted_words(text: str) -> str:
    """Return what is looked for as pages are compared with it; empty where nothing is.

    >>> wanted_words("  Re-inspection,  76% of “POs” "), wanted_words(" – ")
    ('reinspection 76% of pos', '')
    """
    pieces = (_piece(word) for word in text[:MAX_CHARACTERS].split())
    return " ".join(piece for piece in pieces if piece)


def may_have(text: str, wanted: str) -> bool:
    """Return whether a page with this text may have what is wanted: quick, and never wrongly no."""
    letters = fold(wanted)
    return not letters or letters in fold(text)


def hits_on(words: Sequence[Word], wanted: str) -> tuple[tuple[Rect, ...], ...]:
    """Return the places of what is wanted among a page's words, each as one rectangle a line.

    ``wanted`` is what ``wanted_words`` returns, ``words`` stand in the order of the text.
    """
    if not wanted:
        return ()
    pieces = [_piece(word.text) for word in words]
    gaps = [
        "" if not piece or _goes_on(word, after) else " "
        for piece, word, after in zip(pieces, words, [*words[1:], None], strict=False)
    ]
    starts = [0, *accumulate(len(p) + len(g) for p, g in zip(pieces, gaps, strict=True))]
    text = "".join(p + g for p, g in zip(pieces, gaps, strict=True))
    found = []
    at = text.find(wanted)
    while at >= 0:
        found.append(_rects(words, pieces, starts, at, at + len(wanted)))
        at = text.find(wanted, at + len(wanted))
    return tuple(found)


def _piece(word: str) -> str:
    plain = word if word.isascii() else unicodedata.normalize("NFKC", word)
    return "".join(c for c in plain.casefold() if c.isalnum() or c in KEPT)


def _goes_on(word: Word, after: Word | None) -> bool:
    """Return whether a word ends in the hyphen of a line's end and goes on in the next line."""
    if after is None or len(word.text) < 2 or not word.text.endswith(HYPHENS):
        return False
    return min(word.rect[3], after.rect[3]) <= max(word.rect[1], after.rect[1])


def _rects(
    words: Sequence[Word], pieces: Sequence[str], starts: Sequence[int], begin: int, end: int
) -> tuple[Rect, ...]:
    """Return the rectangles of some characters of the joined text, one a line."""
    first = bisect_right(starts, begin) - 1
    parts = []
    for at in range(first, len(words)):
        if starts[at] >= end:
            break
        if pieces[at]:
            size = len(pieces[at])
            share = (max(0, begin - starts[at]) / size, min(size, end - starts[at]) / size)
            parts.append(TextWord(0, 0, 0, _part(words[at], *share)))
    return line_rects(parts)


def _part(word: Word, begin: float, end: float) -> Rect:
    """Return the part of a word's box between two shares of its length."""
    x0, y0, x1, y1 = word.rect
    if word.turn:
        return word.rect
    return (x0 + (x1 - x0) * begin, y0, x0 + (x1 - x0) * end, y1)


def text_in(words: Sequence[Word], rects: Sequence[Rect]) -> str:
    """Return the words whose middle lies in one of some rectangles, in the order of the text."""
    middles = [((w.rect[0] + w.rect[2]) / 2, (w.rect[1] + w.rect[3]) / 2) for w in words]
    return " ".join(
        word.text
        for word, (x, y) in zip(words, middles, strict=True)
        if any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in rects)
    )


@dataclass(frozen=True, slots=True)
class Spot:
    """One hit: its page and its number on that page, counted from 0."""

    page: int
    number: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each page of a report has what is wanted: pairs of page and number, in order."""

    counts: tuple[tuple[int, int], ...] = ()

    @property
    def total(self) -> int:
        """Number of hits in the report."""
        return sum(count for _, count in self.counts)

    def on(self, page: int) -> int:
        """Return the number of hits on a page."""
        return dict(self.counts).get(page, 0)

    def place(self, spot: Spot) -> int:
        """Return the place of a hit among all of the report, counted from 1."""
        before = sum(count for page, count in self.counts if page < spot.page)
        return before + spot.number + 1

    def spot(self, place: int) -> Spot | None:
        """Return the hit at a place counted from 1, going on from the end to the beginning."""
        left = (place - 1) % self.total if self.counts else 0
        for page, count in self.counts:
            if left < count:
                return Spot(page, left)
            left -= count
        return None

    def first_from(self, page: int) -> Spot | None:
        """Return the first hit on a page or behind it, else the first of the report."""
        later = (at for at, _ in self.counts if at >= page)
        found = next(later, self.counts[0][0] if self.counts else None)
        return None if found is None else Spot(found, 0)

    def after(self, spot: Spot | None, page: int) -> Spot | None:
        """Return the hit behind another, or where there is no other, from ``page`` on."""
        return self.first_from(page) if spot is None else self.spot(self.place(spot) + 1)

    def before(self, spot: Spot | None, page: int) -> Spot | None:
        """Return the hit in front of another, or where there is no other, in front of ``page``."""
        first = self.first_from(page)
        return first and self.spot(self.place(spot or first) - 1)


def tally(pages: Iterable[tuple[int, Sequence[Word]]], wanted: str) -> Tally:
    """Return how often each of some pages, given with their words, has what is wanted."""
    counts = ((page, len(hits_on(words, wanted))) for page, words in pages)
    return Tally(tuple((page, count) for page, count in counts if count))
