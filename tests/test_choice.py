"""Choosing evidence: what a sentence leans on, what reasons go with it, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.records import Passage, TextWord
from qa.choice import (
    AnswerSettings,
    choose,
    confirmed,
    first_sentence,
    fitting,
    shared_out,
    whole_list,
)
from qa.citation import Quote
from qa.question import read_question
from qa.records import Evidence
from qa.wording import in_words, is_covered, sentence_texts


def of_sentences(*sentences: str, glue: str = " ", kind: str = "text") -> Passage:
    """Return a passage whose units are the sentences."""
    spans, at = [], 0
    for sentence in sentences:
        spans.append((at, at + len(sentence)))
        at += len(sentence) + len(glue)
    return Passage(
        "r", 0, "row" if kind == "row" else "text", ("Oil",), glue.join(sentences), tuple(spans), ()
    )


def unit(passage: Passage, number: int, score: float = 1.0) -> Evidence:
    return Evidence(passage, *passage.units[number], score)


def told(question: str, *evidence: Evidence) -> list[str]:
    return [one.text for one in choose(read_question(question), evidence)]


REASONS = of_sentences(
    "Oil ran out twice.",
    "Nobody had ordered more.",
    "The log was lost.",
    "The store was locked.",
    "For these reasons the store is rated 'Inadequate'.",
)


def test_a_sentence_that_begins_with_a_reference_comes_with_the_one_before_it() -> None:
    passage = of_sentences("The store burned down.", "This was never explained.", "Boats pass.")
    assert told("was it explained?", unit(passage, 1)) == [
        "The store burned down.",
        "This was never explained.",
    ]
    assert told("do boats pass?", unit(passage, 2)) == ["Boats pass."]


def test_a_conclusion_brings_its_reasons_where_the_question_asks_why() -> None:
    assert told("why is the store rated Inadequate?", unit(REASONS, 4)) == [
        "Nobody had ordered more.",
        "The log was lost.",
        "The store was locked.",
        "For these reasons the store is rated 'Inadequate'.",
    ]
    assert told("how is the store rated?", unit(REASONS, 4)) == [
        "The store was locked.",
        "For these reasons the store is rated 'Inadequate'.",
    ]


def test_a_reason_in_the_next_sentence_comes_with_what_it_explains() -> None:
    late = "Boats did not leave on time in 27 of 70 cases."
    why = "In eight of those cases this was due to fog."
    more = "There are nine boats."
    passage = of_sentences(late, why, more)
    assert told("what held up the boats?", unit(passage, 0)) == [late, why]
    assert told("how many boats did not leave on time?", unit(passage, 0)) == [late]
    assert told("what held up the boats?", unit(of_sentences(late, more), 0)) == [late]
    bullets = of_sentences(late, why, glue="\n")
    assert told("what held up the boats?", unit(bullets, 0)) == [late]
    known = "Boats were late because of fog."
    assert told("why were they late?", unit(of_sentences(known, why), 0)) == [known]


def test_a_bullet_does_not_lean_on_the_bullet_before_it() -> None:
    bullets = of_sentences("Oil ran out.", "This is a new store.", glue="\n")
    assert told("is it new?", unit(bullets, 1)) == ["This is a new store."]


def test_a_row_that_only_names_the_columns_answers_nothing() -> None:
    head = Passage("r", 0, "row", (), "What Share", ((0, 10),), (), cells=((0, 4), (5, 10)))
    row = Passage(
        "r", 1, "row", (), "Oil 16%", ((0, 7),), (), cells=((0, 3), (4, 7)),
        header=("What", "Share"),
    )  # fmt: skip
    best, second = Evidence(head, 0, 10, 0.9), Evidence(row, 0, 7, 0.8)
    assert choose(read_question("what share is oil?"), [best, second]) == (second,)


def test_what_a_sentence_leans_on_counts_among_the_words_of_an_answer() -> None:
    passage = of_sentences("The store burned down in the night.", "This was never explained.")
    # Four words and a marker fit into eight, the seven before them and their marker do not.
    settings = AnswerSettings(max_words=8)
    chosen = choose(read_question("was it explained?"), [unit(passage, 1)], settings)
    assert [one.text for one in chosen] == ["This was never explained."]


def test_an_item_is_shortened_to_its_first_sentence() -> None:
    passage = of_sentences("Train the keepers.", "Do it soon.")
    item = Evidence(passage, 0, len(passage.text), 1.0)
    assert first_sentence(item).text == "Train the keepers."


@pytest.mark.parametrize(("words", "count"), [(5, 1), (8, 2), (9, 2), (12, 3), (1, 1)])
def test_as_much_as_fits_is_taken_from_the_front_and_never_nothing(words: int, count: int) -> None:
    passage = of_sentences("One two three.", "One two three.", "One two three.")
    items = [unit(passage, number) for number in range(3)]
    assert len(fitting(items, words)) == count


@pytest.mark.parametrize(
    ("text", "quote", "covered"),
    [
        ("It holds 900 litres", "It holds 900 litres of oil", True),
        ("It holds 1,900 litres", "it holds 1900 litres", True),
        ("Oil 2.1 › It holds 900 litres", "It holds 900 litres", False),
        ("Ratings › Oil: Inadequate", "Oil Inadequate", True),
        ("Oil: Inadequate", "Oil Good", False),
        ("Oil › Boats", "Boats", True),
    ],
)
def test_every_figure_and_grade_of_a_sentence_stands_in_a_quote(
    text: str, quote: str, covered: bool
) -> None:
    assert is_covered(text, [Quote(1, quote, ())]) is covered


def test_a_row_is_worded_as_one_sentence_and_its_columns_without_their_figures() -> None:
    row = Passage(
        "r", 0, "row", (), "Train them. All of them. Some", ((0, 29),), (),
        cells=((0, 24), (25, 29)), header=("What (2019)", "Progress"), context="P 2.1 Before",
    )  # fmt: skip
    three = Passage(
        "r", 0, "row", (), "Train them. All. Some Yes", ((0, 25),), (),
        cells=((0, 16), (17, 21), (22, 25)),
        header=("What (2019)", "Progress", "Still needed?"), context="P 2.1 Before",
    )  # fmt: skip
    assert next(sentence_texts(Evidence(row, 0, 29, 1.0))) == (
        "Before › Train them; All of them.: Some"
    )
    assert list(sentence_texts(Evidence(three, 0, 25, 1.0))) == [
        "Before › What: Train them; All; Progress: Some; Still needed: Yes",
        "What: Train them; All; Progress: Some; Still needed: Yes",
        "Train them; All; Some Yes",
    ]


def test_a_cell_of_a_row_comes_with_the_values_of_the_row() -> None:
    long = (
        "Train all the keepers of the tower in the use of oil before the next winter comes round."
    )
    done = "Half of them have been trained and the rest are waiting for a place on the boat."
    text = f"{long} {done} Some progress Yes"
    a, b = len(long), len(long) + 1 + len(done)
    row = Passage(
        "r", 0, "row", (), text, ((0, a), (a + 1, b), (b + 1, len(text))), (),
        cells=((0, a), (a + 1, b), (b + 1, len(text) - 4), (len(text) - 3, len(text))),
    )  # fmt: skip
    assert told("were the keepers trained?", Evidence(row, 0, a, 1.0)) == [
        long,
        "Some progress Yes",
    ]


def test_a_list_is_shown_whole_or_shortened_or_counted() -> None:
    lines = of_sentences("Train the keepers.", "Do it soon.", "Buy more oil.", "Sell one boat.")
    items = [
        Evidence(lines, lines.units[0][0], lines.units[1][1], 1.0),
        unit(lines, 2),
        unit(lines, 3),
    ]
    # Each sentence and its marker: 4 + 4 + 4 + 4 words.
    whole, said = whole_list(items, 16)
    assert [e.text for e in whole] == [
        "Train the keepers.", "Do it soon.", "Buy more oil.", "Sell one boat.",
    ]  # fmt: skip
    assert said == ""
    shorter, said = whole_list(items, 12)
    assert [e.text for e in shorter] == ["Train the keepers.", "Buy more oil.", "Sell one boat."]
    assert said == ""
    some, said = whole_list(items * 5, 13)
    assert [e.text for e in some] == ["Train the keepers.", "Buy more oil."]
    assert said == "Two of fifteen shown"


def test_numbers_are_counted_in_words() -> None:
    assert [in_words(n) for n in (0, 9, 19, 20, 42, 99, 100)] == [
        "no", "nine", "nineteen", "twenty", "forty-two", "ninety-nine", "100",
    ]  # fmt: skip


def test_the_words_of_a_comparison_are_shared_out_best_first() -> None:
    skerries = of_sentences(
        "The harbour of Skerries has nine boats in use and many more that are not.",
        "They are old and blue.",
    )
    long, second = unit(skerries, 0, 0.9), unit(skerries, 1, 0.8)
    other = unit(of_sentences("Fenmarsh has six boats."), 0, 0.3)
    # 15 + 1 words and 3 for a name, then 4 + 1 and 3: 27; the second of the first part has 5 + 1.
    assert shared_out([[long, second], [other]], 33) == [(long, second), (other,)]
    assert shared_out([[long, second], [other]], 32) == [(long,), (other,)]
    assert shared_out([[], [other]], 32) == [(), (other,)]


def on_page(text: str, page: int, score: float = 1.0, report: str = "r") -> Evidence:
    """One sentence alone on a page of a report."""
    passage = of_sentences(text)
    words = (TextWord(0, len(text), page, (72.0, 700.0, 200.0, 712.0)),)
    return unit(replace(passage, report=report, words=words), 0, score)


def test_a_figure_is_confirmed_by_another_page_that_gives_it() -> None:
    first = on_page("Vacancies fell from 34 to 17 per cent in 2025.", 3)
    again = on_page("The rate was 17 per cent, 34 before.", 7, 0.4)
    part = on_page("It was 17 per cent for officers.", 8, 0.3)
    other = on_page("It was 17 per cent for 40 officers.", 9, 0.6)
    assert confirmed(first, [first, other, again, part]) is again  # one has figures of its own
    assert confirmed(first, [first, part, again]) is part  # a part of them is as good
    assert confirmed(first, [first, on_page("Of 34 and 17.", 3, 0.9)]) is None  # the same page
    assert confirmed(first, [first, on_page("34, 17", 7, 0.9, report="s")]) is None
    assert confirmed(first, [first, on_page("Of 34 and 17.", 7, 0.04)]) is None  # hardly an answer
    assert confirmed(on_page("It fell in 2025.", 3), [on_page("In 2025.", 4)]) is None  # no figure
