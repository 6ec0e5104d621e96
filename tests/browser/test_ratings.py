"""Ratings at a glance in a real browser: every value leads to its words, by mouse or by key."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import as_many, box_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
REPORT = "northamptonshire-pdu-2024-digest"
READY = "body[data-report-qa=ready]"
BARS = "path[aria-roledescription=bar]"


def go(page: Page, address: str) -> None:
    """Open the page of ratings as a visitor does, by the menu."""
    page.goto(address)
    page.get_by_role("link", name="Ratings", exact=True).click()
    page.get_by_role("heading", name="Ratings at a glance").wait_for()
    page.locator(READY).wait_for(state="attached")


@pytest.fixture
def quiet_page(browser_page: Page) -> Page:
    """A page on which no script may log an error."""
    said: list[str] = []
    browser_page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    browser_page.said = said  # type: ignore[attr-defined]
    return browser_page


def test_a_grade_a_bar_and_a_count_open_their_pages(quiet_page: Page, address: str) -> None:
    page = quiet_page
    go(page, address)
    matrix = page.get_by_role("table", name=re.compile("^Probation delivery unit"))
    staffing = matrix.get_by_role("link", name=re.compile("^Inadequate, page 4, P 1.2 Staffing"))
    assert staffing.get_attribute("href").startswith(f"./?cite={REPORT}&page=4&words=")
    staffing.click()
    picture(page).wait_for()
    assert marked(page) == 1
    page.get_by_role("heading", name="PDF page 4").wait_for()
    matrix.locator('a[aria-current="true"]').wait_for()
    assert matrix.locator('a[aria-current="true"]').inner_text().startswith("Inadequate")

    bar = page.locator(BARS).first
    bar.scroll_into_view_if_needed()
    bar.click()
    page.get_by_role("heading", name="PDF page 18").wait_for()
    as_many(page.locator(BARS), 12)

    counts = page.get_by_role("table", name="How much each report lists")
    counts.get_by_role("link").first.click()
    page.get_by_role("heading", name="PDF page 7").wait_for()
    page.get_by_text(re.compile(r"^\d\d lines highlighted")).wait_for()
    assert quiet_page.said == []  # type: ignore[attr-defined]


def test_the_keyboard_reaches_every_figure_of_a_picture(quiet_page: Page, address: str) -> None:
    page = quiet_page
    go(page, address)
    page.get_by_role("tab", name="Table").focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Key questions and their percentages")
    table.wait_for()
    links = as_many(table.get_by_role("link"), 12)
    links.first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="PDF page 18").wait_for()
    picture(page).wait_for()


def test_the_link_of_a_grade_shows_its_words_in_another_tab(
    browser_page: Page, address: str
) -> None:
    page = browser_page
    go(page, address)
    link = page.get_by_role("link", name=re.compile("^Inadequate, page 4, P 1.2 Staffing")).first
    target = str(link.get_attribute("href"))
    page.goto(f"{address}/{target.removeprefix('./')}")
    picture(page).wait_for()
    assert marked(page) == 1


def test_all_of_it_can_be_taken_away(browser_page: Page, address: str) -> None:
    page = browser_page
    go(page, address)
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download all as CSV").click()
    assert kept.value.suggested_filename == "ratings.csv"
    text = kept.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    kinds = [row["kind"] for row in rows]
    assert (kinds.count("rating"), kinds.count("key question"), kinds.count("progress")) == (
        8,
        12,
        5,
    )
    assert {row["report"] for row in rows} == {REPORT}


def test_on_a_phone_each_row_is_a_card_and_nothing_hangs_over(
    browser_page: Page, address: str
) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, address)
    page.locator(BARS).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    link = page.get_by_role("link", name=re.compile("^Inadequate, page 4, P 1.2 Staffing")).first
    box = box_of(link)
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["height"] >= 24
    link.click()
    picture(page).wait_for()
    page.get_by_role("button", name="Close").click()
    picture(page).wait_for(state="detached")


@pytest.mark.shared
def test_two_inspections_of_a_place_are_drawn(
    quiet_page: Page,
    shared: Path,
    tmp_path: Path,
    app_server: Callable[[Path, Path], object],
) -> None:
    library, index = tmp_path / "library", tmp_path / "index"
    library.mkdir()
    for year in (2023, 2025):
        shutil.copy(shared / "reports" / f"fenmarsh-pdu-{year}.pdf", library)
    where = ["--library", str(library), "--index", str(index)]
    subprocess.run(
        [sys.executable, "-m", "indexer", "build", *where],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        check=True,
        capture_output=True,
    )
    address = app_server(library, index).url  # type: ignore[attr-defined]
    page = quiet_page
    go(page, address)
    points = as_many(page.locator("path[aria-roledescription=point]"), 16)  # eight ratings, twice
    points.nth(1).scroll_into_view_if_needed()
    points.nth(1).click()
    picture(page).wait_for()
    page.get_by_role("heading", name="PDF page 4").wait_for()
    assert "Fenmarsh" in page.locator(".st-key-page-panel").inner_text()
    assert quiet_page.said == []  # type: ignore[attr-defined]


def picture(page: Page) -> Locator:
    return page.locator(".rq-picture img")


def marked(page: Page) -> int:
    """Return how many lines are marked on the page that is shown."""
    return int(str(picture(page).get_attribute("data-highlights")))
