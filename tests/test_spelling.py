"""Misspelt words are put right by the reports' own, and nothing else is touched."""

from __future__ import annotations

import pytest

from indexer.lexical import terms
from qa.spelling import Speller

WORDS = """
    housing support organisation behaviour centre programmes counselling analyse neighbourhood
    accommodation safeguarding vacancy probation officer licence Fenmarsh staff
""".split()
ENGLISH = frozenset(
    "organization behavior center program programs counseling analyze neighborhood license "
    "suffolk house offer vacant bird".split()
)


@pytest.fixture
def speller() -> Speller:
    return Speller({term: 3 for word in WORDS for term in terms(word)}, ENGLISH)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("housing suport", "housing suport (support)"),
        ("acommodation", "acommodation (accommod)"),
        ("safegaurding checks", "safegaurding (safeguard) checks"),
        ("probaton oficer", "probaton (probat) oficer (offic)"),
    ],
)
def test_a_mistake_is_followed_by_the_word_that_was_meant(
    speller: Speller, typed: str, meant: str
) -> None:
    got = speller.respell(typed)
    # What is added is the term: its form is the stemmer's business.
    assert terms(got) == terms(meant)


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("organization", "organisation"), ("behavior", "behaviour"), ("center", "centre"),
        ("analyze", "analyse"), ("neighborhood", "neighbourhood"),
    ],
)  # fmt: skip
def test_american_words_find_british_ones(speller: Speller, american: str, british: str) -> None:
    assert speller.respell(american) == f"{american} ({british})"


@pytest.mark.parametrize(
    "text",
    [
        "How many officers does the probation service have?",  # every word known
        "Suffolk",  # a place that no report mentions is not another place
        "Fenton",  # a name two mistakes away
        "how is it for them",  # stop words
        "counseling programs",  # the stemmer makes one word of both spellings
        "the bird house",  # English, though no report says so
        "zzzz qqqqq",  # nothing near
        "cat",  # too short
        "naïve café",
        "",
    ],
)
def test_what_is_right_or_unknown_stays_as_it_is(speller: Speller, text: str) -> None:
    assert speller.respell(text) == text


def test_of_two_equally_near_words_the_commoner_is_meant() -> None:
    speller = Speller({"plane": 1, "plant": 7}, frozenset())
    assert speller.respell("plann") == "plann (plant)"
    assert Speller({"plane": 7, "plant": 1}, frozenset()).respell("plann") == "plann (plane)"


def test_a_long_word_may_have_two_mistakes_and_a_short_one_may_not() -> None:
    speller = Speller({"accommod": 2, "boat": 2}, frozenset())
    assert "(accommod)" in speller.respell("acomodation")
    assert speller.respell("baot") == "baot (boat)"  # two letters swapped are one mistake
    assert speller.respell("biat") == "biat (boat)"
    assert speller.respell("beut") == "beut"
