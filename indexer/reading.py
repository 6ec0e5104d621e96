"""A PDF's own words, boxes, drawn lines, bookmarks and page labels, before any interpretation.

pdfium gives the text with a box for every word and the pictures of pages, so that a highlight
is drawn by the engine that read the words; pypdf gives bookmarks, page labels, metadata and the
state of encryption, for which it is the better reader. This is the only file that imports either.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer import ocr
from indexer.errors import (
    DamagedPdf,
    EncryptedPdf,
    NoPages,
    NotAPdf,
    NoText,
    ReportRefused,
    TooLarge,
)
from indexer.records import Bookmark, Document, Page, Rect, Word

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_MAX_PAGES = 3_000
DEFAULT_MAX_BYTES = 200 * 1024 * 1024
DEFAULT_MAX_WORDS = 500_000
"""A year's report of a large company has 120,000; reading takes about a kilobyte of memory each."""

DEFAULT_RENDER_SCALE = 1.5
"""Picture pixels per PDF point: 108 dots an inch, sharp on a laptop screen."""

MAX_RENDER_PIXELS = 25_000_000
"""A page drawn larger than this is drawn smaller instead: hostile files ask for gigapixels."""

SUPERSCRIPT_RATIO = 0.78
"""A mark is set at about two thirds of its line's size; small capitals are at 0.8 and above."""

MARKS = frozenset("0123456789*†‡§,[]()")
BRACKETS = "[](),"
RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹")
SMALL_SIGNS = re.compile(r"[0-9*†‡§⁰¹²³⁴⁵⁶⁷⁸⁹]")
CLOSING_SIGNS = frozenset(".,;:!?)]’”'\"")
UNITS = frozenset({"m", "cm", "km", "mm", "ft", "in", "mi"})
"""A raised figure behind one of these is a power, not the call of a footnote."""

SOFT_HYPHEN = "\u00ad"
LINE_END_HYPHENS = frozenset("\x02\ufffe" + SOFT_HYPHEN)
VISIBLE_HYPHENS = dict.fromkeys(map(ord, LINE_END_HYPHENS), "-")
RUN = re.compile(r"\S+")
AS_SET = frozenset("½¼¾⅓⅔⅛⅜⅝⅞…™℠№")
"""What compatibility normalisation would run together with its neighbours: "10½" is not 101/2."""

BOLD_WEIGHT = 600
BOLD_NAMES = (b"bold", b"black", b"heavy")
MAX_DRAWN = 20_000
"""Objects of one page that are looked at for rules; maps and charts have more."""

THIN = 2.0
"""Drawn boxes up to this many points wide are rules, not boxes."""


Plan = Callable[[int, int], float]
"""Is told how many pages a file has and how many of them are pictures, once they are known, and
says how many seconds the pictures may take."""


def any_plan(pages: int, pictures: int) -> float:
    """Let pictures take as long as text recognition allows them by itself."""
    return ocr.DEFAULT_SECONDS


def load_engines() -> None:
    """Import both engines: what they need of time and memory is then not that of a file."""
    import pypdf
    import pypdfium2  # noqa: F401

    logging.getLogger(pypdf.__name__).setLevel(logging.CRITICAL)


def read_document(
    path: Path,
    *,
    max_pages: int = DEFAULT_MAX_PAGES,
    max_bytes: int = DEFAULT_MAX_BYTES,
    max_words: int = DEFAULT_MAX_WORDS,
    plan: Plan = any_plan,
) -> Document:
    """Return the words, lines, bookmarks and labels of every page of a PDF.

    Raises:
        NotAPdf: the file does not begin as a PDF.
        DamagedPdf: neither engine can open it.
        EncryptedPdf: it needs a password.
        NoPages: it has no pages.
        NoText: no page has text.
        TooLarge: it has more than ``max_bytes`` bytes, ``max_pages`` pages or ``max_words`` words.
    """
    check_file(path, max_bytes=max_bytes)
    with opened(path) as pdf:
        count = len(pdf)
        if count == 0:
            raise NoPages(f"{path.name} has no pages; a report needs at least one.")
        if count > max_pages:
            raise TooLarge(
                f"{path.name} has {count:,} pages and the limit is {max_pages:,}: split the file."
            )
        plan(count, 0)
        structure = _Structure(path, count)
        pages = _pages(pdf, path.name, structure, max_words)
        pages, notes = _with_pictures(pdf, path.name, pages, plan)
    if not any(page.words for page in pages):
        pages_of = "The one page" if count == 1 else f"None of the {count:,} pages"
        raise NoText(
            " ".join(notes)
            or f"{pages_of} of {path.name} has {'no' if count == 1 else 'any'} text, nor a picture "
            "of text that could be read; a report needs words. Open it in a viewer to see whether "
            "it is the right file."
        )
    return Document(
        title=structure.title or "",
        pages=pages,
        bookmarks=structure.bookmarks,
        created=structure.created,
        encrypted=structure.encrypted,
        notes=notes,
    )


def check_file(path: Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
    """Raise unless the file is there, not empty, not too big and begins as a PDF.

    The header may stand anywhere in the first 1,024 bytes, as readers have always allowed.
    """
    size = path.stat().st_size
    if size == 0:
        raise NotAPdf(f"{path.name} is empty (0 bytes); a PDF is needed.")
    if size > max_bytes:
        raise TooLarge(
            f"{path.name} has {size / 2**20:,.0f} MiB and the limit is {max_bytes / 2**20:,.0f} "
            "MiB: split the file."
        )
    with path.open("rb") as file:
        head = file.read(1024)
    if b"%PDF-" not in head:
        raise NotAPdf(
            f"{path.name} is not a PDF: it does not begin with '%PDF-'. Save or print it as PDF."
        )


def render_page(path: Path, page: int, *, scale: float = DEFAULT_RENDER_SCALE) -> Image:
    """Return a picture of one page (counted from 1), ``scale`` pixels a PDF point.

    Raises:
        ReportRefused: the file cannot be opened.
        NoPages: the file has no page of that number.
    """
    with opened(path) as pdf:
        return _picture(_leaf(pdf, path, page), scale)


def shown_rects(path: Path, page: int, rects: Sequence[Rect]) -> tuple[Rect, ...]:
    """Return rectangles of a page as they lie on its picture: points from its bottom left.

    They differ from the page's own coordinates where the page is turned (``/Rotate``) or shows
    only a part of its sheet (``/CropBox``).

    Raises:
        ReportRefused: the file cannot be opened.
        NoPages: the file has no page of that number.
    """
    with opened(path) as pdf:
        shown = _shown(_leaf(pdf, path, page), page)
        return tuple(shown.upright(rect) for rect in rects)


def page_words(path: Path, page: int) -> tuple[Word, ...]:
    """Return the words of one page in the order of its text, each where it lies on its picture.

    A page that is a picture itself has none: its words were read by OCR and are in the index.

    Raises:
        ReportRefused: the file cannot be opened.
        NoPages: the file has no page of that number.
    """
    with opened(path) as pdf:
        shown = _shown(_leaf(pdf, path, page), page)
        read = _page(pdf, page, "")
    words = ((word, shown.upright(read.on_sheet(word.rect))) for word in read.words)
    return tuple(replace(word, rect=rect) for word, rect in words)


def pictures(
    path: Path, *, scale: float = DEFAULT_RENDER_SCALE
) -> Iterator[tuple[Page, Image | None]]:
    """Yield each page without its words, and its picture; None where it cannot be drawn.

    ``upright`` of the page leads from the PDF's own coordinates to those of the picture.

    Raises:
        ReportRefused: the file cannot be opened.
    """
    import pypdfium2 as pdfium

    with opened(path) as pdf:
        for number in range(1, len(pdf) + 1):
            try:
                leaf = pdf[number - 1]
                yield _shown(leaf, number), _picture(leaf, scale)
            except pdfium.PdfiumError:
                yield Page(number, "", 0.0, 0.0, ()), None


def _pages(pdf: Any, name: str, structure: _Structure, max_words: int) -> tuple[Page, ...]:
    """Return all pages, or raise at the one with which there are too many words."""
    pages: list[Page] = []
    words = 0
    for number in range(1, len(pdf) + 1):
        pages.append(_page(pdf, number, structure.label(number)))
        words += len(pages[-1].words)
        if words > max_words:
            raise TooLarge(
                f"{name} has {words:,} words on the first {number:,} of its {len(pdf):,} pages and "
                f"the limit is {max_words:,}: split the file."
            )
    return tuple(pages)


def _with_pictures(
    pdf: Any, name: str, pages: tuple[Page, ...], plan: Plan
) -> tuple[tuple[Page, ...], tuple[str, ...]]:
    """Return the pages with those that are pictures read by OCR, and what could not be read."""
    wordless = {p.number: p for p in pages if not p.words and _draws(pdf, p.number)}
    if not wordless:
        return pages, ()
    program = ocr.find_tesseract()
    if program is None:
        return pages, (ocr.missing_sentence(name, list(wordless)),)
    drawn = (
        ocr.Picture(n, _picture(pdf[n - 1], ocr.DEFAULT_SCALE), p.width, p.height)
        for n, p in wordless.items()
    )
    seconds = min(plan(len(pages), len(wordless)), ocr.DEFAULT_SECONDS)
    read = ocr.read_pages(drawn, program=program, seconds=seconds)
    unread = [number for number in wordless if number not in read]
    notes = (ocr.unread_sentence(name, unread),) if unread else ()
    found = {n: _recognised(_shown(pdf[n - 1], n), wordless[n], words) for n, words in read.items()}
    return tuple(found.get(page.number, page) for page in pages), notes


def _recognised(shown: Page, page: Page, words: tuple[Word, ...]) -> Page:
    """Return a page with the words of its picture, upright as those of pages with text are."""
    turned = words[0].turn if words else 0
    upright = replace(page, turn=(shown.turn + turned) % 360, box=shown.box, ocr=bool(words))
    if turned:
        words = tuple(
            replace(w, rect=upright.upright(shown.on_sheet(w.rect)), turn=0) for w in words
        )
    return replace(upright, words=words, raw_text=ocr.page_text(words))


def _draws(pdf: Any, number: int) -> bool:
    """Return whether anything is drawn on a page: an empty one needs no reading."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as c

    try:
        leaf = pdf[number - 1]  # named, so that it is not closed before it is asked
    except pdfium.PdfiumError:
        return False
    return int(c.FPDFPage_CountObjects(leaf.raw)) > 0


def _leaf(pdf: Any, path: Path, page: int) -> Any:
    if not 1 <= page <= len(pdf):
        raise NoPages(f"{path.name} has no page {page}: its pages run from 1 to {len(pdf)}.")
    return pdf[page - 1]


def _picture(leaf: Any, scale: float) -> Image:
    width, height = leaf.get_size()
    fitted = min(scale, (MAX_RENDER_PIXELS / max(width * height, 1.0)) ** 0.5)
    image: Image = leaf.render(scale=fitted).to_pil().convert("RGB")
    return image


def _shown(leaf: Any, number: int) -> Page:
    """Return a page, without words, that is turned and cut as a viewer shows it."""
    width, height = leaf.get_size()
    # A page turned clockwise shows upright the text that is set counter-clockwise.
    turn = leaf.get_rotation() % 360
    return Page(number, "", width, height, (), turn=turn, box=_visible(leaf))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Yield the pdfium document of a file and close it afterwards."""
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise _refusal(path) from error
    try:
        yield pdf
    finally:
        pdf.close()


def _refusal(path: Path) -> ReportRefused:
    """Return why a file cannot be opened; pdfium's own reason may be that of an earlier file."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    # pypdf raises whatever a broken structure trips over; the file is then beyond both.
    with contextlib.suppress(Exception):
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            return EncryptedPdf(
                f"{path.name} needs a password to open. Save a copy without one and add that."
            )
        if len(reader.pages) == 0:
            return NoPages(f"{path.name} has no pages; a report needs at least one.")
    return DamagedPdf(
        f"{path.name} begins as a PDF but cannot be opened: it is damaged or cut "
        "short. Fetch it again, or open it in a viewer and print it to a new PDF."
    )


def _page(pdf: Any, number: int, label: str) -> Page:
    """Return one page; a page that cannot be parsed has no words, as a viewer shows it blank."""
    import pypdfium2 as pdfium

    try:
        leaf = pdf[number - 1]
        textpage = leaf.get_textpage()
    except pdfium.PdfiumError:
        return Page(number, label, 0.0, 0.0, ())
    try:
        width, height = leaf.get_size()
        box = _visible(leaf)
        text = _text(textpage.raw)
        set_words = list(_Words(textpage.raw, text))
        edges = list(_edges(leaf))
    finally:
        textpage.close()
        leaf.close()
    turns: Counter[int] = Counter()
    for word, turn in set_words:
        turns[turn] += len(word.text)
    turn = max(turns, key=turns.__getitem__, default=0)
    page = Page(number, label, width, height, (), turn=turn, box=box)
    if turn or box[:2] != (0.0, 0.0):
        set_words = [(replace(w, rect=page.upright(w.rect)), own) for w, own in set_words]
        edges = [page.upright(edge) for edge in edges]
    words = (replace(w, turn=(own - turn) % 360) if own != turn else w for w, own in set_words)
    raw = text.translate(VISIBLE_HYPHENS)
    return replace(page, words=tuple(words), edges=tuple(edges), raw_text=raw)


def _visible(leaf: Any) -> Rect:
    """Return the part of the page that is shown, in the page's own coordinates."""
    import pypdfium2.raw as c

    box = c.FS_RECTF()
    if not c.FPDF_GetPageBoundingBox(leaf.raw, box):
        return (0.0, 0.0, 0.0, 0.0)
    return (box.left, box.bottom, box.right, box.top)


def _text(textpage: Any) -> str:
    """Return pdfium's own text of a page, one character for each of its positions."""
    import pypdfium2.raw as c

    count = c.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    c.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
    text = text.split("\x00", 1)[0]
    if len(text) == count and "\ufffd" not in text:
        return text
    # Characters without Unicode, or beyond the basic plane, shift that text: ask one by one.
    codes = (c.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(
        chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        for code in codes
    )


class _Words:
    """The words of a text page in the order of its content, each with the way it is turned."""

    def __init__(self, textpage: Any, text: str) -> None:
        import pypdfium2.raw as c

        self._c = c
        self._page = textpage
        self._text = text
        self._box = c.FS_RECTF()
        self._matrix = c.FS_MATRIX()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._bold: dict[bytes, bool] = {}

    def __iter__(self) -> Iterator[tuple[Word, int]]:
        for match in RUN.finditer(self._text):
            start, end = match.span()
            if match.group().isascii():
                yield from self._split(start, end, match.group())
                continue
            for first, last in self._pieces(start, end):
                yield from self._split(first, last, self._plain(first, last))

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a run that hyphens at line ends leave, each with its hyphen."""
        first = start
        for index in range(start, end):
            if self._text[index] in LINE_END_HYPHENS and (
                index + 1 == end or self._text[index] != SOFT_HYPHEN or self._falls(index)
            ):
                yield first, index + 1
                first = index + 1
        if first < end:
            yield first, end

    def _falls(self, index: int) -> bool:
        """Return whether the next character stands on another line."""
        one, other = self._rect(index, index), self._rect(index + 1, index + 1)
        return min(one[3], other[3]) <= max(one[1], other[1])

    def _plain(self, start: int, end: int) -> str:
        """Return a piece of text with ligatures and wide forms made plain, one for one or not.

        A hyphen at a line's end is a hyphen; a soft one within a line is not drawn at all.
        """
        text = self._text[start:end]
        if text[-1] in LINE_END_HYPHENS:
            text = text[:-1] + "-"
        return plain(text.replace(SOFT_HYPHEN, ""))

    def _split(self, start: int, end: int, text: str) -> Iterator[tuple[Word, int]]:
        """Yield the word of a run: footnote marks before it stand alone, those in it are held."""
        raw = self._text[start:end]
        if SMALL_SIGNS.search(raw) and len(raw) > 1:
            mark = self._mark(start, end)
            if mark is not None:
                first, last = mark
                if first == start:
                    yield self._word(start, last, plain(self._text[start:last]), "")
                    yield from self._split(last, end, self._plain(last, end))
                    return
                body = self._plain(start, first) + plain(self._text[last:end])
                sign = plain(self._text[first:last]).strip(BRACKETS)
                yield self._word(start, end, body, sign, upto=first)
                return
        if text:
            yield self._word(start, end, text, "")

    def _mark(self, start: int, end: int) -> tuple[int, int] | None:
        """Return where in a run a raised footnote mark stands: first or last but for stops."""
        text = self._text
        last = end
        while last > start and text[last - 1] in CLOSING_SIGNS:
            last -= 1
        first = last
        while first > start and text[first - 1] in RAISED:
            first -= 1
        if start < first < last:
            is_unit = text[start:first].lower().lstrip("0123456789.,") in UNITS
            return None if is_unit else (first, last)
        size = self._c.FPDFText_GetFontSize
        sizes = [size(self._page, index) for index in range(start, end)]
        small = SUPERSCRIPT_RATIO * max(sizes)
        last = end
        while last > start and text[last - 1] in CLOSING_SIGNS and sizes[last - 1 - start] >= small:
            last -= 1
        first = last
        while first > start and text[first - 1] in MARKS and sizes[first - 1 - start] < small:
            first -= 1
        if start < first < last:
            return (first, last) if SMALL_SIGNS.search(text[first:last]) else None
        last = start
        while last < end and text[last] in MARKS and sizes[last - start] < small:
            last += 1
        return (start, last) if start < last < end else None

    def _word(
        self, start: int, end: int, text: str, mark: str, *, upto: int | None = None
    ) -> tuple[Word, int]:
        size, bold, turn = self._style(start)
        last = (end if upto is None else upto) - 1
        return Word(text, self._rect(start, last), size, bold, mark), turn

    def _style(self, index: int) -> tuple[float, bool, int]:
        """Return size in points on the page, whether the face is bold, and degrees turned."""
        c, matrix = self._c, self._matrix
        size = c.FPDFText_GetFontSize(self._page, index)
        turn = 0
        if c.FPDFText_GetMatrix(self._page, index, matrix):
            along, up = matrix.a, matrix.b
            if up == 0.0 and matrix.c == 0.0:
                size *= abs(matrix.d) or 1.0
            else:
                size *= math.hypot(matrix.c, matrix.d) or 1.0
            if along <= 0.0 or up:
                turn = _quarter(along, up)
        if size < 0.0:
            size, turn = -size, (turn + 180) % 360
        bold = c.FPDFText_GetFontWeight(self._page, index) >= BOLD_WEIGHT
        return round(size, 2), bold or self._named_bold(index), turn

    def _named_bold(self, index: int) -> bool:
        """Return whether the font's own name says bold: many files leave the weight at 400."""
        self._c.FPDFText_GetFontInfo(self._page, index, self._name, 128, self._flags)
        name = self._name.value
        if name not in self._bold:
            self._bold[name] = any(part in name.lower() for part in BOLD_NAMES)
        return self._bold[name]

    def _rect(self, first: int, last: int) -> Rect:
        """Return the box around the characters from ``first`` to ``last``, font height included."""
        box, loose = self._box, self._c.FPDFText_GetLooseCharBox
        if not loose(self._page, first, box):
            return (0.0, 0.0, 0.0, 0.0)
        x0, y0, x1, y1 = box.left, box.bottom, box.right, box.top
        if last != first and loose(self._page, last, box):
            x0, y0 = min(x0, box.left), min(y0, box.bottom)
            x1, y1 = max(x1, box.right), max(y1, box.top)
        return (round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))


def plain(text: str) -> str:
    """Return a text with ligatures and wide forms made plain; fractions and trade marks stay."""
    if text.isascii():
        return text
    return "".join(x if x in AS_SET else unicodedata.normalize("NFKC", x) for x in text)


def _quarter(along: float, up: float) -> int:
    """Return in which of the four directions text runs, in degrees counter-clockwise."""
    if abs(along) >= abs(up):
        return 0 if along >= 0 else 180
    return 90 if up > 0 else 270


def _edges(leaf: Any) -> Iterator[Rect]:
    """Yield the straight rules and box sides drawn on the page, each a thin rectangle."""
    import pypdfium2.raw as c

    sides = [ctypes.c_float() for _ in range(4)]
    for index in range(min(c.FPDFPage_CountObjects(leaf.raw), MAX_DRAWN)):
        item = c.FPDFPage_GetObject(leaf.raw, index)
        if c.FPDFPageObj_GetType(item) != c.FPDF_PAGEOBJ_PATH:
            continue
        if c.FPDFPath_CountSegments(item) > 8:
            continue  # a drawing, not a rule or a box
        if not c.FPDFPageObj_GetBounds(item, *sides):
            continue
        x0, y0, x1, y1 = (side.value for side in sides)
        if x1 - x0 <= THIN or y1 - y0 <= THIN:
            yield (x0, y0, x1, y1)
        else:
            yield from ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1))


class _Structure:
    """What pypdf knows of a file's structure; empty where pypdf cannot read it."""

    def __init__(self, path: Path, pages: int) -> None:
        self.title = ""
        self.created = ""
        self.encrypted = False
        self.bookmarks: tuple[Bookmark, ...] = ()
        self._labels: list[str] = []
        logging.getLogger("pypdf").setLevel(logging.CRITICAL)
        import pypdf

        # pypdf raises whatever a broken structure trips over; the words are read all the same.
        with contextlib.suppress(Exception):
            reader = pypdf.PdfReader(path)
            self.encrypted = reader.is_encrypted
            if reader.is_encrypted:
                reader.decrypt("")
            information = reader.metadata
            self.title = str((information and information.title) or "").strip()
            self.created = str((information and information.creation_date) or "")[:10]
            if "/PageLabels" in reader.root_object:
                self._labels = list(reader.page_labels)
            self.bookmarks = tuple(
                mark for mark in _bookmarks(reader, reader.outline, 0) if mark.page <= pages
            )

    def label(self, number: int) -> str:
        """Return the label the file gives a page, or nothing where it gives none."""
        return self._labels[number - 1] if number <= len(self._labels) else ""


def _bookmarks(reader: Any, entries: Any, level: int) -> Iterator[Bookmark]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _bookmarks(reader, entry, level + 1)
            continue
        page = reader.get_destination_page_number(entry)
        if page is not None and page >= 0 and str(entry.title).strip():
            yield Bookmark(level, " ".join(str(entry.title).split()), page + 1)
