"""Tables as rows of cells, from the rules drawn on a page or from the alignment of words.

Three kinds are read: grids (rules both ways), tables with horizontal rules only, and tables
without rules whose columns line up. What cannot be read as rows of at least two cells stays text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexer.lines import Line, around, page_lines
from indexer.records import Page, Rect, Word

TOUCH = 2.5
"""Edges within this many points of each other meet: rules are drawn as thin boxes."""

MIN_EDGE = 8.0
"""Shorter edges are parts of glyphs or bullets, not rules."""

GUTTER = 1.6
"""Columns without rules are this many type sizes apart: no justified line has such gaps."""

MIN_BORDERED = 3
"""A rule drawn cell by cell has at least this many parts."""

APART = 1.6
"""Lines of one cell are nearer to each other than this many type sizes."""

MAX_COLUMNS = 12
MIN_GRID_ROWS = 3
MIN_GAPPED = 3
"""A table without rules has at least this many lines with a gap."""

MAX_CROSSINGS = 400_000
"""Pairs of rules that are compared on one page; a map has more, and no table."""

LIST_NUMBER = re.compile(r"^\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivx]{1,5})[.)]*$", re.I)


Cells = list[list[list[Word]]]
"""Rows of cells of words."""


@dataclass(frozen=True, slots=True)
class Row:
    """The words of each cell, left to right; ``header`` names columns, ``group`` names rows."""

    cells: tuple[tuple[Word, ...], ...]
    header: bool = False
    group: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows from top to bottom and the box around their words."""

    rows: tuple[Row, ...]
    rect: Rect

    @property
    def words(self) -> list[Word]:
        """Every word of every cell."""
        return [word for row in self.rows for cell in row.cells for word in cell]


@dataclass(frozen=True, slots=True)
class Box:
    """Words that rules keep apart side by side without making a table: a heading and its grade."""

    cells: tuple[tuple[Word, ...], ...]

    @property
    def words(self) -> list[Word]:
        """Every word of every cell."""
        return [word for cell in self.cells for word in cell]

    @property
    def rect(self) -> Rect:
        """The box around all the words."""
        return around(word.rect for word in self.words)


def drawn_tables(page: Page, words: Sequence[Word]) -> tuple[list[Table], list[Box]]:
    """Return the tables among some words of a page that rules part into rows, from the top.

    Also returned are the frames that hold words side by side without being tables.
    """
    across = _merge([e for e in page.edges if e[2] - e[0] >= MIN_EDGE > e[3] - e[1]], flat=True)
    upright = _merge([e for e in page.edges if e[3] - e[1] >= MIN_EDGE > e[2] - e[0]], flat=False)
    if len(across) * len(upright) > MAX_CROSSINGS:
        return [], []
    left = list(words)
    boxes: list[Box] = []
    grids: list[Cells] = []
    middles = _Middles(words)
    bordered = _bordered(page.edges, words)
    for rows in [*_ruled(across, upright, middles), *bordered, *_lined(across, middles)]:
        taken = {id(word) for row in rows for cell in row for word in cell}
        if _is_table(rows) and taken <= {id(word) for word in left}:
            left = [word for word in left if id(word) not in taken]
            grids.append(rows)
        elif taken <= {id(word) for word in left}:
            boxes += _side_by_side(rows)
            held = {id(word) for box in boxes for word in box.words}
            left = [word for word in left if id(word) not in held]
    grids.sort(key=lambda rows: -max(w.rect[3] for row in rows for cell in row for w in cell))
    return [_table(rows) for rows in grids], boxes


def unread_tables(page: Page) -> int:
    """Return how many grids of a page are left as text: what rules draw cannot be read as rows."""
    across = _merge([e for e in page.edges if e[2] - e[0] >= MIN_EDGE > e[3] - e[1]], flat=True)
    upright = _merge([e for e in page.edges if e[3] - e[1] >= MIN_EDGE > e[2] - e[0]], flat=False)
    if len(across) * len(upright) > MAX_CROSSINGS:
        return 1
    grids = _ruled(across, upright, _Middles(page.words))
    return sum(not _is_table(rows) and _is_grid(rows) for rows in grids)


def _is_grid(rows: Cells) -> bool:
    """Return whether rows look like a table's all the same: three of them, or many columns."""
    filled = [sum(map(bool, row)) for row in rows if any(row)]
    return len(filled) >= MIN_GRID_ROWS and max(filled) >= 2


def aligned_tables(lines: Sequence[Line]) -> list[Table]:
    """Return the tables among the lines of one column of text that only their gaps part."""
    return [_table(rows) for rows in _aligned(lines) if _is_table(rows) and not _is_list(rows)]


def _side_by_side(rows: Cells) -> list[Box]:
    """Return the frame of a heading and what stands beside it, if it could be read across.

    That could happen only where a cell has several lines.
    """
    framed = [row for row in rows if sum(map(bool, row)) >= 2]
    if len(framed) != 1 or len(framed[0]) > MAX_COLUMNS:
        return []
    cells = [cell for cell in framed[0] if cell]
    if all(len(page_lines(0, cell)) == 1 for cell in cells):
        return []
    return [Box(tuple(map(tuple, cells)))]


class _Middles:
    """Words by the height of their middles, so that those of a row are found at once."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._words = sorted(
            (
                ((w.rect[1] + w.rect[3]) / 2, (w.rect[0] + w.rect[2]) / 2, n, w)
                for n, w in enumerate(words)
            ),
            key=lambda item: item[:3],
        )
        self._heights = [item[0] for item in self._words]

    def between(self, low: float, high: float) -> list[tuple[float, Word]]:
        """Return the middle and the word of those from ``low`` up to below ``high``."""
        first, last = bisect_left(self._heights, low), bisect_left(self._heights, high)
        return [(x, word) for _, x, _, word in self._words[first:last]]


def _merge(edges: Iterable[Rect], *, flat: bool) -> list[Rect]:
    """Return edges on one line that touch or overlap as one; horizontal ones where ``flat``."""
    along, across = (0, 1) if flat else (1, 0)
    merged: list[list[float]] = []
    for edge in sorted(edges, key=lambda e: (round((e[across] + e[across + 2]) / 2), e[along])):
        level = (edge[across] + edge[across + 2]) / 2
        for other in reversed(merged[-40:]):
            other_level = (other[across] + other[across + 2]) / 2
            if abs(other_level - level) <= TOUCH and (
                edge[along] <= other[along + 2] + TOUCH and edge[along + 2] >= other[along] - TOUCH
            ):
                other[along] = min(other[along], edge[along])
                other[along + 2] = max(other[along + 2], edge[along + 2])
                break
        else:
            box = list(edge)
            box[across] = box[across + 2] = level
            merged.append(box)
    return [(b[0], b[1], b[2], b[3]) for b in merged]


def _ruled(across: Sequence[Rect], upright: Sequence[Rect], middles: _Middles) -> list[Cells]:
    """Return the grids: groups of rules that meet, cut into rows and, row by row, into cells."""
    tables = []
    for flats, sides in _meeting(across, upright):
        levels = _levels(sorted((edge[1] for edge in flats), reverse=True))
        width = max(e[2] for e in flats) - min(e[0] for e in flats)
        kept = [
            level
            for level in levels
            if sum(e[2] - e[0] for e in flats if abs(e[1] - level) <= TOUCH) >= 0.5 * width
        ]
        # A row that goes on over the page has sides but no rule at its open end.
        ends = (max(e[3] for e in sides), min(e[1] for e in sides))
        kept = _levels(sorted([*kept, *ends], reverse=True))
        rows = []
        for top, bottom in pairwise(kept):
            middle = (top + bottom) / 2
            xs = _levels(sorted(e[0] for e in sides if e[1] - TOUCH <= middle <= e[3] + TOUCH))
            band = middles.between(bottom, top)
            row = [[word for x, word in band if x0 <= x < x1] for x0, x1 in pairwise(xs)]
            if any(row):
                rows.extend(_unfolded(row))
        if rows:
            tables.append(rows)
    return tables


def _meeting(
    across: Sequence[Rect], upright: Sequence[Rect]
) -> list[tuple[list[Rect], list[Rect]]]:
    """Return the groups of horizontal and vertical rules that meet one another."""
    edges = [*across, *upright]
    parent = list(range(len(edges)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for i, flat in enumerate(across):
        for j, side in enumerate(upright, len(across)):
            if (
                flat[0] - TOUCH <= side[0] <= flat[2] + TOUCH
                and side[1] - TOUCH <= flat[1] <= side[3] + TOUCH
            ):
                parent[root(i)] = root(j)
    groups: dict[int, tuple[list[Rect], list[Rect]]] = {}
    for index, edge in enumerate(edges):
        group = groups.setdefault(root(index), ([], []))
        group[0 if index < len(across) else 1].append(edge)
    return [group for group in groups.values() if len(group[0]) >= 2 and len(group[1]) >= 2]


def _levels(values: Sequence[float]) -> list[float]:
    """Return sorted values with those within ``TOUCH`` of the one before left out."""
    levels: list[float] = []
    for value in values:
        if not levels or abs(value - levels[-1]) > TOUCH:
            levels.append(value)
    return levels


def _lined(across: Sequence[Rect], middles: _Middles) -> list[Cells]:
    """Return the tables between at least three horizontal rules of one left and right end."""
    groups: list[list[Rect]] = []
    for edge in sorted(across, key=lambda e: -e[1]):
        for group in groups:
            if abs(group[0][0] - edge[0]) <= TOUCH and abs(group[0][2] - edge[2]) <= TOUCH:
                group.append(edge)
                break
        else:
            groups.append([edge])
    tables = []
    for group in groups:
        if len(group) < 3:
            continue
        x0, x1 = group[0][0], group[0][2]
        bands = []
        for upper, lower in pairwise(group):
            within = middles.between(lower[1], upper[1])
            band = [word for x, word in within if x0 - TOUCH <= x <= x1 + TOUCH]
            if band:
                bands.append(band)
        columns = _columns(bands)
        if len(columns) >= 2:
            tables.append([row for band in bands for row in _unfolded(_cells(band, columns))])
    return tables


def _bordered(edges: Iterable[Rect], words: Sequence[Word]) -> list[Cells]:
    """Return the tables whose rows are parted by rules that are drawn cell by cell.

    Such rules say where the columns are, so that the row that a page cuts off below the last
    rule, or above the first, is read as well as those between two.
    """
    groups: list[tuple[list[float], list[float]]] = []
    for level, bounds in _borders(edges):
        for other, levels in groups:
            alike = len(other) == len(bounds)
            if alike and all(abs(a - b) <= TOUCH for a, b in zip(other, bounds, strict=True)):
                levels.append(level)
                break
        else:
            groups.append((bounds, [level]))
    lines = page_lines(0, words) if groups else []
    return [_banded(bounds, levels, lines) for bounds, levels in groups]


def _borders(edges: Iterable[Rect]) -> list[tuple[float, list[float]]]:
    """Return the height of each rule made of several parts that meet, and where they do."""
    flat = [e for e in edges if e[2] - e[0] >= MIN_EDGE > e[3] - e[1]]
    rows: dict[int, list[Rect]] = {}
    for edge in flat:
        rows.setdefault(round((edge[1] + edge[3]) / 2), []).append(edge)
    found = []
    for level, parts in sorted(rows.items(), reverse=True):
        parts.sort()
        chain = [parts[0]]
        for part in parts[1:]:
            if abs(part[0] - chain[-1][2]) <= TOUCH:
                chain.append(part)
        if len(chain) >= MIN_BORDERED:
            found.append((float(level), [part[0] for part in chain] + [chain[-1][2]]))
    return found


def _banded(bounds: list[float], levels: list[float], lines: Sequence[Line]) -> Cells:
    """Return the rows between rules, the ones cut off at the ends of the page among them."""
    above = [line for line in lines if line.rect[1] >= levels[0] - TOUCH]
    below = [line for line in lines if line.rect[3] <= levels[-1] + TOUCH]
    kept = [line for line in lines if levels[-1] < line.rect[3] and line.rect[1] < levels[0]]
    kept = [line for line in kept if line not in above and line not in below]
    if all(_fits(line, bounds) for line in below):
        kept += below
    head: list[Line] = []
    for line in reversed(above):
        if not _fits(line, bounds) or (head and not _continues(line, head[-1])):
            break
        head.append(line)
    kept += head
    rows: Cells = []
    for top, low in pairwise([float("inf"), *levels, float("-inf")]):
        band = [w for line in kept if low < sum(line.rect[1::2]) / 2 <= top for w in line.words]
        if band:
            rows.append(
                [[w for w in band if _column(w, bounds) == n] for n in range(len(bounds) - 1)]
            )
    return rows


def _fits(line: Line, bounds: Sequence[float]) -> bool:
    """Return whether every word of a line stands in one column."""
    return all(
        any(a - TOUCH <= w.rect[0] and w.rect[2] <= b + TOUCH for a, b in pairwise(bounds))
        for w in line.words
    )


def _continues(line: Line, below: Line) -> bool:
    """Return whether a line belongs to the same head of a table as the one below it."""
    step = line.rect[1] - below.rect[1]
    return abs(line.size - below.size) <= 0.5 and step <= APART * below.size


def _column(word: Word, bounds: Sequence[float]) -> int:
    middle = (word.rect[0] + word.rect[2]) / 2
    return next((n for n, end in enumerate(bounds[1:-1]) if middle < end), len(bounds) - 2)


def _unfolded(row: list[list[Word]]) -> Cells:
    """Return the rows that no rule parts: lines well apart, each with words in the same cells."""
    filled = [index for index, cell in enumerate(row) if cell]
    if len(filled) < 2:
        return [row]
    parted = [page_lines(0, row[index]) for index in filled]
    count = len(parted[0])
    if count < 2 or any(len(lines) != count for lines in parted):
        return [row]
    for lines in parted:
        for above, below in pairwise(lines):
            if above.rect[1] - below.rect[1] < APART * above.size:
                return [row]
    split: Cells = [[[] for _ in row] for _ in range(count)]
    for index, lines in zip(filled, parted, strict=True):
        for number, line in enumerate(lines):
            split[number][index] = list(line.words)
    return split


def _aligned(lines: Sequence[Line]) -> list[Cells]:
    """Return the tables without rules: runs of lines with wide gaps whose columns line up."""
    parted = [_segments(line) for line in lines]
    if sum(len(line) >= 2 for line in parted) < MIN_GAPPED:
        return []
    tables = []
    for run in _gapped_runs(parted):
        bands = [[w for segment in line for w in segment] for line in run]
        columns = _columns(bands)
        if len(columns) >= 2:
            tables.append(_fold_rows([_cells(band, columns) for band in bands]))
    return tables


def _segments(line: Line) -> list[list[Word]]:
    """Return the parts of a line that wide gaps leave; a bullet goes with its text."""
    parts = [[line.words[0]]]
    for before, word in pairwise(line.words):
        if word.rect[0] - before.rect[2] > GUTTER * word.size and len(before.text) > 1:
            parts.append([])
        parts[-1].append(word)
    return parts


def _gapped_runs(lines: Sequence[list[list[Word]]]) -> list[list[list[list[Word]]]]:
    """Return the runs with at least three lines of two segments or more, close together."""
    runs: list[list[list[list[Word]]]] = []
    run: list[list[list[Word]]] = []
    for line in lines:
        first = line[0][0]
        near = not run or run[-1][0][0].rect[1] - first.rect[1] <= 3.2 * first.size
        wraps = bool(run) and len(line) == 1 and _under_one(line[0], run[-1])
        wraps = wraps and _same_face(first, run[-1][0][0])
        if near and (len(line) >= 2 or wraps):
            run.append(line)
            continue
        runs.append(run)
        run = [line] if len(line) >= 2 else []
    runs.append(run)
    trimmed = []
    for candidate in runs:
        if sum(len(line) >= 2 for line in candidate) >= MIN_GAPPED:
            trimmed.append(candidate)
    return trimmed


def _same_face(a: Word, b: Word) -> bool:
    return a.bold == b.bold and abs(a.size - b.size) <= 0.5


def _under_one(segment: Sequence[Word], above: Sequence[Sequence[Word]]) -> bool:
    """Return whether a segment begins under one of several above it and is narrower than all."""
    left, right = segment[0].rect[0], segment[-1].rect[2]
    starts = [s[0].rect[0] for s in above]
    if len(above) >= 2:
        return any(abs(left - x) <= 2 * TOUCH for x in starts) and right < above[-1][-1].rect[2]
    return abs(left - starts[0]) <= TOUCH and right <= above[0][-1].rect[2] + 40


def _columns(bands: Sequence[Sequence[Word]]) -> list[tuple[float, float]]:
    """Return the x ranges of columns: parts between gutters that no word of any band crosses."""
    spans = sorted((w.rect[0], w.rect[2]) for band in bands for w in band)
    if not spans:
        return []
    size = max(w.size for band in bands for w in band)
    columns: list[list[float]] = [list(spans[0])]
    for x0, x1 in spans[1:]:
        if x0 - columns[-1][1] > 0.7 * size:
            columns.append([x0, x1])
        else:
            columns[-1][1] = max(columns[-1][1], x1)
    return [(c[0], c[1]) for c in columns]


def _cells(band: Sequence[Word], columns: Sequence[tuple[float, float]]) -> list[list[Word]]:
    return [[w for w in band if x0 - 0.1 <= w.rect[0] <= x1 + 0.1] for x0, x1 in columns]


def _fold_rows(rows: Cells) -> Cells:
    """Return the rows with lines that leave the last column empty folded into their own row.

    That is the row above, but for page numbers, which stand behind the last line of a title.
    """
    if _are_page_numbers(rows):
        return _folded(rows[::-1])[::-1]
    return _folded(rows)


def _folded(rows: Cells) -> Cells:
    folded: Cells = []
    for row in rows:
        if not row[-1] and folded and folded[-1][-1]:
            folded[-1] = [a + b for a, b in zip(folded[-1], row, strict=True)]
        else:
            folded.append(row)
    return folded


def _are_page_numbers(rows: Cells) -> bool:
    """Return whether the last column counts pages: single numbers that never fall."""
    last = [row[-1] for row in rows if row[-1]]
    if any(len(cell) != 1 or not cell[0].text.isdigit() for cell in last):
        return False
    numbers = [int(cell[0].text) for cell in last]
    return len(numbers) >= MIN_GAPPED and numbers == sorted(numbers)


def _is_table(rows: Sequence[Sequence[Sequence[Word]]]) -> bool:
    """Return whether at least two rows, and half of them, have two cells with words."""
    full = sum(sum(bool(cell) for cell in row) >= 2 for row in rows)
    widest = max((len(row) for row in rows), default=0)
    return full >= 2 and full >= 0.5 * len(rows) and 2 <= widest <= MAX_COLUMNS


def _is_list(rows: Sequence[Sequence[Sequence[Word]]]) -> bool:
    """Return whether rows are paragraphs with their numbers in front of them, not a table."""
    if max(len(row) for row in rows) != 2:
        return False
    leads = [row[0] for row in rows if row[0]]
    return all(len(cell) == 1 and LIST_NUMBER.match(cell[0].text) for cell in leads)


def _table(rows: Sequence[Sequence[Sequence[Word]]]) -> Table:
    words = [word for row in rows for cell in row for word in cell]
    rect = around(word.rect for word in words)
    widest = max(len(row) for row in rows)
    made = []
    all_bold = all(w.bold for w in words)
    for index, row in enumerate(rows):
        bold = not all_bold and all(w.bold for cell in row for w in cell)
        filled = sum(bool(cell) for cell in row)
        group = bold and index > 0 and (filled == 1 or len(row) < widest)
        made.append(
            Row(
                tuple(tuple(cell) for cell in row),
                header=bold and index == 0,
                group=group and not _ends_with_value(row, rows),
            )
        )
    return Table(tuple(made), rect)


def _ends_with_value(
    row: Sequence[Sequence[Word]], rows: Sequence[Sequence[Sequence[Word]]]
) -> bool:
    """Return whether a row's last cell begins where the other rows' last cells do."""
    if not row[-1]:
        return False
    starts = sorted(min(w.rect[0] for w in r[-1]) for r in rows if r[-1])
    usual = starts[len(starts) // 2]
    return len(row) >= 2 and abs(min(w.rect[0] for w in row[-1]) - usual) <= 3 * TOUCH
