"""Evidence as citations: verbatim quotes with the rectangles of their words on the page.

A quote is a run of words that follow one another on one page. Where a sentence runs over a page
break, or a footnote mark stands inside it, it becomes several quotes, so that each can be found
on its page word for word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from indexer.records import PageText, Passage, Rect, TextWord
from indexer.text import NUMBER_LEAD, fold

MIN_QUOTE_WORDS = 4
"""A shorter run is dropped where a longer one of the same sentence is cited, unless it has a
figure: "Our rating" before a footnote mark says nothing by itself. The cells of a row all stay: the
grade in the last one is what the row says."""

SAME_LINE = 0.5


@dataclass(frozen=True, slots=True)
class Quote:
    """Verbatim words of one page and one rectangle a line, in PDF points from the bottom left."""

    page: int
    text: str
    rects: tuple[Rect, ...]


def quotes_of(
    passage: Passage, start: int, end: int, page_fold: Callable[[int], str]
) -> tuple[Quote, ...]:
    """Return the quotes for a span of a passage, each checked to stand on its page.

    ``page_fold`` returns the folded text of a page. A run that is not on its page word for word
    (cells of a row drawn in another order) is tried cell by cell and line by line; what cannot be
    found is left out, and where nothing is left the result is empty.
    """
    words = [w for w in passage.words if start <= w.start and w.end <= end]
    found: list[tuple[Quote, int]] = []
    for run in _runs(words):
        for part in _verbatim_parts(passage, run, page_fold):
            text = _text(passage, part)
            if fold(text):
                found.append((Quote(part[0].page, text, line_rects(part)), len(part)))
    longest = max((count for _, count in found), default=0)
    return tuple(
        quote
        for quote, count in found
        if count >= min(longest, MIN_QUOTE_WORDS)
        or passage.kind == "row"
        or any(c.isdigit() for c in quote.text)
    )


def line_rects(words: Sequence[TextWord]) -> tuple[Rect, ...]:
    """Return one rectangle around the words of each line, in reading order."""
    boxes: list[list[float]] = []
    for word in words:
        x0, y0, x1, y1 = word.rect
        last = boxes[-1] if boxes else None
        if last is not None and _shared_height(last, word.rect) and x0 >= last[0]:
            boxes[-1] = [last[0], min(last[1], y0), max(last[2], x1), max(last[3], y1)]
        else:
            boxes.append([x0, y0, x1, y1])
    return tuple((round(a, 1), round(b, 1), round(c, 1), round(d, 1)) for a, b, c, d in boxes)


def folded_page(page: PageText) -> str:
    """Return a page's letters and digits, by which quotes are found on it."""
    return fold(page.text)


def _shared_height(box: Sequence[float], rect: Rect) -> bool:
    shared = min(box[3], rect[3]) - max(box[1], rect[1])
    return shared >= SAME_LINE * min(box[3] - box[1], rect[3] - rect[1])


def _runs(words: Sequence[TextWord]) -> Iterator[list[TextWord]]:
    """Yield the runs of words that no page break and no footnote mark interrupts."""
    run: list[TextWord] = []
    for word in words:
        if run and (run[-1].page != word.page or run[-1].mark):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _verbatim_parts(
    passage: Passage, run: list[TextWord], page_fold: Callable[[int], str]
) -> Iterator[list[TextWord]]:
    """Yield a run whole, or its cells, or its lines: the largest pieces that are on the page.

    The number of a list's item is left out where the page has it elsewhere: many programs draw
    the numbers of a list by themselves.
    """
    page = page_fold(run[0].page)
    if fold(_text(passage, run)) not in page and NUMBER_LEAD.match(_text(passage, run[:1])):
        run = run[1:]
    if not run:
        return
    for cut in (_whole, _by_cell, _by_line):
        parts = cut(passage, run)
        if all(fold(_text(passage, part)) in page for part in parts):
            yield from parts
            return
    yield from (
        part
        for part in _by_line(passage, run)
        if len(part) > 2 and fold(_text(passage, part)) in page
    )


def _whole(passage: Passage, run: list[TextWord]) -> list[list[TextWord]]:
    return [run]


def _by_cell(passage: Passage, run: list[TextWord]) -> list[list[TextWord]]:
    parts = [[w for w in run if start <= w.start and w.end <= end] for start, end in passage.cells]
    kept = [part for part in parts if part]
    return kept if sum(map(len, kept)) == len(run) else [run]


def _by_line(passage: Passage, run: list[TextWord]) -> list[list[TextWord]]:
    parts: list[list[TextWord]] = []
    for word in run:
        last = parts[-1][-1] if parts else None
        if (
            last is not None
            and _shared_height(last.rect, word.rect)
            and word.rect[0] > last.rect[0]
        ):
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def _text(passage: Passage, words: Sequence[TextWord]) -> str:
    """Return the words as the page has them, from the first letter or opening sign on."""
    text = " ".join(passage.text[words[0].start : words[-1].end].split())
    return text.lstrip(" ,.;:)]").rstrip()
