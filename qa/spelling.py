"""Misspelt and American words of a question, put right by the words that the reports have."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from indexer.lexical import STOP_WORDS, terms

MIN_LETTERS = 4
LONG = 8
"""Letters from which a word may have two mistakes."""

MAX_STEMS = 12

WORD = re.compile(r"[^\W\d_]+")

AMERICAN = (
    (re.compile(r"iz(?=e|a|i)"), "is"),  # organize, organization
    (re.compile(r"yz(?=e|i)"), "ys"),  # analyze
    (re.compile(r"(?<=[a-z]{2})or(?=$|s$|al|ed|ing|ab|hood)"), "our"),  # behavior, neighborhood
    (re.compile(r"(?<=[a-z]{2}[bt])er(?=$|s$)"), "re"),  # center
    (re.compile(r"(?<=[a-z]{2})ense$"), "ence"),  # defense
    (re.compile(r"ll(?=ment$)"), "l"),  # fulfillment
)
"""American endings and British ones, where the stemmer does not make one of both. One is tried only
where no report has the word as typed."""


@dataclass(frozen=True, slots=True)
class Speller:
    """Knows the words of the reports, and those of English, by which a mistake is told.

    ``counts`` holds how many passages have each term; ``forms`` returns words of the reports that
    have a term; ``english`` returns the words that are no mistake though no report has them.
    """

    counts: Mapping[str, int]
    forms: Callable[[str], Collection[str]]
    english: Callable[[], Collection[str]]

    def respell(self, text: str) -> str:
        """Return a question with the word that was probably meant behind each that is misspelt.

        What was typed stays, so that a wrong guess costs little.

        >>> forms = {"hous": ["housing"], "support": ["support"], "organis": ["organisation"]}
        >>> counts = dict.fromkeys(forms, 1)
        >>> speller = Speller(counts, forms.__getitem__, lambda: {"organization"})
        >>> speller.respell("housing suport by which organization?")
        'housing suport (support) by which organization (organisation)?'
        """
        return WORD.sub(self._with_guess, text)

    def _with_guess(self, match: re.Match[str]) -> str:
        word = match.group()
        guess = self._guess(word.lower(), capital=word[0].isupper())
        return f"{word} ({guess})" if guess else word

    def _guess(self, word: str, *, capital: bool) -> str:
        if len(word) < MIN_LETTERS or word in STOP_WORDS or not word.isascii():
            return ""
        if all(term in self.counts for term in terms(word)):
            return ""
        for ending, british in AMERICAN:
            other = ending.sub(british, word, count=1)
            if other != word and all(term in self.counts for term in terms(other)):
                return other
        return "" if word in self.english() else self._nearest(word, capital=capital)

    def _nearest(self, word: str, *, capital: bool) -> str:
        """Return the word that is a mistake or two away, of the commonest term where several are.

        A name, known by its capital, may have one mistake only: the reports do not have every
        place in England, and one must not be taken for another.
        """
        from rapidfuzz.distance import DamerauLevenshtein

        distance = DamerauLevenshtein.distance
        allowed = 2 if len(word) >= LONG and not capital else 1
        # A word begins nearly as its stem does; its ending is compared with the words themselves.
        scored = sorted(
            (min(distance(term, word[: len(term) - less]) for less in range(allowed + 1)), term)
            for term in self.counts
            if term[:1] == word[:1] and term.isalpha() and len(term) <= len(word) + allowed
        )
        stems = [term for far, term in scored if far <= allowed + (len(word) > MIN_LETTERS)]
        near = [
            (int(far), -self.counts[term], form)
            for term in stems[:MAX_STEMS]
            for form in self.forms(term)
            if (far := distance(word, form)) <= allowed and len(form) >= MIN_LETTERS
        ]
        return min(near)[2] if near else ""
