"""Small questions about running text: folding for comparison, sentences, short forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

ABBREVIATIONS = frozenset(
    "e.g. i.e. etc. cf. vs. mr. mrs. ms. dr. st. no. nos. prof. rev. hon. para. paras. fig. "
    "vol. pp. p. ch. sec. inc. ltd. co. jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. "
    "dec. u.k. u.s. approx. dept. gov. art. ref.".split()
)
ENDING = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s+[\"'“‘(\[•]*[A-Z0-9£$€])")
INITIAL = re.compile(r"(?:^|[\s(])[A-Z]\.$")
NUMBER_LEAD = re.compile(r"^\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]$")
SHORT_FORM = re.compile(r"\(([A-Za-z][A-Za-z0-9&/-]{1,9})\)")
SIGNS = re.compile(r"[\W_]+")
"""All but letters and digits: what ``str.isalnum`` denies."""

MIN_UNIT = 3
"""A piece of fewer characters than this is no sentence of its own."""


def fold(text: str) -> str:
    """Return the letters and digits of a text in lower case, compatibility forms made plain.

    Two texts are the same words when their folds are equal: white space, hyphenation at line
    ends, quotation marks and dashes are left out of the comparison.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return SIGNS.sub("", plain.casefold())


GRADES = frozenset(
    fold(word)
    for word in (
        "Outstanding", "Good", "Requires improvement", "Inadequate", "Satisfactory", "Reasonable",
        "Requires improvement to be good", "Weak", "Poor", "Adequate", "Met", "Not met",
    )
)  # fmt: skip


def is_grade(text: str) -> bool:
    """Return whether a text is a grade of an inspectorate and nothing else.

    Grades are printed large, in a box of their own, on page after page: they are neither
    headings nor running headers.
    """
    return fold(text) in GRADES


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the character spans of the sentences of a text, white space between them left out.

    Joined, the spans hold every character of the text that is not white space.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in ENDING.finditer(text):
        if _is_end(text, start, match.end()):
            spans.append((start, match.end()))
            start = match.end()
    spans.append((start, len(text)))
    return [span for span in (_trim(text, *s) for s in spans) if span[1] - span[0] > 0]


def _is_end(text: str, start: int, end: int) -> bool:
    piece = text[start:end].strip()
    last = piece.rsplit(None, 1)[-1].lower().lstrip("(\"'“‘[")
    if last in ABBREVIATIONS or INITIAL.search(piece) or NUMBER_LEAD.match(piece):
        return False
    return len(piece) >= MIN_UNIT


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def acronyms(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the short forms that the texts explain, as (short, long) pairs without repeats.

    The match is that of Schwartz and Hearst, "A simple algorithm for identifying abbreviation
    definitions in biomedical text" (2003): each character of the short form is found, from right
    to left, in the words before the bracket, the first one at the beginning of a word.
    """
    found: dict[str, str] = {}
    for text in texts:
        for match in SHORT_FORM.finditer(text):
            short = match.group(1)
            if sum(c.isupper() for c in short) < 2:
                continue
            long = _long_form(short, text[: match.start()])
            if long:
                found.setdefault(_singular(short), long)
    return tuple(sorted(found.items()))


def _singular(short: str) -> str:
    """Return a short form without the plural s ("MHTRs" is "MHTR")."""
    return short[:-1] if len(short) > 2 and short[-1] == "s" and short[-2].isupper() else short


def _long_form(short: str, before: str) -> str:
    """Return the words before the bracket that the short form stands for, or nothing."""
    core = _singular(short)
    words = before.split()
    window = " ".join(words[-min(len(core) + 5, 2 * len(core)) :])
    position = len(window)
    for index in range(len(core) - 1, -1, -1):
        sign = core[index].lower()
        if not sign.isalnum():
            continue
        position -= 1
        while position >= 0 and (
            window[position].lower() != sign
            or (index == 0 and position > 0 and window[position - 1].isalnum())
        ):
            position -= 1
        if position < 0:
            return ""
    long = window[position:].strip(" ,;:\"'‘’“”")
    return long if len(long) > len(core) + 2 and len(long.split()) > 1 else ""
