"""Words that are looked for on a page: each place worked out by hand, and the way through them."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.errors import NoPages
from indexer.reading import page_words
from indexer.records import Rect, Word
from qa import find
from qa.find import Spot, Tally, hits_on, may_have, tally, wanted_words

MakePdf = Callable[..., Path]


def line(text: str, y: float = 700.0) -> list[Word]:
    """Return the words of a line, 10 points a character from the left, 12 points high."""
    words, at = [], 0
    for word in text.split(" "):
        words.append(Word(word, (10.0 * at, y, 10.0 * (at + len(word)), y + 12), 11))
        at += len(word) + 1
    return words


def places(words: list[Word], text: str) -> list[list[Rect]]:
    return [list(hit) for hit in hits_on(words, wanted_words(text))]


def test_what_the_docstrings_say_is_so() -> None:
    found = doctest.testmod(find)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize(
    ("wanted", "boxes"),
    [
        ("staffing", [[(0.0, 700.0, 80.0, 712.0)], [(210.0, 700.0, 290.0, 712.0)]]),
        ("STAFF", [[(0.0, 700.0, 50.0, 712.0)], [(210.0, 700.0, 260.0, 712.0)]]),
        ("affin", [[(20.0, 700.0, 70.0, 712.0)], [(230.0, 700.0, 280.0, 712.0)]]),
        ("was rated", [[(90.0, 700.0, 180.0, 712.0)]]),
        ("wasrated", []),
        ("rated; staffing", [[(130.0, 700.0, 290.0, 712.0)]]),  # a dash stands between them
        ("ing was", [[(50.0, 700.0, 120.0, 712.0)]]),
        ("oil", []),
        ("", []),
        ("–", []),
    ],
)
def test_what_is_found_on_a_line_and_where(wanted: str, boxes: list[list[Rect]]) -> None:
    assert places(line("Staffing was rated – staffing"), wanted) == boxes


def test_a_hit_that_runs_over_a_line_has_a_box_on_each() -> None:
    words = line("keepers of") + line("the light", 680)
    assert places(words, "of the") == [[(80, 700, 100, 712), (0, 680, 30, 692)]]


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u00ad"])
def test_a_word_cut_at_the_end_of_a_line_is_one_word(hyphen: str) -> None:
    words = line(f"an organ{hyphen}") + line("isation of", 680)
    assert places(words, "organisation") == [[(30, 700, 90, 712), (0, 680, 70, 692)]]
    assert places(words, "organ isation") == []


def test_a_hyphen_within_a_line_joins_nothing_but_its_own_word() -> None:
    words = line("pre- and re-inspection")
    assert places(words, "re inspection") == []
    assert len(places(words, "reinspection")) == len(places(words, "re-inspection")) == 1
    assert len(places(words, "pre and")) == 1


@pytest.mark.parametrize(
    ("text", "wanted", "hits"),
    [
        ("spent £1,250 on oil", "1250", 1),
        ("spent £1,250 on oil", "£1,250", 1),
        ("76% of 176 keepers", "76%", 1),
        ("76% of 176 keepers", "76", 2),
        ("the ﬁrst keeper’s", "first", 1),
        ("the first keeper’s", "keeper's", 1),
        ("aaaa", "aa", 2),  # none overlaps another
        ("Ünïcode", "ünïcode", 1),
    ],
)
def test_how_signs_and_letters_are_compared(text: str, wanted: str, hits: int) -> None:
    assert len(places(line(text), wanted)) == hits
    assert may_have(text, wanted_words(wanted))


def test_a_turned_word_is_marked_whole() -> None:
    word = Word("sideways", (10, 10, 20, 90), 11, turn=90)
    assert places([word], "side") == [[(10, 10, 20, 90)]]


def test_a_page_that_cannot_have_it_is_known_by_its_text() -> None:
    assert may_have("an organ-\r\nisation", wanted_words("Organisation"))
    assert not may_have("an organ", wanted_words("organisation"))


def test_the_words_in_rectangles_are_those_whose_middle_they_hold() -> None:
    words = line("two keepers left") + line("in May", 680)
    assert find.text_in(words, [(40, 699, 170, 713), (0, 679, 21, 693)]) == "keepers left in"
    assert find.text_in(words, []) == ""


# The way through the hits

THREE_PAGES = Tally(((2, 2), (5, 1), (9, 3)))


def test_hits_are_counted_by_page() -> None:
    pages = [(1, line("oil and oil")), (2, line("lamps")), (3, line("Oil"))]
    found = tally(pages, "oil")
    assert found == Tally(((1, 2), (3, 1)))
    assert (found.total, found.on(1), found.on(2)) == (3, 2, 0)


def test_every_hit_has_its_place_and_every_place_its_hit() -> None:
    spots = [THREE_PAGES.spot(place) for place in range(1, 7)]
    assert spots == [Spot(2, 0), Spot(2, 1), Spot(5, 0), Spot(9, 0), Spot(9, 1), Spot(9, 2)]
    assert [THREE_PAGES.place(spot) for spot in spots if spot] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("spot", "page", "after", "before"),
    [
        (Spot(2, 1), 2, Spot(5, 0), Spot(2, 0)),
        (Spot(9, 2), 9, Spot(2, 0), Spot(9, 1)),  # from the end to the beginning
        (Spot(2, 0), 2, Spot(2, 1), Spot(9, 2)),
        (None, 5, Spot(5, 0), Spot(2, 1)),
        (None, 6, Spot(9, 0), Spot(5, 0)),
        (None, 10, Spot(2, 0), Spot(9, 2)),  # none behind this page
    ],
)
def test_the_next_hit_and_the_one_before(
    spot: Spot | None, page: int, after: Spot, before: Spot
) -> None:
    assert THREE_PAGES.after(spot, page) == after
    assert THREE_PAGES.before(spot, page) == before


def test_without_a_hit_there_is_no_way() -> None:
    assert Tally().after(None, 1) is None
    assert Tally().before(Spot(1, 0), 1) is None
    assert Tally().spot(1) is None


# The words of a page


def test_the_words_of_a_page_lie_where_they_are_seen(tmp_path: Path, tiny_pdf: MakePdf) -> None:
    path = tiny_pdf(tmp_path / "a.pdf", [["# Oil", "The lamp burns oil."], ["No more."]])
    words = page_words(path, 1)
    assert [word.text for word in words] == ["Oil", "The", "lamp", "burns", "oil."]
    first, last = hits_on(words, "oil")
    (x0, y0, _, y1), (_, low, _, high) = first[0], last[0]
    # The heading stands at 770 points, the text 18 points lower.
    assert (x0, y0 < 770 < y1, low < 752 < high) == (72, True, True)
    with pytest.raises(NoPages):
        page_words(path, 3)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_words_of_a_turned_page_lie_where_they_are_seen(
    tmp_path: Path, tiny_pdf: MakePdf, turn: int
) -> None:
    path = tiny_pdf(tmp_path / "a.pdf", [["The lamp burns oil."]])
    sheet = b"/MediaBox [0 0 595 842]"
    data = path.read_bytes().replace(sheet, sheet + b" /Rotate %d" % turn)
    path.write_bytes(data)
    word = next(word for word in page_words(path, 1) if word.text == "The")
    x0, y0, x1, y1 = word.rect
    # On the sheet the word begins at 72, 770; a page turned clockwise has other sides there.
    start, along = {
        0: (x0, (y0, y1)),
        90: (595 - y1, (x0, x1)),
        180: (595 - x1, (842 - y1, 842 - y0)),
        270: (y0, (842 - x1, 842 - x0)),
    }[turn]
    assert start == pytest.approx(72, abs=1)
    assert along[0] < 770 < along[1]
