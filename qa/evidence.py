"""Which sentences, bullets and rows answer a question: cheap measures, then the reader.

Every unit of every candidate passage gets a row of cheap measures (``FEATURES``), which a logistic
regression turns into log odds. The passages with the best of them are read together with the
question by ``qa.reader``; a second regression weighs what it makes of each unit
(``READING_FEATURES``), and a third gives the confidence that there is an answer at all
(``CONFIDENCE_FEATURES``). The weights lie in ``weights.json`` and are fitted by ``qa/training`` on
questions over other reports than those the product is measured on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from indexer.embedding import passage_input
from indexer.lexical import terms
from qa.question import Question
from qa.reader import Reading
from qa.records import Evidence
from qa.search import Candidate, Found

WEIGHTS = Path(__file__).with_name("weights.json")
READ_DEPTH = 10
"""Passages that are read with the question (figures in benchmarks/notes.md)."""

FEATURES = (
    "fused",  # convex sum of dense and BM25 of the passage, 0 to 1
    "dense",  # cosine of question and passage
    "lexical",  # BM25 of the passage as a part of the best one's
    "passage_maxsim",
    "passage_maxsim_idf",  # weighted by how rare the question's words are
    "passage_gap",  # how far the passage's MaxSim is behind the best one's
    "passage_rank",  # 1 / rank
    "unit_maxsim",
    "unit_maxsim_idf",
    "unit_maxsim_worst",  # the question's worst covered token
    "unit_maxsim_context",  # weighted, with the tokens of the heading and the context
    "unit_cosine",  # question vector against the mean of the unit's token vectors
    "unit_coverage",  # share of the question's terms in the unit, weighted by idf
    "passage_coverage",
    "heading_coverage",
    "number_wanted_and_given",
    "number_wanted",
    "reason_wanted",
    "reason_wanted_and_given",
    "name_wanted_and_given",
    "row",
    "footnote",
    "rating_wanted_in_row",
    "rating_wanted_and_given",
    "rating_given",
    "unit_length",  # log(1 + words)
    "unit_place",  # 0 for the first unit of a passage, towards 1 for the last
    "unit_first",
)

READING_FEATURES = (
    "unit",  # the reader's log odds that the unit answers
    "span",  # how far the unit's best answer span is ahead of none
    "passage",  # the reader's log odds that the passage answers
    "unit_lead",  # how far the unit is behind the best one of all that were read
    "cheap",  # the log odds by the cheap measures
    "row",
    "footnote",
)

CONFIDENCE_FEATURES = (
    "evidence_logit",  # of the best unit
    "evidence_second",  # of the second best unit
    "reader_unit",  # the reader's best log odds of a unit
    "reader_span",
    "reader_passage",
    "cheap",  # best log odds by the cheap measures
    "dense",  # best cosine of any candidate
    "passage_maxsim",  # best of any candidate
    "unit_maxsim_worst",  # of the best unit
    "passage_coverage",  # of the best unit's passage
    "unit_coverage",  # of the best unit
    "best_coverage",  # best passage coverage of any candidate
    "unknown",  # share of the question's terms, by idf, that no passage has
    "terms",  # log(1 + number of terms)
    "number_missing",  # a number is wanted and the best unit has none
    "figure_missing",  # a figure or year of the question is not in the best passage
    "name_unknown",  # a name in the question stands in no passage
)

NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|third|quarters?"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|none)\b",
    re.I,
)
REASON = re.compile(
    r"\b(because|due to|as a result|result(s|ed|ing)? (in|from)|caus(e|es|ed|ing)|meant that"
    r"|so that|owing|in response|reflect(s|ed|ive)?|factors?|led to|contribut\w+|impact\w*"
    r"|attributed|since|therefore|in order to|to ensure|driven by|linked to|consequen\w+)\b",
    re.I,
)
GRADE = re.compile(
    r"\b(outstanding|good|requires? improvement|inadequate|satisfactory"
    r"|(some|sufficient|no|significant|limited) progress)\b",
    re.I,
)
NAME = re.compile(r"(?<![.!?:] )(?<!^)\b[A-Z][a-z]+")

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weighing:
    """A logistic regression: the mean and scale of each measure, its weight, and a constant."""

    mean: Float64
    scale: Float64
    weight: Float64
    constant: float

    def logits(self, rows: Float64) -> Float64:
        """Return the log odds for rows of measures [n, f] as [n]."""
        return np.asarray((rows - self.mean) / self.scale @ self.weight + self.constant)

    @classmethod
    def from_json(cls, record: dict[str, Any], names: Sequence[str]) -> Weighing:
        """Return a weighing from its stored form, in the order of ``names``."""
        rows = [record["features"][name] for name in names]
        return cls(
            np.array([row["mean"] for row in rows]),
            np.array([row["scale"] for row in rows]),
            np.array([row["weight"] for row in rows]),
            float(record["constant"]),
        )


class PassageReader(Protocol):
    """What reads a question with passages; see ``qa.reader.Reader``."""

    def read(
        self, question: str, passages: Sequence[tuple[str, Sequence[tuple[int, int]]]]
    ) -> list[Reading]:
        """Return what it makes of each passage, given as text and the units in it."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The evidence for a question, best first, with the confidence that there is an answer.

    ``confidence`` is the calibrated probability, 0 to 1, that the best evidence answers.
    """

    evidence: tuple[Evidence, ...]
    confidence: float


def score_evidence(
    question: Question, found: Found, reader: PassageReader, *, depth: int = READ_DEPTH
) -> Scored:
    """Return every unit of every candidate as evidence with its probability, best first.

    ``depth`` passages are read; units of the others follow, in the order of the cheap measures.
    """
    weighed = weigh(question, found, reader, depth=depth)
    if weighed is None:
        return Scored((), 0.0)
    order = np.argsort(-weighed.logits, kind="stable")
    evidence = tuple(_evidence(found, weighed, int(i)) for i in order)
    row = measure_confidence(question, found, weighed)
    return Scored(evidence, _sigmoid(float(weighings().confidence.logits(row[None, :])[0])))


def _evidence(found: Found, weighed: Weighed, at: int) -> Evidence:
    candidate, unit = weighed.keys[at]
    passage = found.candidates[candidate].passage
    start, end = passage.units[unit]
    return Evidence(passage, start, end, _sigmoid(float(weighed.logits[at])))


@dataclass(frozen=True, slots=True)
class Weighed:
    """The units of all candidates: (candidate, unit) keys, cheap measures [n, f] and log odds [n].

    ``reading`` [n, r] holds what the reader makes of each unit, and NaN where it was not read.
    """

    keys: list[tuple[int, int]]
    rows: Float64
    cheap: Float64
    reading: Float64
    logits: Float64


def weigh(
    question: Question,
    found: Found,
    reader: PassageReader,
    *,
    depth: int = READ_DEPTH,
    weights: Weighings | None = None,
) -> Weighed | None:
    """Return the units of all candidates weighed, None where there is no unit."""
    keys, rows = measure(question, found)
    if not keys:
        return None
    weights = weights or weighings()
    cheap = weights.evidence.logits(rows)
    reading = read_units(question, found, keys, rows, cheap, reader, depth=depth)
    return Weighed(keys, rows, cheap, reading, combined(cheap, reading, weights.reading))


def combined(cheap: Float64, reading: Float64, weighing: Weighing) -> Float64:
    """Return the log odds of units [n]: by the reader where it read, after those by the cheap."""
    read = ~np.isnan(reading[:, 0])
    logits = np.where(read, 0.0, cheap)
    logits[read] = weighing.logits(reading[read])
    if read.any() and not read.all():
        # What was not read never goes before what was.
        logits[~read] += min(0.0, float(logits[read].min()) - float(cheap[~read].max()) - 1.0)
    return logits


def read_units(
    question: Question,
    found: Found,
    keys: Sequence[tuple[int, int]],
    rows: Float64,
    cheap: Float64,
    reader: PassageReader,
    *,
    depth: int = READ_DEPTH,
) -> Float64:
    """Return what the reader makes of each unit [n, len(READING_FEATURES)], NaN where not read."""
    best: dict[int, float] = {}
    for (candidate, _), value in zip(keys, cheap, strict=True):
        best[candidate] = max(best.get(candidate, -np.inf), float(value))
    chosen = sorted(best, key=lambda c: (-best[c], c))[:depth]
    texts = [passage_input(found.candidates[c].passage, "") for c in chosen]
    readings = dict(zip(chosen, reader.read(question.search_text, texts), strict=True))
    peak = max((float(r.units.max()) for r in readings.values() if len(r.units)), default=0.0)
    column = {name: i for i, name in enumerate(FEATURES)}
    measured = np.full((len(keys), len(READING_FEATURES)), np.nan)
    for at, (candidate, unit) in enumerate(keys):
        reading = readings.get(candidate)
        if reading is None or unit >= len(reading.units):
            continue
        own = float(reading.units[unit])
        measured[at] = (
            own,
            float(reading.spans[unit]),
            reading.passage,
            own - peak,
            float(cheap[at]),
            rows[at, column["row"]],
            rows[at, column["footnote"]],
        )
    return measured


def measure(question: Question, found: Found) -> tuple[list[tuple[int, int]], Float64]:
    """Return (candidate, unit) numbers and their measures [n, len(FEATURES)]."""
    keys: list[tuple[int, int]] = []
    rows: list[list[float]] = []
    idf, total = found.idf, sum(found.idf.values()) or 1.0
    weights = _token_weights(found)
    best = max((c.maxsim for c in found.candidates), default=0.0)
    for rank, candidate in enumerate(found.candidates):
        passage = candidate.passage
        late = candidate.similarity.max(axis=1)
        in_heading = set(terms(f"{passage.heading} {passage.context}"))
        unit_terms = [set(terms(passage.text[a:b])) for a, b in passage.units]
        in_passage = in_heading.union(*unit_terms)
        shared = [
            candidate.fused,
            candidate.dense,
            candidate.lexical,
            float(late.mean()),
            float(late @ weights),
            best - float(late.mean()),
            1.0 / (1 + rank),
        ]
        coverage = [
            _covered(idf, in_passage) / total,
            _covered(idf, in_heading) / total,
        ]
        context = candidate.units == -1
        for number, (start, end) in enumerate(passage.units):
            inside = candidate.units == number
            if not inside.any():
                continue
            text = passage.text[start:end]
            keys.append((rank, number))
            rows.append(
                shared
                + _unit_similarity(candidate, found, inside, context, weights)
                + [_covered(idf, unit_terms[number]) / total]
                + coverage
                + _wanted(question, passage.kind, text)
                + [
                    float(np.log1p(len(text.split()))),
                    number / len(passage.units),
                    float(number == 0),
                ]
            )
    return keys, np.array(rows, float).reshape(len(rows), len(FEATURES))


def measure_confidence(question: Question, found: Found, weighed: Weighed) -> Float64:
    """Return the measures by which a question is judged answerable, [len(CONFIDENCE_FEATURES)]."""
    logits, rows = weighed.logits, weighed.rows
    order = np.argsort(-logits, kind="stable")
    best = int(order[0])
    second = float(logits[order[1]]) if len(order) > 1 else float(logits[best]) - 1.0
    column = {name: rows[:, i] for i, name in enumerate(FEATURES)}
    read = weighed.reading[~np.isnan(weighed.reading[:, 0])]
    peaks = read[:, :3].max(axis=0) if len(read) else np.zeros(3)
    passage = found.candidates[weighed.keys[best][0]].passage
    start, end = passage.units[weighed.keys[best][1]]
    said = f"{passage.text} {passage.context} {passage.heading}"
    total = sum(found.idf.values()) or 1.0
    known = set().union(*(terms(_all_text(c)) for c in found.candidates))
    return np.array(
        [
            float(logits[best]),
            second,
            float(peaks[0]),
            float(peaks[1]),
            float(peaks[2]),
            float(weighed.cheap.max()),
            float(column["dense"].max()),
            float(column["passage_maxsim"].max()),
            float(column["unit_maxsim_worst"][best]),
            float(column["passage_coverage"][best]),
            float(column["unit_coverage"][best]),
            float(column["passage_coverage"].max()),
            1.0 - _covered(found.idf, known) / total,
            float(np.log1p(len(question.terms))),
            float(question.asks_number and not NUMBER.search(passage.text[start:end])),
            float(any(figure not in said for figure in question.figures)),
            float(any(name not in known for name in question.names)),
        ]
    )


@dataclass(frozen=True, slots=True)
class Weighings:
    """The three regressions: cheap measures, what the reader makes of a unit, confidence."""

    evidence: Weighing
    reading: Weighing
    confidence: Weighing


@cache
def weighings() -> Weighings:
    """Return the regressions of ``weights.json``."""
    record = json.loads(WEIGHTS.read_text("utf-8"))
    return Weighings(
        Weighing.from_json(record["evidence"], FEATURES),
        Weighing.from_json(record["reading"], READING_FEATURES),
        Weighing.from_json(record["confidence"], CONFIDENCE_FEATURES),
    )


def _unit_similarity(
    candidate: Candidate,
    found: Found,
    inside: npt.NDArray[np.bool_],
    context: npt.NDArray[np.bool_],
    weights: Float64,
) -> list[float]:
    """Return how near the tokens of one unit are to the question's."""
    late = candidate.similarity[:, inside].max(axis=1)
    wide = candidate.similarity[:, inside | context].max(axis=1)
    mean = candidate.tokens[inside].mean(axis=0)
    cosine = float(mean @ found.query.vector) / (float(np.linalg.norm(mean)) + 1e-9)
    return [
        float(late.mean()),
        float(late @ weights),
        float(late.min()),
        float(wide @ weights),
        cosine,
    ]


def _wanted(question: Question, kind: str, text: str) -> list[float]:
    """Return whether a unit has what the wording of the question asks for."""
    number = question.asks_number
    reason = question.asks_reason
    rating = question.asks_rating and not reason
    grade = bool(GRADE.search(text))
    return [
        float(number and bool(NUMBER.search(text))),
        float(number),
        float(reason),
        float(reason and bool(REASON.search(text))),
        float(question.asks_name and bool(NAME.search(text))),
        float(kind == "row"),
        float(kind == "footnote"),
        float(rating and kind == "row"),
        float(rating and grade),
        float(grade),
    ]


def _token_weights(found: Found) -> Float64:
    """Return a weight for each of the question's tokens, summing to 1: its word's idf.

    Words without an idf of their own (stop words, parts of words) get a small share, so that a
    question made of them alone can still be compared.
    """
    weights = np.array(
        [
            max((found.idf.get(t, 0.0) for t in terms(word)), default=0.0)
            for word in found.query.words
        ]
    )
    if len(weights) == 0 or weights.max() <= 0:
        return np.full(len(weights), 1.0 / max(1, len(weights)))
    weights = np.maximum(weights, 0.15 * weights.max())
    return np.asarray(weights / weights.sum())


def _covered(idf: dict[str, float], having: set[str]) -> float:
    return sum(weight for term, weight in idf.items() if term in having)


def _all_text(candidate: Candidate) -> str:
    passage = candidate.passage
    return f"{passage.heading} {passage.context} {passage.text}"


def raised(probability: float, log_odds: float) -> float:
    """Return a probability raised by some log odds.

    >>> round(raised(0.5, 2.0), 3)
    0.881
    """
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    return _sigmoid(float(np.log(kept / (1 - kept))) + log_odds)


def _sigmoid(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(value, -60, 60))))
