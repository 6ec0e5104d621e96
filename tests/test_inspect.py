"""The health card and the picture of a reading."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from indexer.errors import NotAPdf
from indexer.inspect import inspect_report, to_html
from tests.pdfs import Pdf


def a_report(path: Path, *, owner: str | None = None) -> Path:
    """Write a report of four pages: contents, two sections, a footnote, a table, a bare page."""
    pdf = Pdf(title="Lighthouses & <boats>")
    page = pdf.page()
    page.text(72, 80, "Contents", size=18, bold=True)
    entries = [("1. Keepers", "2"), ("2. Oil", "2"), ("3. Boats", "9")]
    for number, (title, label) in enumerate(entries):
        page.text(72, 120 + 24 * number, title)
        page.text(500, 120 + 24 * number, label)
    page = pdf.page()
    page.text(72, 80, "1. Keepers", size=18, bold=True)
    page.text(72, 110, "The lighthouse has four keepers of long standing and one vacancy.¹")
    page.text(72, 140, "•")
    page.text(90, 140, "Two keepers left in May")
    page.text(72, 780, "1 Letter of <b>June</b>.", size=8)
    page = pdf.page()
    page.text(72, 80, "2. Oil", size=18, bold=True)
    page.grid([70, 200, 300], [100, 120, 140])
    for row, cells in enumerate([("Store", "Litres"), ("North", "900")]):
        for x, text in zip((75, 205), cells, strict=True):
            page.text(x, 114 + 20 * row, text, bold=row == 0)
    pdf.page()
    for number, page in enumerate(pdf.pages[:3], 1):
        page.text(290, 820, f"Page {number}", size=9)
    return pdf.save(path, owner=owner)


def test_the_card_counts_what_was_read(tmp_path: Path) -> None:
    card = inspect_report(a_report(tmp_path / "lights.pdf"))
    assert card.name == "lights.pdf"
    assert (card.pages, card.pages_without_text) == (4, (4,))
    assert (card.words_outside, card.words_twice, card.letters_lost) == (0, 0, 0)
    assert card.placed == 1.0
    assert card.furniture_words == 6
    assert card.sections == 3
    assert (card.contents_entries, card.contents_found) == (3, 1)
    assert card.contents_beside == ("2. Oil",)
    assert card.contents_missing == ("3. Boats",)
    assert (card.tables, card.rows, card.bullets) == (2, 5, 1)  # the contents list is a table, too
    assert (card.footnotes, card.footnotes_called) == (1, 1)
    assert not card.encrypted


def test_an_encrypted_file_that_opens_is_said_to_be_encrypted(tmp_path: Path) -> None:
    card = inspect_report(a_report(tmp_path / "owned.pdf", owner="me"))
    assert card.encrypted
    assert "Encryption:  opens without a password" in card.lines()


def test_the_card_is_plain_json_and_lines_for_a_terminal(tmp_path: Path) -> None:
    card = inspect_report(a_report(tmp_path / "lights.pdf"))
    values = json.loads(json.dumps(card.to_json()))
    assert values["placed"] == 1.0
    assert values["pages_without_text"] == [4]
    text = "\n".join(card.lines())
    assert "Pages:       4, without text: 4" in text
    assert "100.00% placed exactly once (0 outside any block, 0 twice)" in text
    assert "1 of 3 sections on the page given; on the page beside: 2. Oil; not found: 3. B" in text


class Tags(HTMLParser):
    """Collects the tags of a page and checks that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_shows_every_page_and_block_and_holds_everything_itself(tmp_path: Path) -> None:
    page = to_html(a_report(tmp_path / "lights.pdf"))
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.seen.count("svg") == 4
    assert tags.seen.count("image") == 4
    assert not {"script", "link", "img", "iframe"} & set(tags.seen)
    addresses = re.findall(r'(?:src|href|url)\s*[=(]\s*"?([^")]*)', page)
    assert all(address.startswith("data:image/webp;base64,") for address in addresses)


def test_what_the_report_says_is_escaped(tmp_path: Path) -> None:
    page = to_html(a_report(tmp_path / "lights.pdf"))
    assert "&lt;b&gt;June&lt;/b&gt;" in page
    assert "<b>June" not in page
    assert "Lighthouses &amp; &lt;boats&gt;" in page


def test_the_numbers_follow_the_reading_order(tmp_path: Path) -> None:
    page = to_html(a_report(tmp_path / "lights.pdf"))
    second = page.split("<h2>Page 2")[1].split("<h2>Page 3")[0]
    assert re.findall(r'fill="#\w+">(\d+)</text>', second) == ["1", "2", "3", "4"]
    titles = re.findall(r"<title>(\w+):", second)
    assert titles == ["heading", "paragraph", "bullet", "footnote", "footer"]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "not.pdf"
    path.write_text("no")
    for ask in (inspect_report, to_html):
        with pytest.raises(NotAPdf, match=r"not\.pdf"):
            ask(path)
