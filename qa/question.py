"""What a question asks for: its words, figures and years, and the kind of answer it wants."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from indexer.lexical import STOP_WORDS, terms
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
COMPARES = re.compile(
    r"\b(compar\w+|versus|vs|differ\w*|chang\w+|since|between|both|either|respective\w*|moved?"
    r"|shift\w*|(got|gone|become|getting) (worse|better)|(come|came|go|went|gone|going) (up|down)"
    r"|better or worse|worse or better|improved|worsened|than (in|last|the)|last (time|inspection)"
    r"|previously|from one inspection)\b",
    re.I,
)
ACROSS = re.compile(
    r"\bcompare\b|\b(across|between|among) (the |all |all the )?(reports|units|local areas|councils"
    r"|inspections|pdus|places)\b"
    r"|\b(which|what|do|does|did|are|were|how many)( of)?( the| these| those| all)?( inspected)?"
    r" (units|local areas|reports|places|councils|(local )?authorities|pdus|schools)\b"
    r"|\b(both|each|either|every) (unit|report|place|council|authority|pdu|inspection)s?\b",
    re.I,
)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
FIGURE = re.compile(r"\d[\d,.]*\d|\d")
AT_INSPECTION = re.compile(
    r",?\s*\b(when (it|they|he|she|the \w+|this \w+) (was|were) (last )?inspected"
    r"|when (the )?inspectors (last )?(visited|came|called)"
    r"|at the (time|point) of (the|this|that|its|their) (\d{4} )?(inspection|visit))\b",
    re.I,
)
"""Says that a question is about the time of the inspection, as all of a report is."""

INSTRUCTION = re.compile(
    r"(please,? )?(if\b.*\b(state|say|explain|answer|tell|respond)\b"
    r"|(calculate|compute|round|respond|reply|assume|express|answer|address)\b"
    r"|(give|state|show|write|put|express) (your|the) (answer|response|result|figure)\b"
    r"|(keep|make) (it|your answer|the answer)\b|be (brief|concise|short|specific)\b)",
    re.I,
)
"""How a sentence begins that tells how to answer and not what is asked."""

SENTENCE_END = re.compile(r"(?<=[.?!;])\s+")

MIN_TERMS = 2
"""A question keeps at least so many terms, whatever is left out of it."""

COMMON_WORDS = frozenset(
    {"act", "age", "aid", "aim", "app", "art", "ask", "bag", "one", "pip", "sap"}
)
"""Words that are short forms as well; in small letters they are taken for the word."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be asked, with what its wording says of the answer.

    ``text`` is as typed, ``search_text`` has the long or short forms of the acronyms in it added;
    ``names`` are the terms of words written with a capital.
    """

    text: str
    search_text: str
    terms: tuple[str, ...]
    asks_number: bool
    asks_reason: bool
    asks_name: bool
    asks_rating: bool
    compares: bool
    across: bool
    years: frozenset[str]
    figures: frozenset[str]
    names: frozenset[str] = frozenset()


def read_question(
    text: str,
    acronyms: Mapping[str, str] | None = None,
    *,
    respell: Callable[[str], str] | None = None,
) -> Question:
    """Return a question's wording, white space folded; ``acronyms`` are short to long forms.

    ``respell`` puts the word that was probably meant behind one that is misspelt.

    Raises:
        BadQuestion: it is empty, longer than ``MAX_CHARACTERS``, or has no Latin letter.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    plain = "".join(c for c in plain if c.isprintable())
    check_question(plain)
    search_text = expand(respell(plain) if respell else plain, acronyms or {})
    return Question(
        text=plain,
        search_text=search_text,
        terms=tuple(dict.fromkeys(terms(search_text))),
        asks_number=bool(ASKS_NUMBER.search(plain)),
        asks_reason=bool(ASKS_REASON.search(plain)),
        asks_name=bool(ASKS_NAME.search(plain)),
        asks_rating=bool(ASKS_RATING.search(plain)),
        compares=bool(COMPARES.search(plain)),
        across=bool(ACROSS.search(plain)),
        years=frozenset(YEAR.findall(plain)),
        figures=frozenset(FIGURE.findall(plain)),
        names=_names(plain),
    )


def timeless(text: str) -> str:
    """Return a question without the words that only say "at the time of the inspection".

    >>> timeless("how many posts were empty when it was inspected?")
    'how many posts were empty?'
    """
    kept = " ".join(AT_INSPECTION.sub("", text).split())
    return kept if len(set(terms(kept))) >= MIN_TERMS else text


def uninstructed(text: str) -> str:
    """Return a question without the sentences that only tell how it is to be answered.

    Only where a sentence with a question mark is left: "List the strengths." is the question.

    >>> uninstructed("How many boats are there? Round to tens. If none, say so.")
    'How many boats are there?'
    """
    sentences = SENTENCE_END.split(text)
    kept = [one for one in sentences if "?" in one or not INSTRUCTION.match(one)]
    asks = any("?" in one for one in kept)
    return " ".join(kept) if asks and len(set(terms(" ".join(kept)))) >= MIN_TERMS else text


def _names(text: str) -> frozenset[str]:
    """Return the terms of the words that a question writes with a capital, its first word apart.

    A question written in capitals throughout names nothing by them.
    """
    words = re.findall(r"[^\W\d_]+", text)
    capital = [word for word in words[1:] if word[0].isupper()]
    if len(capital) > 0.6 * max(1, len(words) - 1):
        return frozenset()
    return frozenset(term for word in capital for term in terms(word))


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
        singular = re.sub(r"(?<=[^s])s$", "", long)
        as_long = re.search(rf"\b{re.escape(singular)}s?(?!\w)", text, re.I)
        as_short = _short_form(short).search(text)
        used, other = (as_long, short) if as_long else (as_short, long)
        if used and not (as_long and as_short):
            text = f"{text[: used.end()]} ({other}){text[used.end() :]}"
    return text


def _short_form(short: str) -> re.Pattern[str]:
    """Return the pattern of a short form, in small letters too where these are no common word."""
    common = len(short) < 3 or short.lower() in STOP_WORDS | COMMON_WORDS
    return re.compile(rf"\b{re.escape(short)}s?(?!\w)", 0 if common else re.I)
