"""One PDF read to the end: words → lines → blocks → sections → passages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from indexer.findings import findings, placed
from indexer.layout import Layout, read_layout
from indexer.outline import read_sections
from indexer.passages import DEFAULT_SETTINGS, PassageSettings, cut_passages
from indexer.reading import read_document
from indexer.records import Document, PageText, Report, Section
from indexer.text import acronyms

READER_VERSION = "6"
"""Goes up with every change to what a file is read as: an index read otherwise is stale."""

JUNK_TITLE = re.compile(r"^(microsoft word|untitled|document\d*$|.*\.(docx?|pdf|indd)$)", re.I)


def read_report(
    path: Path,
    *,
    report_id: str | None = None,
    settings: PassageSettings = DEFAULT_SETTINGS,
    read: Callable[[Path], Document] = read_document,
) -> Report:
    """Return a PDF's title, pages, passages and short forms; ``report_id`` is the stem by default.

    It is read in this process: ``indexer.sandbox`` reads files that nobody vouches for.

    Raises:
        ReportRefused: the file cannot be read; the subclass and the message say why.
    """
    name = path.stem if report_id is None else report_id
    document = read(path)
    layout = read_layout(document)
    sections = read_sections(document, layout)
    passages = cut_passages(sections, report=name, settings=settings)
    pages = tuple(
        PageText(
            page.number,
            layout.labels[page.number - 1],
            page.width,
            page.height,
            page.raw_text,
            page.ocr,
        )
        for page in document.pages
    )
    return Report(
        id=name,
        title=report_title(document, layout, sections) or name,
        pages=pages,
        passages=passages,
        acronyms=acronyms(passage.text for passage in passages),
        created=document.created,
        findings=placed(findings(sections), passages),
        notes=document.notes,
    )


def report_title(document: Document, layout: Layout, sections: Sequence[Section]) -> str:
    """Return the title a report gives itself: its metadata, or the largest words of page 1.

    Words under a heading of their own are no part of it.
    """
    if document.title and not JUNK_TITLE.match(document.title):
        return document.title
    blocks = sections[0].blocks if sections else ()
    first = [b for b in blocks if b.words and b.words[0].page == 1 and b.kind != "row"]
    largest = max((b.size for b in first), default=0.0)
    if largest <= 1.1 * layout.body_size:
        return ""
    return " ".join(b.text for b in first if b.size >= 0.45 * largest and b.size > layout.body_size)
