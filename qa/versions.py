"""Whether a report that comes in is another version of one that is there, or a later inspection.

It is told by title, place and date alone. Nothing is decided: it is said before anything is
replaced.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from indexer.errors import DuplicateReport
from indexer.lexical import words
from qa.places import place_of, same_place

if TYPE_CHECKING:
    from indexer.snapshot import ReportInfo

Relation = Literal["newer", "older", "like", ""]

LIKE = 0.6
"""Titles are of one kind from this share of common words, place and date left out."""

DATED = re.compile(
    r"january|february|march|april|may|june|july|august|september|october|november|december|\d+"
)
SMALL = frozenset("a an and at by for in into of on the to with".split())
SAID = {"newer": "a later date than", "older": "an earlier date than", "like": "the title of"}


def not_another_version(info: ReportInfo, there: Sequence[ReportInfo]) -> None:
    """Raise where a report looks like another version of one that is there.

    Raises:
        DuplicateReport: it does; the error has the id of that one, and what the new one is to it.
    """
    for other in there:
        kind = relation(info, other)
        if kind:
            raise DuplicateReport(
                f"{info.file} has {SAID[kind]} the report {other.id!r} ({other.title}), which is "
                "about the same: say whether both are to be kept.",
                report=other.id,
                kind=kind,
            )


def relation(new: ReportInfo, old: ReportInfo) -> Relation:
    """Return what a report is to another: newer, older, like it, or nothing to it.

    ``like`` are two of one title whose dates do not tell them apart.
    """
    places = place(new), place(old)
    title, other = _kind_of_title(new.title, places[0]), _kind_of_title(old.title, places[1])
    both = title | other
    if not both or len(title & other) / len(both) < LIKE:
        return ""
    if (places[0] or places[1]) and not same_place(*places):
        return ""
    dates = date_of(new), date_of(old)
    known = min(len(dates[0]), len(dates[1]))  # "2024-07" says nothing against "2024-07-05"
    if known >= 4 and dates[0][:known] != dates[1][:known]:
        return "newer" if dates[0] > dates[1] else "older"
    return "like" if _folded(new.title) == _folded(old.title) else ""


def place(info: ReportInfo) -> str:
    """Return the place that a report is about, as a person or else its title says; or nothing."""
    return info.place or place_of(info.title, info.id)


def date_of(info: ReportInfo) -> str:
    """Return the date of a report, ISO 8601, of its file where it gives none; or nothing."""
    return info.published or info.created[:10]


def _kind_of_title(title: str, where: str) -> set[str]:
    """Return the words of a title that say what kind of report it is."""
    left_out = SMALL | set(words(where))
    return {word for word in words(title) if word not in left_out and not DATED.fullmatch(word)}


def _folded(title: str) -> list[str]:
    return words(title)
