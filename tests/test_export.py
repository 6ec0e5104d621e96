"""What is taken elsewhere: opened again as Word and CSV, every quote is there and does nothing."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import docx
import pytest

from qa.changes import Change, Changed, Progress, Value
from qa.filters import Filters
from qa.records import Answer, Citation, Sentence
from qa.views import downloads, export, sheet, strings, word
from qa.views.asking import Asked, Told
from tests.test_views import HOSTILE

AT = "2026-05-04T10:05:59+01:00"
TITLES = {"lights": "Of lighthouses", "harbour": "Of the harbour"}
KEEPERS = Citation(1, "lights", 3, "iii", ("1. Keepers", "Staff"), "Two keepers\nleft in May.", ())
OIL = Citation(2, "lights", 4, "", ("2. Oil",), "900 litres of oil were left.", (), ocr=True)
ANSWER = Answer(
    "Who left?",
    "answered",
    "Two keepers left in May [1]. 900 litres of oil were left [2].",
    0.9,
    (
        Sentence("Two keepers left in May [1].", (1,)),
        Sentence("900 litres of oil were left [2].", (2,)),
    ),
    (KEEPERS, OIL),
)
LIMITS = Filters(years=("2023", "2024"))
SAID = Told(Asked("Who left?", ("lights",), "strict", LIMITS), "000001-ab", ANSWER, TITLES, AT)
NOTHING = Told(
    Asked("Who left?", ("harbour",)),
    "000001-ab",
    Answer("Who left?", "no_answer", "This report does not say.", 0.1),
    TITLES,
    AT,
)
EARLIER = Value("a-2023", "Inadequate", 4, "4", "Oil Inadequate", ())
LATER = Value("a-2025", "Good", 5, "", "Oil Good", ())
CHANGED = Changed(
    "A in 2023",
    "A in 2025",
    (
        Change("rating", "P 1.1", "Oil", EARLIER, LATER, "better"),
        Change("key question", "P 1.1", "Is it lit?", None, LATER, "new"),
        Change("score", "", "Overall", EARLIER, LATER, "worse", -2.0),
    ),
    (Progress("Mend the mast.", Value("a-2025", "Some progress", 6, "6", "The mast stands.", ())),),
)


def hostile(text: str) -> Told:
    """Return an answer in which every text is another's."""
    source = Citation(1, text, 3, text, (text,), text, ())
    said = Answer(text, "answered", f"{text} [1].", 0.9, (Sentence(f"{text} [1].", (1,)),))
    return Told(Asked(text, (text,)), text, replace(said, citations=(source,)), {text: text}, AT)


# CSV


def test_each_source_is_a_row_of_the_record() -> None:
    heads, first, second = rows(sheet.answers_csv([SAID]))
    assert tuple(heads) == sheet.ANSWER_HEADS
    assert first == [
        AT, "000001-ab", "Who left?", "lights", "Year: 2023, 2024", "Strict",
        "answered", "0.9000", "Nearly certain", ANSWER.text, "Two keepers left in May [1].",
        "1", "lights", "Of lighthouses", "1. Keepers › Staff", "iii", "3",
        "Two keepers left in May.", "no",
    ]  # fmt: skip
    assert second[10:] == [
        "900 litres of oil were left [2].", "2", "lights", "Of lighthouses", "2. Oil", "", "4",
        "900 litres of oil were left.", "yes",
    ]  # fmt: skip


def test_what_was_not_found_is_a_row_too() -> None:
    heads, *found = rows(sheet.answers_csv([SAID, NOTHING]))
    assert len(found) == 3
    last = dict(zip(heads, found[-1], strict=True))
    assert (last["reports asked"], last["status"]) == ("harbour", "no answer")
    assert last["answer"] == "This report does not say."
    assert last["how sure"] == last["quote"] == last["source"] == ""


def test_what_changed_as_rows() -> None:
    heads, *found = rows(sheet.changes_csv(CHANGED, "000001-ab", AT))
    assert tuple(heads) == sheet.CHANGE_HEADS
    assert found == [
        [AT, "000001-ab", "rating", "P 1.1", "Oil", "Better", "",
         "a-2023", "Inadequate", "4", "4", "Oil Inadequate", "a-2025", "Good", "", "5", "Oil Good"],
        [AT, "000001-ab", "key question", "P 1.1", "Is it lit?", "Only in the later report", "",
         "", "", "", "", "", "a-2025", "Good", "", "5", "Oil Good"],
        [AT, "000001-ab", "score", "", "Overall", "Worse, by 2", "-2",
         "a-2023", "Inadequate", "4", "4", "Oil Inadequate", "a-2025", "Good", "", "5", "Oil Good"],
        [AT, "000001-ab", "progress", "", "Mend the mast.", "Some progress", "",
         "", "", "", "", "", "a-2025", "Some progress", "6", "6", "The mast stands."],
    ]  # fmt: skip


FORMULAS = (
    '=HYPERLINK("http://elsewhere.test","x")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r\n=1", " =1",
    "a;=1+1", "a ;\t@SUM(1)", '";=1+1', "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "\x00=1",
    "\u202e=1", "=cmd|' /C calc'!A0",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_takes_a_text_for_a_formula(text: str) -> None:
    data = sheet.answers_csv([hostile(text), NOTHING])
    for delimiter in ",;\t":
        for row in rows(data, delimiter):
            for cell in row:
                risky = re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)
                assert not risky or re.fullmatch(r"-?\d+", cell), cell
    quote = rows(data)[1][17]
    assert quote.replace("'", "") == export.line(text).replace("'", "")  # and all of it is there


def test_a_text_that_is_no_formula_stays_as_it_is() -> None:
    for text in ("P 1.2 = good", "up to 5-6 boats; 3 left", "e-mail a@b.test", "“-” and –5"):
        assert sheet.harmless(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_every_row_has_every_column_whatever_a_text_says(text: str) -> None:
    for row in rows(sheet.answers_csv([hostile(text), SAID])):
        assert len(row) == len(sheet.ANSWER_HEADS)


def test_a_table_says_what_it_is_written_in() -> None:
    assert sheet.answers_csv([SAID]).startswith(b"\xef\xbb\xbf")


# Word


def test_a_document_opened_again_has_the_answer_and_its_quotes() -> None:
    document = opened(word.answers_document([SAID, NOTHING]))
    assert [(p.style.name, p.text) for p in document.paragraphs] == [
        ("Title", "Answers from the reports"),
        ("Heading 1", "Who left?"),
        ("List Bullet", "Two keepers left in May [1]."),
        ("List Bullet", "900 litres of oil were left [2]."),
        ("Normal", "Nearly certain"),
        ("Heading 2", strings.SOURCES),
        ("Normal", "[1] Of lighthouses (lights), 1. Keepers › Staff, "
         "Printed page iii · PDF page 3"),
        ("Quote", "“Two keepers left in May.”"),
        ("Normal", "[2] Of lighthouses (lights), 2. Oil, PDF page 4 (no number is printed on it)"
         " · read by OCR"),
        ("Quote", "“900 litres of oil were left.”"),
        ("Normal", "Index 000001-ab. Asked on 4 May 2026, 09:05 UTC of lights. "
         "Filters: Year: 2023, 2024. Caution: Strict."),
        ("Heading 1", "Who left?"),
        ("Normal", "This report does not say."),
        ("Normal", "Index 000001-ab. Asked on 4 May 2026, 09:05 UTC of harbour. "
         "Filters: none. Caution: Balanced."),
    ]  # fmt: skip
    about = document.core_properties
    assert (about.title, about.author, about.language) == (
        "Answers from the reports", "Report QA", "en-GB",
    )  # fmt: skip
    assert f"{about.created:%Y-%m-%d %H:%M}" == "2026-05-04 09:05"
    assert about.comments == ""


def test_a_comparison_is_a_table_with_a_row_for_each_report() -> None:
    document = opened(word.comparison_document([SAID, NOTHING]))
    (table,) = document.tables
    assert cells_of(table) == [
        ["Report", "Answer"],
        ["Of lighthouses (lights)", f"{ANSWER.text} (Nearly certain)"],
        ["Of the harbour (harbour)", "Not in this report"],
    ]
    quotes = [p.text for p in document.paragraphs if p.style.name == "Quote"]
    assert quotes == ["“Two keepers left in May.”", "“900 litres of oil were left.”"]
    assert document.paragraphs[-1].text == (
        "Index 000001-ab. Asked on 4 May 2026, 09:05 UTC of each of these reports by itself. "
        "Filters: Year: 2023, 2024. Caution: Strict."
    )
    assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")  # repeated on every page


def test_what_changed_is_a_table_with_the_pages_of_both() -> None:
    document = opened(word.comparison_document([], CHANGED, snapshot="000001-ab", at=AT))
    changed, became = document.tables
    assert cells_of(changed) == [
        ["Rated", "A in 2023", "A in 2025", "Change"],
        ["P 1.1 Oil", "Inadequate (Printed page 4 · PDF page 4)",
         "Good (PDF page 5 (no number is printed on it))", "Better"],
        ["P 1.1 Is it lit?", "not there", "Good (PDF page 5 (no number is printed on it))",
         "Only in the later report"],
        ["Overall score", "Inadequate (Printed page 4 · PDF page 4)",
         "Good (PDF page 5 (no number is printed on it))", "Worse, by 2"],
    ]  # fmt: skip
    assert cells_of(became)[1] == [
        "Mend the mast.", "Some progress (Printed page 6 · PDF page 6)",
    ]  # fmt: skip
    assert document.paragraphs[-1].text == "Index 000001-ab. 4 May 2026, 09:05 UTC"


@pytest.mark.parametrize(
    "text", [*HOSTILE, "a\x00\x08\x0b\x1f\ufffe\uffffb", "]]>&<w:p/>", "x" * 40_000]
)
def test_a_document_holds_any_text_as_text(text: str) -> None:
    data = word.answers_document([hostile(text)]) + b""
    document = opened(data)
    said = word.holdable(text)
    assert document.paragraphs[1].text == said
    assert document.paragraphs[2].text == f"{said} [1]."
    assert f"“{said}”" in [p.text for p in document.paragraphs]
    assert opened(word.comparison_document([hostile(text)])).tables
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert parts.testzip() is None
        related = [name for name in parts.namelist() if name.endswith(".rels")]
        assert all(b'TargetMode="External"' not in parts.read(name) for name in related)


@pytest.mark.parametrize("at", ["", "yesterday"])
def test_a_time_that_is_none_is_left_out_or_given_as_it_is(at: str) -> None:
    document = opened(word.answers_document([replace(SAID, at=at)]))
    asked = f"Asked on {at} of lights" if at else "Asked of lights"
    assert document.paragraphs[-1].text == (
        f"Index 000001-ab. {asked}. Filters: Year: 2023, 2024. Caution: Strict."
    )


# Text and Markdown


def test_a_comparison_as_text() -> None:
    assert export.comparison_text([SAID, NOTHING]) == (
        "Who left?\n\nOf lighthouses (lights)\nTwo keepers left in May [1].\n"
        "900 litres of oil were left [2].\n"
        "[1] Of lighthouses (lights), 1. Keepers › Staff, Printed page iii · PDF page 3\n"
        "    “Two keepers left in May.”\n"
        "[2] Of lighthouses (lights), 2. Oil, PDF page 4 (no number is printed on it)\n"
        "    “900 litres of oil were left.”\n\n"
        "Of the harbour (harbour)\nThis report does not say.\n\n"
        "Index 000001-ab. Asked on 4 May 2026, 09:05 UTC of each of these reports by itself. "
        "Filters: Year: 2023, 2024. Caution: Strict.\n"
    )
    assert export.comparison_text([]) == export.comparison_markdown([]) == ""


def test_a_comparison_as_markdown() -> None:
    said = export.comparison_markdown([NOTHING, SAID])
    assert said.startswith(
        "## Who left?\n\n### Of the harbour (harbour)\n\nThis report does not say.\n\n"
        "### Of lighthouses (lights)\n\nTwo keepers left in May \\[1\\].\n\n"
    )
    assert "\n\n> Two keepers left in May.\n\n" in said
    assert said.endswith(
        "_Index 000001-ab. Asked on 4 May 2026, 09:05 UTC of each of these reports by itself. "
        "Filters: none. Caution: Balanced._\n"
    )


def test_changes_as_markdown_and_as_text() -> None:
    table = export.changes_markdown(CHANGED, "000001-ab").split("\n\n")[1]
    assert table.split("\n")[:3] == [
        "| Rated | A in 2023 | A in 2025 | Change |",
        "| --- | --- | --- | --- |",
        "| P 1.1 Oil | Inadequate (Printed page 4 · PDF page 4) | "
        "Good (PDF page 5 (no number is printed on it)) | Better |",
    ]
    assert "P 1.1 Oil: Inadequate (Printed page 4 · PDF page 4) → Good" in export.changes_text(
        CHANGED, "000001-ab"
    )


def test_a_session_says_when_each_answer_was_given_and_of_which_reports() -> None:
    said = export.session_markdown([SAID, replace(SAID, asked=Asked("Who left?"))])
    assert (
        "\n\n_Index 000001-ab. Asked on 4 May 2026, 09:05 UTC of lights. "
        "Filters: Year: 2023, 2024. Caution: Strict._\n\n##" in said
    )
    assert said.endswith("UTC of all reports. Filters: none. Caution: Balanced._\n")
    assert export.as_text(SAID).endswith(
        "\n\nIndex 000001-ab. Asked on 4 May 2026, 09:05 UTC of lights. "
        "Filters: Year: 2023, 2024. Caution: Strict.\n"
    )


def test_a_record_names_kinds_of_findings_as_the_page_does() -> None:
    asked = Asked("Who left?", filters=Filters(kinds=("improvement",), standards=("P 1.2",)))
    assert export.limits_of(replace(SAID, asked=asked)) == (
        "Standard: P 1.2; Kind of finding: Area for improvement"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_markdown_has_markup_of_a_reports_own(text: str) -> None:
    bad = Value(text, text, 1, text, text, ())
    changed = Changed(text, text, (Change("rating", text, text, bad, bad, "same"),), ())
    for said in (
        export.session_markdown([hostile(text)]),
        export.comparison_markdown([hostile(text)]),
        export.changes_markdown(changed, text),
    ):
        assert not re.search(r"(?<!\\)[<`]|(?<!\\)\]\(|(?<!\\)!\\?\[", said)
    rows_ = export.changes_markdown(changed, text).split("\n")
    (row,) = [line for line in rows_ if line.startswith("| ") and "---" not in line][1:]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5  # no cell begins another


def test_files_are_named_after_the_question() -> None:
    assert export.file_name("Who left?", "docx") == "who-left.docx"
    assert export.file_name("../../etc/passwd", "csv") == "etc-passwd.csv"


def test_the_menu_of_a_comparison_has_what_there_is() -> None:
    both = downloads.comparison([SAID, NOTHING], CHANGED, "000001-ab")
    assert [(file.label, file.ending) for file in both] == [
        (strings.DOWNLOAD_WORD, "docx"),
        (strings.DOWNLOAD_MARKDOWN, "md"),
        (strings.DOWNLOAD_CHANGES_CSV, "csv"),
        (strings.DOWNLOAD_CSV, "csv"),
    ]
    document, text, changed, sources = [file.make() for file in both]
    assert [len(table.rows) for table in opened(document).tables] == [4, 2, 3]
    assert str(text).index("What changed since") < str(text).index("## Who left?")
    assert len(rows(changed)) == 5
    assert len(rows(sources)) == 4
    asked = downloads.comparison([SAID], None, "000001-ab")
    assert [file.label for file in asked] == [
        strings.DOWNLOAD_WORD, strings.DOWNLOAD_MARKDOWN, strings.DOWNLOAD_CSV,
    ]  # fmt: skip


# What the tests look with


def rows(data: Any, delimiter: str = ",") -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def opened(data: Any) -> Any:
    return docx.Document(io.BytesIO(data))


def cells_of(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]
