"""Passages and pages as Arrow tables: written whole, read one row at a time.

The report's id is not in them, so that a PDF that is only renamed keeps its shard. This is the
only file that imports ``pyarrow``.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from indexer import disk
from indexer.records import Finding, PageText, Passage, TextWord

CACHED_PASSAGES = 4096
"""Decoded passages that are kept: about 40 MB, and some hundred questions' worth."""

WORD_COLUMNS = ("starts", "ends", "word_pages", "rects")

Int64 = npt.NDArray[np.int64]

Check = Callable[[], None]
"""Raises where a file has changed since it was opened."""


def _no_check() -> None:
    """Let a file that nobody else can reach yet be read."""


def write_passages(path: Path, passages: Sequence[Passage]) -> None:
    """Write passages, all of their fields but ``report``, as one Arrow file."""
    import pyarrow as pa

    number, text = pa.int32(), pa.string()
    words = [p.words for p in passages]
    columns: dict[str, tuple[Any, Iterable[Any]]] = {
        "ordinal": (number, (p.ordinal for p in passages)),
        "kind": (text, (p.kind for p in passages)),
        "section": (pa.list_(text), ([sound(s) for s in p.section] for p in passages)),
        "text": (text, (sound(p.text) for p in passages)),
        "context": (text, (sound(p.context) for p in passages)),
        "units": (pa.list_(number), (_flat(p.units) for p in passages)),
        "cells": (pa.list_(number), (_flat(p.cells) for p in passages)),
        "header": (pa.list_(text), ([sound(h) for h in p.header] for p in passages)),
        **_word_columns(words),
    }
    _write(path, columns)


def write_pages(path: Path, pages: Sequence[PageText]) -> None:
    """Write pages as one Arrow file."""
    import pyarrow as pa

    columns: dict[str, tuple[Any, Iterable[Any]]] = {
        "number": (pa.int32(), (p.number for p in pages)),
        "label": (pa.string(), (sound(p.label) for p in pages)),
        "width": (pa.float64(), (p.width for p in pages)),
        "height": (pa.float64(), (p.height for p in pages)),
        "text": (pa.string(), (sound(p.text) for p in pages)),
        "ocr": (pa.bool_(), (p.ocr for p in pages)),
    }
    _write(path, columns)


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Write findings as one Arrow file."""
    import pyarrow as pa

    number, real, text = pa.int32(), pa.float64(), pa.string()
    words = [f.words for f in findings]
    columns: dict[str, tuple[Any, Iterable[Any]]] = {
        "kind": (text, (f.kind for f in findings)),
        "text": (text, (sound(f.text) for f in findings)),
        "section": (pa.list_(text), ([sound(s) for s in f.section] for f in findings)),
        "label": (text, (sound(f.label) for f in findings)),
        "subject": (text, (sound(f.subject) for f in findings)),
        "value": (text, (sound(f.value) for f in findings)),
        "number": (real, (f.number for f in findings)),
        "total": (real, (f.total for f in findings)),
        "passage": (number, (f.passage for f in findings)),
        "span": (pa.list_(number), (list(f.span) for f in findings)),
        **_word_columns(words),
    }
    _write(path, columns)


def _word_columns(
    words: Sequence[tuple[TextWord, ...]],
) -> dict[str, tuple[Any, Iterable[Any]]]:
    """Return the columns of words: spans, pages, boxes and footnote marks, a list a row."""
    import pyarrow as pa

    number = pa.list_(pa.int32())
    return {
        "starts": (number, ([w.start for w in row] for row in words)),
        "ends": (number, ([w.end for w in row] for row in words)),
        "word_pages": (number, ([w.page for w in row] for row in words)),
        # Doubles, so that a box is read back to the last bit and a highlight can be compared.
        "rects": (pa.list_(pa.float64()), (_flat(w.rect for w in row) for row in words)),
        "marks": (pa.list_(pa.string()), ([sound(w.mark) for w in row] for row in words)),
    }


class FindingRows:
    """The findings of a file in row order, decoded when they are asked for."""

    def __init__(self, path: Path, check: Check = _no_check) -> None:
        self._table = _read(path)
        self._check = check

    def __len__(self) -> int:
        rows: int = self._table.num_rows
        return rows

    def rows(self, rows: range) -> tuple[Finding, ...]:
        """Return the findings in some rows."""
        self._check()
        return tuple(map(_finding, self._table.slice(rows.start, len(rows)).to_pylist()))

    def places(self, rows: range) -> list[tuple[str, str, str, int]]:
        """Return kind, label, subject and passage of the findings in some rows.

        Their words are not decoded: it takes a tenth of the time.
        """
        part = self._table.slice(rows.start, len(rows))
        names = ("kind", "label", "subject", "passage")
        return list(zip(*(part.column(name).to_pylist() for name in names), strict=True))


def _finding(row: dict[str, Any]) -> Finding:
    sides = row["rects"]
    rects = zip(sides[0::4], sides[1::4], sides[2::4], sides[3::4], strict=True)
    columns = (row["starts"], row["ends"], row["word_pages"], rects, row["marks"])
    start, end = row["span"]
    plain = ("kind", "text", "label", "subject", "value", "number", "total", "passage")
    return Finding(
        words=tuple(map(TextWord, *columns)),
        section=tuple(row["section"]),
        span=(start, end),
        **{name: row[name] for name in plain},
    )


def join(target: Path, sources: Sequence[Path]) -> None:
    """Write the rows of Arrow files of one kind into one file, in order, as a single batch."""
    import pyarrow as pa

    table = pa.concat_tables([_read(source) for source in sources]).combine_chunks()
    _write_table(target, table)


def sound(text: str) -> str:
    """Return a text without lone surrogates, which no file can hold; its length is the same."""
    return text.encode("utf-8", "replace").decode("utf-8")


class PassageRows(Sequence[Passage]):
    """The passages of a file in row order, decoded when they are asked for.

    ``reports`` are pairs of a report's id and its number of passages, in row order; ``check`` is
    called before a row is read from the file.
    """

    def __init__(
        self, path: Path, reports: Sequence[tuple[str, int]], check: Check = _no_check
    ) -> None:
        self._rows = _DecodedRows(path, reports, check)
        # Of another object's method: of its own, each would hold the other, and files stay open.
        self._cached = lru_cache(maxsize=CACHED_PASSAGES)(self._rows.decode)

    def __len__(self) -> int:
        return self._rows.length

    @overload
    def __getitem__(self, row: int) -> Passage: ...

    @overload
    def __getitem__(self, row: slice) -> list[Passage]: ...

    def __getitem__(self, row: int | slice) -> Passage | list[Passage]:
        if isinstance(row, slice):
            return [self._cached(at) for at in range(*row.indices(self._rows.length))]
        at = operator.index(row)
        length = self._rows.length
        if not -length <= at < length:
            raise IndexError(f"There is no passage {at}: there are {length:,}.")
        return self._cached(at % length)

    def sections(self, rows: range) -> list[tuple[str, ...]]:
        """Return the headings above the passages in some rows, the rest not decoded."""
        return self._rows.sections(rows)

    def first_pages(self, rows: Int64) -> Int64:
        """Return the page on which each passage begins, int64 [n], 0 for one without words."""
        return self._rows.first_pages(rows)


class _DecodedRows:
    """The columns of a file of passages."""

    def __init__(self, path: Path, reports: Sequence[tuple[str, int]], check: Check) -> None:
        table = _read(path)
        self.length: int = table.num_rows
        self._check = check
        self._columns = {name: _single(table.column(name)) for name in table.column_names}
        self._flat = {
            name: _Lists(self._columns[name]) for name in (*WORD_COLUMNS, "units", "cells")
        }
        self._ids = [report for report, _ in reports]
        self._ends = list(accumulate(count for _, count in reports))

    def sections(self, rows: range) -> list[tuple[str, ...]]:
        """Return the headings above the passages in some rows."""
        self._check()
        part = self._columns["section"].slice(rows.start, len(rows))
        return [tuple(path) for path in part.to_pylist()]

    def first_pages(self, rows: Int64) -> Int64:
        """Return the page of the first word in each row, 0 where there is none."""
        self._check()
        return self._flat["word_pages"].first(rows)

    def decode(self, row: int) -> Passage:
        """Return the passage in a row."""
        self._check()
        column, flat = self._columns, self._flat
        starts, ends, pages, sides = (flat[name].row(row) for name in WORD_COLUMNS)
        rects = zip(sides[0::4], sides[1::4], sides[2::4], sides[3::4], strict=True)
        marks = column["marks"][row].as_py()
        return Passage(
            report=self._ids[bisect_right(self._ends, row)],
            ordinal=column["ordinal"][row].as_py(),
            kind=column["kind"][row].as_py(),
            section=tuple(column["section"][row].as_py()),
            text=column["text"][row].as_py(),
            units=_pairs(flat["units"].row(row)),
            words=tuple(map(TextWord, starts, ends, pages, rects, marks)),
            context=column["context"][row].as_py(),
            cells=_pairs(flat["cells"].row(row)),
            header=tuple(column["header"][row].as_py()),
        )


class PageRows:
    """The pages of a file in row order, decoded when they are asked for."""

    def __init__(self, path: Path, check: Check = _no_check) -> None:
        table = _read(path)
        self._check = check
        self._length: int = table.num_rows
        self._columns = [
            _single(table.column(name))
            for name in ("number", "label", "width", "height", "text", "ocr")
        ]

    def __len__(self) -> int:
        return self._length

    def numbers(self, rows: range) -> list[int]:
        """Return the numbers of the pages in some rows."""
        self._check()
        numbers: list[int] = self._columns[0].slice(rows.start, len(rows)).to_pylist()
        return numbers

    def __getitem__(self, row: int) -> PageText:
        self._check()
        return PageText(*(column[row].as_py() for column in self._columns))


class _Lists:
    """A column of lists of numbers as two plain arrays: ten times quicker than Arrow's scalars.

    By way of DLPack and not ``to_numpy``, which would import the whole of pandas to no purpose.
    """

    def __init__(self, column: Any) -> None:
        self._values = np.from_dlpack(column.values)
        self._offsets = np.from_dlpack(column.offsets)

    def row(self, row: int) -> list[Any]:
        values: list[Any] = self._values[self._offsets[row] : self._offsets[row + 1]].tolist()
        return values

    def first(self, rows: Int64) -> Int64:
        """Return the first number of each row's list, 0 where it is empty."""
        begin, end = self._offsets[rows], self._offsets[rows + 1]
        firsts = np.zeros(len(rows), np.int64)
        some = end > begin
        firsts[some] = self._values[begin[some]]
        return firsts


def _flat(rows: Iterable[Sequence[Any]]) -> list[Any]:
    return [value for row in rows for value in row]


def _pairs(values: list[int]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(values[0::2], values[1::2], strict=True))


def _single(column: Any) -> Any:
    """Return a column as one array; a file of ours has one batch, or none where it has no row."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _write(path: Path, columns: dict[str, tuple[Any, Iterable[Any]]]) -> None:
    import pyarrow as pa

    arrays = {name: pa.array(list(values), kind) for name, (kind, values) in columns.items()}
    _write_table(path, pa.table(arrays))


def _write_table(path: Path, table: Any) -> None:
    import pyarrow as pa

    with disk.Writer(path) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _read(path: Path) -> Any:
    """Return the table of a file through a memory map, which outlives the file's removal."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path), "r")).read_all()
