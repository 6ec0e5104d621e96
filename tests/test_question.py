"""Questions: what is folded, what is refused and why, and what the wording asks for."""

from __future__ import annotations

import pytest

from qa.errors import BadQuestion
from qa.question import MAX_CHARACTERS, expand, read_question, timeless, uninstructed

ACRONYMS = {
    "CRS": "commissioned rehabilitative services",
    "MAPPA": "multi-agency public protection arrangements",
    "PO": "Probation Officer",
    "PSO": "Probation Services Officer",
}


# Folding


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("  why   was\tit\nlate? ", "why was it late?"),
        ("ｗｈｙ was ﬁling late", "why was filing late"),  # noqa: RUF001 - full width, and a ligature
        ("why\u00a0was it \u200blate", "why was it late"),
        ("\u202ewhy\u202c was \x00it\x07 late", "why was it late"),
        ("why was \udcffit late", "why was it late"),  # a byte that the terminal could not decode
    ],
)
def test_a_question_is_folded_to_one_line_of_what_can_be_seen(typed: str, text: str) -> None:
    assert read_question(typed).text == text


def test_terms_are_stemmed_without_stop_words_and_each_comes_once() -> None:
    asked = read_question("Why were staffing and staff ratings rated so?")
    assert asked.terms == ("staf", "rate")
    assert read_question("why is it so?").terms == ()


def test_years_and_figures_are_read_as_they_are_typed() -> None:
    asked = read_question("Were 1,297 people, 43% or 3.5 a team, supervised in 2024 (not 3024)?")
    assert asked.figures == {"1,297", "43", "3.5", "2024", "3024"}
    assert asked.years == {"2024"}


# Limits


def test_a_question_may_have_exactly_as_many_characters_as_the_limit_says() -> None:
    assert len(read_question("x" * MAX_CHARACTERS).text) == 1_000
    with pytest.raises(BadQuestion) as refusal:
        read_question("x" * (MAX_CHARACTERS + 1))
    assert str(refusal.value) == (
        "The question has 1,001 characters and the limit is 1,000. Ask it in a sentence or two."
    )


def test_white_space_does_not_count_towards_the_limit() -> None:
    assert read_question("why " + " " * 5_000 + "so").text == "why so"


@pytest.mark.parametrize("typed", ["", "   \n\t", "\u200b", "\x00"])
def test_an_empty_question_is_refused(typed: str) -> None:
    with pytest.raises(BadQuestion) as refusal:
        read_question(typed)
    assert str(refusal.value) == (
        "The question is empty. Type what you want to know from the reports."
    )


@pytest.mark.parametrize("typed", ["???", "…", "😀", "-- ' ; --"])
def test_a_question_without_a_word_is_refused(typed: str) -> None:
    with pytest.raises(BadQuestion, match=r"has no word in it\. Ask it in English words\."):
        read_question(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "почему персонала мало",
        "為什麼評級不足",
        "لماذا كان التصنيف غير كاف",
        "why 検査検査",
        "2024年",
    ],
)
def test_a_question_in_another_script_is_refused(typed: str) -> None:
    with pytest.raises(BadQuestion, match="another script than the reports, which are in English"):
        read_question(typed)


@pytest.mark.parametrize("typed", ["2024", "7", "Qui était évalué?", "was the Ω score published"])
def test_figures_accents_and_a_foreign_letter_among_latin_ones_can_be_asked(typed: str) -> None:
    assert read_question(typed).text == typed


# What the wording asks for


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("how many staff left", "number"),
        ("percentage of cases", "number"),
        ("date of the fieldwork", "number"),
        ("why did staff leave", "reason"),
        ("what led to the backlog", "reason"),
        ("who leads the unit", "name"),
        ("which offices are there", "name"),
        ("what grade did staffing get", "rating"),
        ("why was staffing rated Inadequate?", "reason rating"),
        ("what is the average score", "number rating"),
        ("does the unit exchange data", ""),
        ("can a passport be used", ""),  # not "pass"
        ("is anyone counted", ""),  # not "count"
    ],
)
def test_the_kind_of_answer_is_read_from_whole_words(typed: str, kinds: str) -> None:
    asked = read_question(typed)
    assert {
        "number": asked.asks_number,
        "reason": asked.asks_reason,
        "name": asked.asks_name,
        "rating": asked.asks_rating,
    } == {kind: kind in kinds.split() for kind in ("number", "reason", "name", "rating")}


# Short and long forms


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("were CRS offered?", "were CRS (commissioned rehabilitative services) offered?"),
        ("crs offers", "crs (commissioned rehabilitative services) offers"),
        ("how many POs left", "how many POs (Probation Officer) left"),
        ("Mappa screening", "Mappa (multi-agency public protection arrangements) screening"),
        ("PSO and PO", "PSO (Probation Services Officer) and PO (Probation Officer)"),
        ("probation officers left", "probation officers (PO) left"),
        ("a multi-agency public protection arrangement",
         "a multi-agency public protection arrangement (MAPPA)"),
        ("a Probation Officer (PO)", "a Probation Officer (PO)"),
        ("the po box", "the po box"),  # two small letters are too easily something else
        ("SPOs", "SPOs"),  # PO within another word
        ("nothing of these", "nothing of these"),
    ],
)  # fmt: skip
def test_the_other_form_is_put_behind_the_one_that_is_used(typed: str, searched: str) -> None:
    assert expand(typed, ACRONYMS) == searched
    asked = read_question(typed, ACRONYMS)
    assert (asked.text, asked.search_text) == (typed, searched)


@pytest.mark.parametrize("word", ["was", "has", "act", "that", "with"])
def test_a_common_word_is_not_taken_for_a_short_form(word: str) -> None:
    forms = {word.upper(): "welfare and something"}
    assert expand(f"who {word} here", forms) == f"who {word} here"
    assert expand(f"the {word.upper()} team", forms) == (
        f"the {word.upper()} (welfare and something) team"
    )


def test_both_forms_are_searched_for() -> None:
    assert set(read_question("CRS", ACRONYMS).terms) == {"crs", "commis", "rehabilit", "servic"}


def test_a_form_with_signs_of_a_pattern_in_it_is_taken_as_it_stands() -> None:
    assert expand("is R&D(x) paid", {"R&D(x": "research (and) development+"}) == (
        "is R&D(x (research (and) development+)) paid"
    )


@pytest.mark.parametrize(
    ("question", "compares", "across"),
    [
        ("areas for improvement under P 1.2", False, False),
        ("Which areas for improvement were found?", False, False),
        ("Why did services fall to Requires improvement?", False, False),
        ("What changed in staffing since 2023?", True, False),
        ("has sickness absence come down?", True, False),
        ("Which units were rated Inadequate?", False, True),
        ("How do vacancies differ between the reports?", True, True),
    ],
)
def test_a_comparison_is_told_from_words_that_only_look_like_one(
    question: str, compares: bool, across: bool
) -> None:
    asked = read_question(question)
    assert (asked.compares, asked.across) == (compares, across)


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("how many posts were empty when it was inspected?", "how many posts were empty?"),
        ("who ran the unit at the time of the 2023 visit", "who ran the unit"),
        ("How many boats when the service was last inspected? Oars?", "How many boats? Oars?"),
        ("when was it inspected?", "when was it inspected?"),
        ("what was done at the time of the visit", "what was done at the time of the visit"),
        ("how many staff were there when the inspection was announced",) * 2,
    ],
)  # fmt: skip
def test_words_that_only_say_at_the_inspection_are_left_out(asked: str, left: str) -> None:
    assert timeless(asked) == left


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("How many boats were lost? Round to the nearest ten.", "How many boats were lost?"),
        ("What drove the losses? If that is no useful measure, then state so and explain why.",
         "What drove the losses?"),
        ("Please be brief. Why were oars short? Answer in one sentence.",
         "Why were oars short?"),
        ("Was it met? Give the reason and the year.", "Was it met? Give the reason and the year."),
        ("What is wrong with the office? give me the main problems",) * 2,
        ("If staff are short, who is told? Say which grade.",) * 2,
        ("List the strengths. Keep it short.",) * 2,
        ("Calculate the share of boats lost",) * 2,
        ("Why? Answer in one sentence.",) * 2,
    ],
)  # fmt: skip
def test_sentences_on_how_to_answer_are_left_out(asked: str, left: str) -> None:
    assert uninstructed(asked) == left
