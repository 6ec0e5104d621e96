"""The types between a question and a cited answer: frozen, plain, standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from indexer.records import Passage, Rect

Status = Literal["answered", "no_answer"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question, with its rank from 1 and its score, higher is better."""

    rank: int
    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence, bullet or row of a passage and how well it answers, higher is better."""

    passage: Passage
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        """The words of the evidence as the passage has them."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """Report, page, section and verbatim words, with their rectangles on that page.

    ``ocr`` says that the page is a picture whose words were read by OCR.
    """

    n: int
    report: str
    page: int
    page_label: str
    section: tuple[str, ...]
    quote: str
    rects: tuple[Rect, ...]
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and the numbers of the citations it rests on."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reports say to a question, or that they do not say.

    ``confidence`` lies between 0 and 1 and is compared with the threshold of abstention;
    ``hits`` are the nearest passages, also where there is no answer; ``also`` are reports that are
    not cited and may answer the question as well, for one that names none.
    """

    question: str
    status: Status
    text: str
    confidence: float
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
