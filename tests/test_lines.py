"""Lines are made from where words stand, and raised marks from how they are set."""

from __future__ import annotations

import pytest

from indexer.lines import Line, around, join_words, overlap, page_lines, segments, with_marks
from indexer.records import Word


def word(text: str, x: float, y: float, *, size: float = 10, bold: bool = False) -> Word:
    """Return a word as wide as half its size for each character."""
    return Word(text, (x, y, x + 0.5 * size * len(text), y + 1.2 * size), size, bold)


def test_words_side_by_side_make_a_line_in_whatever_order_they_are_drawn() -> None:
    words = [word("oil", 100, 50), word("below", 10, 30), word("•", 5, 50), word("The", 20, 50)]
    assert [line.text for line in page_lines(1, words)] == ["• The oil", "below"]


def test_a_word_that_is_raised_by_less_than_half_its_height_stays_on_its_line() -> None:
    lines = page_lines(1, [word("one", 0, 50), word("two", 50, 54), word("three", 0, 38)])
    assert [line.text for line in lines] == ["one two", "three"]


def test_a_line_has_the_size_and_weight_of_most_of_its_characters() -> None:
    line = Line(1, (word("A", 0, 0, size=20, bold=True), word("sentence", 20, 0, size=10)))
    assert (line.size, line.bold) == (10, False)
    assert line.baseline == 0
    assert line.rect == (0, 0, 60, 24)


def test_wide_gaps_part_a_line() -> None:
    line = Line(1, (word("left", 0, 0), word("text", 22, 0), word("right", 60, 0)))
    assert [part.text for part in segments(line, 0.7)] == ["left text", "right"]
    assert list(segments(line, 5)) == [line]


def test_closing_marks_set_on_their_own_get_no_space() -> None:
    texts = ("(now", ")", "and", "then", ".")
    assert join_words([word(t, 0, 0) for t in texts]) == "(now) and then."


def test_boxes_overlap_by_a_part_of_the_lower_one() -> None:
    assert overlap((0, 0, 1, 10), (5, 5, 6, 9)) == 1
    assert overlap((0, 0, 1, 10), (5, 8, 6, 12)) == 0.5
    assert overlap((0, 0, 1, 10), (5, 12, 6, 22)) < 0
    assert around([(0, 5, 1, 6), (-1, 7, 0.5, 9)]) == (-1, 5, 1, 9)


@pytest.mark.parametrize(("text", "mark"), [("7", "7"), ("[12]", "12"), ("*", "*"), ("1,2", "1,2")])
def test_a_small_figure_raised_behind_a_word_is_given_to_it(text: str, mark: str) -> None:
    raised = word(text, 31, 6, size=6)
    words, taken = with_marks([word("plans.", 0, 0), raised, word("Then", 45, 0)])
    assert [(w.text, w.superscript) for w in words] == [("plans.", mark), ("Then", "")]
    assert taken == {words[0].rect: [raised]}


@pytest.mark.parametrize(
    "figure",
    [
        word("7", 31, 6, size=9),  # as large as the text
        word("7", 31, -2, size=6),  # lowered
        word("7", 60, 6, size=6),  # far from the word
        word("st", 31, 6, size=6),  # no figure
    ],
)
def test_what_is_not_a_small_raised_figure_stays_a_word(figure: Word) -> None:
    words, taken = with_marks([word("plans.", 0, 0), figure])
    assert len(words) == 2
    assert taken == {}
