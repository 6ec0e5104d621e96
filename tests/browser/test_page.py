"""The quote behind a number, the page beside the answer, the search in it, and the filters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlparse

import pytest

from indexer.snapshot import open_snapshot
from qa.find import hits_on, wanted_words
from tests.browser.conftest import box_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

REPORT = "northamptonshire-pdu-2024-digest"
QUESTION = "why was staffing rated Inadequate?"
READY = "body[data-report-qa=ready]"
LIFT = re.compile(r"^Standard:\W+P 1\.1 Leadership$")
WIDTHS = [1440, 720, 390]
"""A desktop, the same at 200 % zoom, and a phone."""


def opened(page: Page, address: str, **parameters: str) -> Locator:
    """Open an answer and return the number of its first source."""
    page.goto(f"{address}/?{urlencode({'q': QUESTION, 'report': REPORT} | parameters)}")
    number = page.locator(".rq-answer a.rq-n").first
    number.wait_for()
    page.locator(READY).wait_for(state="attached")
    page.locator(".rq-picture img").wait_for(state="attached")
    return number


def settled(page: Page, expression: str) -> None:
    """Wait until an expression is true in the page."""
    page.wait_for_function(expression)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_shows_its_quote_to_pointer_and_screen_reader(
    browser_page: Page, address: str, width: int
) -> None:
    page = browser_page
    page.set_viewport_size({"width": width, "height": 844})
    number = opened(page, address)
    quote = page.locator(".st-key-card-1 blockquote").inner_text()
    described = number.evaluate(
        "n => document.getElementById(n.getAttribute('aria-describedby')).textContent"
    )
    assert described == quote
    assert number.get_attribute("aria-label").startswith("Source 1, Printed page")  # type: ignore[union-attr]

    tip = page.locator(".rq-answer .rq-tip").first
    assert not tip.is_visible()
    number.hover()
    tip.wait_for()
    box = box_of(tip)
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=15)
    assert tip.is_visible()  # the pointer can go over to it
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.mouse.move(1, 1)
    number.hover()
    tip.wait_for()


def test_the_keyboard_goes_to_the_page_and_comes_back_to_its_number(
    browser_page: Page, address: str
) -> None:
    page = browser_page
    number = opened(page, address)
    number.focus()
    page.keyboard.press("ArrowDown")  # a key, so that the focus is seen
    tip = page.locator(".rq-answer .rq-tip").first
    tip.wait_for()
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    assert number.evaluate("n => document.activeElement === n")  # hidden, and the place kept

    page.keyboard.press("Enter")
    settled(page, "document.activeElement.matches('.st-key-page-panel .rq-scroll')")
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.match(r"Picture of PDF page \d+ of .*highlighted", name)
    page.keyboard.press("Escape")
    page.locator(".rq-picture").wait_for(state="detached")
    assert number.evaluate("n => document.activeElement === n")


def test_words_are_found_on_the_page_and_through_the_report(
    browser_page: Page, address: str, folders: tuple[Path, Path]
) -> None:
    page = browser_page
    opened(page, address)
    box = page.get_by_role("searchbox", name="Find in this report")
    box.fill("Staff")
    box.press("Enter")
    status = page.get_by_role("status").filter(has_text="“Staff”")
    status.wait_for()
    said = re.fullmatch(r"Hit (\d+) of (\d+) for “Staff”, (\d+) of them .*", status.inner_text())
    assert said is not None
    place, total, here = map(int, said.groups())
    page.locator(".rq-hit").nth(here - 1).wait_for(state="attached")  # drawn after the status
    page.locator(".rq-hit-now").first.wait_for(state="attached")
    text = " ".join(page.text for page in open_snapshot(folders[1]).pages(REPORT))
    assert total == len(re.findall("staff", text, re.I))

    for step in (1, 2):
        page.get_by_role("button", name="Next hit").click()
        page.get_by_text(f"Hit {(place + step - 1) % total + 1} of {total}").wait_for()
    seen = """() => {
      const hit = document.querySelector('.rq-hit-now').getBoundingClientRect();
      const box = document.querySelector('.rq-scroll').getBoundingClientRect();
      return hit.width > 0 && hit.top >= box.top && hit.bottom <= box.bottom;
    }"""
    settled(page, seen)
    width = box_of(page.locator(".rq-picture"))["width"]
    for zoom in (1, 2):
        page.get_by_role("button", name="Zoom in").click()
        page.locator(f".rq-zoom{zoom}").wait_for()
    larger = box_of(page.locator(".rq-picture"))["width"]
    assert larger == pytest.approx(2.2 * width, rel=0.02)
    settled(page, seen)  # still at the hit


def test_a_hit_lies_over_its_word(
    browser_page: Page, address: str, folders: tuple[Path, Path]
) -> None:
    from indexer.reading import page_words

    page = browser_page
    opened(page, address)
    box = page.get_by_role("searchbox", name="Find in this report")
    box.fill("vacancy rate")
    box.press("Enter")
    page.locator(".rq-hit-now").first.wait_for(state="attached")
    number = int(
        re.findall(r"PDF page (\d+)", page.locator(".rq-scroll img").get_attribute("alt") or "")[0]
    )
    wanted = wanted_words("vacancy rate")
    (rects, *_) = hits_on(page_words(folders[0] / f"{REPORT}.pdf", number), wanted)
    shown = open_snapshot(folders[1]).page_text(REPORT, number)
    picture = box_of(page.locator(".rq-picture"))
    mark = box_of(page.locator(".rq-hit-now").first)
    x0, _, x1, y1 = rects[0]
    assert (mark["x"] - picture["x"]) / picture["width"] == pytest.approx(
        x0 / shown.width, abs=0.01
    )
    assert mark["width"] / picture["width"] == pytest.approx((x1 - x0) / shown.width, abs=0.01)
    top = 1 - y1 / shown.height
    assert (mark["y"] - picture["y"]) / picture["height"] == pytest.approx(top, abs=0.01)


def test_the_pdf_can_be_opened_at_the_page_and_kept(browser_page: Page, address: str) -> None:
    page = browser_page
    opened(page, address)
    link = page.get_by_role("link", name="Open the PDF at page")
    number = re.findall(r"\d+", link.inner_text())[0]
    assert str(link.get_attribute("href")).endswith(f"#page={number}")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download the PDF").click()
    assert kept.value.suggested_filename == f"{REPORT}.pdf"
    assert kept.value.path().read_bytes().startswith(b"%PDF-")


def test_filters_limit_what_is_searched_and_links_share_them(
    browser_page: Page, address: str
) -> None:
    page = browser_page
    opened(page, address)
    page.get_by_role("button", name="Filters", exact=True).click()
    choice = page.get_by_role("combobox", name="Standard")
    choice.click()
    page.get_by_role("option", name="P 1.1 Leadership").click()
    page.keyboard.press("Escape")  # closes the list, which hides the rest from screen readers
    page.get_by_role("button", name="Filters (1 on)").wait_for()
    page.get_by_role("button", name=LIFT).wait_for()
    assert parse_qs(urlparse(page.url).query)["standard"] == ["P 1.1"]

    page.goto(page.url)  # as whoever is given the link
    page.get_by_role("button", name="Filters (1 on)").wait_for()
    page.locator("summary", has_text=re.compile("Why this answer|Nearest passages")).click()
    hits = page.locator("[class*=st-key-hit-] .rq-source")
    hits.first.wait_for(state="attached")
    page.wait_for_timeout(500)
    for said in hits.all_inner_texts():
        assert "P 1.1" in said

    page.get_by_role("button", name=LIFT).click()
    page.get_by_role("button", name="Filters", exact=True).wait_for()
    assert "standard" not in parse_qs(urlparse(page.url).query)


@pytest.mark.parametrize("width", WIDTHS)
def test_filters_that_leave_nothing_say_how_to_go_on(
    browser_page: Page, address: str, width: int
) -> None:
    page = browser_page
    page.set_viewport_size({"width": width, "height": 844})
    asked = {"q": QUESTION, "place": "<b>Atlantis</b>", "kind": "strength"}
    page.goto(f"{address}/?{urlencode(asked)}")
    page.get_by_text("The filters leave nothing to ask").wait_for()
    assert "Place: <b>Atlantis</b>" in page.locator(".rq-notice").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name=re.compile("^Without “Place”")).click()
    page.get_by_role("button", name="Filters (1 on)").wait_for()
    page.locator(".rq-asked").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
