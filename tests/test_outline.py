"""The tree of sections: from bookmarks, the contents list, numbers, type size and weight."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.layout import read_layout
from indexer.outline import contents_list, is_contents, read_sections
from indexer.reading import read_document
from indexer.records import Section
from tests.pdfs import Pdf, Sheet

BODY = [
    "Inspectors read one hundred and twenty records and spoke to many",
    "of the people who had worked on them during the past twelve months.",
]
Tree = list[tuple[int, tuple[str, ...]]]


def sections_of(pdf: Pdf, folder: Path) -> tuple[Section, ...]:
    """Return the sections of a PDF, after checking that they hold every block in order."""
    document = read_document(pdf.save(folder / "one.pdf"))
    layout = read_layout(document)
    sections = read_sections(document, layout)
    assert [b.text for s in sections for b in s.blocks] == [b.text for b in layout.blocks]
    return sections


def tree(sections: tuple[Section, ...]) -> Tree:
    """Return page and path of every section."""
    return [(section.page, section.path) for section in sections]


def write(page: Sheet, *lines: tuple[str, float, bool] | str) -> None:
    """Write headings (text, size, bold), each with a paragraph under it, and bare paragraphs."""
    y = 80.0
    for line in lines:
        if isinstance(line, str):
            page.text(72, y, line)
            y += 24
            continue
        text, size, bold = line
        page.text(72, y, text, size=size, bold=bold)
        y = page.lines(72, y + 24, BODY) + 20


# Type and numbers


def test_larger_headings_stand_over_smaller_ones(tmp_path: Path) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Leadership", 18, True), ("Strengths", 13, True), ("Staffing", 18, True))
    assert tree(sections_of(pdf, tmp_path)) == [
        (1, ("Leadership",)),
        (1, ("Leadership", "Strengths")),
        (1, ("Staffing",)),
    ]


def test_numbers_of_one_size_say_how_deep_a_heading_is(tmp_path: Path) -> None:
    pdf = Pdf()
    write(
        pdf.page(),
        ("Foreword", 14, True),
        ("1. Organisation", 14, True),
        ("1.1 Leadership", 14, True),
        ("1.2 Staffing", 14, True),
        ("2. Delivery", 14, True),
        ("Annexe one", 14, True),
    )
    assert [path for _, path in tree(sections_of(pdf, tmp_path))] == [
        ("Foreword",),
        ("1. Organisation",),
        ("1. Organisation", "1.1 Leadership"),
        ("1. Organisation", "1.2 Staffing"),
        ("2. Delivery",),
        ("Annexe one",),
    ]


def test_a_heading_without_a_number_between_numbered_ones_is_a_part_of_the_first(
    tmp_path: Path,
) -> None:
    pdf = Pdf()
    write(pdf.page(), ("1. Rules", 14, True), ("Visitors", 14, True), ("2. Guidance", 14, True))
    assert [path for _, path in tree(sections_of(pdf, tmp_path))] == [
        ("1. Rules",),
        ("1. Rules", "Visitors"),
        ("2. Guidance",),
    ]


def test_a_heading_over_several_lines_is_one(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 80, ["The experiences and progress of children", "looked after and their"
               " families"], size=14, bold=True, leading=17)  # fmt: skip
    page.lines(72, 130, BODY)
    assert [path for _, path in tree(sections_of(pdf, tmp_path))] == [
        ("The experiences and progress of children looked after and their families",)
    ]


def test_a_bold_line_of_the_size_of_the_text_is_a_heading_and_a_bold_sentence_is_none(
    tmp_path: Path,
) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Strengths:", 11, True), ("The leaders are known to all.", 11, True))
    assert [path for _, path in tree(sections_of(pdf, tmp_path))] == [("Strengths:",)]


@pytest.mark.parametrize("grade", ["Inadequate", "Requires improvement", "Good", "OUTSTANDING"])
def test_a_grade_in_large_type_is_never_a_heading(tmp_path: Path, grade: str) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Staffing", 18, True), (grade, 18, True))
    assert [path for _, path in tree(sections_of(pdf, tmp_path))] == [("Staffing",)]


def test_an_underlined_line_is_a_heading_and_an_underlined_link_is_none(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    write(page, ("1. Rules", 14, True))
    page.text(72, 200, "Visitor checks")
    page.rule(72, 202, 72 + 11 * 6.28, 202)
    page.lines(72, 230, BODY)
    page.text(72, 300, "www.visits.example")
    page.rule(72, 302, 72 + 11 * 8.5, 302)
    assert [path for _, path in tree(sections_of(pdf, tmp_path))] == [
        ("1. Rules",),
        ("1. Rules", "Visitor checks"),
    ]


def test_a_document_without_headings_is_one_section_without_a_name(tmp_path: Path) -> None:
    pdf = Pdf()
    for _ in range(2):
        page = pdf.page()
        page.lines(72, 100, BODY)
        page.lines(72, 160, BODY)
    assert tree(sections_of(pdf, tmp_path)) == [(1, ())]


def test_what_stands_out_on_a_cover_without_text_under_it_is_no_heading(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 200, "Northshire", size=26)
    page.text(72, 240, "Inspection of lighthouses", size=14, bold=True)
    page.text(72, 270, "June 2024", size=14)
    write(pdf.page(), ("Summary", 14, True))
    write(pdf.page(), ("Findings", 14, True))
    assert tree(sections_of(pdf, tmp_path)) == [(1, ()), (2, ("Summary",)), (3, ("Findings",))]


def test_the_title_is_a_section_for_the_words_under_it_and_for_nothing_else(tmp_path: Path) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Inspection of Northshire", 26, False), ("Summary", 14, True))
    write(pdf.page(), ("Findings", 14, True))
    assert tree(sections_of(pdf, tmp_path)) == [
        (1, ("Inspection of Northshire",)),
        (1, ("Summary",)),
        (2, ("Findings",)),
    ]


# Bookmarks


def test_bookmarks_give_the_levels_and_alike_lines_follow_them(tmp_path: Path) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Leadership", 14, True), ("Strengths", 14, True), ("Gaps", 11, True))
    write(pdf.page(), ("Staffing", 14, True))
    pdf.bookmarks = [(0, "Leadership", 1), (1, "Strengths", 1), (0, "Staffing", 2)]
    assert tree(sections_of(pdf, tmp_path)) == [
        (1, ("Leadership",)),
        (1, ("Leadership", "Strengths")),
        (1, ("Leadership", "Strengths", "Gaps")),
        (2, ("Staffing",)),
    ]


def test_a_bookmark_may_point_to_the_page_beside_its_heading(tmp_path: Path) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Leadership", 14, True))
    write(pdf.page(), ("Staffing", 14, True))
    pdf.bookmarks = [(0, "LEADERSHIP", 2), (0, "Staffing", 1)]
    assert tree(sections_of(pdf, tmp_path)) == [(1, ("Leadership",)), (2, ("Staffing",))]


def test_bookmarks_that_name_no_line_are_not_believed(tmp_path: Path) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Leadership", 18, True), ("Strengths", 13, True))
    pdf.bookmarks = [(0, "_GoBack", 1), (0, "Slide 1", 1), (0, "Strengths", 1)]
    assert tree(sections_of(pdf, tmp_path)) == [
        (1, ("Leadership",)),
        (1, ("Leadership", "Strengths")),
    ]


# The printed contents list


def with_contents(pdf: Pdf, entries: list[tuple[str, str]], *, bold: bool = False) -> None:
    """Add a page with a contents list."""
    page = pdf.page()
    page.text(72, 80, "Contents", size=18, bold=True)
    for number, (title, label) in enumerate(entries):
        page.text(72, 120 + 24 * number, title, bold=bold)
        page.text(500, 120 + 24 * number, label, bold=bold)


def numbered(pdf: Pdf) -> None:
    """Print on every page its number."""
    for number, page in enumerate(pdf.pages, 1):
        page.text(290, 815, str(number), size=9)


def test_entries_of_the_contents_list_are_no_headings_though_they_are_bold(tmp_path: Path) -> None:
    pdf = Pdf()
    with_contents(pdf, [("Leadership", "2"), ("Staffing", "3")], bold=True)
    write(pdf.page(), ("Leadership", 14, True))
    write(pdf.page(), ("Staffing", 14, True))
    numbered(pdf)
    sections = sections_of(pdf, tmp_path)
    assert tree(sections) == [(1, ("Contents",)), (2, ("Leadership",)), (3, ("Staffing",))]
    assert [is_contents(section) for section in sections] == [True, False, False]


def test_a_line_that_the_contents_list_names_is_a_heading_however_it_is_set(tmp_path: Path) -> None:
    pdf = Pdf()
    with_contents(pdf, [("1. Rules", "2"), ("Health and safety", "2"), ("2. Guidance", "3")])
    page = pdf.page()
    write(page, ("1. Rules", 14, True))
    page.text(72, 200, "Health & safety")
    page.lines(72, 230, BODY)
    write(pdf.page(), ("2. Guidance", 14, True))
    numbered(pdf)
    assert tree(sections_of(pdf, tmp_path))[1:] == [
        (2, ("1. Rules",)),
        (2, ("1. Rules", "Health & safety")),
        (3, ("2. Guidance",)),
    ]


def test_entries_lead_to_the_pages_whose_printed_number_they_give(tmp_path: Path) -> None:
    pdf = Pdf()
    with_contents(pdf, [("Leadership", "1"), ("Staffing", "2"), ("Annexe", "9")])
    write(pdf.page(), ("Leadership", 14, True))
    write(pdf.page(), ("Staffing", 14, True))
    for number, page in enumerate(pdf.pages[1:], 1):
        page.text(290, 815, f"Page {number}", size=9)
    document = read_document(pdf.save(tmp_path / "one.pdf"))
    layout = read_layout(document)

    found = contents_list(layout)

    assert [(entry.title, entry.label) for entry in found] == [
        ("Leadership", "1"),
        ("Staffing", "2"),
        ("Annexe", "9"),
    ]
    pages = [
        None if entry.block is None else layout.blocks[entry.block].words[0].page for entry in found
    ]
    assert pages == [2, 3, None]


def test_a_document_without_a_contents_list_has_no_entries(tmp_path: Path) -> None:
    pdf = Pdf()
    write(pdf.page(), ("Leadership", 14, True))
    assert contents_list(read_layout(read_document(pdf.save(tmp_path / "one.pdf")))) == ()
