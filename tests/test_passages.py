"""Sections cut into passages: what belongs together stays so, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from indexer.layout import read_layout
from indexer.outline import read_sections
from indexer.passages import PassageSettings, cut_passages
from indexer.reading import read_document
from indexer.records import Block, BlockKind, Passage, Section, TextWord
from tests.pdfs import Pdf

SETTINGS = PassageSettings(min_words=5, max_words=12)


def block(text: str, *, kind: BlockKind = "paragraph", page: int = 1, mark: str = "") -> Block:
    """Return a block whose words are ten points apart; a mark stands behind its last word."""
    words, at = [], 0
    for number, part in enumerate(text.split()):
        start = text.index(part, at)
        at = start + len(part)
        words.append(TextWord(start, at, page, (10.0 * number, 0, 10.0 * number + 9, 10)))
    if mark:
        words[-1] = replace(words[-1], mark=mark)
    return Block(kind, text, tuple(words))


def row(*cells: str, context: str = "data", level: int = 1) -> Block:
    """Return a row of a table."""
    text = " ".join(cell for cell in cells if cell)
    spans, at = [], 0
    for cell in cells:
        start = text.index(cell, at) if cell else at
        at = start + len(cell)
        spans.append((start, at))
    return replace(block(text, kind="row"), context=context, level=level, cells=tuple(spans))


def cut(*blocks: Block, path: tuple[str, ...] = ("Findings",)) -> tuple[Passage, ...]:
    """Return the passages of one section."""
    return cut_passages([Section(path, 1, blocks)], report="r", settings=SETTINGS)


def unit_texts(passage: Passage) -> list[str]:
    """Return the texts of a passage's units."""
    return [passage.text[start:end] for start, end in passage.units]


def test_short_blocks_are_joined_until_they_are_long_enough() -> None:
    found = cut(block("One two."), block("Three four."), block("Five six seven."), block("Eight."))
    assert [p.text for p in found] == ["One two.\nThree four.\nFive six seven.", "Eight."]
    assert unit_texts(found[0]) == ["One two.", "Three four.", "Five six seven."]


def test_long_blocks_are_cut_at_sentence_ends_into_parts_of_like_length() -> None:
    text = "One two three four five six. Seven eight nine ten. One two three four five six seven."
    first, second = cut(block(text))
    assert first.text + " " + second.text == text
    assert first.text == "One two three four five six. Seven eight nine ten."


def test_a_sentence_over_the_limit_is_cut_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(30))
    found = cut(block(text))
    assert " ".join(p.text for p in found) == text
    assert max(len(p.text.split()) for p in found) <= 12


def test_a_lead_in_stays_with_what_it_leads() -> None:
    found = cut(block("One two."), block("Leaders should now:"), block("recruit;", kind="bullet"))
    assert [p.text for p in found] == ["One two.\nLeaders should now:\nrecruit;"]


def test_passages_of_two_sections_are_never_one() -> None:
    sections = [Section(("A",), 1, (block("One."),)), Section(("B",), 1, (block("Two."),))]
    found = cut_passages(sections, report="r", settings=SETTINGS)
    assert [(p.ordinal, p.section, p.text) for p in found] == [
        (0, ("A",), "One."),
        (1, ("B",), "Two."),
    ]


def test_rows_carry_the_name_of_the_section_the_group_and_the_columns() -> None:
    found = cut(
        row("Standard", "Rating", context="header"),
        row("Delivery", context="group"),
        row("P 2.1 Assessment", "Inadequate"),
        path=("Ratings",),
    )
    last = found[-1]
    assert (last.kind, last.text) == ("row", "P 2.1 Assessment Inadequate")
    assert last.context == "Ratings › Delivery › Standard | Rating"
    assert last.header == ("Standard", "Rating")
    assert [last.text[a:b] for a, b in last.cells] == ["P 2.1 Assessment", "Inadequate"]
    assert unit_texts(last) == ["P 2.1 Assessment Inadequate"]


def test_a_second_table_does_not_take_the_columns_of_the_first() -> None:
    found = cut(
        row("Standard", "Rating", context="header"),
        row("Staffing", "Good"),
        row("Does it work?", "16%", level=2),
    )
    assert [(p.text, p.header) for p in found] == [
        ("Standard Rating", ()),
        ("Staffing Good", ("Standard", "Rating")),
        ("Does it work? 16%", ()),
    ]


def test_long_cells_are_cited_sentence_by_sentence_and_short_ones_together() -> None:
    long = " ".join(f"word{n}" for n in range(55)) + ". It ended."
    (found,) = cut(row("Recruit", long, "Some progress", "Yes"))
    assert unit_texts(found) == [
        "Recruit",
        long[: -len(" It ended.")],
        "It ended.",
        "Some progress Yes",
    ]


def test_a_footnote_is_a_passage_of_the_section_that_calls_it() -> None:
    called = block("The area has many people", mark="3")
    note = replace(block("Census 2021.", kind="footnote"), context="3")
    sections = [Section(("Area",), 1, (called,)), Section(("Next",), 1, (note,))]
    found = cut_passages(sections, settings=SETTINGS)
    assert [(p.kind, p.section, p.context) for p in found] == [
        ("text", ("Area",), ""),
        ("footnote", ("Area",), "Footnote 3: The area has many people"),
    ]


def test_a_footnote_that_nothing_calls_stays_where_it_is() -> None:
    note = replace(block("Census 2021.", kind="footnote"), context="3")
    (found,) = cut(note)
    assert (found.section, found.context) == (("Findings",), "Footnote 3")


def test_entries_of_the_contents_list_are_no_passages() -> None:
    found = cut(block("Foreword 3"), block("About this list of things."), path=("Contents",))
    assert [p.text for p in found] == ["About this list of things."]


def test_a_heading_that_nothing_stands_under_is_a_passage_and_one_that_leads_is_none() -> None:
    sections = [
        Section(("A",), 1, (block("A", kind="heading"),)),
        Section(("A", "B"), 1, (block("B", kind="heading"), block("Text."))),
        Section(("Version 2",), 1, (block("Version 2", kind="heading"),)),
    ]
    found = cut_passages(sections, settings=SETTINGS)
    assert [(p.section, p.text) for p in found] == [(("A", "B"), "Text."), ((), "Version 2")]


# Whatever is cut


LONG = "The service has leaders. They are known to all of the staff and visit often. " * 6


@pytest.mark.parametrize(
    "blocks",
    [
        [block(LONG.strip())],
        [block("Short."), block(LONG.strip()), block("Shorter.", kind="bullet")],
        [block("e.g. this"), block("No. 7 is here (see p. 4). Then more!")],
        [row("Recruit", LONG.strip(), "", "Yes"), block("After it.")],
    ],
)
def test_units_cover_a_passage_and_passages_lose_nothing(blocks: list[Block]) -> None:
    found = cut(*blocks)
    assert "".join("".join(p.text.split()) for p in found) == "".join(
        "".join(b.text.split()) for b in blocks
    )
    for passage in found:
        check_passage(passage)
    assert sum(len(p.words) for p in found) == sum(len(b.words) for b in blocks)


def check_passage(passage: Passage) -> None:
    """Check that units cover a passage's text and that each word's span holds one word."""
    covered = set()
    for start, end in passage.units:
        assert 0 <= start < end <= len(passage.text)
        assert not covered & set(range(start, end))
        covered |= set(range(start, end))
    assert all(c.isspace() for n, c in enumerate(passage.text) if n not in covered)
    for word in passage.words:
        text = passage.text[word.start : word.end]
        assert text
        assert not any(c.isspace() for c in text)


def test_a_report_from_page_to_passages_keeps_marks_pages_and_boxes(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 80, "1. The area", size=16, bold=True)
    page.lines(72, 110, ["There were 20,184² people on probation in the region when the", "service"
               " was inspected for the first time in all of those years."])  # fmt: skip
    page.text(72, 780, "2 Ministry of Justice.", size=8)
    document = read_document(pdf.save(tmp_path / "one.pdf"))
    text, note = cut_passages(read_sections(document, read_layout(document)))
    assert text.text.startswith("There were 20,184 people")
    (marked,) = [word for word in text.words if word.mark]
    assert text.text[marked.start : marked.end] == "20,184"
    assert note.context.startswith("Footnote 2: There were 20,184 people on probation")
    assert (text.pages, note.section) == ((1,), ("1. The area",))
