"""The types that flow from a PDF to the index: frozen, plain, standard library only.

Units are PDF points with the origin at the bottom left of the page; pages are
counted from 1; a page label is the number printed on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rect = tuple[float, float, float, float]
"""``(x0, y0, x1, y1)`` in PDF points, origin bottom left."""

BlockKind = Literal["heading", "paragraph", "bullet", "row", "footnote", "header", "footer"]
PassageKind = Literal["text", "row", "footnote"]
FindingKind = Literal[
    "rating",
    "score",
    "key question",
    "recommendation",
    "strength",
    "improvement",
    "progress",
    "count",
    "percentage",
    "footnote",
    "fieldwork",
    "published",
    "inspector",
]


@dataclass(frozen=True, slots=True)
class Word:
    """One run of characters without white space, where it stands and how it is set.

    ``superscript`` is the footnote mark that follows the word ("7" in "14⁷"), held apart so
    that a figure and the mark behind it are never read as one number.
    """

    text: str
    rect: Rect
    size: float
    bold: bool = False
    superscript: str = ""
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One physical page: its number from 1, printed label, size in points and words.

    ``words`` stand in the order of the PDF's content; ``edges`` are the straight lines and the
    sides of the boxes drawn on the page; both are upright: turned so that most text runs from
    left to right, with the origin at the bottom left of what is shown. ``turn`` says how far that
    text is turned on the PDF's own page, in degrees counter-clockwise, and ``box`` which part of
    that page is shown. ``width`` and ``height`` are those of the page as a viewer shows it.
    ``raw_text`` is the page's text as the PDF engine gives it, against which quotes are checked.
    """

    number: int
    label: str
    width: float
    height: float
    words: tuple[Word, ...]
    edges: tuple[Rect, ...] = ()
    raw_text: str = ""
    turn: int = 0
    box: Rect = (0.0, 0.0, 0.0, 0.0)
    ocr: bool = False

    def upright(self, rect: Rect) -> Rect:
        """Return a rectangle of the PDF's own page as it stands among the page's words."""
        x0, y0, x1, y1 = rect
        left, bottom, right, top = self.box
        if self.turn == 90:
            return (y0 - bottom, right - x1, y1 - bottom, right - x0)
        if self.turn == 180:
            return (right - x1, top - y1, right - x0, top - y0)
        if self.turn == 270:
            return (top - y1, x0 - left, top - y0, x1 - left)
        return (x0 - left, y0 - bottom, x1 - left, y1 - bottom)

    def on_sheet(self, rect: Rect) -> Rect:
        """Return a rectangle that stands among the page's words as it is on the PDF's own page."""
        x0, y0, x1, y1 = rect
        left, bottom, right, top = self.box
        if self.turn == 90:
            return (right - y1, x0 + bottom, right - y0, x1 + bottom)
        if self.turn == 180:
            return (right - x1, top - y1, right - x0, top - y0)
        if self.turn == 270:
            return (y0 + left, top - x1, y1 + left, top - x0)
        return (x0 + left, y0 + bottom, x1 + left, y1 + bottom)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One entry of the PDF's outline: depth from 0, title, page from 1."""

    level: int
    title: str
    page: int


@dataclass(frozen=True, slots=True)
class Document:
    """What a PDF says before anyone interprets it.

    ``encrypted`` says that the file is, though it opens without a password.
    """

    title: str
    pages: tuple[Page, ...]
    bookmarks: tuple[Bookmark, ...] = ()
    created: str = ""
    encrypted: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextWord:
    """One word of a block's or passage's text: its character span, page and box.

    ``mark`` is the footnote mark that stands behind the word on the page and was left out of
    the text; a quote that runs over it is not contiguous on the page.
    """

    start: int
    end: int
    page: int
    rect: Rect
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, bullet, heading, table row or footnote with the place of every word.

    ``signs`` are the words that belong to the block but not to its text: its bullet or number,
    its footnote marks; their spans are empty and say where in the text they stand.
    """

    kind: BlockKind
    text: str
    words: tuple[TextWord, ...]
    size: float = 0.0
    bold: bool = False
    level: int = 0
    context: str = ""
    cells: tuple[tuple[int, int], ...] = ()
    header: tuple[str, ...] = ()
    signs: tuple[TextWord, ...] = ()
    underlined: bool = False

    @property
    def pages(self) -> tuple[int, ...]:
        """Pages on which the block's words stand, in order."""
        return tuple(sorted({word.page for word in self.words}))


@dataclass(frozen=True, slots=True)
class Section:
    """A chain of headings, outermost first, with the blocks that stand under it."""

    path: tuple[str, ...]
    page: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is embedded and retrieved: whole blocks of one section.

    ``text`` is what the page says; ``context`` (table name and column headers) is put in front
    of it for search and display but is not part of any quote. ``units`` are the character spans
    of its sentences, bullets or rows: the smallest pieces an answer cites. A table row also has
    the spans of its ``cells`` and, where the table names its columns, one ``header`` a cell.
    """

    report: str
    ordinal: int
    kind: PassageKind
    section: tuple[str, ...]
    text: str
    units: tuple[tuple[int, int], ...]
    words: tuple[TextWord, ...]
    context: str = ""
    cells: tuple[tuple[int, int], ...] = ()
    header: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[int, ...]:
        """Pages on which the passage stands, in order."""
        return tuple(sorted({word.page for word in self.words}))

    @property
    def heading(self) -> str:
        """The section path as one line, outermost heading first."""
        return " › ".join(self.section)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a report found, with the words that say it.

    ``text`` is what the page says and ``words`` the place of each of its words. ``label`` is the
    number of a recommendation or footnote, for all other kinds that of the standard under which
    the finding stands ("P 1.2"); ``subject`` what is rated, asked, counted or addressed;
    ``value`` the grade, the figure as printed, the date in ISO form or the name. ``number`` is
    the figure itself and ``total`` what a count or a score is out of. Where the finding stands in
    a passage, ``passage`` is its ordinal and ``span`` the characters there; otherwise -1.
    """

    kind: FindingKind
    text: str
    words: tuple[TextWord, ...]
    section: tuple[str, ...]
    label: str = ""
    subject: str = ""
    value: str = ""
    number: float | None = None
    total: float | None = None
    passage: int = -1
    span: tuple[int, int] = (0, 0)

    @property
    def page(self) -> int:
        """Page on which the finding begins."""
        return self.words[0].page

    @property
    def rects(self) -> tuple[tuple[int, Rect], ...]:
        """Page and box of each line of the finding's words, in their order."""
        lines: list[tuple[int, Rect]] = []
        for word in self.words:
            if lines and lines[-1][0] == word.page and _on_one_line(lines[-1][1], word.rect):
                a, b = lines[-1][1], word.rect
                lines[-1] = (word.page, (a[0], min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])))
            else:
                lines.append((word.page, word.rect))
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as the index keeps it, for checking quotes and for drawing highlights."""

    number: int
    label: str
    width: float
    height: float
    text: str
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One PDF read to the end: title, pages, passages and the short forms it explains.

    ``acronyms`` are pairs of short and long form as the report itself gives them
    ("commissioned rehabilitative services (CRS)").
    """

    id: str
    title: str
    pages: tuple[PageText, ...]
    passages: tuple[Passage, ...]
    acronyms: tuple[tuple[str, str], ...] = ()
    created: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def _on_one_line(a: Rect, b: Rect) -> bool:
    overlap = min(a[3], b[3]) - max(a[1], b[1])
    return overlap > 0.5 * min(a[3] - a[1], b[3] - b[1]) and b[0] >= a[0]
