"""Counts, percentages and dates as running text gives them: "nine out of twelve", "71 per cent"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from indexer.families import DASH, DATES, MONTHS

SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
VALUES = {word: number for number, word in enumerate(SMALL)} | {
    word: 10 * number for number, word in enumerate(TENS, 2)
}

_WORDS = (
    rf"(?:(?:{'|'.join(TENS)})(?:[- ](?:{'|'.join(SMALL[1:10])}))?|{'|'.join(reversed(SMALL))})"
)
NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{_WORDS})"
_SHARE = r"(?:per cent\b|percent\b|%)"
_NOT_SHARE = rf"(?!\s*{_SHARE}|\.\d|,\d)"

OUT_OF = re.compile(
    rf"(?<![\w.,/-])(?P<count>{NUMBER})\s+(?P<out>out\s+)?of\s+"
    rf"(?:the\s+|all\s+|these\s+|those\s+|our\s+|a\s+total\s+of\s+)?"
    rf"(?P<total>{NUMBER})\b{_NOT_SHARE}",
    re.I,
)
OF_THE = re.compile(
    rf"\bof\s+(?:the\s+|these\s+|our\s+)?(?P<total>{NUMBER})\s+(?P<subject>[^,.;:]{{3,80}}),\s+"
    rf"(?:only\s+|just\s+)?(?P<count>{NUMBER})\b{_NOT_SHARE}(?!\s+of\b|\s+out\s+of\b)",
    re.I,
)
SHARE = re.compile(rf"(?<![\w.,/-])(?P<share>{NUMBER})\s*{_SHARE}", re.I)
AFTER_TOTAL = re.compile(rf"\s*(?:{'|'.join(MONTHS)})\b")

STOP = re.compile(
    r"[,.;:()!?–—]|\s(?:was|were|is|are|be|been|had|have|has|did|do|does|said|felt|stated|told|"
    r"agreed|confirmed|described|reported|indicated|considered|identified|thought|knew|could|"
    r"would|should|will|and|but|with|when|because|while|which|that|who|where|whose|as|if|since|"
    r"compared|including|having|being|rated|showed|received|completed|began|in|at|by|from|than|"
    r"lives?|lived|took|needed|\w+ly|\w+ed(?=\s(?:the|an?|that|their|its|no)\b))\b",
    re.I,
)
"""What ends the noun behind a number: a stop, a verb or the beginning of another phrase."""

LEAD = re.compile(r"^(?:and|but|of the|of all|of|all|the|these|those|our|their|an?)\s+", re.I)
OF_WHOM = re.compile(r"\bof\s+(?P<subject>[^,;:]{3,90}),\s+(?:[\w’']+\s+){0,4}$", re.I)
TAIL = re.compile(
    r"\s*\b(?:was|were|is|are|be|been|being|had|have|has|at|of|just|only|in|to|by|about|around|"
    r"approximately|over|under|almost|nearly|fewer than|less than|more than|up|down|from|with|"
    r"and|but|some|another|the|an?|stood|rose|fell|risen|fallen|increased|decreased|grown|having|"
    r"reduced|for|that|this|below|above|than|since|as|between|therefore|also|further|compared|"
    r"per cent|\d[\d,.]*%?)\s*$",
    re.I,
)
CLAUSE = re.compile(r"[,;:()–—]\s+|\b(?:and|but|while|although|because)\s+", re.I)
GOES_ON = re.compile(
    r"\b(?:and|but|while|whilst|compared with)(?:\s+(?:just|only|in|a|further|another))*$", re.I
)
SHORT_FORM = re.compile(r"\s*\([A-Za-z&/-]{2,10}\)")
LIST_NUMBER = re.compile(r"^\(?\d{1,3}[.)]\s+")
MAX_SUBJECT_WORDS = 12


@dataclass(frozen=True, slots=True)
class Statement:
    """A number that a sentence states: where it stands, what it is and of whom or what.

    ``total`` is what a count is out of; a percentage has none. ``value`` is the number as
    printed, ``subject`` the words beside it that say whose number it is.
    """

    start: int
    end: int
    value: str
    number: float
    total: float | None
    subject: str


def statements(sentence: str) -> Iterator[Statement]:
    """Yield the counts ("22 out of 70 cases") and percentages of a sentence, from left to right.

    A number that goes on from the one before it ("83 per cent were men and 14 per cent women")
    has the subject of that one.
    """
    before: Statement | None = None
    for said in sorted([*_counts(sentence), *_shares(sentence)], key=lambda s: s.start):
        if before is not None and GOES_ON.search(sentence[: said.start].rstrip()):
            named = _behind(sentence[said.end :]) if said.subject in sentence[said.end :] else ""
            said = replace(said, subject=named or before.subject)
        yield said
        before = said


def number(text: str) -> float:
    """Return what a number in figures or words says: 1,297, "forty-five".

    Raises:
        ValueError: it is no number.
    """
    plain = text.replace(",", "").lower()
    if plain[:1].isdigit():
        return float(plain)
    parts = re.split(r"[- ]", plain)
    if not all(part in VALUES for part in parts):
        raise ValueError(f"{text!r} is no number.")
    return float(sum(VALUES[part] for part in parts))


def iso_dates(text: str) -> str:
    """Return dates in ISO form: "2024-03-11", "2024-07", or "2016-09-12/2016-10-06" for a range.

    Raises:
        ValueError: the text holds no date.
    """
    match = re.search(DATES, text, re.I)
    if match is None:
        raise ValueError(f"{text!r} holds no date.")
    parts = re.split(rf"\s*(?:\bto\b|\band\b|{DASH})\s*", match.group())
    last = _date(parts[-1], ("", 0, ""))
    if len(parts) == 1:
        return _iso(last)
    return f"{_iso(_date(parts[0], last))}/{_iso(last)}"


def _date(text: str, missing: tuple[str, int, str]) -> tuple[str, int, str]:
    """Return year, month and day, those that are not given taken from ``missing``."""
    year = re.search(r"\b\d{4}\b", text)
    month = next((n for n, name in enumerate(MONTHS, 1) if name.lower() in text.lower()), 0)
    day = re.match(r"(\d{1,2})(?!\d)", text.strip())
    return (
        year.group() if year else missing[0],
        month or missing[1],
        f"{int(day.group(1)):02}" if day else "",
    )


def _iso(date: tuple[str, int, str]) -> str:
    year, month, day = date
    return f"{year}-{month:02}" + (f"-{day}" if day else "")


def _counts(sentence: str) -> Iterator[Statement]:
    for match in OUT_OF.finditer(sentence):
        count, total = number(match["count"]), number(match["total"])
        if count > total or count % 1 or AFTER_TOTAL.match(sentence, match.end()):
            continue
        if match["count"].lower() == "one" and not match["out"]:
            continue  # "one of eight units" counts nothing
        subject = _behind(sentence[match.end() :]) or _before(sentence[: match.start()])
        yield Statement(*match.span(), _one_line(match.group()), count, total, subject)
    for match in OF_THE.finditer(sentence):
        count, total = number(match["count"]), number(match["total"])
        if count <= total:
            subject = _one_line(match["subject"])
            value = f"{match['count']} of {match['total']}"
            yield Statement(*match.span(), value, count, total, subject)


def _shares(sentence: str) -> Iterator[Statement]:
    for match in SHARE.finditer(sentence):
        front, rest = sentence[: match.start()], sentence[match.end() :]
        whom = OF_WHOM.search(front)
        subject = _behind(rest.lstrip(")")) if re.match(r"\)?\s+of\b", rest) else ""
        subject = subject or (_one_line(whom["subject"]) if whom else "") or _before(front)
        value = _one_line(match.group())
        yield Statement(*match.span(), value, number(match["share"]), None, subject)


def _behind(rest: str) -> str:
    """Return the noun that follows a number: up to a stop or a verb."""
    rest = " " + rest.strip()
    stop = STOP.search(rest)
    words = LEAD.sub("", (rest[: stop.start()] if stop else rest).strip())
    return " ".join(LEAD.sub("", words).split()[:MAX_SUBJECT_WORDS])


def _before(front: str) -> str:
    """Return the words of the clause in front of a number, without the verb that leads to it."""
    for clause in reversed(CLAUSE.split(SHORT_FORM.sub("", front))):
        words = LIST_NUMBER.sub("", clause.strip(" (,;:–—"))
        shorter = TAIL.sub("", words)
        while shorter != words:
            words, shorter = shorter, TAIL.sub("", shorter)
        words = LEAD.sub("", words.strip())
        if words:
            return " ".join(words.split()[-MAX_SUBJECT_WORDS:])
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
