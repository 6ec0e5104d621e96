"""The words by which BM25 compares: folded, without stop words, stemmed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

WORD = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)*|[^\W_]+")

HIGH = re.compile("[\u0300-\U0010ffff]")
"""Where all combining characters lie: to ask each letter of a library would take as long again."""

STOP_WORDS = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being
    below between both but by can could d did do does doing down during each few for from further
    had has have having he her here hers herself him himself his how i if in into is it its itself
    just ll m me more most my myself nor of off on once only or other our ours ourselves out
    over own re s same she should so some such t than that the their theirs them themselves then
    there these they this those through to too under until up ve very was we were what when where
    which while who whom why will with would you your yours yourself yourselves
    """.split()
)
"""English words that say nothing of the subject; "no" and "not" are kept, as they decide."""


def terms(text: str) -> list[str]:
    """Return the stemmed words of a text in order, stop words left out.

    Quotes, dashes and accents are folded, and thousands lose their commas ("20,184" is "20184").
    """
    stemmer = _stemmer()
    return [
        word if word[0].isdigit() else _single(str(stemmer.stemWord(word)))
        for word in words(text)
        if word not in STOP_WORDS
    ]


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, accents and possessive endings left out."""
    plain = unicodedata.normalize("NFKD", text).lower()
    plain = HIGH.sub(lambda high: "" if unicodedata.combining(high[0]) else high[0], plain)
    plain = re.sub(r"['’](s|t|re|ve|ll|d|m)\b", "", plain)
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", plain)
    plain = re.sub(r"\b([a-z])(?=\d+\.\d)", r"\1 ", plain)  # "P1.2" is "P 1.2"
    return [match.group() for match in WORD.finditer(plain)]


def _single(stem: str) -> str:
    """Return a stem without a doubled last letter: Snowball parts "staff" from "staffing"."""
    return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else stem


@cache
def _stemmer() -> Any:
    """Return the Snowball English stemmer; it holds no state between words."""
    import Stemmer

    return Stemmer.Stemmer("english")
