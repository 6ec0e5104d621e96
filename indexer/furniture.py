"""What a page carries besides its text: running headers, footers and the number printed on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from indexer.lines import Line, page_lines
from indexer.records import Page, Rect, Word
from indexer.text import is_grade

EDGE = 0.12
"""Running headers and footers stand in this part of the page's height at its top and its foot."""

EDGE_LINES = 6
"""They have at most this many lines at either end."""

RECURS = 0.2
"""A line that stands at the same place on this share of the pages belongs to no text."""

BESIDE = 6
"""The same line, up to this many steps of six points higher or lower, is the same footer."""

OUTERMOST = 24.0
"""Where margins are wide, a header is looked for this many points below the first line's top."""

RECURS_INSIDE = 0.4
"""Further in than ``EDGE`` a small line that counts has to recur on this share of the pages."""

NEIGHBOURS = 2
"""A header of one chapter recurs within this many pages, left and right pages apart."""

ROMAN = re.compile(r"^[ivxlc]+$")
FIGURES = re.compile(r"^[^\w]*(\d{1,4})[^\w]*$")

Key = tuple[str, int]


def furniture_lines(
    pages: Sequence[Page], words: Mapping[int, Sequence[Word]], body_size: float
) -> dict[int, list[Line]]:
    """Return each page's running headers and footers by the page's number.

    ``words`` are the upright words of the pages. A line belongs to a header when it recurs at
    its height on many pages, or at the very edge of neighbouring ones, whatever its figures are.
    What a stamp or an outer header hides is looked for once these are taken away.
    """
    outer = _recurring(pages, words, body_size)
    gone = {id(word) for lines in outer.values() for line in lines for word in line.words}
    if not gone:
        return outer
    rest = {number: [w for w in row if id(w) not in gone] for number, row in words.items()}
    inner = _recurring(pages, rest, body_size)
    return {number: lines + inner[number] for number, lines in outer.items()}


def _recurring(
    pages: Sequence[Page], words: Mapping[int, Sequence[Word]], body_size: float
) -> dict[int, list[Line]]:
    found = {page.number: _edge_lines(page, words[page.number]) for page in pages}
    where: dict[str, dict[int, list[int]]] = {}
    for number, keyed in found.items():
        for (text, place), _ in keyed:
            where.setdefault(text, {}).setdefault(number, []).append(place)
    needed = max(2, round(RECURS * len(pages)))
    lines = {}
    for number, keyed in found.items():
        bands = _bands(pages[number - 1])
        lines[number] = [
            line
            for key, line in keyed
            if (
                _is_furniture(where[key[0]], key, number, needed, line, keyed, body_size)
                if _is_within(line, bands)
                else "#" in key[0]
                and line.size <= 1.15 * body_size
                and _recurs(where[key[0]], key, max(3, round(RECURS_INSIDE * len(pages))))
            )
        ]
    return lines


def _is_furniture(
    places: Mapping[int, Sequence[int]],
    key: Key,
    number: int,
    needed: int,
    line: Line,
    keyed: Sequence[tuple[Key, Line]],
    body_size: float,
) -> bool:
    """Return whether a line at the edge of a page recurs there, nearby or on its neighbours."""
    if _recurs(places, key, needed):
        return True
    if line in _outermost(keyed) and _recurs_beside(places, key, needed):
        return True
    is_first_or_last = line in (keyed[0][1], keyed[-1][1])
    return is_first_or_last and line.size <= 1.15 * body_size and _is_near(places, key, number)


def upright_size(page: Page) -> tuple[float, float]:
    """Return width and height of a page as its words lie on it, most text from left to right."""
    x0, y0, x1, y1 = page.box
    if x1 <= x0 or y1 <= y0:
        return page.width, page.height
    return (y1 - y0, x1 - x0) if page.turn in (90, 270) else (x1 - x0, y1 - y0)


def is_outside(rect: Rect, size: tuple[float, float]) -> bool:
    """Return whether a box lies wholly outside of the part of the page that is shown."""
    return rect[2] <= 0 or rect[3] <= 0 or rect[0] >= size[0] or rect[1] >= size[1]


def _edge_lines(page: Page, words: Sequence[Word]) -> list[tuple[Key, Line]]:
    """Return the lines at the top and the foot of a page, and its first and last one anyway."""
    if not words:
        return []
    low, high = _bands(page)
    first = max(w.rect[3] for w in words) - OUTERMOST
    last = min(w.rect[1] for w in words) + OUTERMOST
    up, down = min(high, 2 * first), max(low, 2 * last)
    edge = [w for w in words if not down < w.rect[1] + w.rect[3] < up]
    lines = page_lines(page.number, edge)
    top = [line for line in lines if line.rect[1] + line.rect[3] >= up]
    foot = [line for line in lines if line.rect[1] + line.rect[3] < min(up, down)]
    kept = [line for line in (*top[:EDGE_LINES], *foot[-EDGE_LINES:]) if not is_grade(line.text)]
    return [((_key(line), round((line.rect[1] + line.rect[3]) / 12)), line) for line in kept]


def _bands(page: Page) -> tuple[float, float]:
    """Return twice the heights under and over which a page has its footer and its header."""
    height = upright_size(page)[1] or 1.0
    return 2 * EDGE * height, 2 * (1 - EDGE) * height


def _is_within(line: Line, bands: tuple[float, float]) -> bool:
    return not bands[0] < line.rect[1] + line.rect[3] < bands[1]


def _key(line: Line) -> str:
    words = [w.text.lower() for w in line.words]
    for index in {0, len(words) - 1}:
        if ROMAN.match(words[index]):
            words[index] = "#"
    return re.sub(r"\d+", "#", " ".join(words))


def _recurs(places: Mapping[int, Sequence[int]], key: Key, needed: int) -> bool:
    if len(places) < needed:
        return False
    return sum(any(abs(p - key[1]) <= 1 for p in row) for row in places.values()) >= needed


def _outermost(keyed: Sequence[tuple[Key, Line]]) -> list[Line]:
    """Return the two lines nearest to either edge: a page may have its footer a little lower."""
    return [line for _, line in (*keyed[:2], *keyed[-2:])]


def _recurs_beside(places: Mapping[int, Sequence[int]], key: Key, needed: int) -> bool:
    """Return whether a line recurs at another height of the same edge."""
    others = {p for row in places.values() for p in row if abs(p - key[1]) <= BESIDE}
    return any(_recurs(places, (key[0], place), needed) for place in others)


def _is_near(places: Mapping[int, Sequence[int]], key: Key, number: int) -> bool:
    """Return whether at least three pages, one of them near, have a line at just this place."""
    alike = [n for n, row in places.items() if any(abs(p - key[1]) <= 1 for p in row)]
    return len(alike) >= 3 and any(0 < abs(n - number) <= NEIGHBOURS for n in alike)


def page_labels(pages: Sequence[Page], furniture: Mapping[int, Sequence[Line]]) -> tuple[str, ...]:
    """Return the numbers printed in the furniture, where they count up with the pages.

    A number is believed when its distance from the physical page is the commonest one of its
    kind (arabic or roman) and at least two pages agree on it; elsewhere the file's own label is.
    """
    printed: dict[int, set[tuple[str, str, int]]] = {}
    steps: Counter[tuple[str, int]] = Counter()
    for page in pages:
        found = {token for line in furniture.get(page.number, ()) for token in _numbers(line)}
        printed[page.number] = {(t, kind, n - page.number) for t, kind, n in found}
        steps.update({(kind, step) for _, kind, step in printed[page.number]})
    best = {
        kind: max((s for s in steps if s[0] == kind), key=lambda s: steps[s], default=None)
        for kind in ("arabic", "roman")
    }
    labels = []
    for page in pages:
        label = page.label
        for token, kind, step in sorted(printed[page.number]):
            if (kind, step) == best[kind] and steps[(kind, step)] >= 2:
                label = token
        labels.append(label)
    return tuple(labels)


def _numbers(line: Line) -> list[tuple[str, str, int]]:
    """Return the page numbers that a line may hold: as printed, their kind and value."""
    texts = [word.text for word in line.words]
    found = []
    for text in texts:
        match = FIGURES.match(text)
        if match:
            found.append((match.group(1), "arabic", int(match.group(1))))
    found += [(t, "roman", roman(t)) for t in {texts[0], texts[-1]} if ROMAN.match(t)]
    return found


def roman(numeral: str) -> int:
    """Return the value of a roman numeral of small letters: 4 for "iv"."""
    values = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
    digits = [values[letter] for letter in numeral]
    following = [*digits[1:], 0]
    return sum(-d if d < n else d for d, n in zip(digits, following, strict=True))
