"""A page's words as lines, and the footnote marks that stand raised between them.

The order of words in a PDF is the order in which a program drew them; bullets are often drawn
last. So lines are made from where words stand, never from the order in which they come.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import median

from indexer.records import Rect, Word

SAME_LINE = 0.5
"""Two words share a line when their boxes overlap by half of the lower one's height."""

RAISED_SIZE = 0.78
"""A footnote mark set on its own is at most this part of the size of the word before it."""

RAISED_MARK = re.compile(r"[\[(]?[\d*†‡§,]{1,4}[\])]?")
CLOSING = re.compile(r"^[,.;:!?)\]’”»]+$")
LOOK_BACK = 4
"""Lines that a word may belong to when words come from the top of the page downwards."""


@dataclass(frozen=True)
class Line:
    """Words that stand side by side, left to right."""

    page: int
    words: tuple[Word, ...]

    @cached_property
    def rect(self) -> Rect:
        """The box around all the words."""
        return around(word.rect for word in self.words)

    @cached_property
    def size(self) -> float:
        """The type size in points that most of the characters have."""
        first = self.words[0].size
        if all(word.size == first for word in self.words):
            return first
        sizes: Counter[float] = Counter()
        for word in self.words:
            sizes[word.size] += len(word.text)
        return sizes.most_common(1)[0][0]

    @cached_property
    def bold(self) -> bool:
        """Whether nearly all of the characters are bold."""
        total = sum(len(w.text) for w in self.words)
        return sum(len(w.text) for w in self.words if w.bold) >= 0.9 * total

    @cached_property
    def text(self) -> str:
        """The words with single spaces."""
        return join_words(self.words)

    @cached_property
    def baseline(self) -> float:
        """The lower edge of the words of the line's own size."""
        size = self.size
        return median(w.rect[1] for w in self.words if w.size >= 0.8 * size)


def page_lines(page: int, words: Iterable[Word]) -> list[Line]:
    """Return the lines on a page from top to bottom, each with its words from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (-(w.rect[1] + w.rect[3]), w.rect[0])):
        for row in reversed(rows[-LOOK_BACK:]):
            if overlap(row[0].rect, word.rect) >= SAME_LINE:
                row.append(word)
                break
        else:
            rows.append([word])
    lines = [Line(page, tuple(sorted(row, key=lambda w: w.rect[0]))) for row in rows]
    return sorted(lines, key=lambda line: -line.rect[3])


def segments(line: Line, gap: float) -> Iterator[Line]:
    """Yield the parts of a line that gaps of at least ``gap`` type sizes leave, left to right."""
    first = 0
    for index, (before, word) in enumerate(pairwise(line.words), 1):
        if word.rect[0] - before.rect[2] >= gap * max(before.size, word.size):
            yield Line(line.page, line.words[first:index])
            first = index
    yield Line(line.page, line.words[first:]) if first else line


def join_words(words: Sequence[Word]) -> str:
    """Return the words with single spaces, none before closing punctuation set on its own."""
    text = ""
    for word in words:
        text += word.text if not text or CLOSING.match(word.text) else " " + word.text
    return text


def around(rects: Iterable[Rect]) -> Rect:
    """Return the box around boxes."""
    lefts, lows, rights, highs = zip(*rects, strict=True)
    return (min(lefts), min(lows), max(rights), max(highs))


def overlap(a: Rect, b: Rect) -> float:
    """Return the shared height of two boxes as a part of the lower box's height."""
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return shared / max(min(a[3] - a[1], b[3] - b[1]), 0.01)


def with_marks(words: Sequence[Word]) -> tuple[list[Word], dict[Rect, list[Word]]]:
    """Return the words with small raised figures given to the word before them as its mark.

    Also returned are the raised words that are no longer among them, by the box of their caller.
    """
    small = [index for index, word in enumerate(words) if RAISED_MARK.fullmatch(word.text)]
    given: dict[int, list[int]] = {}
    for index in small:
        caller = _caller(words, index)
        if caller is not None:
            given.setdefault(caller, []).append(index)
    if not given:
        return list(words), {}
    gone = {mark for marks in given.values() for mark in marks}
    kept = []
    taken: dict[Rect, list[Word]] = {}
    for index, word in enumerate(words):
        if index in gone:
            continue
        if index in given:
            marks = sorted((words[m] for m in given[index]), key=lambda w: w.rect[0])
            word = replace(
                word, superscript=word.superscript + "".join(m.text.strip("[](),") for m in marks)
            )
            taken.setdefault(word.rect, []).extend(marks)
        kept.append(word)
    return kept, taken


def _caller(words: Sequence[Word], index: int) -> int | None:
    """Return the place of the word that a small figure is raised behind, or nothing."""
    mark = words[index]
    near = [
        *range(index - 1, max(-1, index - 4), -1),
        *range(index + 1, min(len(words), index + 3)),
    ]
    for place in near:
        word = words[place]
        is_raised = (
            mark.size < RAISED_SIZE * word.size
            and mark.turn == word.turn
            and -0.3 * word.size <= mark.rect[0] - word.rect[2] <= 0.35 * word.size
            and word.rect[1] + 0.1 * word.size < mark.rect[1] < word.rect[3]
            and any(x.isalnum() for x in word.text)
        )
        if is_raised:
            return int(place)
    return None
