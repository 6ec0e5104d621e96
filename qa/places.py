"""The place that a report is about, read from its title: "Fenmarsh", "Isle of Wight".

It is the first run of words in capitals that name no service, body or kind of report.
"""

from __future__ import annotations

import calendar
import re

from indexer.text import fold

WORD = re.compile(r"[^\W\d_]+(?:[-’'.][^\W\d_]+)*|[^\w\s]|\d+")
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
WITHIN = frozenset({",", "and", "in", "next", "of", "on", "the", "under", "upon"})
"""What may stand within a name, as in "Kingston upon Hull" or "Camden, Islington and Barnet"."""

GENERIC = frozenset(
    "a an and annual academy area arrangements authority authorities board borough care centre "
    "child children children's city college commission community core council county date dates "
    "delivery digest district draft draft early education effectiveness final follow-up force fire "
    "for full her his hm hmi hmip home hospital in inspection inspections inspectorate into joint "
    "justice leavers local london majesty's metropolitan monitoring national nhs nursery of "
    "offending ofsted cqc gov.uk on our partnership pdu police prison probation primary protection "
    "published quality rapid rated re-inspection region regional reinspection report reports "
    "review royal safeguarding school secondary send service services summary team the thematic "
    "this trust unit university visit work yjs yos yot years youth".split()
) | {month.lower() for month in calendar.month_name[1:]}
"""Words that name a service, a body, a kind of area or of report, but no place."""

PLACES_TOO = ("London",)
"""Words that are part of many names, and a place where nothing else is named."""


def place_of(title: str, report_id: str = "") -> str:
    """Return the place in a report's title, or in its id where that is its title; else empty.

    >>> place_of("An inspection of probation services in Fenmarsh PDU, June 2023")
    'Fenmarsh'
    >>> place_of("London Borough of Barking and Dagenham Inspection of services for children")
    'Barking and Dagenham'
    >>> place_of("youth-justice-leeds-2023", "youth-justice-leeds-2023"), place_of("Annual report")
    ('Leeds', '')
    """
    if title == report_id:
        title = " ".join(part.capitalize() for part in re.split(r"[-_\s]+", title))
    # Typographic apostrophes and hyphens are made plain, so that "Children’s" is found generic.
    words = WORD.findall(BRACKETS.sub(" ", title.replace("’", "'").replace("‑", "-")))
    run = _first_run(words)
    if not run:
        run = [word for word in words if word in PLACES_TOO][:1]
    return " ".join(run).replace(" ,", ",").replace("'", "’")


def same_place(one: str, other: str) -> bool:
    """Return whether two names are those of one place; an empty name is that of none."""
    return bool(one) and fold(one) == fold(other)


def _first_run(words: list[str]) -> list[str]:
    """Return the first words in a row that name a place, what joins them left out at the end."""
    run: list[str] = []
    for word in words:
        if (word[0].isupper() and not _is_generic(word)) or (run and word in WITHIN):
            run.append(word)
        elif run:
            break
    while run and run[-1] in WITHIN:
        run.pop()
    return run


def _is_generic(word: str) -> bool:
    return word.lower() in GENERIC or word.lower().removesuffix("'s") in GENERIC
