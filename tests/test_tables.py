"""Tables as rows of cells: ruled, lined and unruled ones, and what is none."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from indexer.layout import read_layout
from indexer.reading import read_document
from indexer.records import Block
from indexer.tables import unread_tables
from tests.pdfs import Pdf, Sheet

ROWS = [
    ("Key question", "Yes"),
    ("Does assessment focus on engagement?", "16%"),
    ("Does assessment focus on desistance?", "30%"),
    ("Does assessment focus on safety?", "14%"),
]


def blocks_of(pdf: Pdf, folder: Path) -> list[Block]:
    """Return the blocks of a PDF."""
    return list(read_layout(read_document(pdf.save(folder / "table.pdf"))).blocks)


def cells(blocks: list[Block]) -> list[list[str]]:
    """Return the cells of the rows among blocks."""
    return [[b.text[x:y] for x, y in b.cells] for b in blocks if b.kind == "row"]


def write_rows(
    page: Sheet, rows: list[tuple[str, ...]], xs: list[float], *, step: float = 20
) -> None:
    """Write rows of cells, the first one bold."""
    for number, row in enumerate(rows):
        for x, text in zip(xs, row, strict=True):
            page.text(x, 114 + step * number, text, bold=number == 0)


def ruled(page: Sheet) -> None:
    page.grid([70, 350, 420], [100 + 20 * n for n in range(len(ROWS) + 1)])


def lined(page: Sheet) -> None:
    for number in range(len(ROWS) + 1):
        page.rule(70, 100 + 20 * number, 420, 100 + 20 * number)


def unruled(page: Sheet) -> None:
    del page


@pytest.mark.parametrize("draw", [ruled, lined, unruled])
def test_rows_have_the_same_cells_however_the_table_is_drawn(tmp_path: Path, draw: object) -> None:
    pdf = Pdf()
    page = pdf.page()
    write_rows(page, list(ROWS), [75, 360])
    draw(page)  # type: ignore[operator]
    blocks = blocks_of(pdf, tmp_path)
    assert cells(blocks) == [list(row) for row in ROWS]
    assert [block.context for block in blocks] == ["header", "data", "data", "data"]


def test_the_lines_of_a_ruled_cell_are_one_text(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.grid([70, 200, 350], [100, 150, 200])
    page.lines(75, 115, ["Recruit more", "officers"])
    page.lines(205, 115, ["Some letters were", "sent to all of the", "officers"])
    page.lines(75, 165, ["Train them"])
    page.lines(205, 165, ["None were trained", "at all"])
    assert cells(blocks_of(pdf, tmp_path)) == [
        ["Recruit more officers", "Some letters were sent to all of the officers"],
        ["Train them", "None were trained at all"],
    ]


def test_lines_well_apart_that_no_rule_parts_are_rows(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.grid([70, 350, 420], [100, 120, 200])
    write_rows(page, [("Overall", "Good"), ("Leadership", "Good"), ("Outcomes", "Weak")], [75, 360],
               step=24)  # fmt: skip
    assert cells(blocks_of(pdf, tmp_path)) == [
        ["Overall", "Good"],
        ["Leadership", "Good"],
        ["Outcomes", "Weak"],
    ]


def test_a_bold_row_of_one_cell_names_the_rows_under_it(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.grid([70, 350, 420], [100 + 20 * n for n in range(5)])
    write_rows(page, [("Standard", "Rating")], [75, 360])
    page.text(75, 134, "Organisation", bold=True)
    page.text(75, 154, "Leadership")
    page.text(360, 154, "Good")
    page.text(75, 174, "Staffing")
    page.text(360, 174, "Weak")
    blocks = blocks_of(pdf, tmp_path)
    assert [(block.context, block.text) for block in blocks] == [
        ("header", "Standard Rating"),
        ("group", "Organisation"),
        ("data", "Leadership Good"),
        ("data", "Staffing Weak"),
    ]


def test_a_cell_may_be_empty(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.grid([70, 200, 300, 420], [100, 120, 140, 160])
    write_rows(page, [("Name", "Note", "Rating"), ("Leadership", "", "Good"),
                      ("Staffing", "new", "Weak")], [75, 205, 305])  # fmt: skip
    assert cells(blocks_of(pdf, tmp_path))[1] == ["Leadership", "", "Good"]


def test_a_wrapped_line_of_an_unruled_table_belongs_to_the_row_above(tmp_path: Path) -> None:
    pdf = Pdf()
    rows = [
        ("Question", "Yes"),
        ("Is it safe for all", "16%"),
        ("of the people?", ""),
        ("Is it fair?", "30%"),
        ("Is it quick?", "7%"),
    ]
    write_rows(pdf.page(), list(rows), [75, 360], step=14)
    assert ["Is it safe for all of the people?", "16%"] in cells(blocks_of(pdf, tmp_path))


def test_a_title_that_wraps_before_its_page_number_is_one_entry(tmp_path: Path) -> None:
    pdf = Pdf()
    rows = [
        ("Contents", ""),
        ("Foreword", "3"),
        ("The local area", ""),
        ("and its people", "5"),
        ("Ratings", "8"),
        ("Annexe", "9"),
    ]
    write_rows(pdf.page(), list(rows), [75, 460], step=14)
    assert ["The local area and its people", "5"] in cells(blocks_of(pdf, tmp_path))


def test_a_row_that_the_page_cuts_off_is_read_by_the_borders_of_its_cells(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    xs = [70.0, 170.0, 300.0, 450.0]
    for y in (118, 150):
        for x0, x1 in pairwise(xs):
            page.rule(x0, y, x1, y)
    page.text(72, 60, "A heading that runs over the columns of the table", size=14)
    for x, head, first, rest in zip(
        xs,
        ("Outcome", "Source", "Indicator"),
        ("Violence", "MHSDS", "Assaults"),
        (["Self", "harm"], ["CQC"], ["Incidents", "reported", "late"]),
        strict=False,
    ):
        page.text(x + 4, 112, head, bold=True)
        page.text(x + 4, 138, first)
        page.lines(x + 4, 170, rest)
    assert cells(blocks_of(pdf, tmp_path)) == [
        ["Outcome", "Source", "Indicator"],
        ["Violence", "MHSDS", "Assaults"],
        ["Self harm", "CQC", "Incidents reported late"],
    ]


def test_numbered_paragraphs_are_no_table(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    for number in range(4):
        page.text(72, 100 + 20 * number, f"3.{number + 1}")
        page.text(130, 100 + 20 * number, "Staff remain alert to the risks that there may be")
    assert cells(blocks_of(pdf, tmp_path)) == []


def test_a_frame_around_a_text_is_no_table(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.grid([66, 500], [90, 160])
    page.lines(72, 110, ["The first line of the text in the frame", "and the second one of it."])
    (block,) = blocks_of(pdf, tmp_path)
    assert block.kind == "paragraph"


def test_a_drawn_table_that_cannot_be_read_stays_as_text_and_is_counted(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    xs = [70 + 30 * n for n in range(15)]  # fourteen columns are more than a row is read with
    for row in range(3):
        for column, x in enumerate(xs[:-1]):
            page.text(x + 5, 114 + 20 * row, f"{row}{column}")
    page.grid(xs, [100, 120, 140, 160])
    readable = pdf.page()
    write_rows(readable, list(ROWS), [75, 360])
    ruled(readable)
    document = read_document(pdf.save(tmp_path / "wide.pdf"))
    assert [unread_tables(sheet) for sheet in document.pages] == [1, 0]
    blocks = [b for b in read_layout(document).blocks if b.words[0].page == 1]
    said = " ".join(block.text for block in blocks).split()
    assert sorted(said) == sorted(f"{row}{column}" for row in range(3) for column in range(14))
    assert not any(block.kind == "row" and len(block.cells) > 12 for block in blocks)
