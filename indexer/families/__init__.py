"""Families of reports: what the reports of one kind call things, read from data files.

Each TOML file beside this one describes a family; ``general.toml`` holds what they share and is
the family of every report that none of the others recognises.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

GENERAL = "general"

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DASH = "[-\u2010-\u2015\u2212\u2500]"
"""Hyphens, dashes, the minus sign and the line that some programs draw instead of a dash."""

_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_MONTH = f"(?:{'|'.join(MONTHS)})"
_YEAR = r"(?:19|20)\d\d"
DATE = rf"(?:{_DAY}\s+)?{_MONTH},?\s+{_YEAR}\b"
DATES = (
    rf"(?:{_DAY}(?:\s+{_MONTH})?(?:,?\s+{_YEAR})?\s*(?:to|and|{DASH})\s*"
    rf"{_DAY}\s+{_MONTH},?\s+{_YEAR}\b|{DATE})"
)
NAME = r"(?-i:[A-Z][\w'’-]+(?:\s+[A-Z][\w'’.-]+){1,3})"

Patterns = tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict in words of its own, and the pattern that gives it away."""

    value: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Family:
    """What the reports of one kind call things; patterns match without regard to case.

    ``scale`` are the grades, best first. ``standard`` has the groups ``label`` and ``name``, the
    verdicts the group ``rating`` and, but for those of the whole, ``subject``; patterns of dates
    and inspectors have the group ``value``. Patterns of headings and of cells match the whole.
    """

    name: str
    cover: Patterns
    publisher: Patterns
    scale: tuple[str, ...]
    standard: re.Pattern[str] | None
    overall: Patterns
    earlier: Patterns
    verdicts: Patterns
    overall_verdicts: Patterns
    overall_sentences: Patterns
    outcomes: tuple[Outcome, ...]
    outcome_headings: Patterns
    score: Patterns
    key_question: Patterns
    strengths: Patterns
    improvements: Patterns
    recommendations: Patterns
    progress: Patterns
    progress_values: tuple[str, ...]
    fieldwork: Patterns
    published: Patterns
    inspectors: Patterns
    is_general: bool = False


@cache
def families() -> tuple[Family, ...]:
    """Return the families in alphabetical order, the general one left out."""
    return tuple(family(name) for name in family_names() if name != GENERAL)


def family_names() -> tuple[str, ...]:
    """Return the names of the data files, without their ending, in alphabetical order."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name[:-5] for name in files if name.endswith(".toml")))


@cache
def family(name: str = GENERAL) -> Family:
    """Return a family by the name of its data file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file has a key that no family has.
    """
    shared = _data(GENERAL)
    own = shared if name == GENERAL else _data(name)
    unknown = set(own) - set(shared) - {"standard"}
    if unknown:
        raise ValueError(f"{name}.toml has keys that no family has: {', '.join(sorted(unknown))}.")
    return _family({**shared, **own}, is_general=name == GENERAL)


def recognise(cover: str, text: str) -> Family:
    """Return the family that the words of a report give away.

    Args:
        cover: the words of its first two pages, which name what was inspected.
        text: all words, which name the publisher.
    """
    best, most = family(), 0
    for candidate in families():
        if not any(pattern.search(text) for pattern in candidate.publisher):
            continue
        found = sum(bool(pattern.search(cover)) for pattern in candidate.cover)
        if found > most:
            best, most = candidate, found
    return best


def _data(name: str) -> Mapping[str, Any]:
    source = resources.files(__name__).joinpath(f"{name}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _family(data: Mapping[str, Any], *, is_general: bool) -> Family:
    scale = tuple(data["scale"])
    fields: dict[str, Any] = {
        key: _patterns(value, scale)
        for key, value in data.items()
        if isinstance(value, list) and key not in ("scale", "progress_values", "outcomes")
    }
    return Family(
        name=data["name"],
        scale=scale,
        standard=_optional(data.get("standard"), scale),
        outcomes=tuple(
            Outcome(o["value"], _pattern(o["pattern"], scale)) for o in data["outcomes"]
        ),
        progress_values=tuple(data["progress_values"]),
        is_general=is_general,
        **fields,
    )


def _patterns(sources: Sequence[str], scale: Sequence[str]) -> Patterns:
    return tuple(_pattern(source, scale) for source in sources)


def _optional(source: str | None, scale: Sequence[str]) -> re.Pattern[str] | None:
    return None if source is None else _pattern(source, scale)


def _pattern(source: str, scale: Sequence[str]) -> re.Pattern[str]:
    for sign, meaning in (
        ("{grade}", grades(scale)),
        ("{dates}", f"(?P<value>{DATES})"),
        ("{date}", f"(?P<value>{DATE})"),
        ("{name}", f"(?P<value>{NAME})"),
    ):
        source = source.replace(sign, meaning)
    return re.compile(source, re.I)


def grades(scale: Sequence[str]) -> str:
    """Return a pattern for the grades of a scale, the longest first, in singular and plural.

    Services that are many "require improvement".
    """
    longest = sorted(scale, key=len, reverse=True)
    return "(?:" + "|".join(re.sub(r"^(Require)s\b", r"\1s?", grade) for grade in longest) + ")"
