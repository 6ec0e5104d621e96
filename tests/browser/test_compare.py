"""Comparing in a real browser: cells that fill, values that open their pages, files that open."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import docx
import pytest

from tests.browser.conftest import as_many, box_of
from tests.browser.test_accessibility import CHECK, NOT_OURS, RULES, axe  # noqa: F401 - a fixture
from tests.test_changes import write_inspections

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
READY = "body[data-report-qa=ready]"
QUESTION = "How many boats are in use in the harbour?"
BOTH = ["fenmarsh-2023", "fenmarsh-2025"]


@pytest.fixture(scope="module")
def boats(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_pdf: Callable[..., Path],
    app_server: Callable[..., object],
) -> str:
    """Where the app answers on three inspections, two of them of one place."""
    base = tmp_path_factory.mktemp("inspections")
    library, index = write_inspections(base / "library", tiny_pdf), base / "index"
    command = [sys.executable, "-m", "indexer", "build"]
    built = subprocess.run(
        [*command, "--library", str(library), "--index", str(index)],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return str(app_server(library, index).url)  # type: ignore[attr-defined]


def test_each_report_answers_in_its_own_cell(browser_page: Page, boats: str) -> None:
    page = browser_page
    page.goto(f"{boats}/compare")
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask each report").click()
    told(page, 0, "four boats in use").wait_for()
    told(page, 1, "six boats in use").wait_for()
    page.locator(READY).wait_for(state="attached")
    tops = [box_of(page.locator(f".st-key-cell-{n}")) for n in (0, 1)]
    assert tops[0]["y"] == tops[1]["y"]  # side by side
    address = page.url

    page.locator(".st-key-cell-1 a[data-source]").first.click()
    page.locator('.rq-picture img[data-highlights="1"]').wait_for()
    page.get_by_role("heading", name="PDF page 2").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)  # whoever has the address sees the same
    told(page, 1, "six boats in use").wait_for()
    boxes = [box_of(page.locator(f".st-key-cell-{n}")) for n in (0, 1)]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]  # one below the other
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_changed_is_read_opened_and_kept(browser_page: Page, boats: str) -> None:
    page = browser_page
    page.goto(f"{boats}/compare")
    page.get_by_text("What changed since", exact=True).click()
    table = page.get_by_role("table", name="Ratings in both inspections")
    row = table.get_by_role("row", name="P 1.3 Oil")
    row.get_by_text("Better").wait_for()
    page.locator(READY).wait_for(state="attached")
    row.get_by_role("link").nth(1).click()
    page.locator('.rq-picture img[data-highlights="1"]').wait_for()

    download = page.get_by_role("button", name="Download", exact=True)
    as_many(download, 1).click()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Word document").click()
    document = docx.Document(str(kept.value.path()))
    changed = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    oil = next(cells for cells in changed if cells[0] == "P 1.3 Oil")
    assert oil[1].startswith("Inadequate (PDF page 1")
    assert oil[2].startswith("Good (PDF page 1")
    assert oil[3] == "Better"
    with page.expect_download() as kept:
        page.get_by_role("button", name="Table of changes (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(kept.value.path().read_text("utf-8-sig"))))
    assert [row["later value"] for row in rows if row["subject"] == "Oil"] == ["Good"]


def test_a_link_to_a_citation_is_copied_and_opens_its_words(browser_page: Page, boats: str) -> None:
    page = browser_page
    page.goto(f"{boats}/?{urlencode({'q': QUESTION, 'report': 'fenmarsh-2025'})}")
    page.locator(".rq-source blockquote").first.wait_for()
    quote = page.locator(".rq-source blockquote").first.inner_text()
    page.locator(READY).wait_for(state="attached")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Copy link to source 1").click()
    page.get_by_text("The link to these words has been copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{boats}/?cite=fenmarsh-2025&page=2&words=")
    page.goto(link)
    page.locator('.rq-picture img[data-highlights="1"]').wait_for()
    assert page.locator(".rq-source blockquote").inner_text() == quote


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser_page: Page,
    boats: str,
    axe: str,  # noqa: F811
    scheme: Literal["light", "dark"],
) -> None:
    page = browser_page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    asked = {"mode": "changes", "report": BOTH, "q": QUESTION}
    page.goto(f"{boats}/compare?{urlencode(asked, doseq=True)}")
    page.locator(".st-key-cell-1 blockquote").first.wait_for()
    page.get_by_role("table", name="Ratings in both inspections").wait_for()
    page.wait_for_timeout(300)  # until elements have faded in
    page.evaluate(axe)
    assert page.evaluate(CHECK, {"runOnly": RULES, "rules": NOT_OURS}) == []


def told(page: Page, cell: int, words: str) -> Locator:
    """Return the quote of a cell that has the words; those of a number are hidden until wanted."""
    return page.locator(f".st-key-cell-{cell} blockquote").filter(has_text=words).first
