"""Tables as rows of cells, from the rules drawn on a page or from the alignment of words.

Three kinds are read: grids (rules both ways), tables with horizontal rules only, and tables
without rules whose columns line up. What cannot be read as rows of at least two cells stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexer.records import Page, Rect, Word

TOUCH = 2.5
"""Edges within this many points of each other meet: rules are drawn as thin boxes."""

MIN_EDGE = 8.0
"""Shorter edges are parts of glyphs or bullets, not rules."""

GUTTER = 1.6
"""Columns without rules are this many type sizes apart: no justified line has such gaps."""

MAX_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """The words of each cell, left to right; ``header`` names columns, ``group`` names rows."""

    cells: tuple[tuple[Word, ...], ...]
    header: bool = False
    group: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows from top to bottom; ``number`` counts the tables of a page from 1."""

    number: int
    rows: tuple[Row, ...]
    rect: Rect

    @property
    def words(self) -> list[Word]:
        """Every word of every cell."""
        return [word for row in self.rows for cell in row.cells for word in cell]


def find_tables(page: Page) -> list[Table]:
    """Return the tables of a page from top to bottom."""
    across = _merge([e for e in page.edges if e[2] - e[0] >= MIN_EDGE > e[3] - e[1]], flat=True)
    upright = _merge([e for e in page.edges if e[3] - e[1] >= MIN_EDGE > e[2] - e[0]], flat=False)
    left = list(page.words)
    grids: list[list[list[list[Word]]]] = []
    for rows in [*_ruled(across, upright, left), *_lined(across, left), *_aligned(left)]:
        if _is_table(rows):
            taken = {id(word) for row in rows for cell in row for word in cell}
            if all(any(id(word) == id(w) for w in left) for row in rows for c in row for word in c):
                left = [word for word in left if id(word) not in taken]
                grids.append(rows)
    grids.sort(key=lambda rows: -max(w.rect[3] for row in rows for cell in row for w in cell))
    return [_table(number, rows) for number, rows in enumerate(grids, 1)]


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


def _ruled(
    across: Sequence[Rect], upright: Sequence[Rect], words: Sequence[Word]
) -> list[list[list[list[Word]]]]:
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
            row = [
                [
                    word
                    for word in words
                    if bottom <= _middle(word)[1] < top and x0 <= _middle(word)[0] < x1
                ]
                for x0, x1 in pairwise(xs)
            ]
            if any(row):
                rows.append(row)
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


def _lined(across: Sequence[Rect], words: Sequence[Word]) -> list[list[list[list[Word]]]]:
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
            band = [
                w
                for w in words
                if lower[1] <= _middle(w)[1] < upper[1]
                and x0 - TOUCH <= _middle(w)[0] <= x1 + TOUCH
            ]
            if band:
                bands.append(band)
        columns = _columns(bands)
        if len(columns) >= 2:
            tables.append([_cells(band, columns) for band in bands])
    return tables


def _aligned(words: Sequence[Word]) -> list[list[list[list[Word]]]]:
    """Return the tables without rules: runs of lines with wide gaps whose columns line up."""
    tables = []
    for run in _gapped_runs(_lines(words)):
        bands = [[w for segment in line for w in segment] for line in run]
        columns = _columns(bands)
        if len(columns) >= 2:
            tables.append(_fold_rows([_cells(band, columns) for band in bands]))
    return tables


def _lines(words: Sequence[Word]) -> list[list[list[Word]]]:
    """Return lines from top to bottom, each as segments parted by wide gaps."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (-w.rect[1], w.rect[0])):
        if rows and abs(rows[-1][0].rect[1] - word.rect[1]) <= 0.35 * word.size:
            rows[-1].append(word)
        else:
            rows.append([word])
    lines = []
    for row in rows:
        row.sort(key=lambda w: w.rect[0])
        segments = [[row[0]]]
        for before, word in pairwise(row):
            if word.rect[0] - before.rect[2] > GUTTER * word.size and len(before.text) > 1:
                segments.append([])
            segments[-1].append(word)
        lines.append(segments)
    return lines


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
        if sum(len(line) >= 2 for line in candidate) >= 3:
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


def _fold_rows(rows: list[list[list[Word]]]) -> list[list[list[Word]]]:
    """Return the rows with a line that leaves the last column empty folded into the row above."""
    folded: list[list[list[Word]]] = []
    for row in rows:
        wraps = not row[-1] and folded and folded[-1][-1]
        if wraps:
            folded[-1] = [a + b for a, b in zip(folded[-1], row, strict=True)]
        else:
            folded.append(row)
    return folded


def _is_table(rows: Sequence[Sequence[Sequence[Word]]]) -> bool:
    """Return whether at least two rows, and half of them, have two cells with words."""
    full = sum(sum(bool(cell) for cell in row) >= 2 for row in rows)
    widest = max((len(row) for row in rows), default=0)
    return full >= 2 and full >= 0.5 * len(rows) and 2 <= widest <= MAX_COLUMNS


def _table(number: int, rows: Sequence[Sequence[Sequence[Word]]]) -> Table:
    words = [word for row in rows for cell in row for word in cell]
    rect = (
        min(w.rect[0] for w in words),
        min(w.rect[1] for w in words),
        max(w.rect[2] for w in words),
        max(w.rect[3] for w in words),
    )
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
    return Table(number, tuple(made), rect)


def _ends_with_value(row: Sequence[Sequence[Word]], rows: Sequence[Sequence[Sequence[Word]]]) -> bool:
    """Return whether a row's last cell begins where the other rows' last cells do."""
    if not row[-1]:
        return False
    starts = sorted(min(w.rect[0] for w in r[-1]) for r in rows if r[-1])
    usual = starts[len(starts) // 2]
    return len(row) >= 2 and abs(min(w.rect[0] for w in row[-1]) - usual) <= 3 * TOUCH


def _middle(word: Word) -> tuple[float, float]:
    x0, y0, x1, y1 = word.rect
    return (x0 + x1) / 2, (y0 + y1) / 2
