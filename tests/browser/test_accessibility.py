"""The page under axe-core, which knows the testable part of WCAG 2.2: no violations, both schemes.

axe-core is not part of this repository. ``make test`` fetches it from the npm registry where npm
is at hand; REPORT_QA_AXE may name another copy of its axe.min.js.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import pytest

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser_page: Page, address: str, axe: str, scheme: Literal["light", "dark"]
) -> None:
    page = browser_page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    states: dict[str, tuple[str, Callable[[], object]]] = {
        "home": ("/", lambda: page.get_by_text("What you can rely on").wait_for()),
        "answer": (
            f"/?{urlencode({'q': QUESTION})}",
            lambda: page.locator(".rq-picture img").wait_for(),
        ),
        "no answer": (
            f"/?{urlencode({'q': 'Which team won the cup final?'})}",
            lambda: page.locator(".rq-notice").wait_for(),
        ),
        "library": ("/library", lambda: page.locator(".rq-table").wait_for()),
        "ratings": ("/ratings", lambda: page.get_by_text("Download all as CSV").wait_for()),
    }
    found = []
    for name, (path, ready) in states.items():
        page.goto(f"{address}{path}")
        ready()
        page.wait_for_timeout(300)  # until elements have faded in
        page.evaluate(axe)
        found += [
            f"{name}: {one}" for one in page.evaluate(CHECK, {"runOnly": RULES, "rules": NOT_OURS})
        ]
    assert found == []
