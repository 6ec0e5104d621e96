"""The whole product as its user meets it: a real browser, a real index, a real question.

One app serves all tests of this folder; those that change its library only add to it.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from PIL import Image

from indexer.records import Rect
from indexer.snapshot import open_snapshot
from qa.citation import line_rects

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

REPORT = "northamptonshire-pdu-2024-digest"
PATIENCE_MS = 90_000
QUESTION = "why was staffing rated Inadequate?"
HARBOUR = [
    ["# 1. Boats", "The harbour has three boats. One of them needs a new mast."],
    ["# 2. Crew", "Eleven people work in the harbour, and two posts are vacant."],
]
READY = "body[data-report-qa=ready]"
"""There once the numbers of an answer open pages; until then they lead to their sources."""

HOSTILE = (
    "<img src=http://elsewhere.test/x onerror=alert(1)> **staffing** :red[Inadequate] $x$ why?"
)


def test_an_answer_is_cited_and_the_cited_words_are_highlighted(
    browser_page: Page, address: str, folders: tuple[Path, Path]
) -> None:
    page = browser_page
    page.goto(address)
    page.get_by_role("button", name="Why was staffing rated Inadequate?").wait_for()  # an example
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()

    source = page.locator(".st-key-card-1")
    where = re.search(r"Printed page (\d+) · PDF page (\d+)", source.inner_text())
    assert where is not None
    assert where.group(2) in ("10", "11")  # the pages of the standard on staffing
    number = int(where.group(2))
    quote = source.locator("blockquote").inner_text()
    # The first page opens by itself, sooner or later than the test gets here.
    either = re.compile(rf"^(Show page {number}|Page {number} is shown)$")
    source.get_by_role("button", name=either).click()
    source.get_by_role("button", name=f"Page {number} is shown").wait_for()

    rects, size = place_of(quote, number, folders[1])
    for _ in range(20):  # until the picture of these words has taken the place of another
        shown = picture_of(page.locator(".rq-picture img"))
        boxes = [pixels(rect, size, shown) for rect in rects]
        if all(yellow(shown.crop(box)) > 0.5 for box in boxes):
            break
        page.wait_for_timeout(250)
    assert all(yellow(shown.crop(box)) > 0.5 for box in boxes)
    for left, top, right, bottom in boxes:
        shown.paste((255, 255, 255), (left - 9, top - 9, right + 9, bottom + 9))
    assert yellow(shown) < 0.001  # and nothing else is

    link = page.get_by_role("link", name=f"Open the PDF at page {number}")
    file = str(link.get_attribute("href"))
    assert file.endswith(f"#page={number}")
    assert page.request.get(f"{address}{file}").body().startswith(b"%PDF-")

    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Markdown").click()
    page.keyboard.press("Escape")
    assert kept.value.suggested_filename == "why-was-staffing-rated-inadequate.md"
    assert f"PDF page {number}" in kept.value.path().read_text("utf-8")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(READY).wait_for(state="attached")
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_text("have been copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{QUESTION}\n\n")
    assert f"“{quote}”" in copied

    page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", name=f"PDF page {number + 1}").wait_for()
    page.get_by_role("button", name=f"Back to page {number}").wait_for()


def test_the_keyboard_alone_asks_reads_the_quote_and_opens_the_page(
    browser_page: Page, address: str
) -> None:
    page = browser_page
    page.goto(address)
    page.get_by_label("Your question").wait_for()
    tab_to(page, "input")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".rq-picture img").wait_for()
    page.locator(READY).wait_for(state="attached")

    tab_to(page, "a.rq-n")
    tip = page.locator(".rq-answer .rq-tip").first
    assert tip.is_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile(r"Page \d+ is shown")).first.wait_for()
    # The page takes the focus when it is shown; only then is there something to leave.
    page.wait_for_function("!document.activeElement.matches('a.rq-n')")
    tip.wait_for(state="hidden", timeout=2_000)


def test_a_link_opens_on_a_phone_and_the_page_slides_over_the_answer(
    browser_page: Page, address: str
) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/?{urlencode({'q': QUESTION, 'report': REPORT})}")
    number = page.locator(".rq-answer a.rq-n").first
    number.wait_for()
    page.locator(READY).wait_for(state="attached")
    assert page.get_by_label("Your question").input_value() == QUESTION
    picture = page.locator(".rq-picture img")
    picture.wait_for(state="attached")
    assert not picture.is_visible()  # it would cover the answer, and nobody has asked for it

    number.click()
    picture.wait_for()
    page.get_by_role("button", name="Close").click()
    picture.wait_for(state="detached")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_hostile_question_is_shown_as_it_is_and_an_unknown_report_is_a_sentence(
    browser_page: Page, address: str
) -> None:
    page = browser_page
    page.goto(f"{address}/?{urlencode({'q': HOSTILE})}")
    page.locator(".rq-asked").wait_for()
    assert page.locator(".rq-asked").inner_text() == HOSTILE
    page.goto(f"{address}/?{urlencode({'q': QUESTION, 'report': '<script>alert(1)</script>'})}")
    said = page.get_by_role("alert")
    said.wait_for()
    assert "There is no report '<script>alert(1)</script>'" in said.inner_text()


def test_an_uploaded_report_can_be_asked_and_a_refused_one_is_a_sentence(
    browser_page: Page,
    address: str,
    tmp_path: Path,
    tiny_pdf: Callable[..., Path],
) -> None:
    page = browser_page
    harbour = tiny_pdf(tmp_path / "harbour.pdf", HARBOUR, title="The <b>harbour</b>")
    broken = tmp_path / "broken.pdf"
    broken.write_text("this is no PDF")
    page.goto(f"{address}/library")
    page.locator("input[type=file]").set_input_files([harbour, broken])
    page.get_by_text("broken.pdf").wait_for()
    page.get_by_role("button", name="Add to the library").click()
    page.get_by_text("can be asked now: 2 pages").wait_for(timeout=4 * PATIENCE_MS)
    told = page.get_by_role("status").filter(has_text="What became of each file").inner_text()
    assert "✓ harbour.pdf" in told
    assert "broken.pdf is not a PDF" in told
    assert "The <b>harbour</b>" in page.locator(".rq-table").inner_text()

    page.get_by_role("link", name="Ask", exact=True).click()
    box = page.get_by_label("Your question")
    box.fill("How many boats does the harbour have?")
    box.press("Enter")
    page.locator(".rq-answer p", has_text="three boats").last.wait_for()
    assert "PDF page 1" in page.locator(".st-key-card-1").inner_text()
    assert "The <b>harbour</b>" in page.locator(".st-key-card-1").inner_text()


# What the tests look with


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element that ``selector`` matches has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"the Tab key does not reach {selector}")


def place_of(quote: str, page: int, index: Path) -> tuple[list[Rect], tuple[float, float]]:
    """Return where the index has the words of a quote, and the size of the page, in points."""
    snapshot = open_snapshot(index)
    passage = next(p for p in snapshot.passages if quote in p.text and page in p.pages)
    start = passage.text.index(quote)
    words = [w for w in passage.words if start <= w.start and w.end <= start + len(quote)]
    shown = snapshot.page_text(REPORT, page)
    return list(line_rects(words)), (shown.width, shown.height)


def picture_of(image: Locator) -> Image.Image:
    """Return the picture that the page shows."""
    data = str(image.get_attribute("src")).partition("base64,")[2]
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def pixels(
    rect: Rect, size: tuple[float, float], picture: Image.Image
) -> tuple[int, int, int, int]:
    """Return a rectangle in points from the bottom left as pixels from the top left."""
    across, down = picture.width / size[0], picture.height / size[1]
    left, right = round(rect[0] * across), round(rect[2] * across)
    return left, round((size[1] - rect[3]) * down), right, round((size[1] - rect[1]) * down)


def yellow(picture: Image.Image) -> float:
    """Return the share of a picture that has the colour of the highlight."""
    data = picture.tobytes()
    found = sum(
        r > 220 and g > 190 and b < 150
        for r, g, b in zip(data[::3], data[1::3], data[2::3], strict=True)
    )
    return found / (picture.width * picture.height)
