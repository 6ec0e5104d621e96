"""Pictures of pages with the cited words highlighted."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.reading import render_page
from indexer.records import Rect

if TYPE_CHECKING:
    from PIL.Image import Image

SCALE = 2.0
"""Pixels a PDF point: sharp at the width of a column, also on screens with fine pixels."""

FINE_SCALE = 3.0
"""Pixels a point where a page is shown much larger than its column is wide."""

YELLOW = (255, 229, 92)
MIXED = 0.4
EDGE = (176, 112, 0)
"""The edge makes a highlight visible to those who do not see yellow on white."""

MARGIN = 1.5
"""Points between the words and the edge of their highlight."""

QUALITY = 82

Box = tuple[int, int, int, int]


def boxes(rects: Sequence[Rect], page: tuple[float, float], picture: tuple[int, int]) -> list[Box]:
    """Return rectangles in PDF points, origin bottom left, as pixels, origin top left.

    ``page`` is the page's width and height in points, ``picture`` the picture's in pixels. What
    lies outside the picture is cut off; a rectangle wholly outside, or of no size, is left out.
    """
    width, height = page
    if width <= 0 or height <= 0:
        return []
    across, down = picture[0] / width, picture[1] / height
    found = []
    for x0, y0, x1, y1 in rects:
        left = max(0, round((x0 - MARGIN) * across))
        top = max(0, round((height - y1 - MARGIN) * down))
        right = min(picture[0] - 1, round((x1 + MARGIN) * across))
        bottom = min(picture[1] - 1, round((height - y0 + MARGIN) * down))
        if x1 > x0 and y1 > y0 and right > left and bottom > top:
            found.append((left, top, right, bottom))
    return found


def box_of(rect: Rect, page: tuple[float, float]) -> Rect:
    """Return a rectangle in points, origin bottom left, as shares of the page, origin top left.

    The four are left, top, width and height; what lies outside the page is cut off.

    >>> box_of((50, 20, 100, 40), (200, 100))
    (0.25, 0.6, 0.25, 0.2)
    """
    width, height = max(page[0], 1.0), max(page[1], 1.0)
    left, right = (min(max(0.0, x / width), 1.0) for x in (rect[0], rect[2]))
    top, bottom = (min(max(0.0, 1 - y / height), 1.0) for y in (rect[3], rect[1]))
    return (left, top, round(right - left, 6), round(bottom - top, 6))


def highlight(picture: Image, rects: Sequence[Rect], page: tuple[float, float]) -> Image:
    """Return a picture with translucent yellow, edged rectangles over ``rects``.

    On a light ground the yellow is laid on as a marker pen does, so that dark words stay dark; on
    a dark ground, where that would not be seen, it is mixed in.
    """
    from PIL import Image, ImageChops, ImageDraw, ImageStat

    marked = picture.convert("RGB")
    draw = ImageDraw.Draw(marked)
    edge = max(1, round(marked.width / 600))
    for box in boxes(rects, page, marked.size):
        area = (box[0], box[1], box[2] + 1, box[3] + 1)
        words = marked.crop(area)
        pen = Image.new("RGB", words.size, YELLOW)
        light = ImageStat.Stat(words.convert("L")).mean[0] > 128
        inked = ImageChops.multiply(words, pen) if light else Image.blend(words, pen, MIXED)
        marked.paste(inked, area)
        draw.rectangle(box, outline=EDGE, width=edge)
    return marked


def page_picture(
    path: Path, page: int, rects: Sequence[Rect], size: tuple[float, float], scale: float = SCALE
) -> bytes:
    """Return the picture of a page, counted from 1, as WebP with ``rects`` highlighted.

    Raises:
        ReportRefused: the file cannot be opened or has no such page.
    """
    return as_webp(highlight(drawn_page(path, page, scale), rects, size))


def drawn_page(path: Path, page: int, scale: float = SCALE) -> Image:
    """Return the picture of a page, counted from 1, ``scale`` pixels a point.

    Raises:
        ReportRefused: the file cannot be opened or has no such page.
    """
    return render_page(path, page, scale=scale)


def as_webp(drawn: Image) -> bytes:
    """Return a picture as WebP, small enough to be sent with the page itself."""
    buffer = io.BytesIO()
    drawn.save(buffer, "WEBP", quality=QUALITY, method=1)
    return buffer.getvalue()


def data_address(picture: bytes) -> str:
    """Return a WebP picture as an address that holds it whole: nothing is fetched for it."""
    return f"data:image/webp;base64,{base64.b64encode(picture).decode('ascii')}"
