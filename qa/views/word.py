"""Answers and changes as Word documents, made with python-docx, which is imported here alone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qa.changes import Changed, Value
from qa.compare import how_sure
from qa.records import Answer, Citation
from qa.views import export, strings
from qa.views.export import line

if TYPE_CHECKING:
    from docx.document import Document

    from qa.views.asking import Told

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold even as a reference."""

LANGUAGE = "en-GB"


def answers_document(told: Sequence[Told]) -> bytes:
    """Return answers with their sources and their record as a Word document, in the order given."""
    document = _new(strings.ANSWERS_TITLE, told)
    for one in told:
        document.add_heading(holdable(one.answer.question), 1)
        _answer(document, one.answer)
        _sources(document, one, 2)
        _record(document, export.record_of(one))
    return _bytes(document)


def comparison_document(
    told: Sequence[Told], changed: Changed | None = None, *, snapshot: str = "", at: str = ""
) -> bytes:
    """Return what reports say to one question, and what changed between two, as a document."""
    document = _new(strings.COMPARE_TITLE, told)
    if changed is not None:
        _changes(document, changed)
    if told:
        document.add_heading(holdable(told[0].answer.question), 1)
        rows = [[export.report_of(one), _said(one.answer)] for one in told]
        _table(document, [strings.REPORT, strings.ANSWER], rows)
    for one in told:
        if one.answer.citations:
            document.add_heading(holdable(export.report_of(one)), 2)
            _sources(document, one, 3)
    if told:
        _record(document, export.record_of(told[0], of_reports=False))
    else:
        _record(document, f"{strings.index_of(snapshot)} {export.moment(at)}")
    return _bytes(document)


def holdable(text: str) -> str:
    r"""Return text in one line without the characters that a Word document cannot hold.

    >>> holdable("a\x00b\n\x1fc\ufffe")
    'ab c'
    """
    return NO_XML.sub("", line(text))


def _new(title: str, told: Sequence[Told]) -> Document:
    """Return an empty document in British English with its title."""
    from docx import Document as new_document

    document = new_document()
    for language in document.styles.element.xpath("//w:rPrDefault//w:lang"):
        language.set(_name("w:val"), LANGUAGE)
    about = document.core_properties
    about.title, about.author, about.comments, about.language = title, strings.APP, "", LANGUAGE
    about.created = about.modified = _time(told[0].at if told else "")
    document.add_heading(title, 0)
    return document


def _answer(document: Document, answer: Answer) -> None:
    """Add the sentences of an answer and how sure it is, or that there is none."""
    for sentence in answer.sentences:
        style = "List Bullet" if len(answer.sentences) > 1 else None
        document.add_paragraph(holdable(sentence.text), style)
    if not answer.sentences:
        document.add_paragraph(holdable(answer.text))
    if answer.status == "answered":
        document.add_paragraph(strings.HOW_SURE[how_sure(answer.confidence)])


def _said(answer: Answer) -> str:
    """Return what one cell of a comparison says."""
    if answer.status != "answered":
        return strings.NOT_IN_REPORT
    return f"{answer.text} ({strings.HOW_SURE[how_sure(answer.confidence)].rstrip('.')})"


def _sources(document: Document, told: Told, level: int) -> None:
    if told.answer.citations:
        document.add_heading(strings.SOURCES, level)
    for source in told.answer.citations:
        _source(document, source, export.where_of(source, told.titles))


def _source(document: Document, source: Citation, where: str) -> None:
    """Add where a source stands and its words, kept on one page of the document."""
    paragraph = document.add_paragraph()
    paragraph.add_run(f"[{source.n}] ").bold = True
    paragraph.add_run(holdable(where))
    paragraph.paragraph_format.keep_with_next = True
    if source.ocr:
        paragraph.add_run(f" · {strings.READ_BY_OCR}")
    document.add_paragraph(f"“{holdable(source.quote)}”", "Quote")


def _changes(document: Document, changed: Changed) -> None:
    document.add_heading(strings.COMPARE_CHANGES, 1)
    heads = [strings.RATED, changed.earlier_title, changed.later_title, strings.CHANGE]
    rows = [
        [
            export.name_of(change),
            _value(change.earlier),
            _value(change.later),
            strings.change_in(change.direction, change.points),
        ]
        for change in changed.changes
    ]
    _table(document, heads, rows)
    if changed.progress:
        document.add_heading(strings.PROGRESS_CAPTION, 2)
        rows = [[item.recommendation, _value(item.told)] for item in changed.progress]
        _table(document, [strings.RECOMMENDATION, strings.PROGRESS], rows)


def _value(value: Value | None) -> str:
    if value is None:
        return strings.NOT_THERE
    return f"{value.value} ({strings.pages(value.page_label, value.page)})"


def _table(document: Document, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Add a table whose first row is repeated on every page, as its heads."""
    table = document.add_table(1, len(heads), "Table Grid")
    _fill(table.rows[0].cells, heads, lambda cell: setattr(_run(cell), "bold", True))
    mark = table.rows[0]._tr.get_or_add_trPr()
    mark.append(mark.makeelement(_name("w:tblHeader"), {_name("w:val"): "true"}))
    for row in rows:
        _fill(table.add_row().cells, row, _run)
    document.add_paragraph()


def _fill(cells: Sequence[Any], texts: Sequence[str], draw: Callable[[Any], object]) -> None:
    for cell, text in zip(cells, texts, strict=True):
        cell.text = holdable(text)
        draw(cell)


def _run(cell: Any) -> Any:
    paragraph = cell.paragraphs[0]
    return paragraph.runs[0] if paragraph.runs else paragraph.add_run()


def _record(document: Document, said: str) -> None:
    document.add_paragraph().add_run(holdable(said)).italic = True


def _time(at: str) -> datetime:
    """Return a time without its zone, as the properties of a document have it, in UTC."""
    try:
        time = datetime.fromisoformat(at)
    except ValueError:
        time = datetime.now(UTC)
    return time.astimezone(UTC).replace(tzinfo=None)


def _name(name: str) -> str:
    from docx.oxml.ns import qn

    return qn(name)


def _bytes(document: Document) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
