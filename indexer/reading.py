"""A PDF's own words, boxes, drawn lines, bookmarks and page labels, before any interpretation.

pdfium gives the text with a box for every word and the pictures of pages, so that a highlight
is drawn by the engine that read the words; pypdf gives bookmarks, page labels, metadata and the
state of encryption, for which it is the better reader. This is the only file that imports either.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.errors import DamagedPdf, EncryptedPdf, NoPages, NotAPdf, NoText, TooLarge
from indexer.records import Bookmark, Document, Page, Rect, Word

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_MAX_PAGES = 3_000
DEFAULT_MAX_BYTES = 200 * 1024 * 1024
DEFAULT_RENDER_SCALE = 1.5
"""Picture pixels per PDF point: 108 dots an inch, sharp on a laptop screen."""

MAX_RENDER_PIXELS = 25_000_000
"""A page drawn larger than this is drawn smaller instead: hostile files ask for gigapixels."""

SUPERSCRIPT_RATIO = 0.78
"""A mark is set at about two thirds of its line's size; small capitals are at 0.8 and above."""

MARKS = frozenset("0123456789*†‡§")
LINE_END_HYPHENS = frozenset("\x02\ufffe\u00ad")
THIN = 2.0
"""Drawn boxes up to this many points wide are rules, not boxes."""


def read_document(
    path: Path,
    *,
    max_pages: int = DEFAULT_MAX_PAGES,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> Document:
    """Return the words, lines, bookmarks and labels of every page of a PDF.

    Raises:
        NotAPdf: the file does not begin as a PDF.
        DamagedPdf: neither engine can open it.
        EncryptedPdf: it needs a password.
        NoPages: it has no pages.
        NoText: no page has text.
        TooLarge: it has more than ``max_bytes`` bytes or ``max_pages`` pages.
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
        structure = _Structure(path, count)
        pages = tuple(_page(pdf, number, structure.label(number)) for number in range(1, count + 1))
    if not any(page.words for page in pages):
        raise NoText(
            f"None of the {count} pages of {path.name} has text: it looks like a scan. "
            "Run it through a text recognition program (OCR) and add the result."
        )
    return Document(
        title=structure.title or "",
        pages=pages,
        bookmarks=structure.bookmarks,
        created=structure.created,
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
        if not 1 <= page <= len(pdf):
            raise NoPages(f"{path.name} has no page {page}: its pages run from 1 to {len(pdf)}.")
        leaf = pdf[page - 1]
        width, height = leaf.get_size()
        pixels = max(width * height, 1.0)
        fitted = min(scale, (MAX_RENDER_PIXELS / pixels) ** 0.5)
        bitmap = leaf.render(scale=fitted)
        image: Image = bitmap.to_pil().convert("RGB")
        return image


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Yield the pdfium document of a file and close it afterwards."""
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedPdf(
                f"{path.name} needs a password to open. Save a copy without one and add that."
            ) from error
        raise DamagedPdf(
            f"{path.name} begins as a PDF but cannot be opened ({error}): it is damaged or cut "
            "short. Fetch it again, or open it in a viewer and print it to a new PDF."
        ) from error
    try:
        yield pdf
    finally:
        pdf.close()


def _page(pdf: Any, number: int, label: str) -> Page:
    """Return one page; a page that cannot be parsed has no words, as a viewer shows it blank."""
    import pypdfium2 as pdfium

    try:
        leaf = pdf[number - 1]
    except pdfium.PdfiumError:
        return Page(number, label, 0.0, 0.0, ())
    width, height = leaf.get_size()
    textpage = leaf.get_textpage()
    try:
        characters = _characters(textpage.raw)
        words = tuple(_words(textpage.raw, characters))
        edges = tuple(_edges(leaf))
    finally:
        textpage.close()
        leaf.close()
    raw = "".join("-" if c in LINE_END_HYPHENS else c for c in characters)
    return Page(number, label, width, height, words, edges, raw)


def _characters(textpage: Any) -> list[str]:
    """Return one string a character index: pdfium's own text, position for position."""
    import pypdfium2.raw as c

    count = c.FPDFText_CountChars(textpage)
    if count <= 0:
        return []
    buffer = (ctypes.c_ushort * (count + 1))()
    c.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
    text = text.split("\x00", 1)[0]
    if len(text) == count and "\ufffd" not in text:
        return list(text)
    # Characters without Unicode, or beyond the basic plane, shift that text: ask one by one.
    codes = (c.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return [chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
            for code in codes]


def _words(textpage: Any, characters: list[str]) -> Iterator[Word]:
    """Yield the page's words in the order of its content, footnote marks held apart."""
    start = 0
    count = len(characters)
    for index in range(count + 1):
        if index < count and not characters[index].isspace():
            if characters[index] not in LINE_END_HYPHENS:
                continue
            if start <= index:
                yield from _word(textpage, characters, start, index + 1)
        elif index > start:
            yield from _word(textpage, characters, start, index)
        start = index + 1


def _word(textpage: Any, characters: list[str], start: int, end: int) -> Iterator[Word]:
    """Yield the word in a run of characters, split where the font size falls or rises."""
    import pypdfium2.raw as c

    text = "".join("-" if x in LINE_END_HYPHENS else x for x in characters[start:end])
    text = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    sizes = [1.0]
    if any(x in MARKS for x in text):
        sizes = [c.FPDFText_GetFontSize(textpage, i) for i in range(start, end)]
    big = max(sizes)
    cut = end
    if len(sizes) == end - start:
        while cut > start and (
            characters[cut - 1] in MARKS and sizes[cut - 1 - start] < SUPERSCRIPT_RATIO * big
        ):
            cut -= 1
    if cut == start:
        cut = end
    size, bold = _style(textpage, start)
    mark = "".join(characters[cut:end])
    body = text[: len(text) - len(mark)] if mark else text
    if body:
        yield Word(body, _rect(textpage, start, cut - 1), size, bold, mark)


def _style(textpage: Any, index: int) -> tuple[float, bool]:
    """Return the size in points on the page and whether the face is bold."""
    import pypdfium2.raw as c

    matrix = c.FS_MATRIX()
    scale = 1.0
    if c.FPDFText_GetMatrix(textpage, index, matrix):
        scale = (matrix.c**2 + matrix.d**2) ** 0.5 or 1.0
    size = c.FPDFText_GetFontSize(textpage, index) * scale
    weight = c.FPDFText_GetFontWeight(textpage, index)
    bold = weight >= 600
    if not bold:
        bold = _named_bold(textpage, index)
    return round(size, 2), bold


def _named_bold(textpage: Any, index: int) -> bool:
    """Return whether the font's own name says bold: many files leave the weight at 400."""
    import pypdfium2.raw as c

    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    length = c.FPDFText_GetFontInfo(textpage, index, buffer, len(buffer), flags)
    name = buffer.raw[: max(0, min(length - 1, len(buffer)))].lower()
    return any(part in name for part in (b"bold", b"black", b"heavy", b"semibold"))


def _rect(textpage: Any, first: int, last: int) -> Rect:
    """Return the box around the characters from ``first`` to ``last``, font height included."""
    import pypdfium2.raw as c

    boxes = []
    for index in {first, last}:
        box = c.FS_RECTF()
        if c.FPDFText_GetLooseCharBox(textpage, index, box):
            boxes.append((box.left, box.bottom, box.right, box.top))
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        round(min(min(b[0], b[2]) for b in boxes), 2),
        round(min(min(b[1], b[3]) for b in boxes), 2),
        round(max(max(b[0], b[2]) for b in boxes), 2),
        round(max(max(b[1], b[3]) for b in boxes), 2),
    )


def _edges(leaf: Any) -> Iterator[Rect]:
    """Yield the straight rules and box sides drawn on the page, each a thin rectangle."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as c

    for item in leaf.get_objects(filter=[c.FPDF_PAGEOBJ_PATH], max_depth=1):
        if c.FPDFPath_CountSegments(item.raw) > 8:
            continue  # a drawing, not a rule or a box
        try:
            x0, y0, x1, y1 = item.get_bounds()
        except pdfium.PdfiumError:
            continue
        if x1 - x0 <= THIN or y1 - y0 <= THIN:
            yield (x0, y0, x1, y1)
        else:
            yield from ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1))


class _Structure:
    """What pypdf knows of a file's structure; empty where pypdf cannot read it."""

    def __init__(self, path: Path, pages: int) -> None:
        self.title = ""
        self.created = ""
        self.bookmarks: tuple[Bookmark, ...] = ()
        self._labels: list[str] = []
        logging.getLogger("pypdf").setLevel(logging.CRITICAL)
        import pypdf

        # pypdf raises whatever a broken structure trips over; the words are read all the same.
        with contextlib.suppress(Exception):
            reader = pypdf.PdfReader(path)
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
