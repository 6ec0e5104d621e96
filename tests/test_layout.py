"""Lines as blocks: one small PDF for each lesson that a real report taught."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from indexer.layout import Layout, is_bullet, read_layout
from indexer.reading import read_document
from indexer.records import Block, Document
from tests.pdfs import Pdf

BODY = [
    "Inspectors read one hundred and twenty records and spoke to many",
    "of the people who had worked on them during the past twelve months",
    "and then wrote down what they had found in every one of the cases.",
]


def layout_of(pdf: Pdf, folder: Path) -> Layout:
    """Return the layout of a PDF, after checking that no word is lost or doubled."""
    document = read_document(pdf.save(folder / "one.pdf"))
    layout = read_layout(document)
    assert placed(layout) == printed(document)
    return layout


def printed(document: Document) -> Counter[tuple[int, float, float]]:
    """Return how often a word of the document begins at each place."""
    return Counter(
        (page.number, round(rect[0], 1), round(rect[1], 1))
        for page in document.pages
        for rect in (page.on_sheet(word.rect) for word in page.words)
    )


def placed(layout: Layout) -> Counter[tuple[int, float, float]]:
    """Return how often a word of the layout's blocks and furniture begins at each place."""
    return Counter(
        (word.page, round(word.rect[0], 1), round(word.rect[1], 1))
        for block in (*layout.blocks, *layout.furniture)
        for word in (*block.words, *block.signs)
    )


def texts(layout: Layout) -> list[str]:
    """Return the texts of all blocks in reading order."""
    return [block.text for block in layout.blocks]


def kinds(layout: Layout) -> list[tuple[str, str]]:
    """Return kind and text of all blocks in reading order."""
    return [(block.kind, block.text) for block in layout.blocks]


# Paragraphs


def test_wrapped_lines_are_a_paragraph_and_a_gap_ends_it(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 100, BODY)
    page.lines(72, 170, BODY[:2])
    assert texts(layout_of(pdf, tmp_path)) == [" ".join(BODY), " ".join(BODY[:2])]


def test_a_paragraph_goes_on_over_the_page_break(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page().lines(72, 700, BODY[:2])
    pdf.page().lines(72, 100, BODY[2:])
    (block,) = layout_of(pdf, tmp_path).blocks
    assert block.text == " ".join(BODY)
    assert block.pages == (1, 2)


def test_a_full_sentence_ends_before_the_page_break(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page().lines(72, 700, BODY)
    pdf.page().lines(72, 100, ["The next page begins with a sentence of its own."])
    assert len(layout_of(pdf, tmp_path).blocks) == 2


def test_a_heading_is_not_joined_to_the_heading_of_the_next_page(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page().text(72, 700, "Information about this inspection", bold=True)
    pdf.page().text(72, 100, "The local authority and its partners", bold=True)
    assert len(layout_of(pdf, tmp_path).blocks) == 2


def test_a_heading_over_two_lines_is_one_block(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 100, ["The experiences and progress of children", "looked after"], size=14,
               bold=True, leading=17)  # fmt: skip
    page.lines(72, 150, BODY)
    first, second = layout_of(pdf, tmp_path).blocks
    assert first.text == "The experiences and progress of children looked after"
    assert (first.size, first.bold, second.bold) == (14, True, False)


def test_small_type_within_a_sentence_does_not_part_it(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 100, "The estimates for the year that are given here come from the annual")
    page.text(408, 100, "statistics and the", size=9)
    page.text(72, 114, "report that the service publishes", size=9)
    page.text(220, 114, "every year in the month of June.")
    assert len(layout_of(pdf, tmp_path).blocks) == 1


@pytest.mark.parametrize(
    ("known", "expected"),
    [("safeguarding", "The safeguarding of"), ("elsewhere", "The safe-guarding of")],
)
def test_a_hyphen_at_the_end_of_a_line_goes_only_where_the_word_is_known(
    tmp_path: Path, known: str, expected: str
) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 100, ["The safe-", f"guarding of children is strong and {known} as well"])
    (block,) = layout_of(pdf, tmp_path).blocks
    assert block.text.startswith(expected)


def test_a_hyphen_at_the_end_of_a_page_goes_in_the_same_way(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page().lines(72, 700, ["Good assessment of the needs of all the children and the safe-"])
    pdf.page().lines(72, 100, ["guarding of them: safeguarding is strong."])
    (block,) = layout_of(pdf, tmp_path).blocks
    assert "the safeguarding of them" in block.text
    assert all(block.text[w.start : w.end] for w in block.words)


# Bullets


def test_bullets_drawn_last_lead_their_own_lines(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(90, 100, ["The first strength that was found", "goes on over a second line"])
    page.lines(90, 136, ["The second strength is short"])
    for y in (100, 136):
        page.text(72, y, "•")
    assert kinds(layout_of(pdf, tmp_path)) == [
        ("bullet", "The first strength that was found goes on over a second line"),
        ("bullet", "The second strength is short"),
    ]


def test_a_bullet_and_its_sign_are_kept_apart(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 100, "•")
    page.text(90, 100, "Leaders know the service")
    (block,) = layout_of(pdf, tmp_path).blocks
    (sign,) = block.signs
    assert (sign.start, sign.end, sign.page) == (0, 0, 1)
    assert sign.rect[0] == 72


@pytest.mark.parametrize("lead", ["1.", "(a)", "27."])
def test_a_number_leads_an_entry_of_its_own_and_stays_in_the_text(
    tmp_path: Path, lead: str
) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 100, [f"{lead} Recruit more officers and", f"{lead} Train all of them"])
    found = kinds(layout_of(pdf, tmp_path))
    assert found == [
        ("bullet", f"{lead} Recruit more officers and"),
        ("bullet", f"{lead} Train all of them"),
    ]


def test_a_figure_that_ends_a_sentence_at_a_line_start_is_no_list_number(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 100, ["Checks were made and a reply was on file in", "54. Access was quick."])
    found = kinds(layout_of(pdf, tmp_path))
    assert found == [
        ("paragraph", "Checks were made and a reply was on file in 54. Access was quick.")
    ]


@pytest.mark.parametrize(("signs", "expected"), [("•–■\uf0b7o", True), ("a1£“(", False)])
def test_a_bullet_is_one_sign_that_is_no_letter_figure_quote_or_currency(
    signs: str, expected: bool
) -> None:
    assert {is_bullet(sign) for sign in signs} == {expected}
    assert not is_bullet("••")


def test_a_bullet_goes_on_over_the_page_break_and_the_next_paragraph_does_not(
    tmp_path: Path,
) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 700, "•")
    page.text(90, 700, "Visits take place in private and")
    page = pdf.page()
    page.text(90, 100, "are not observed by staff")
    page.lines(72, 130, BODY)
    assert kinds(layout_of(pdf, tmp_path)) == [
        ("bullet", "Visits take place in private and are not observed by staff"),
        ("paragraph", " ".join(BODY)),
    ]


# Columns


def test_two_columns_are_read_one_after_the_other_and_a_sentence_runs_across(
    tmp_path: Path,
) -> None:
    pdf = Pdf()
    page = pdf.page()
    left = [
        "Staff know the children well",
        "and visit them often, and the",
        "plans that they make are of a",
    ]
    right = [
        "high quality. Managers look",
        "at every case once a month",
        "and write down what they see.",
    ]
    page.lines(72, 100, left)
    page.lines(300, 100, right)
    (block,) = layout_of(pdf, tmp_path).blocks
    assert block.text == " ".join(left + right)


def test_words_beside_the_rule_of_a_box_are_not_read_across(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.grid([66, 354, 530], [90, 140])
    page.grid([66, 530], [140, 260])
    page.lines(72, 105, ["The experiences and progress of", "children who need help"], bold=True)
    page.text(360, 112, "Requires improvement", bold=True)
    page.lines(72, 160, BODY)
    assert texts(layout_of(pdf, tmp_path)) == [
        "The experiences and progress of children who need help",
        "Requires improvement",
        " ".join(BODY),
    ]


def test_words_set_across_the_page_are_blocks_behind_its_text(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(30, 600, "Confidential draft", turn=90)
    page.lines(72, 100, BODY)
    assert texts(layout_of(pdf, tmp_path)) == [" ".join(BODY), "Confidential draft"]


def test_a_turned_page_is_read_like_any_other_and_its_boxes_are_the_files_own(
    tmp_path: Path,
) -> None:
    pdf = Pdf()
    page = pdf.page(rotate=90)
    for number, line in enumerate(BODY):
        page.text(200 + 14 * number, 700, line, turn=90)
    (block,) = layout_of(pdf, tmp_path).blocks
    assert block.text == " ".join(BODY)
    # On the PDF's own page the text climbs, and its lines stand side by side.
    first, second = block.words[0], block.words[1]
    assert second.rect[1] > first.rect[1]
    assert second.rect[0] == pytest.approx(first.rect[0], abs=0.01)


# Furniture


def test_headers_footers_and_what_lies_off_the_page_are_no_text(tmp_path: Path) -> None:
    pdf = Pdf()
    for number in range(1, 5):
        page = pdf.page()
        page.lines(72, 30, ["Inspection of lighthouses", "North coast"], size=8, leading=10)
        page.lines(72, 100 + number, [f"{'ABCDE'[number]} " + line for line in BODY])
        page.text(280, 820, f"{number + 10}", size=9)
        page.text(72, 860, "plate 7", size=9)
    layout = layout_of(pdf, tmp_path)
    assert len(layout.blocks) == 4
    assert layout.labels == ("11", "12", "13", "14")
    assert {block.text for block in layout.furniture} == {
        "Inspection of lighthouses", "North coast", "plate 7", "11", "12", "13", "14"}  # fmt: skip


def test_pages_with_nothing_but_recurring_lines_keep_them_as_text(tmp_path: Path) -> None:
    pdf = Pdf()
    for number in range(1, 5):
        pdf.page().text(72, 60, f"Sheet {number}")
    layout = layout_of(pdf, tmp_path)
    assert texts(layout) == ["Sheet 1", "Sheet 2", "Sheet 3", "Sheet 4"]


def test_a_row_of_signs_is_an_ornament(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 100, BODY)
    page.text(72, 160, "__________________")
    assert texts(layout_of(pdf, tmp_path)) == [" ".join(BODY)]


# Footnotes


def a_page_with_notes(pdf: Pdf, lines: list[str]) -> None:
    """Add a page with body text and small lines at its foot."""
    page = pdf.page()
    page.lines(72, 100, BODY * 2)
    page.lines(72, 700, lines, size=8, leading=10)


def test_footnotes_are_blocks_behind_the_page_with_their_marks_apart(tmp_path: Path) -> None:
    pdf = Pdf()
    a_page_with_notes(
        pdf, ["1 Census 2021.", "2 Ministry of Justice, Statistics,", "January 2024."]
    )
    body, first, second = layout_of(pdf, tmp_path).blocks
    assert body.kind == "paragraph"
    assert (first.kind, first.context, first.text) == ("footnote", "1", "Census 2021.")
    assert second.context == "2"
    assert second.text == "Ministry of Justice, Statistics, January 2024."
    assert len(first.signs) == 1


def test_a_footnote_may_be_called_by_a_number_in_brackets(tmp_path: Path) -> None:
    pdf = Pdf()
    a_page_with_notes(pdf, ["[3] These are schools for children who live there."])
    note = layout_of(pdf, tmp_path).blocks[-1]
    assert (note.kind, note.context) == ("footnote", "3")


def test_a_page_cut_by_a_footnote_goes_on_where_it_was(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.lines(72, 600, BODY[:2])
    page.text(72, 760, "1 Census 2021.", size=8)
    pdf.page().lines(72, 100, BODY[2:])
    assert kinds(layout_of(pdf, tmp_path)) == [
        ("paragraph", " ".join(BODY)),
        ("footnote", "Census 2021."),
    ]


# Tables


def row_cells(block: Block) -> list[str]:
    """Return the texts of a row's cells."""
    return [block.text[start:end] for start, end in block.cells]


def a_table(pdf: Pdf, rows: list[tuple[str, str]], *, top: float = 100, foot: bool = True) -> None:
    """Add a page with a ruled table of two columns, one line a row, the first row bold."""
    page = pdf.page()
    page.grid([72, 300, 500], [top + 20 * n for n in range(len(rows) + foot)])
    for number, (left, right) in enumerate(rows):
        page.text(76, top + 14 + 20 * number, left, bold=number == 0)
        page.text(304, top + 14 + 20 * number, right, bold=number == 0)


def test_a_table_over_two_pages_keeps_one_head(tmp_path: Path) -> None:
    pdf = Pdf()
    a_table(pdf, [("Recommendation", "Progress"), ("Recruit", "Some"), ("Train", "None")], top=700)
    a_table(pdf, [("Recommendation", "Progress"), ("Plan", "Full"), ("Visit", "Some")])
    layout = layout_of(pdf, tmp_path)
    assert [row_cells(block) for block in layout.blocks] == [
        ["Recommendation", "Progress"],
        ["Recruit", "Some"],
        ["Train", "None"],
        ["Plan", "Full"],
        ["Visit", "Some"],
    ]
    assert [block.context for block in layout.blocks] == ["header", *["data"] * 4]
    assert len({block.level for block in layout.blocks}) == 1
    assert [block.text for block in layout.furniture] == ["Recommendation Progress"]


def test_a_row_that_a_page_cuts_is_one_row(tmp_path: Path) -> None:
    pdf = Pdf()
    a_table(pdf, [("Recommendation", "Action"), ("Recruit", "Letters were sent to")], top=780)
    a_table(pdf, [("Recommendation", "Action"), ("", "all of the officers"), ("Train", "None")])
    found = [row_cells(block) for block in layout_of(pdf, tmp_path).blocks]
    assert found == [
        ["Recommendation", "Action"],
        ["Recruit", "Letters were sent to all of the officers"],
        ["Train", "None"],
    ]


def test_two_tables_that_share_no_page_break_are_two(tmp_path: Path) -> None:
    pdf = Pdf()
    a_table(pdf, [("Grade", "Posts"), ("Officer", "12"), ("Manager", "3")])
    pdf.pages[0].lines(72, 300, BODY)
    a_table(pdf, [("Question", "Yes"), ("Is it safe?", "16%"), ("Is it fair?", "30%")])
    blocks = [b for b in layout_of(pdf, tmp_path).blocks if b.kind == "row"]
    assert len({block.level for block in blocks}) == 2


def test_entries_of_a_contents_list_are_blocks_of_their_own(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    entries = [
        ("Foreword", "3"),
        ("The local area and", ""),
        ("its people", "5"),
        ("Ratings ....", "8"),
    ]
    for n, (title, number) in enumerate(entries):
        page.text(72, 100 + 13 * n, title)
        page.text(500, 100 + 13 * n, number)
    found = [block.text for block in layout_of(pdf, tmp_path).blocks]
    assert found == ["Foreword 3", "The local area and its people 5", "Ratings.... 8"]
