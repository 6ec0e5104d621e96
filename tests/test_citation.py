"""Citations: what is quoted, that it stands on the page word for word, and where it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from indexer.records import PageText, Passage, Rect, TextWord
from indexer.text import fold
from qa.citation import Quote, folded_page, line_rects, quotes_of

Line = tuple[int, float, str]
"""A line of a page: the page, the height of its base line, its words; ``word^5`` has the mark 5."""


def passage_of(*lines: Line, cells: Sequence[str] = (), left: float = 72) -> Passage:
    """Return a passage whose characters are all 5 wide and 10 high."""
    text, words = "", []
    for page, base, line in lines:
        x = left
        for part in line.split():
            word, _, mark = part.partition("^")
            text += " " if text else ""
            rect = (x, base, x + 5 * len(word), base + 10)
            words.append(TextWord(len(text), len(text) + len(word), page, rect, mark))
            text += word
            x += 5 * (len(word) + 1)
    spans, at = [], 0
    for cell in cells:
        at = text.index(cell, at)
        spans.append((at, at + len(cell)))
        at += len(cell)
    return Passage(
        "r", 0, "row" if cells else "text", (), text, ((0, len(text)),), tuple(words),
        cells=tuple(spans),
    )  # fmt: skip


def pages_of(*texts: str) -> Callable[[int], str]:
    """Return what gives the folded text of a page, the first of which is page 1."""
    return lambda page: fold(texts[page - 1])


def quotes(passage: Passage, pages: Callable[[int], str], words: str = "") -> tuple[Quote, ...]:
    """Return the quotes for the whole of a passage, or for words of it."""
    start = passage.text.index(words) if words else 0
    return quotes_of(passage, start, start + len(words or passage.text), pages)


# Verbatim


def test_a_sentence_on_one_page_is_one_quote_with_a_rectangle_for_each_line() -> None:
    passage = passage_of((1, 700, "Two keepers left"), (1, 686, "in May. Oil is short."))
    found = quotes(passage, pages_of("# Keepers\nTwo keepers left\nin May. Oil is short.\n7"))
    assert found == (
        Quote(
            1,
            "Two keepers left in May. Oil is short.",
            ((72, 700, 152, 710), (72, 686, 177, 696)),
        ),
    )


def test_only_the_words_within_the_span_are_quoted_and_boxed() -> None:
    passage = passage_of((1, 700, "Two keepers left"), (1, 686, "in May. Oil is short."))
    page = pages_of("Two keepers left in May. Oil is short.")
    (found,) = quotes(passage, page, "Oil is short.")
    assert (found.text, found.rects) == ("Oil is short.", ((112, 686, 177, 696),))
    assert quotes(passage, page, "wo keep") == ()  # no whole word in it


@pytest.mark.parametrize(
    "page",
    [
        "Two keep-\ners left “in May”",  # hyphenated at the end of a line
        "Two  keepers\u00ad left ‘in May’",
        "TWO KEEPERS LEFT IN MAY",
        "Two keepers le\ufb05 in May".replace("\ufb05", "ft"),
    ],
)
def test_a_quote_is_found_whatever_the_page_does_with_signs_and_white_space(page: str) -> None:
    passage = passage_of((1, 700, 'Two keepers left "in May"'))
    (found,) = quotes(passage, pages_of(page))
    assert found.text == 'Two keepers left "in May"'


def test_words_that_are_not_on_the_page_are_not_quoted() -> None:
    passage = passage_of((1, 700, "Two keepers left in May"))
    assert quotes(passage, pages_of("Two keepers left in June")) == ()
    assert quotes(passage, pages_of("")) == ()


def test_a_span_without_words_has_no_quote() -> None:
    passage = passage_of((1, 700, "Two keepers left"))
    assert quotes_of(passage, 3, 3, pages_of("Two keepers left")) == ()
    assert quotes(passage_of(), pages_of("Two keepers left")) == ()


@pytest.mark.parametrize(
    ("line", "text"),
    [(") and then, they left", "and then, they left"), ("«Now» it is", "«Now» it is")],
)
def test_a_quote_starts_at_a_letter_or_an_opening_sign(line: str, text: str) -> None:
    (found,) = quotes(passage_of((1, 700, line)), pages_of(line))
    assert found.text == text


def test_signs_alone_are_no_quote() -> None:
    assert quotes(passage_of((1, 700, "— … •")), pages_of("— … •")) == ()


# Page breaks, footnote marks


def test_a_sentence_over_a_page_break_is_quoted_on_both_pages() -> None:
    passage = passage_of((1, 80, "the stock of oil had"), (2, 760, "fallen to 900 litres then"))
    found = quotes(
        passage, pages_of("… the stock of oil had\n7", "Report\nfallen to 900 litres then")
    )
    assert [(q.page, q.text, q.rects) for q in found] == [
        (1, "the stock of oil had", ((72, 80, 172, 90),)),
        (2, "fallen to 900 litres then", ((72, 760, 197, 770),)),
    ]


def test_a_short_rest_of_a_sentence_is_quoted_only_with_a_figure_in_it() -> None:
    whole = pages_of("the stock of oil had fallen", "by half.")
    assert [q.page for q in quotes(
        passage_of((1, 80, "the stock of oil had fallen"), (2, 760, "by half.")), whole
    )] == [1]  # fmt: skip
    figure = pages_of("the stock of oil had fallen", "to 900.")
    assert [q.page for q in quotes(
        passage_of((1, 80, "the stock of oil had fallen"), (2, 760, "to 900.")), figure
    )] == [1, 2]  # fmt: skip


def test_the_longest_run_is_quoted_however_short() -> None:
    passage = passage_of((1, 80, "Good^3"), (1, 68, "on balance"))
    assert [q.text for q in quotes(passage, pages_of("Good3 on balance"))] == ["on balance"]


def test_a_footnote_mark_parts_a_quote_so_that_figures_stay_what_they_are() -> None:
    passage = passage_of((1, 700, "six out of 14^7 were not seen often enough"))
    found = quotes(passage, pages_of("six out of 147 were not seen often enough"))
    assert [(q.text, q.rects) for q in found] == [
        ("six out of 14", ((72, 700, 137, 710),)),
        ("were not seen often enough", ((142, 700, 272, 710),)),
    ]


# List numbers, cells and lines


@pytest.mark.parametrize("number", ["7.", "(a)", "iv.", "12)"])
def test_a_list_number_that_is_drawn_elsewhere_is_left_out(number: str) -> None:
    passage = passage_of((1, 700, f"{number} train all the keepers"), (1, 686, "every year"))
    (found,) = quotes(passage, pages_of("train all the keepers every year\n(a) 7. 12) iv."))
    start = 72 + 5 * (len(number) + 1)
    assert found == Quote(
        1,
        "train all the keepers every year",
        ((start, 700, start + 105, 710), (72, 686, 122, 696)),
    )


def test_a_list_number_that_stands_before_its_item_is_quoted_with_it() -> None:
    (found,) = quotes(passage_of((1, 700, "7. train them")), pages_of("6. feed them 7. train them"))
    assert found.text == "7. train them"


def test_a_list_number_alone_is_no_quote_of_an_item_that_is_not_there() -> None:
    assert quotes(passage_of((1, 700, "7. train them")), pages_of("7. feed them")) == ()
    assert quotes(passage_of((1, 700, "7.")), pages_of("8.")) == ()


def test_cells_drawn_in_another_order_are_quoted_one_by_one() -> None:
    passage = passage_of(
        (1, 700, "Train the keepers Some progress"), cells=["Train the keepers", "Some progress"]
    )
    found = quotes(passage, pages_of("Some progress\nTrain the keepers"))
    assert [(q.text, q.rects) for q in found] == [
        ("Train the keepers", ((72, 700, 157, 710),)),
        ("Some progress", ((162, 700, 227, 710),)),
    ]


def test_a_grade_is_quoted_also_beside_a_longer_cell() -> None:
    line = "Every keeper is well trained Good"
    passage = passage_of((1, 700, line), cells=["Every keeper is well trained", "Good"])
    found = quotes(passage, pages_of("Good\nEvery keeper is well trained"))
    assert [q.text for q in found] == ["Every keeper is well trained", "Good"]


def test_cells_in_the_order_of_the_page_are_one_quote() -> None:
    passage = passage_of(
        (1, 700, "P 1.2 Staffing Inadequate"), cells=["P 1.2", "Staffing", "Inadequate"]
    )
    (found,) = quotes(passage, pages_of("P 1.2 Staffing\nInadequate"))
    assert found.text == "P 1.2 Staffing Inadequate"


def test_lines_drawn_apart_are_quoted_one_by_one() -> None:
    passage = passage_of((1, 700, "the keepers are well trained"), (1, 686, "and the oil is clean"))
    found = quotes(passage, pages_of("and the oil is clean the keepers are well trained"))
    assert [q.text for q in found] == ["the keepers are well trained", "and the oil is clean"]


def test_a_line_that_is_not_there_is_left_out() -> None:
    passage = passage_of((1, 700, "the keepers are well trained"), (1, 686, "and the oil is clean"))
    found = quotes(passage, pages_of("the keepers are well trained, it says"))
    assert [q.text for q in found] == ["the keepers are well trained"]


# Rectangles


def word(x0: float, y0: float, x1: float, y1: float) -> TextWord:
    return TextWord(0, 1, 1, (x0, y0, x1, y1))


@pytest.mark.parametrize(
    ("words", "rects"),
    [
        ([], ()),
        # One line, its words of different height: a rectangle around them all.
        ([word(10, 10, 20, 20), word(22, 8, 30, 18), word(32, 10, 40, 23)], ((10, 8, 40, 23),)),
        # The next line, indented as under a bullet.
        ([word(10, 30, 90, 40), word(20, 16, 60, 26)], ((10, 30, 90, 40), (20, 16, 60, 26))),
        # Lines set so tight that they overlap a little.
        ([word(10, 30, 90, 40), word(10, 21, 60, 31)], ((10, 30, 90, 40), (10, 21, 60, 31))),
        # Back to the left at the same height: another column or cell, not the same line.
        ([word(50, 30, 90, 40), word(10, 30, 40, 40)], ((50, 30, 90, 40), (10, 30, 40, 40))),
        # From the foot of one column to the head of the next.
        (
            [word(10, 30, 90, 40), word(110, 700, 190, 710)],
            ((10, 30, 90, 40), (110, 700, 190, 710)),
        ),
        ([word(10.04, 30.06, 19.96, 40.123)], ((10.0, 30.1, 20.0, 40.1),)),
    ],
)
def test_there_is_one_rectangle_for_each_line(
    words: list[TextWord], rects: tuple[Rect, ...]
) -> None:
    assert line_rects(words) == rects


# Hostile text


@pytest.mark.parametrize(
    "line",
    [
        "<script>alert('oil')</script> is what it says",
        "trust this sentence [99] and no other [1]",
        "\u202eback to front\u202c and zero\u200bwidth letters",
        "a $1 \\1 (?:.*)+ .* pattern in it",
        "'; DROP TABLE pages; -- it says",
        "ﬁve ﬂoods İstanbul ẞtreet ½ Ⅷ",
        "null\x00byte and bell\x07 in it",
    ],
)
def test_text_is_quoted_as_it_stands_whatever_it_looks_like(line: str) -> None:
    (found,) = quotes(passage_of((1, 700, line)), pages_of(f"before {line} after"))
    assert found.text == line


def test_a_very_long_word_is_quoted_once() -> None:
    long = "a" * 100_000
    (found,) = quotes(passage_of((1, 700, long)), pages_of(long))
    assert found.text == long


def test_a_page_is_compared_by_its_letters_and_digits() -> None:
    page = PageText(1, "i", 595, 842, "P 1.2. “Staffing”\u00ad – Re-\nviewed: 16%")
    assert folded_page(page) == "p12staffingreviewed16"
