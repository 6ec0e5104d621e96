"""Small PDFs written by hand, so that nothing but the reader under test interprets them.

Places are in points from the top left of the page, as a typist counts them::

    pdf = Pdf()
    page = pdf.page()
    page.text(72, 100, "1. Staffing", size=16, bold=True)
    page.lines(72, 130, ["The first line", "and the second."])
    pdf.save(path)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pypdf import PdfWriter
from pypdf.constants import PageLabelStyle

LEADING = 14.0


@dataclass
class Sheet:
    """One page: its size, how a viewer turns and cuts it, and what is drawn on it."""

    width: float = 595.0
    height: float = 842.0
    rotate: int = 0
    crop: tuple[float, float, float, float] | None = None
    drawn: list[bytes] = field(default_factory=list)

    def text(
        self, x: float, y: float, text: str, *, size: float = 11, bold: bool = False, turn: int = 0
    ) -> None:
        """Write a line with its baseline ``y`` points below the top, turned counter-clockwise."""
        cos, sin = round(math.cos(math.radians(turn))), round(math.sin(math.radians(turn)))
        place = f"{cos} {sin} {-sin} {cos} {x:g} {self.height - y:g} Tm".encode()
        font = b"/F2" if bold else b"/F1"
        self.drawn.append(b"BT %s %g Tf %s (%s) Tj ET" % (font, size, place, escaped(text)))

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        *,
        size: float = 11,
        bold: bool = False,
        leading: float = LEADING,
    ) -> float:
        """Write lines one below the other and return where the next one would stand."""
        for line in lines:
            self.text(x, y, line, size=size, bold=bold)
            y += leading
        return y

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Draw a hairline between two points."""
        top = self.height
        self.drawn.append(b"0.5 w %g %g m %g %g l S" % (x0, top - y0, x1, top - y1))

    def grid(self, columns: Sequence[float], rows: Sequence[float]) -> None:
        """Draw the rules of a table whose columns and rows begin and end at these places."""
        for y in rows:
            self.rule(columns[0], y, columns[-1], y)
        for x in columns:
            self.rule(x, rows[0], x, rows[-1])


@dataclass
class Pdf:
    """Pages, bookmarks and page labels, saved as one file."""

    title: str = ""
    pages: list[Sheet] = field(default_factory=list)
    bookmarks: list[tuple[int, str, int]] = field(default_factory=list)
    labels: list[tuple[int, int, PageLabelStyle]] = field(default_factory=list)

    def page(self, **size: object) -> Sheet:
        """Add a page of A4, or of another size, and return it to be written on."""
        self.pages.append(Sheet(**size))  # type: ignore[arg-type]
        return self.pages[-1]

    def save(self, path: Path, *, password: str | None = None, owner: str | None = None) -> Path:
        """Write the file, encrypted where there is a password, and return its path."""
        path.write_bytes(self._bytes())
        if not (self.bookmarks or self.labels or password is not None or owner is not None):
            return path
        writer = PdfWriter(clone_from=path)
        parents: dict[int, object] = {}
        for level, title, page in self.bookmarks:
            parents[level] = writer.add_outline_item(
                title=title,
                page_number=page - 1,
                parent=parents.get(level - 1),  # type: ignore[arg-type]
            )
        for first, last, style in self.labels:
            writer.set_page_label(first - 1, last - 1, style, start=1)
        if password is not None or owner is not None:
            writer.encrypt(password or "", owner_password=owner, algorithm="AES-256")
        writer.write(path)
        return path

    def _bytes(self) -> bytes:
        face = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"",  # the list of pages, known at the end
            face % b"Helvetica",
            face % b"Helvetica-Bold",
            b"<< /Title <FEFF%s> >>" % self.title.encode("utf-16-be").hex().encode(),
        ]
        kids = []
        for sheet in self.pages:
            content = b"\n".join(sheet.drawn)
            objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
            crop = b"/CropBox [%g %g %g %g]" % sheet.crop if sheet.crop else b""
            objects.append(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Rotate %d %s "
                b"/Contents %d 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
                % (sheet.width, sheet.height, sheet.rotate, crop, len(objects))
            )
            kids.append(b"%d 0 R" % len(objects))
        objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
        body, offsets = b"%PDF-1.7\n", []
        for number, value in enumerate(objects, 1):
            offsets.append(len(body))
            body += b"%d 0 obj\n%s\nendobj\n" % (number, value)
        count = len(objects) + 1
        table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        return (
            b"%sxref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>"
            b"\nstartxref\n%d\n%%%%EOF\n" % (body, count, table, count, len(body))
        )


def escaped(text: str) -> bytes:
    """Return a text as the inside of a PDF string in the encoding of the fonts."""
    return re.sub(rb"([\\()])", rb"\\\1", text.encode("cp1252"))
