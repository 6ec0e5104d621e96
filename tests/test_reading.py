"""What a PDF says before anyone interprets it: words, boxes, marks, turns, labels, refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from pypdf.constants import PageLabelStyle

from indexer.errors import (
    DamagedPdf,
    EncryptedPdf,
    NoPages,
    NotAPdf,
    NoText,
    ReportRefused,
    TooLarge,
)
from indexer.reading import plain, read_document, render_page, shown_rects
from indexer.records import Page, Word
from indexer.text import fold
from tests.pdfs import Pdf


def words_of(pdf: Pdf, folder: Path) -> tuple[Word, ...]:
    """Return the words of a PDF's first page."""
    return read_document(pdf.save(folder / "one.pdf")).pages[0].words


def read_back(path: Path, page: int, rect: tuple[float, float, float, float]) -> str:
    """Return the text that pdfium finds in a rectangle of a page."""
    with pdfium.PdfDocument(path) as pdf:
        return str(pdf[page - 1].get_textpage().get_text_bounded(*rect))


# Words and their marks


def test_a_word_has_its_text_its_size_its_weight_and_a_box_on_its_baseline(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 100, "Oil stores", size=11)
    page.text(72, 130, "Keepers", size=16, bold=True)

    oil, stores, keepers = words_of(pdf, tmp_path)

    assert [w.text for w in (oil, stores, keepers)] == ["Oil", "stores", "Keepers"]
    assert (oil.size, oil.bold) == (11, False)
    assert (keepers.size, keepers.bold) == (16, True)
    x0, y0, x1, y1 = oil.rect
    assert x0 == 72
    # Helvetica: O is 778, i and l are 222 thousandths of the size wide.
    assert x1 == pytest.approx(72 + 11 * 1.222, abs=0.05)
    assert y0 < 842 - 100 < y1
    assert stores.rect[0] == pytest.approx(72 + 11 * (1.222 + 0.278), abs=0.05)


@pytest.mark.parametrize(
    ("set_as", "word", "mark"),
    [
        ("20,184²", "20,184", "2"),
        ("14²³", "14", "23"),
        ("plans³.", "plans.", "3"),
        ("(now¹)", "(now)", "1"),
        ("200m²", "200m²", ""),
        ("m²", "m²", ""),
        ("²", "2", ""),
        ("20,184", "20,184", ""),
    ],
)
def test_a_raised_figure_of_the_typeface_is_a_mark_and_not_a_digit(
    tmp_path: Path, set_as: str, word: str, mark: str
) -> None:
    pdf = Pdf()
    pdf.page().text(72, 100, set_as)
    found = words_of(pdf, tmp_path)
    assert [(w.text, w.superscript) for w in found] == [(plain(word), mark)]


@pytest.mark.parametrize(
    ("body", "width", "raised", "word", "mark"),
    [
        ("20,184", 3.058, "2", "20,184", "2"),
        ("14", 1.112, "7", "14", "7"),
        ("plans", 2.39, "[1]", "plans", "1"),
    ],
)
def test_a_small_raised_figure_behind_a_word_is_its_mark(
    tmp_path: Path, body: str, width: float, raised: str, word: str, mark: str
) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 100, body)
    page.text(72 + 11 * width, 96, raised, size=6)
    found = words_of(pdf, tmp_path)
    assert [(w.text, w.superscript) for w in found] == [(word, mark)]


def test_the_mark_that_leads_a_footnote_is_a_word_of_its_own(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 700, "7", size=6)
    page.text(72 + 6 * 0.556, 704, "Ministry", size=9)
    assert [(w.text, w.superscript) for w in words_of(pdf, tmp_path)] == [
        ("7", ""),
        ("Ministry", ""),
    ]


def test_a_word_of_one_size_that_ends_in_a_figure_is_left_alone(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page().text(72, 100, "COVID19 2024")
    assert [w.text for w in words_of(pdf, tmp_path)] == ["COVID19", "2024"]


def test_a_soft_hyphen_within_a_line_is_not_drawn_and_not_read(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page().text(72, 100, "safe\u00adguarding")
    assert [w.text for w in words_of(pdf, tmp_path)] in (["safeguarding"], ["safe-guarding"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ﬁnding", "finding"),
        ("oﬃce", "office"),
        ("10½", "10½"),
        ("\uff21", "A"),
        ("…", "…"),
        ("a", "a"),
    ],
)
def test_ligatures_are_made_plain_and_fractions_stay(text: str, expected: str) -> None:
    assert plain(text) == expected


# Turned and cut pages


@pytest.mark.parametrize(
    ("rotate", "turn"), [(0, 0), (90, 90), (180, 180), (270, 270), (90, 0), (0, 90), (0, 270)]
)
def test_words_of_a_turned_page_are_upright_and_their_boxes_lead_back(
    tmp_path: Path, rotate: int, turn: int
) -> None:
    pdf = Pdf()
    page = pdf.page(rotate=rotate, crop=(10, 20, 580, 800))
    page.text(300, 400, "brave new world", turn=turn)
    path = pdf.save(tmp_path / "turned.pdf")

    read = read_document(path).pages[0]

    assert read.turn == turn
    assert (read.width, read.height) == ((780, 570) if rotate in (90, 270) else (570, 780))
    first, second, third = read.words
    assert first.rect[0] < second.rect[0] < third.rect[0]
    assert first.rect[1] == pytest.approx(third.rect[1])
    for word in read.words:
        assert read.upright(read.on_sheet(word.rect)) == pytest.approx(word.rect)
        assert fold(word.text) in fold(read_back(path, 1, read.on_sheet(word.rect)))


def test_boxes_are_shown_where_a_viewer_shows_the_words(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page(rotate=90, crop=(10, 20, 580, 800)).text(200, 600, "Hello", turn=90)
    path = pdf.save(tmp_path / "turned.pdf")
    page = read_document(path).pages[0]
    rect = page.on_sheet(page.words[0].rect)

    (shown,) = shown_rects(path, 1, [rect])
    picture = render_page(path, 1, scale=1).convert("L")

    assert picture.size == (780, 570)
    x0, y0, x1, y1 = shown
    inked = picture.crop((int(x0), int(570 - y1), int(x1) + 1, int(570 - y0) + 1))
    dark = sum(inked.histogram()[:128])
    assert dark > 0
    assert dark == sum(picture.histogram()[:128])


def test_words_set_across_the_page_say_how_they_are_turned(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 100, "The text of the page runs from left to right")
    page.text(30, 500, "margin", turn=90)
    turns = {w.text: w.turn for w in words_of(pdf, tmp_path)}
    assert turns["margin"] == 90
    assert turns["text"] == 0


def test_a_page_that_has_no_box_keeps_its_words_where_they_are() -> None:
    page = Page(1, "", 100, 100, ())
    assert page.upright((1, 2, 3, 4)) == (1, 2, 3, 4)
    assert replace(page, turn=180, box=(0, 0, 10, 10)).upright((1, 2, 3, 4)) == (7, 6, 9, 8)


# Structure


def test_rules_and_the_sides_of_boxes_are_edges(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page()
    page.text(72, 50, "x")
    page.rule(72, 100, 272, 100)
    (edge,) = read_document(pdf.save(tmp_path / "rule.pdf")).pages[0].edges
    assert edge == pytest.approx((72, 742, 272, 742), abs=0.6)


def test_title_labels_and_bookmarks_are_the_files_own(tmp_path: Path) -> None:
    pdf = Pdf(title="Inspection of lighthouses")
    for text in ("Cover", "Preface", "Findings"):
        pdf.page().text(72, 100, text)
    pdf.labels = [(1, 2, PageLabelStyle.LOWERCASE_ROMAN), (3, 3, PageLabelStyle.DECIMAL)]
    pdf.bookmarks = [(0, "Preface", 2), (1, "Findings ", 3)]

    document = read_document(pdf.save(tmp_path / "labels.pdf"))

    assert document.title == "Inspection of lighthouses"
    assert [page.label for page in document.pages] == ["i", "ii", "1"]
    assert [(b.level, b.title, b.page) for b in document.bookmarks] == [
        (0, "Preface", 2),
        (1, "Findings", 3),
    ]


def test_a_picture_of_a_page_is_as_large_as_asked(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page(width=200, height=100).text(10, 50, "small")
    path = pdf.save(tmp_path / "small.pdf")
    assert render_page(path, 1, scale=2).size == (400, 200)
    with pytest.raises(NoPages, match=r"small.pdf has no page 2: its pages run from 1 to 1"):
        render_page(path, 2)
    with pytest.raises(NoPages, match="no page 0"):
        shown_rects(path, 0, [])


# Refusals


def a_report(path: Path) -> Path:
    """Write a PDF of two pages with text."""
    pdf = Pdf()
    for number in (1, 2):
        pdf.page().text(72, 100, f"Page {number} of the report")
    return pdf.save(path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def html(path: Path) -> None:
    path.write_bytes(b"<html><body>404</body></html>")


def cut_short(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Cat")


def locked(path: Path) -> None:
    pdf = Pdf()
    pdf.page().text(72, 100, "secret")
    pdf.save(path, password="open sesame")


def without_pages(path: Path) -> None:
    Pdf().save(path)


def without_text(path: Path) -> None:
    pdf = Pdf()
    pdf.page().rule(10, 10, 100, 100)
    pdf.save(path)


@pytest.mark.parametrize(
    ("write", "error", "says"),
    [
        (empty, NotAPdf, "is empty"),
        (html, NotAPdf, "is not a PDF"),
        (cut_short, DamagedPdf, "damaged or cut short"),
        (locked, EncryptedPdf, "needs a password"),
        (without_pages, NoPages, "has no pages"),
        (without_text, NoText, "has no text, nor a picture of text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name_and_the_way_out(
    tmp_path: Path, write: object, error: type[ReportRefused], says: str
) -> None:
    path = tmp_path / "bad.pdf"
    write(path)  # type: ignore[operator]
    with pytest.raises(error, match=r"bad\.pdf") as caught:
        read_document(path)
    assert says in str(caught.value)


def test_a_file_over_a_limit_is_refused_with_both_numbers(tmp_path: Path) -> None:
    path = a_report(tmp_path / "long.pdf")
    with pytest.raises(TooLarge, match=r"long.pdf has 2 pages and the limit is 1"):
        read_document(path, max_pages=1)
    with pytest.raises(TooLarge, match="limit"):
        read_document(path, max_bytes=10)


def test_a_file_that_only_its_owner_may_change_is_read(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.page().text(72, 100, "Readable by all")
    path = pdf.save(tmp_path / "owned.pdf", owner="only me")
    assert [w.text for w in read_document(path).pages[0].words] == ["Readable", "by", "all"]


def test_a_file_whose_table_of_objects_is_lost_is_read_all_the_same(tmp_path: Path) -> None:
    path = a_report(tmp_path / "whole.pdf")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"startxref\n", b"startxref\n9"))
    assert len(read_document(path).pages) == 2
