"""Short names of reports, by which those of one answer are told apart."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from indexer.lexical import terms
from qa.question import YEAR

if TYPE_CHECKING:
    from indexer.snapshot import ReportInfo

MONTHS = frozenset(calendar.month_name[1:])
ORDINALS = ("first", "second", "third", "fourth")


def labels_of(reports: Sequence[ReportInfo]) -> dict[str, str]:
    """Return a short name for each report, by which those of one comparison are told apart.

    It is what the report's title does not share with the others; two inspections of one place are
    the earlier and the later. There is no figure in a name, since no quote would have it.
    """
    shared = set.intersection(*(set(terms(report.title)) for report in reports))
    names = {report.id: _own_name(report.title, shared) for report in reports}
    if len(set(names.values())) == len(reports) and all(names.values()):
        return names
    by_age = sorted(reports, key=dated)
    ages = ["Earlier inspection", "Later inspection"]
    if len(by_age) == 2:
        return {report.id: age for report, age in zip(by_age, ages, strict=True)}
    return {report.id: _by_place(report, by_age, names) for report in reports}


def dated(report: ReportInfo) -> str:
    """Return when a report was published, as nearly as can be said."""
    years = YEAR.findall(f"{report.title} {report.id}")
    return report.published or (years[-1] if years else report.created)


def _own_name(title: str, shared: set[str]) -> str:
    """Return the first capitalised words in a row that a title does not share with others."""
    run: list[str] = []
    for word in re.findall(r"[^\W\d]+(?:[-’'][^\W\d]+)*", title):
        if word[0].isupper() and word not in MONTHS and not set(terms(word)) <= shared:
            run.append(word)
        elif run:
            break
    return " ".join(run)


def _by_place(report: ReportInfo, by_age: Sequence[ReportInfo], names: Mapping[str, str]) -> str:
    """Return a report's place and, where the place was inspected twice, which time it was."""
    same = [other for other in by_age if names[other.id] == names[report.id]]
    if len(same) < 2:
        return names[report.id]
    turn = ORDINALS[min(same.index(report), len(ORDINALS) - 1)]
    return f"{names[report.id]}, {turn} inspection".lstrip(" ,")
