"""Answers, changes and ratings as CSV, a row for each source: a record of what is said where.

Spreadsheets take a cell that begins like a formula for one. An apostrophe in front keeps it a
text, at the front of a cell and behind a semicolon or tab, which some of them take for its end.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from qa import glance
from qa.changes import Change, Changed, Value
from qa.compare import how_sure
from qa.glance import Glance
from qa.records import Citation, Sentence
from qa.views import strings
from qa.views.export import limits_of, line

if TYPE_CHECKING:
    from qa.views.asking import Told

MIME = "text/csv"
FORMULA = re.compile(r"(^|[;\t])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""The last four are the wide forms of the first, which some spreadsheets take for them."""

NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,4})?", re.A)

ANSWER_HEADS = (
    "time", "index", "question", "reports asked", "filters", "caution", "status", "confidence",
    "how sure", "answer", "sentence", "source", "report", "report title", "section",
    "printed page", "pdf page", "quote", "read by ocr",
)  # fmt: skip
CHANGE_HEADS = (
    "time", "index", "kind", "standard", "subject", "change", "points",
    "earlier report", "earlier value", "earlier printed page", "earlier pdf page", "earlier quote",
    "later report", "later value", "later printed page", "later pdf page", "later quote",
)  # fmt: skip


def answers_csv(told: Iterable[Told]) -> bytes:
    """Return answers as CSV, one row for each source and one for an answer that has none."""
    rows = (row for one in told for row in _answer_rows(one))
    return _csv(ANSWER_HEADS, rows)


def changes_csv(changed: Changed, snapshot: str, at: str) -> bytes:
    """Return what changed between two inspections as CSV, one row for each thing rated or asked."""
    rows = [(at, snapshot, *_change_row(change)) for change in changed.changes]
    for item in changed.progress:
        cells = ("progress", "", item.recommendation, item.told.value, "")
        rows.append((at, snapshot, *cells, *_value_cells(None), *_value_cells(item.told)))
    return _csv(CHANGE_HEADS, rows)


def ratings_csv(every: Iterable[Glance]) -> bytes:
    """Return what reports rate, count and recommend as CSV, one row for each finding."""
    return _csv(glance.HEADER, glance.rows(every))


def harmless(text: str) -> str:
    """Return text in one line that no spreadsheet takes for a formula; a number stays one.

    >>> harmless("=1+1"), harmless("a; -2"), harmless("P 1.2 = good"), harmless("-2.5")
    ("'=1+1", "a; '-2", 'P 1.2 = good', '-2.5')
    """
    if NUMBER.fullmatch(text):
        return text
    return FORMULA.sub(r"\1\2'", line(text))


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV in UTF-8, with the mark in front by which spreadsheets know it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(heads)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _answer_rows(told: Told) -> Iterator[tuple[str, ...]]:
    answer, asked = told.answer, told.asked
    answered = answer.status == "answered"
    front = (
        told.at,
        told.snapshot,
        answer.question,
        "; ".join(asked.reports) or strings.ALL_REPORTS,
        limits_of(told),
        strings.CAUTIONS.get(asked.caution, asked.caution),
        answer.status.replace("_", " "),
        f"{answer.confidence:.4f}",
        strings.HOW_SURE[how_sure(answer.confidence)] if answered else "",
        answer.text,
    )
    cited = [
        (sentence, source)
        for sentence in answer.sentences
        for source in answer.citations
        if source.n in sentence.citations
    ]
    for sentence, source in cited:
        yield (*front, *_source_cells(sentence, source, told))
    if not cited:
        yield (*front, *[""] * (len(ANSWER_HEADS) - len(front)))


def _source_cells(sentence: Sentence, source: Citation, told: Told) -> tuple[str, ...]:
    return (
        sentence.text,
        str(source.n),
        source.report,
        told.titles.get(source.report, ""),
        " › ".join(source.section),
        source.page_label,
        str(source.page),
        source.quote,
        "yes" if source.ocr else "no",
    )


def _change_row(change: Change) -> tuple[str, ...]:
    return (
        change.kind,
        change.label,
        change.subject,
        strings.change_in(change.direction, change.points),
        "" if change.points is None else f"{change.points:g}",
        *_value_cells(change.earlier),
        *_value_cells(change.later),
    )


def _value_cells(value: Value | None) -> tuple[str, ...]:
    if value is None:
        return ("",) * 5
    return (value.report, value.value, value.page_label, str(value.page), value.quote)
