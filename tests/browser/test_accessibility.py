"""The page under axe-core, which knows the testable part of WCAG 2.2: no violations anywhere.

Each state is opened once and looked at in three widths and both schemes; nothing may be wider than
the window. axe-core is not part of this repository. ``make test`` fetches it from the npm registry
where npm is at hand; REPORT_QA_AXE may name another copy of its axe.min.js.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from qa.access import PASSWORDS_FILE, Role, add_user
from tests.browser.conftest import REPORT

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
USUAL = ROOT / ".venv" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NOT_OURS = {"presentation-role-conflict": {"enabled": False}}
"""Streamlit's own area for dropped files breaks this good practice, which is no rule of WCAG."""

CHECK = """options => axe.run(document, options).then(found => found.violations.flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.target.join(' ')}: ${node.failureSummary}`)))"""
QUESTION = "why was staffing rated Inadequate?"
COPY = "northamptonshire-pdu-2024-other"
READY = "body[data-report-qa=ready]"
SIZES = ((1440, 900), (820, 1100), (390, 844))


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    path = Path(os.environ.get("REPORT_QA_AXE") or USUAL)
    if not path.is_file():
        pytest.skip(
            "axe-core is not here: `make test` fetches it where npm is installed, "
            "or name its axe.min.js in REPORT_QA_AXE"
        )
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def shelf(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_pdf: Callable[..., Path],
    app_server: Callable[[Path, Path], object],
) -> str:
    """Where the app answers on two reports and a file that is refused."""
    base = tmp_path_factory.mktemp("refusing")
    library, index = base / "library", base / "index"
    library.mkdir()
    shutil.copy(ROOT / "data" / "reports" / f"{REPORT}.pdf", library)
    tiny_pdf(library / f"{COPY}.pdf", [["# 1. Staff", "Staffing is rated Good."]], title="Other")
    (library / "broken.pdf").write_text("this is no PDF")
    built = subprocess.run(
        [sys.executable, "-m", "indexer", "build", f"--library={library}", f"--index={index}"],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 3, built.stderr  # one is refused
    return str(app_server(library, index).url)  # type: ignore[attr-defined]


def look(page: Page, axe: str) -> list[str]:
    """Return what is wrong with the page as it is, in every width and scheme."""
    wrong = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.wait_for_timeout(300)  # until elements have faded in
            page.evaluate(axe)
            found = page.evaluate(CHECK, {"runOnly": RULES, "rules": NOT_OURS})
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            found += [f"{wide} pixels too wide"] if wide > 0 else []
            wrong += [f"{width} {scheme}: {one}" for one in found]
    return wrong


def test_home_and_its_filters(browser_page: Page, shelf: str, axe: str) -> None:
    page = browser_page
    page.goto(shelf)
    page.get_by_text("What you can rely on").wait_for()
    assert look(page, axe) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_role("combobox", name="Standard").wait_for()
    assert look(page, axe) == []


def test_an_answer_and_the_search_in_its_page(browser_page: Page, shelf: str, axe: str) -> None:
    page = browser_page
    page.goto(f"{shelf}/?{urlencode({'q': QUESTION, 'report': REPORT})}")
    page.locator(".rq-picture img").wait_for()
    page.locator(READY).wait_for(state="attached")
    page.locator("summary", has_text="Why this answer").click()
    assert look(page, axe) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator(".rq-answer a.rq-n").first.click()  # shown on a phone too from now on
    page.get_by_role("button", name=re.compile(r"Page \d+ is shown")).first.wait_for()
    page.wait_for_timeout(500)  # until the panel is drawn again, its box with it
    box = page.get_by_role("searchbox", name="Find in this report")
    box.fill("staff")
    box.press("Enter")
    page.locator(".rq-hit-now").first.wait_for(state="attached")
    assert look(page, axe) == []


def test_no_answer_and_a_question_that_cannot_be_asked(
    browser_page: Page, shelf: str, axe: str
) -> None:
    page = browser_page
    page.goto(f"{shelf}/?{urlencode({'q': 'Which team won the cup final?'})}")
    page.get_by_text("Not in these reports").wait_for()
    assert look(page, axe) == []
    page.goto(f"{shelf}/?{urlencode({'q': QUESTION, 'report': 'nowhere'})}")
    page.get_by_role("alert").wait_for()
    assert look(page, axe) == []


def test_a_comparison_with_results(browser_page: Page, shelf: str, axe: str) -> None:
    page = browser_page
    asked = {"q": QUESTION, "report": [REPORT, COPY]}
    page.goto(f"{shelf}/compare?{urlencode(asked, doseq=True)}")
    page.locator(".st-key-cell-0 blockquote").first.wait_for()
    page.locator(READY).wait_for(state="attached")
    assert look(page, axe) == []


def test_ratings_with_a_page_beside_them(browser_page: Page, shelf: str, axe: str) -> None:
    page = browser_page
    page.goto(f"{shelf}/ratings")
    page.get_by_text("Download all as CSV").wait_for()
    page.locator("path[aria-roledescription=bar]").first.wait_for()
    page.locator(READY).wait_for(state="attached")
    assert look(page, axe) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name=re.compile("^Inadequate, page 4, P 1.2 Staffing")).first.click()
    page.locator(".rq-picture img").wait_for()
    assert look(page, axe) == []


def test_the_library_with_a_refused_file_and_a_report(
    browser_page: Page, shelf: str, axe: str
) -> None:
    page = browser_page
    page.goto(f"{shelf}/library")
    page.get_by_text("In the folder, but not in the index").wait_for()
    page.get_by_role("combobox", name="Report", exact=True).click()
    page.get_by_role("option").first.click()
    page.get_by_text("How a report was read").wait_for()
    page.get_by_role("button", name="Make a picture of every page").wait_for()
    assert look(page, axe) == []


def test_quality_before_a_run(browser_page: Page, shelf: str, axe: str) -> None:
    page = browser_page
    page.goto(f"{shelf}/quality")
    page.get_by_role("button", name="Run the 50 questions").wait_for()
    assert look(page, axe) == []


def test_signing_in_and_being_turned_away(
    browser_page: Page,
    folders: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    app_server: Callable[[Path, Path], object],
    axe: str,
) -> None:
    add_user(tmp_path / PASSWORDS_FILE, "jo", Role.READER, "three plain words")
    monkeypatch.setenv("REPORT_QA_ACCESS", str(tmp_path))
    address = app_server(*folders).url  # type: ignore[attr-defined]
    page = browser_page
    page.goto(f"{address}/library")
    page.get_by_label("Name").fill("jo")
    page.get_by_label("Password", exact=True).fill("not it")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert look(page, axe) == []
