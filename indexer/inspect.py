"""How well a report was read: a card of counts and checks, and a picture of every page.

Two of the checks do not trust the reader: each word that the PDF engine sees stands in exactly
one block or in the declared furniture, and the sections begin on the pages that the printed
contents list gives.
"""

from __future__ import annotations

import base64
import io
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.findings import OVERALL, findings, recognise_family
from indexer.layout import Layout, read_layout
from indexer.lines import around
from indexer.outline import contents_list, read_sections
from indexer.passages import cut_passages
from indexer.reading import pictures, read_document
from indexer.records import Block, Document, Finding, Page, Passage, Rect, Section, TextWord
from indexer.tables import unread_tables
from indexer.text import fold

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_SCALE = 1.2
"""Picture pixels per PDF point in the HTML page: small type can just be read."""

Read = Callable[[Path], Document]

QUALITY = 55
MAX_NAMED = 5
"""At most this many pages or titles are named one by one in a line for a terminal."""

MAX_TITLE = 300
COLOURS = {
    "heading": "#c62828",
    "paragraph": "#1565c0",
    "bullet": "#2e7d32",
    "row": "#ef6c00",
    "footnote": "#7b1fa2",
    "header": "#757575",
    "footer": "#757575",
}
STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;
color:#212121;background:#fafafa}
h1{font-size:1.4rem}h2{font-size:1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}
svg{width:100%;height:auto;background:#fff;border:1px solid #bdbdbd}
.key span{display:inline-block;margin-right:1rem}.key i{display:inline-block;width:.9rem;
height:.9rem;margin-right:.3rem;vertical-align:-.1rem}
"""


@dataclass(frozen=True, slots=True)
class HealthCard:
    """Counts and checks of one report's reading.

    ``pages_without_text`` are page numbers from 1. ``words`` are all that the PDF engine sees;
    ``words_outside`` stand in no block and in no furniture, ``words_twice`` in more than one
    place, and ``letters_lost`` are letters and figures of the engine's text in no word.
    ``contents_entries`` counts the lines of the printed contents list, ``contents_found`` those
    whose section begins on the page they give. ``contents_beside`` are the titles of those whose
    section begins on the page before or after, ``contents_missing`` those without a section.
    ``footnotes_called`` counts the footnotes whose mark was found in the text. ``pages_by_ocr``
    were pictures and have been read by OCR, ``family`` is the kind of report that it was taken for,
    ``findings`` counts what it found by kind and ``standards`` the rated parts of it.
    ``tables_as_text`` are the pages with a drawn table that could not be read with confidence and
    stays as its text; ``notes`` say what could not be read at all.
    """

    name: str
    title: str
    pages: int
    pages_without_text: tuple[int, ...]
    words: int
    words_outside: int
    words_twice: int
    letters_lost: int
    furniture_words: int
    sections: int
    bookmarks: int
    contents_entries: int
    contents_found: int
    contents_beside: tuple[str, ...]
    contents_missing: tuple[str, ...]
    tables: int
    rows: int
    bullets: int
    footnotes: int
    footnotes_called: int
    passages: int
    encrypted: bool
    seconds: float
    pages_by_ocr: tuple[int, ...] = ()
    family: str = ""
    findings: dict[str, int] = field(default_factory=dict)
    standards: int = 0
    tables_as_text: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def placed(self) -> float:
        """The share of words that stand in exactly one block or in the declared furniture."""
        wrong = self.words_outside + self.words_twice
        return 1.0 - wrong / self.words if self.words else 1.0

    def to_json(self) -> dict[str, Any]:
        """Return the card as plain values for JSON, the share of placed words among them."""
        return {**asdict(self), "placed": round(self.placed, 6)}

    def lines(self) -> list[str]:
        """Return the card as lines for a terminal."""
        return [f"{name + ':':<12} {value}" for name, value in self.facts()]

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield a name and what is to be said of it, in the order in which a person reads them."""
        yield "Report", f"{self.name}: {self.title}" if self.title else self.name
        yield (
            "Pages",
            f"{self.pages:,}"
            + _named(", without text: {}", self.pages_without_text)
            + _named(", read by OCR: {}", self.pages_by_ocr),
        )
        lost = f", {self.letters_lost:,} letters lost" if self.letters_lost else ""
        yield (
            "Words",
            f"{self.words:,}, {self.placed:.2%} placed exactly once ({self.words_outside:,} "
            f"outside any block, {self.words_twice:,} twice{lost}); "
            f"{self.furniture_words:,} in headers and footers",
        )
        yield "Sections", f"{self.sections:,}; {self.bookmarks:,} bookmarks in the file"
        yield "Contents", self._contents()
        left = _named("; left as text on page {}", self.tables_as_text)
        yield "Tables", f"{self.tables:,} with {self.rows:,} rows{left}"
        yield "Bullets", f"{self.bullets:,}"
        yield "Footnotes", f"{self.footnotes:,}, {self.footnotes_called:,} with their call found"
        yield "Passages", f"{self.passages:,}"
        yield "Family", self.family or "unknown"
        yield "Findings", self._found()
        yield "Encryption", "opens without a password" if self.encrypted else "none"
        yield "Time", f"{self.seconds:.2f} s, {self.pages / max(self.seconds, 1e-9):,.0f} pages/s"

    def _found(self) -> str:
        named = [f"{count:,} × {kind}" for kind, count in self.findings.items()]
        rated = f"; {self.standards} standards rated" if self.standards else ""
        return (", ".join(named) or "none") + rated

    def _contents(self) -> str:
        if not self.contents_entries:
            return "no printed contents list with page numbers"
        beside = _named("; on the page beside: {}", self.contents_beside)
        missing = _named("; not found: {}", self.contents_missing)
        whole = f"{self.contents_found} of {self.contents_entries} sections on the page given"
        return whole + beside + missing


@dataclass(frozen=True, slots=True)
class _Read:
    """Everything that reading one report makes, and how long it took."""

    document: Document
    layout: Layout
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]
    findings: tuple[Finding, ...]
    family: str
    seconds: float


def inspect_report(path: Path, *, read: Read = read_document) -> HealthCard:
    """Return the health card of a PDF.

    Raises:
        ReportRefused: the file cannot be read; the subclass and the message say why.
    """
    return _card(path, _read(path, read))


def to_html(path: Path, *, scale: float = DEFAULT_SCALE, read: Read = read_document) -> str:
    """Return one HTML page, with nothing outside of it, that shows how a PDF was read.

    Every page is drawn with its blocks coloured by kind and numbered in reading order; ``scale``
    is in pixels a PDF point.

    Raises:
        ReportRefused: the file cannot be read; the subclass and the message say why.
    """
    done = _read(path, read)
    card = _card(path, done)
    facts = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in card.facts()
    )
    key = "".join(
        f'<span><i style="background:{colour}"></i>{kind}</span>'
        for kind, colour in COLOURS.items()
        if kind != "footer"
    ).replace("header", "header or footer")
    pages = "".join(_drawn_pages(path, done, scale))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>How {escape(card.name)} was read</title><style>{STYLE}</style></head><body>"
        f"<h1>How {escape(card.name)} was read</h1><table>{facts}</table>"
        f'<p class="key">{key}<span><i style="background:#ff1744"></i>outside any block</span></p>'
        "<p>The numbers give the order in which the blocks are read; point at one to see its "
        f"section and text.</p>{pages}</body></html>\n"
    )


def _read(path: Path, read: Read) -> _Read:
    begun = time.perf_counter()
    document = read(path)
    layout = read_layout(document)
    sections = read_sections(document, layout)
    passages = cut_passages(sections)
    family = recognise_family(sections)
    found = findings(sections, family)
    seconds = time.perf_counter() - begun
    return _Read(document, layout, sections, passages, found, family.name, seconds)


def _card(path: Path, read: _Read) -> HealthCard:
    blocks = read.layout.blocks
    seen, placed = _seen(read.document), _placed(read.layout)
    entries = contents_list(read.layout)
    starts = {section.blocks[0].words for section in read.sections if section.path}
    begun = {e: blocks[e.block].words for e in entries if e.block is not None}
    found = [e for e, words in begun.items() if words in starts and words[0].page in e.pages]
    notes = [block for block in blocks if block.kind == "footnote"]
    marks = {(word.page, word.mark) for block in blocks for word in block.words if word.mark}
    rows = [block for block in blocks if block.kind == "row"]
    return HealthCard(
        name=path.name,
        title=read.document.title,
        pages=len(read.document.pages),
        pages_without_text=tuple(p.number for p in read.document.pages if not p.words),
        words=seen.total(),
        words_outside=(seen - placed).total(),
        words_twice=(placed - seen).total(),
        letters_lost=sum(_letters_lost(page) for page in read.document.pages),
        furniture_words=sum(len(block.words) for block in read.layout.furniture),
        sections=sum(bool(section.path) for section in read.sections),
        bookmarks=len(read.document.bookmarks),
        contents_entries=len(entries),
        contents_found=len(found),
        contents_beside=tuple(e.title for e in begun if e not in found),
        contents_missing=tuple(e.title for e in entries if e not in begun),
        tables=len({row.level for row in rows}),
        rows=len(rows),
        bullets=sum(block.kind == "bullet" for block in blocks),
        footnotes=len(notes),
        footnotes_called=sum(
            any((page + step, note.context) in marks for page in note.pages for step in (0, -1))
            for note in notes
        ),
        passages=len(read.passages),
        encrypted=read.document.encrypted,
        seconds=round(read.seconds, 3),
        pages_by_ocr=tuple(page.number for page in read.document.pages if page.ocr),
        family=read.family,
        findings=dict(Counter(finding.kind for finding in read.findings)),
        standards=sum(f.kind == "rating" and f.subject != OVERALL for f in read.findings),
        tables_as_text=tuple(page.number for page in read.document.pages if unread_tables(page)),
        notes=read.document.notes,
    )


def _seen(document: Document) -> Counter[tuple[int, Rect]]:
    """Return how often a word of the PDF stands at each place of its own pages."""
    return Counter(
        (page.number, _rounded(page.on_sheet(word.rect)))
        for page in document.pages
        for word in page.words
    )


def _placed(layout: Layout) -> Counter[tuple[int, Rect]]:
    """Return how often a word of a block or of the furniture stands at each place."""
    return Counter(
        (word.page, _rounded(word.rect))
        for block in (*layout.blocks, *layout.furniture)
        for word in (*block.words, *block.signs)
    )


def _rounded(rect: Rect) -> Rect:
    return (round(rect[0], 1), round(rect[1], 1), round(rect[2], 1), round(rect[3], 1))


def _letters_lost(page: Page) -> int:
    """Return how many letters and figures of a page's text are in none of its words."""
    held = Counter(fold("".join(word.text + word.superscript for word in page.words)))
    return (Counter(fold(page.raw_text)) - held).total()


def _named(sentence: str, values: Sequence[object]) -> str:
    """Return a sentence that names values, the first few of many; nothing for none."""
    if not values:
        return ""
    names = ", ".join(map(str, values[:MAX_NAMED]))
    more = len(values) - MAX_NAMED
    return sentence.format(names + (f" and {more:,} more" if more > 0 else ""))


def _drawn_pages(path: Path, read: _Read, scale: float) -> Iterator[str]:
    """Yield each page as its number and picture with the blocks drawn over it."""
    shapes: dict[int, list[str]] = defaultdict(list)
    sheets: dict[int, Page] = {}
    drawn: dict[int, str] = {}
    for sheet, picture in pictures(path, scale=scale):
        sheets[sheet.number] = sheet
        drawn[sheet.number] = _inline(picture) if picture is not None else ""
    order: Counter[int] = Counter()
    for section in read.sections:
        for block in section.blocks:
            for page in block.pages:
                order[page] += 1
                told = " › ".join((*section.path, block.text))
                shapes[page].extend(_shapes(block, sheets[page], str(order[page]), told))
    for block in read.layout.furniture:
        for page in block.pages:
            shapes[page].extend(_shapes(block, sheets[page], "", block.text))
    for (page, rect), _ in (_seen(read.document) - _placed(read.layout)).items():
        shapes[page].append(_box(sheets[page], rect, "#ff1744", "outside any block", solid=True))
    for page, sheet in sheets.items():
        label = read.layout.labels[page - 1]
        printed = f", printed {escape(label)}" if label else ""
        image = f'<image href="{drawn[page]}" width="{sheet.width:g}" height="{sheet.height:g}"/>'
        yield (
            f"<h2>Page {page}{printed}</h2>"
            f'<svg viewBox="0 0 {sheet.width:g} {sheet.height:g}" role="img" '
            f'aria-label="Page {page} with its blocks">{image if drawn[page] else ""}'
            f"{''.join(shapes[page])}</svg>"
        )


def _inline(picture: Image) -> str:
    """Return a picture as an address that holds it."""
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=QUALITY)
    return "data:image/webp;base64," + base64.b64encode(target.getvalue()).decode("ascii")


def _shapes(block: Block, sheet: Page, number: str, told: str) -> Iterator[str]:
    """Yield what is drawn for a block on one page: its boxes, its cells and its number."""
    colour = COLOURS[block.kind]
    words = [word for word in block.words if word.page == sheet.number]
    parts = list(_parts(words, sheet))
    for rect in parts:
        yield _box(sheet, rect, colour, f"{block.kind}: {told}", shown=True)
    for start, end in block.cells:
        inside = [word for word in words if start <= word.start and word.end <= end]
        for rect in _parts(inside, sheet):
            yield _box(sheet, rect, colour, block.text[start:end], shown=True)
    if number and parts:
        x, y = parts[0][0], sheet.height - parts[0][3]
        yield (
            f'<text x="{max(x - 14, 1):.1f}" y="{y + 9:.1f}" font-size="9" font-weight="bold" '
            f'fill="{colour}">{number}</text>'
        )


def _parts(words: Sequence[TextWord], sheet: Page) -> Iterator[Rect]:
    """Yield boxes around words on the page as shown; a new one where the text climbs a column."""
    run: list[Rect] = []
    for word in words:
        rect = sheet.upright(word.rect)
        if run and rect[1] > run[-1][3]:
            yield around(run)
            run = []
        run.append(rect)
    if run:
        yield around(run)


def _box(
    sheet: Page, rect: Rect, colour: str, told: str, *, shown: bool = False, solid: bool = False
) -> str:
    x0, y0, x1, y1 = rect if shown else sheet.upright(rect)
    return (
        f'<rect x="{x0:.1f}" y="{sheet.height - y1:.1f}" width="{x1 - x0:.1f}" '
        f'height="{y1 - y0:.1f}" fill="{colour}" fill-opacity="{0.5 if solid else 0.12}" '
        f'stroke="{colour}" stroke-width="0.7"><title>{escape(told[:MAX_TITLE])}</title></rect>'
    )
