"""The address of a citation: report, page and words, from which the place is found again.

Nothing but the words themselves says where they stand: an index that was built anew, or on another
machine, has them at the same place or says that it has them no longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from indexer.records import Passage, TextWord
from indexer.text import fold
from qa.citation import line_rects
from qa.records import Citation

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot

FRONT_WORDS = 16
BACK_WORDS = 8
"""Words of a long quote that its address gives, from its front and from its end."""

PARAMETERS = ("cite", "page", "words", "to")
"""Names under which an address gives the parts of a link."""

MAX_CHARACTERS = 1_000
"""No more than this is read of the words in an address."""


@dataclass(frozen=True, slots=True)
class Link:
    """Report, page and words of a citation; of a long one the first words, and the last in ``to``.

    A page that is no page is 0.
    """

    report: str
    page: int
    words: str
    to: str = ""


def link_to(report: str, page: int, quote: str) -> Link:
    r"""Return the link to a quote.

    >>> link_to("lights", 3, "Two keepers\nleft in May.")
    Link(report='lights', page=3, words='Two keepers left in May.', to='')
    """
    words = quote.split()
    if len(words) <= FRONT_WORDS + BACK_WORDS:
        return Link(report, page, " ".join(words))
    return Link(report, page, " ".join(words[:FRONT_WORDS]), " ".join(words[-BACK_WORDS:]))


def address_of(link: Link) -> str:
    """Return the address of a link, to be read from any page of the app.

    >>> address_of(Link("lights", 3, "Two keepers & a cat"))
    './?cite=lights&page=3&words=Two+keepers+%26+a+cat'
    """
    parts = zip(PARAMETERS, (link.report, str(link.page), link.words, link.to), strict=True)
    return f"./?{urlencode([(name, part) for name, part in parts if part])}"


def link_from(parameters: Mapping[str, str]) -> Link | None:
    """Return the link that an address gives, None where it gives none."""
    report = parameters.get("cite", "")
    if not report:
        return None
    page = parameters.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) <= 6 else 0
    words = parameters.get("words", "")[:MAX_CHARACTERS]
    return Link(report, number, words, parameters.get("to", "")[:MAX_CHARACTERS])


def find(snapshot: Snapshot, link: Link) -> Citation | None:
    """Return the citation that a link means, None where its page has not those words in a row.

    Raises:
        UnknownReport: the index has no report of that id.
        NoPages: the report has no page of that number.
    """
    page = snapshot.page_text(link.report, link.page)
    for row in snapshot.rows_of(link.report):
        passage = snapshot.passages[row]
        if link.page not in passage.pages:
            continue
        words = _run(passage, link)
        if words:
            quote = " ".join(passage.text[words[0].start : words[-1].end].split())
            return Citation(
                1, link.report, link.page, page.label, passage.section, quote, line_rects(words),
                ocr=page.ocr,
            )  # fmt: skip
    return None


def _run(passage: Passage, link: Link) -> list[TextWord]:
    """Return the words of a passage that a link means, on its page; empty where it has them not."""
    words = [word for word in passage.words if word.page == link.page]
    folds = [fold(passage.text[word.start : word.end]) for word in words]
    starts = list(accumulate((len(part) for part in folds), initial=0))
    text, first, last = "".join(folds), fold(link.words), fold(link.to)
    for begin in _places(text, first):
        end = begin + len(first)
        if last:
            end = text.find(last, end) + len(last)
            if end < begin + len(first) + len(last):
                return []
        if begin in starts and end in starts:
            return [word for word, at in zip(words, starts, strict=False) if begin <= at < end]
    return []


def _places(text: str, part: str) -> Iterator[int]:
    """Yield where a part that is not empty stands in a text."""
    at = text.find(part) if part else -1
    while at >= 0:
        yield at
        at = text.find(part, at + 1)
