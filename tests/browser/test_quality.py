"""Verdicts and the page on quality in a real browser, on an app with a gold file of its own."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import pytest

from qa.evaluate import load_gold
from tests.browser.conftest import as_many

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(os.environ.get("REPORT_QA_AXE") or ROOT / ".venv" / "axe-core" / "axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHECK = """rules => axe.run(document, {runOnly: rules}).then(found => found.violations.flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.target.join(' ')}: ${node.failureSummary}`)))"""
QUESTION = "why was staffing rated Inadequate?"
RUN_MS = 240_000
"""Fifty questions, on a machine that may be busy."""


@pytest.fixture(scope="module")
def gold_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the visitors' own questions are kept."""
    return tmp_path_factory.mktemp("own") / "own.jsonl"


@pytest.fixture(scope="module")
def address(gold_file: Path, folders: tuple[Path, Path], app_server: object) -> str:
    """Where an app answers that keeps verdicts in that file."""
    before = os.environ.get("REPORT_QA_GOLD")
    os.environ["REPORT_QA_GOLD"] = str(gold_file)
    try:
        return str(app_server(*folders).url)  # type: ignore[operator]
    finally:
        if before is None:
            del os.environ["REPORT_QA_GOLD"]
        else:
            os.environ["REPORT_QA_GOLD"] = before


@pytest.fixture(autouse=True)
def no_verdicts(gold_file: Path) -> None:
    """Begin without a verdict, whatever became of the test before."""
    gold_file.unlink(missing_ok=True)


def test_a_verdict_is_kept_changed_and_taken_back(
    browser_page: Page, address: str, gold_file: Path
) -> None:
    page = browser_page
    page.goto(f"{address}/?{urlencode({'q': QUESTION})}")
    page.get_by_role("button", name="Right", exact=True).click()
    page.get_by_text("You said: right.").wait_for()
    (only,) = load_gold(gold_file)
    assert (only.question, only.answerable) == (QUESTION, True)
    cards = page.locator("[class*=st-key-card-] blockquote")
    cards.nth(len(only.evidence) - 1).wait_for()  # the click has the page drawn again
    quotes = cards.all_inner_texts()
    assert [one.text for one in only.evidence] == [" ".join(quote.split()) for quote in quotes]

    page.get_by_role("button", name="Wrong", exact=True).click()
    page.get_by_label("The sentence, as it stands in a report").fill("Nobody wrote this down.")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_text("is on no page of the reports that were asked").wait_for()
    assert load_gold(gold_file) == [only]
    page.locator(".st-key-wrong-choice label").nth(1).click()
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_text("You said: wrong.").wait_for()
    (changed,) = load_gold(gold_file)
    assert changed.evidence != only.evidence
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("You said").wait_for(state="detached")
    assert gold_file.read_bytes() == b""


def test_a_set_is_run_shown_and_kept(
    browser_page: Page, address: str, gold_file: Path, folders: tuple[Path, Path]
) -> None:
    page = browser_page
    page.goto(f"{address}/quality")
    page.get_by_role("button", name="Run the 50 questions").click()
    page.get_by_role("progressbar").wait_for()
    page.get_by_text("of 50 questions with nothing wrong").wait_for(timeout=RUN_MS)
    table = page.locator(".rq-figures").first.inner_text()
    assert "Answered in full" in table
    assert "Declined: not in the reports" in table
    plots = as_many(page.locator(".rq-plot img"), 2)
    assert all(plots.nth(n).evaluate("one => one.naturalWidth") > 0 for n in range(2))
    kept = json.loads((folders[1].parent / "index-quality" / "shipped.json").read_text())
    assert len(kept["content"]["scores"]) == 50
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the report").click()
    assert "Evaluation on digest.jsonl" in saved.value.path().read_text("utf-8")

    page.reload()  # as after a restart: what is kept is shown at once
    page.get_by_text("of 50 questions with nothing wrong").wait_for()
    failing = page.locator(".st-key-ask-failing-0 button")
    asked = failing.inner_text().splitlines()[-1]
    failing.click()
    page.locator(".rq-asked", has_text=asked).wait_for()
    assert "/quality" not in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser_page: Page, address: str, scheme: Literal["light", "dark"], width: int
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not here: `make test` fetches it where npm is installed")
    page = browser_page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = []
    for name in ("panel", "shipped", "own"):
        if name == "panel":
            page.goto(f"{address}/?{urlencode({'q': QUESTION})}")
            page.get_by_role("button", name="Wrong", exact=True).click()
            page.get_by_role("button", name="Keep", exact=True).wait_for()
        elif name == "shipped":
            page.goto(f"{address}/quality")
            ready = page.get_by_text(re.compile("nothing wrong|have not been run yet"))
            ready.first.wait_for()
        else:
            page.get_by_text("Your own questions", exact=True).click()
            page.get_by_text("There is no question of your own yet").wait_for()
        page.wait_for_timeout(400)  # until elements have faded in
        page.evaluate(AXE.read_text("utf-8"))
        found += [f"{name}: {one}" for one in page.evaluate(CHECK, RULES)]
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} pixels too wide"
    assert found == []
