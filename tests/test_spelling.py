"""Misspelt words are put right by the reports' own, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.build import build
from indexer.embedding import Embedder
from indexer.lexical import terms
from indexer.snapshot import open_snapshot
from qa.answer import Asker
from qa.spelling import Speller

WORDS = """
    housing support organisation behaviour centre programmes counselling analyse neighbourhood
    accommodation safeguarding vacancy probation officer licence Fenmarsh staff
""".split()
ENGLISH = frozenset(
    "organization behavior center program programs counseling analyze neighborhood license "
    "suffolk house offer vacant bird".split()
)


def speller_of(counts: dict[str, int], english: frozenset[str] = frozenset()) -> Speller:
    """A speller of the words of ``counts``."""
    words: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for word, count in counts.items():
        (term,) = terms(word)
        words.setdefault(term, []).append(word.lower())
        totals[term] = count
    return Speller(totals, words.__getitem__, lambda: english)


@pytest.fixture
def speller() -> Speller:
    return speller_of(dict.fromkeys([*WORDS, "offer"], 3), ENGLISH)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("housing suport", "housing suport (support)"),
        ("acommodation", "acommodation (accommodation)"),
        ("safegaurding checks", "safegaurding (safeguarding) checks"),
        ("probaton oficer", "probaton (probation) oficer (officer)"),
        ("offcer", "offcer (offer)"),  # one letter from both, and both are as common
        ("vacency rate", "vacency (vacancy) rate"),
        ("Fenmarch", "Fenmarch (fenmarsh)"),
    ],
)
def test_a_mistake_is_followed_by_the_word_that_was_meant(
    speller: Speller, typed: str, meant: str
) -> None:
    assert speller.respell(typed) == meant


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
        "Fenmouth",  # a name two mistakes away
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
    assert speller_of({"plane": 1, "plant": 7}).respell("plann") == "plann (plant)"
    assert speller_of({"plane": 7, "plant": 1}).respell("plann") == "plann (plane)"
    assert speller_of({"officer": 9, "offer": 2}).respell("offcer") == "offcer (officer)"


def test_a_long_word_may_have_two_mistakes_and_a_short_one_may_not() -> None:
    speller = speller_of({"accommodation": 2, "boat": 2})
    assert speller.respell("acomodation") == "acomodation (accommodation)"
    assert speller.respell("baot") == "baot (boat)"  # two letters swapped are one mistake
    assert speller.respell("biat") == "biat (boat)"
    assert speller.respell("beut") == "beut"


def test_the_words_of_an_index_are_its_passages_own(
    library: Path, index: Path, embedder: Embedder
) -> None:
    build(library, index, embedder=embedder)
    snapshot = open_snapshot(index)
    counts = snapshot.term_counts()
    assert counts["keeper"] == len([p for p in snapshot.passages if "eepers" in p.text])
    assert snapshot.forms("keeper") == {"keepers"}
    assert snapshot.forms("nothing") == set()
    asked = Asker(snapshot, embedder)._read("how many keepirs left")
    assert "keepirs (keepers)" in asked.search_text
    assert asked.text == "how many keepirs left"
