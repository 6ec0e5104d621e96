"""Scores of what a tool found, the same for every tool, by the project's own measures.

A passage counts for the pages that its words stand on, whatever page the tool names, so that a tool
that names none is measured like the rest. Whether the page that it does name is right is a figure
of its own.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2

from qa import evaluate
from qa.evaluate import Gold, letters_and_digits

KS = (1, 5, 10)
FIRST_WORDS = 500
CITED = 5
"""Passages of a question whose named pages are looked at."""

WINDOW = 24
"""Letters and digits in a row by which a piece of a passage is known on a page."""

LEAST_SHARE = 0.1
"""Share of a passage's windows that a page must hold for the passage to count for it."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures from 0 to 1 over the answerable questions, None where the tool defines none.

    ``named_right`` is the share of the first five passages whose named page holds the passage,
    ``named_pages`` how many pages a passage names at once, ``words`` the median length.
    """

    page_hit: dict[int, float]
    evidence: float
    named_right: float | None
    named_pages: float | None
    words: float
    questions: int
    answerable: int


def page_texts(pdf: Path) -> list[str]:
    """Return the text of each page, in order, as PDFium has it."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def score(
    gold: Sequence[Gold],
    found: Mapping[str, Sequence[Mapping[str, Any]]],
    pages: Mapping[str, Sequence[str]],
) -> Scores:
    """Return the scores of the passages found for each question, by its id.

    A passage has ``text``, ``report`` and ``page``: a number from 1, a label, a list or None.
    """
    places = Places(pages)
    standing = {
        one.id: [places.of(str(p["text"]), str(p["report"])) for p in found[one.id]] for one in gold
    }
    scored = evaluate.evaluate(
        gold, lambda one: _as_answer(one.id, found[one.id], standing[one.id]), pages,
        ks=KS, first_words=(FIRST_WORDS,),
    )  # fmt: skip
    answerable = [one for one in gold if one.answerable]
    named = [
        (named_pages(passage), where)
        for one in answerable
        for passage, where in list(zip(found[one.id], standing[one.id], strict=True))[:CITED]
    ]
    with_name = [(names, where) for names, where in named if names and where]
    lengths = [len(str(p["text"]).split()) for one in answerable for p in found[one.id]]

    def value(name: str) -> float:
        figure = scored.overall.get(name)
        return 0.0 if figure is None else figure.value

    return Scores(
        page_hit={k: value(f"page hit@{k}") for k in KS},
        evidence=value(f"evidence in {FIRST_WORDS} words"),
        named_right=(
            statistics.mean(not names.isdisjoint(where) for names, where in with_name)
            if with_name
            else None
        ),
        named_pages=statistics.mean(len(names) for names, _ in with_name) if with_name else None,
        words=statistics.median(lengths) if lengths else 0.0,
        questions=len(gold),
        answerable=len(answerable),
    )


def named_pages(passage: Mapping[str, Any]) -> set[int]:
    """Return the pages that a tool names, a label read as the number that it shows."""
    page = passage.get("page")
    named = page if isinstance(page, list) else [page]
    return {int(one) for one in named if str(one).isdecimal()}


class Places:
    """Finds the pages that a passage's words stand on."""

    def __init__(self, pages: Mapping[str, Sequence[str]]) -> None:
        """``pages`` are the texts of each report's pages, in order, by report id."""
        self._folded = {
            report: [letters_and_digits(text) for text in texts] for report, texts in pages.items()
        }
        self._windows = {
            report: [set(_windows(page)) for page in texts]
            for report, texts in self._folded.items()
        }

    def of(self, text: str, report: str) -> set[int]:
        """Return the pages, from 1, that hold a tenth of the passage; none where no page does."""
        folded = letters_and_digits(text)
        if len(folded) < WINDOW:
            on = [folded in page for page in self._folded.get(report, ()) if folded]
            return {number for number, holds in enumerate(on, 1) if holds}
        windows = _windows(folded)
        least = max(LEAST_SHARE * len(windows), 1)
        return {
            number
            for number, page in enumerate(self._windows.get(report, ()), 1)
            if sum(window in page for window in windows) >= least
        }


def _windows(folded: str) -> list[str]:
    return [folded[at : at + WINDOW] for at in range(len(folded) - WINDOW + 1)]


def _as_answer(
    name: str, passages: Sequence[Mapping[str, Any]], standing: Sequence[set[int]]
) -> dict[str, Any]:
    """Return passages in the form of an answer that says nothing."""
    return {
        "id": name,
        "status": "no_answer",
        "answer": "",
        "confidence": 0.0,
        "citations": [],
        "passages": [
            {
                "report": passage["report"],
                "pages": sorted(where or named_pages(passage)),
                "text": passage["text"],
            }
            for passage, where in zip(passages, standing, strict=True)
        ],
    }
