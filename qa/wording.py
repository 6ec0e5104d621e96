"""How evidence is worded in an answer, and how a passage is shown: the report's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.records import Passage
from qa.citation import Quote
from qa.records import Evidence

MIN_FOOTNOTE_WORDS = 6
"""A shorter footnote says nothing without being called one."""

SMALL = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
GRADE_WORDS = re.compile(r"\b(?:outstanding|requires improvement|inadequate)\b", re.I)
SENTENCE_BREAK = re.compile(r"(?<=\w)[.!?]\s+(?=[A-Z0-9])")
HEAD_FIGURE = re.compile(r"\s*\(?\d[\d,.–-]*\)?")
HEADING_NUMBER = re.compile(r"^(?:[A-Z]{1,3}\s?)?\d+(?:\.\d+)*[.):]?\s+")
LIST_NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]\s+(?=\S)")


def sentence_text(evidence: Evidence) -> str:
    """Return the evidence as a sentence of the answer, without its full stop.

    A row is told with its labels ("Ratings › P 1.2 Staffing: Inadequate"); a list number is left
    out.
    """
    return next(sentence_texts(evidence))


def sentence_texts(evidence: Evidence) -> Iterator[str]:
    """Yield the evidence as a sentence, the most telling form first, the barest last."""
    passage = evidence.passage
    if passage.kind == "row" and passage.cells:
        row = _cells_text(passage, evidence.start, evidence.end)
        row = row.replace("?: ", ": ").rstrip(" .;:,")
        # A row is one sentence of the answer, and has one marker.
        row = SENTENCE_BREAK.sub("; ", row)
        where = HEADING_NUMBER.sub("", passage.context.split(" › ")[0])
        if where:
            yield f"{where} › {row}"
        yield row
    text = LIST_NUMBER.sub("", " ".join(evidence.text.split())).rstrip(" .;:,")
    if passage.kind == "row":
        text = SENTENCE_BREAK.sub("; ", text)
    if passage.kind == "footnote" and len(text.split()) < MIN_FOOTNOTE_WORDS:
        yield f"Footnote: {text}"
    yield text


def is_covered(text: str, quotes: Sequence[Quote]) -> bool:
    """Return whether every figure and every grade of a sentence stands in one of its quotes."""
    quoted = " ".join(quote.text for quote in quotes)
    figures = {figure.replace(",", "") for figure in FIGURE.findall(quoted)}
    said = {figure.replace(",", "") for figure in FIGURE.findall(text)}
    grades = {grade.lower() for grade in GRADE_WORDS.findall(text)}
    return said <= figures and grades <= {g.lower() for g in GRADE_WORDS.findall(quoted)}


def in_words(number: int) -> str:
    """Return a number up to 99 in words, as an answer counts: its figures are the report's own.

    >>> in_words(9), in_words(14), in_words(30), in_words(42), in_words(100)
    ('nine', 'fourteen', 'thirty', 'forty-two', '100')
    """
    if not 0 <= number < 100:
        return str(number)
    if number < len(SMALL):
        return SMALL[number]
    ten, one = divmod(number, 10)
    return TENS[ten] + (f"-{SMALL[one]}" if one else "")


def passage_text(passage: Passage) -> str:
    """Return a passage as it is shown: rows and footnotes with their context in front."""
    if passage.kind == "row":
        body = _cells_text(passage, 0, len(passage.text))
        return f"{passage.context} › {body}" if passage.context else body
    return f"{passage.context} › {passage.text}" if passage.context else passage.text


def _cells_text(passage: Passage, start: int, end: int) -> str:
    """Return the cells within a span: labels joined by spaces, a colon before the last value."""
    cells = [
        (number, passage.text[max(a, start) : min(b, end)])
        for number, (a, b) in enumerate(passage.cells)
        if b > a and min(b, end) > max(a, start)
    ]
    named = len(passage.header) == len(passage.cells) and len(cells) > 1 and len(passage.cells) > 2
    if named:
        names = [HEAD_FIGURE.sub("", name).strip() or name for name in passage.header]
        return "; ".join(f"{names[n]}: {cell.rstrip(' .;')}".strip(": ") for n, cell in cells)
    texts = [cell for _, cell in cells]
    if len(texts) < 2:
        return " ".join(texts)
    return f"{' '.join(texts[:-1])}: {texts[-1]}"
