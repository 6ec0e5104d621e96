"""What a question asks for: its words, figures and years, and the kind of answer it wants."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from indexer.lexical import terms
from qa.errors import BadQuestion

MAX_CHARACTERS = 1_000

ASKS_NUMBER = re.compile(
    r"\b(how (many|much|long|often|old|far|big|soon)|number of|count|per ?cent(age)?|proportion"
    r"|share|rate|average|total|figure|size|when|date|year|score|amount|costs?|caseload)\b|%",
    re.I,
)
ASKS_REASON = re.compile(
    r"\b(why|how come|reasons?|causes?|caused|what (led|lay|made|explains?|drove|stopped|prevent"
    r"(s|ed)?|held)|due to|because)\b",
    re.I,
)
ASKS_NAME = re.compile(
    r"\b(who|whose|which|where|names?|called|what (organisation|company|body|agency|scheme))\b",
    re.I,
)
ASKS_RATING = re.compile(
    r"\b(ratings?|rated|grades?|graded|marks?|judge?ments?|judged|verdict|scores?|scored"
    r"|pass(ed)?|categor(y|ies)|categorised|awarded|inadequate|outstanding"
    r"|requires improvement)\b",
    re.I,
)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
FIGURE = re.compile(r"\d[\d,.]*\d|\d")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be asked, with what its wording says of the answer.

    ``text`` is as typed, ``search_text`` has the long or short forms of the acronyms in it added.
    """

    text: str
    search_text: str
    terms: tuple[str, ...]
    asks_number: bool
    asks_reason: bool
    asks_name: bool
    asks_rating: bool
    years: frozenset[str]
    figures: frozenset[str]


def read_question(text: str, acronyms: Mapping[str, str] | None = None) -> Question:
    """Return a question's wording, white space folded; ``acronyms`` are short to long forms.

    Raises:
        BadQuestion: it is empty, longer than ``MAX_CHARACTERS``, or has no Latin letter.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    plain = "".join(c for c in plain if c.isprintable())
    check_question(plain)
    search_text = expand(plain, acronyms or {})
    return Question(
        text=plain,
        search_text=search_text,
        terms=tuple(dict.fromkeys(terms(search_text))),
        asks_number=bool(ASKS_NUMBER.search(plain)),
        asks_reason=bool(ASKS_REASON.search(plain)),
        asks_name=bool(ASKS_NAME.search(plain)),
        asks_rating=bool(ASKS_RATING.search(plain)),
        years=frozenset(YEAR.findall(plain)),
        figures=frozenset(FIGURE.findall(plain)),
    )


def check_question(text: str) -> None:
    """Raise unless a question has words to search for and is of a length people type."""
    if not text.strip():
        raise BadQuestion("The question is empty. Type what you want to know from the reports.")
    if len(text) > MAX_CHARACTERS:
        raise BadQuestion(
            f"The question has {len(text):,} characters and the limit is {MAX_CHARACTERS:,}. "
            "Ask it in a sentence or two."
        )
    letters = [c for c in text if c.isalpha()]
    latin = [c for c in letters if unicodedata.name(c, "").startswith("LATIN")]
    if not letters and not any(c.isdigit() for c in text):
        raise BadQuestion(f"The question {text[:40]!r} has no word in it. Ask it in English words.")
    if letters and len(latin) < 0.5 * len(letters):
        raise BadQuestion(
            "The question is written in another script than the reports, which are in English. "
            "Ask it in English."
        )


def expand(text: str, acronyms: Mapping[str, str]) -> str:
    """Return a question with the other form behind each short or long form that it uses.

    >>> expand("were CRS offered", {"CRS": "commissioned rehabilitative services"})
    'were CRS (commissioned rehabilitative services) offered'
    """
    for short, long in sorted(acronyms.items(), key=lambda pair: -len(pair[1])):
        as_short = re.compile(rf"\b{re.escape(short)}(?P<s>s?)\b", re.I if len(short) > 3 else 0)
        as_long = re.compile(rf"\b{re.escape(long)}(?P<s>s?)\b", re.I)
        if as_long.search(text):
            if not as_short.search(text):
                text = as_long.sub(lambda m, s=short: f"{m.group()} ({s})", text, count=1)
        elif as_short.search(text) or _spelled_small(short, text):
            lower = re.compile(rf"\b{re.escape(short)}s?\b", re.I)
            text = lower.sub(lambda m, w=long: f"{m.group()} ({w})", text, count=1)
    return text


def _spelled_small(short: str, text: str) -> bool:
    """Return whether a short form stands in a text in small letters and is no common word."""
    if len(short) < 3 or short.lower() in {"app", "pip", "sap", "bag", "act", "aim", "all"}:
        return False
    return re.search(rf"\b{re.escape(short.lower())}s?\b", text) is not None
