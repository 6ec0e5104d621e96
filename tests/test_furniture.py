"""Running headers and footers are told from text, and the numbers printed in them are read."""

from __future__ import annotations

import pytest

from indexer.furniture import furniture_lines, is_outside, page_labels, roman, upright_size
from indexer.lines import Line
from indexer.records import Page, Word


def line_words(text: str, y: float, *, size: float = 9) -> list[Word]:
    """Return the words of a line with its foot ``y`` points above that of the page."""
    words, x = [], 72.0
    for part in text.split():
        words.append(Word(part, (x, y, x + 5 * len(part), y + size), size))
        x += 5 * len(part) + 3
    return words


def a_page(number: int, *lines: tuple[str, float]) -> Page:
    """Return a page of A4 with lines of text, each with its height above the foot."""
    words = [word for text, y in lines for word in line_words(text, y)]
    return Page(number, "", 595, 842, tuple(words))


def furniture(pages: list[Page]) -> dict[int, list[str]]:
    """Return the texts of each page's furniture from the top."""
    words = {page.number: page.words for page in pages}
    found = furniture_lines(pages, words, 11)
    return {number: [line.text for line in lines] for number, lines in found.items()}


def test_header_and_footer_of_several_lines_are_told_whatever_their_figures_are() -> None:
    pages = [
        a_page(
            n,
            ("Management of visits", 810),
            ("Issued 30 May 2023", 798),
            (f"Text {'abcdefgh'[n]} at the top", 770),
            (f"Text {'stuvwxyz'[n]} in the middle", 400),
            ("Crown copyright", 40),
            (f"Page {n} of 7", 28),
        )
        for n in range(1, 8)
    ]
    assert furniture(pages)[3] == [
        "Management of visits",
        "Issued 30 May 2023",
        "Crown copyright",
        "Page 3 of 7",
    ]


def test_a_line_that_recurs_in_the_middle_of_pages_is_text() -> None:
    pages = [a_page(n, ("Strengths:", 500), (f"{'abcdef'[n]} good", 480)) for n in range(6)]
    assert set(map(tuple, furniture(pages).values())) == {()}


def test_a_header_of_one_chapter_recurs_on_its_own_pages_only() -> None:
    pages = [
        a_page(n, ("Chapter two" if 5 <= n <= 8 else f"top {'abcdefghijklmnopqrst'[n]} line", 810))
        for n in range(20)
    ]
    found = furniture(pages)
    assert found[6] == ["Chapter two"]
    assert found[12] == []


def test_a_footer_that_one_page_has_a_little_lower_is_still_the_footer() -> None:
    pages = [
        a_page(n, (f"{'abcdef'[n]} text", 400), (f"Inspection report {n}", 37 if n != 2 else 13))
        for n in range(6)
    ]
    assert furniture(pages)[2] == ["Inspection report 2"]


def test_a_header_under_a_wide_margin_is_told_by_its_recurring_on_left_or_right_pages() -> None:
    pages = [
        a_page(
            n,
            (f"{n} Opinion of the Court" if n % 2 else f"21-13199 Opinion {n}", 700),
            (f"{'abcdefghijkl'[n]} text", 660),
            (f"{'abcdefghijkl'[n]} more text", 300),
        )
        for n in range(12)
    ]
    found = furniture(pages)
    assert found[3] == ["3 Opinion of the Court"]
    assert found[4] == ["21-13199 Opinion 4"]


def test_a_header_under_a_stamp_is_told_once_the_stamp_is_taken_away() -> None:
    pages = [
        a_page(
            n,
            (f"Case 21-13199 Page {n} of 12", 820),
            (f"{n} Opinion of the Court", 700),
            (f"{'abcdefghijkl'[n]} text", 660),
        )
        for n in range(12)
    ]
    assert furniture(pages)[3] == ["Case 21-13199 Page 3 of 12", "3 Opinion of the Court"]


def test_a_grade_at_the_top_of_many_pages_is_a_finding_and_no_header() -> None:
    pages = [
        a_page(n, ("Requires improvement –––", 810), (f"{'abcdef'[n]} x", 400)) for n in range(6)
    ]
    assert furniture(pages)[3] == []


def test_large_lines_at_the_top_of_neighbouring_pages_are_headings() -> None:
    pages = [
        Page(
            n, "", 595, 842, tuple(line_words("Is it safe?", 800, size=20 if n in (4, 5, 6) else 8))
        )
        if n in (4, 5, 6)
        else a_page(n, (f"{'abcdefghijklmnopqrst'[n]} text", 800))
        for n in range(20)
    ]
    assert furniture(pages)[5] == []


def test_labels_are_the_printed_numbers_that_count_up_with_the_pages() -> None:
    pages = [a_page(n, ("x", 400)) for n in range(1, 8)]
    printed = ["", "ii", "iii", "1 March 2024 Page 1 of 4", "Page 2 of 4", "Page 3 of 4", ""]
    lines = {
        n: [Line(n, tuple(line_words(text, 30)))] if text else []
        for n, text in enumerate(printed, 1)
    }
    assert page_labels(pages, lines) == ("", "ii", "iii", "1", "2", "3", "")


def test_a_number_that_agrees_with_no_other_page_is_no_label() -> None:
    pages = [a_page(n) for n in (1, 2)]
    lines = {1: [Line(1, tuple(line_words("Act 1989", 30)))], 2: []}
    assert page_labels(pages, lines) == ("", "")


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("i", 1), ("iv", 4), ("ix", 9), ("xiv", 14), ("xl", 40), ("lxxxviii", 88)],
)
def test_roman_numerals_have_their_value(numeral: str, value: int) -> None:
    assert roman(numeral) == value


def test_a_page_is_as_large_as_its_words_lie_on_it() -> None:
    page = Page(1, "", 842, 595, (), turn=90, box=(0, 0, 595, 842))
    assert upright_size(page) == (842, 595)
    assert upright_size(Page(1, "", 10, 20, ())) == (10, 20)


def test_words_beyond_the_edge_of_what_is_shown_are_outside() -> None:
    assert is_outside((-50, 10, -1, 20), (595, 842))
    assert is_outside((10, 850, 40, 860), (595, 842))
    assert not is_outside((-5, 10, 5, 20), (595, 842))
