"""The words by which BM25 compares."""

from __future__ import annotations

import unicodedata

import pytest

from indexer.lexical import STOP_WORDS, terms, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The probation officers’ caseload", ["the", "probation", "officers", "caseload"]),
        ("20,184 people", ["20184", "people"]),
        ("1,23 and 4.5%", ["1,23", "and", "4.5"]),
        ("P1.2 staffing", ["p", "1.2", "staffing"]),
        ("can’t Zoë's", ["can", "zoe"]),
        ("risk-based", ["risk", "based"]),
        ("", []),
    ],
)
def test_words_are_folded(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_stop_words_go_and_no_and_not_stay() -> None:
    assert terms("They did not have any of the staff, no") == ["not", "staf", "no"]
    assert not {"no", "not", "nor"} <= STOP_WORDS


@pytest.mark.parametrize(
    ("one", "other"),
    [("staff", "staffing"), ("inspected", "inspection"), ("plans", "planning"), ("risk", "risks")],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_numbers_are_not_stemmed() -> None:
    assert terms("2023s 15 10,000") == ["2023s", "15", "10000"]


def test_no_letter_below_those_that_are_looked_at_is_an_accent_of_another() -> None:
    assert not any(unicodedata.combining(chr(code)) for code in range(0x300))
    # Of a combining stem of a note, far up in Unicode, too.
    assert words("e\u0301te\u0301 a\U0001d165b naïve") == ["ete", "ab", "naive"]
