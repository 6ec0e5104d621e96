"""Fit the weighing of evidence and the confidence from questions over inspection reports.

A question counts with the units of its candidate passages: those that hold its evidence are
positive, all others negative. The cheap measures are weighed on all examples; what the reader says
is weighed, and the confidence fitted, on reports that the reader was not trained on, since on its
own reports it is surer than it has reason to be.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.embedding import Embedder
from indexer.records import Passage
from indexer.text import fold
from qa.evidence import (
    CONFIDENCE_FEATURES,
    FEATURES,
    READ_DEPTH,
    READING_FEATURES,
    PassageReader,
    Weighed,
    Weighing,
    combined,
    measure,
    measure_confidence,
    read_units,
)
from qa.question import Question, read_question
from qa.search import Found, search

EVIDENCE_PENALTY = 0.3
"""Inverse of the ridge penalty; .03 to 1 gave the same evidence@1 to .005."""

READING_PENALTY = 0.3
CONFIDENCE_PENALTY = 0.1
SEED = 20_240_711
PART_OF_EVIDENCE = 0.25
"""A unit inside an evidence string counts when it is at least this share of the string."""

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question over one report with the strings that answer it; none: nothing does."""

    report: str
    question: str
    evidence: tuple[str, ...]
    kind: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """An example with the measures of its units [n, f] and which of them are evidence [n]."""

    example: Example
    question: Question
    found: Found
    keys: list[tuple[int, int]]
    rows: Float64
    positive: npt.NDArray[np.bool_]


def load_examples(paths: Iterable[Path]) -> list[Example]:
    """Return the examples of question files and of contrast files, in their order."""
    examples = []
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            record = json.loads(line)
            report = record["report"]
            if "near_miss" in record:
                examples.append(
                    Example(
                        report,
                        record["question"],
                        (record["sentence"],),
                        "contrast",
                        record.get("answer", ""),
                    )
                )
                examples.append(Example(report, record["near_miss"], (), "near_miss"))
            else:
                evidence = tuple(record["evidence"])
                examples.append(
                    Example(
                        report,
                        record["question"],
                        evidence,
                        record["type"],
                        record.get("answer", ""),
                    )
                )
    return examples


def off_topic(paths: Iterable[Path], reports: Sequence[str], count: int) -> list[Example]:
    """Return questions of SQuAD-form files, each asked of one of the reports in turn."""
    questions: list[str] = []
    for path in paths:
        questions.extend(_questions(json.loads(path.read_text("utf-8"))))
    chosen = random.Random(SEED).sample(questions, min(count, len(questions)))
    return [Example(reports[i % len(reports)], q, (), "off_topic") for i, q in enumerate(chosen)]


def _questions(record: Any) -> Iterator[str]:
    for article in record["data"]:
        for paragraph in article["paragraphs"]:
            for item in paragraph["qas"]:
                yield item["question"]


def holds(unit: str, evidence: Sequence[str]) -> bool:
    """Return whether a unit holds an evidence string, or enough of one."""
    return holds_folded(fold(unit), [fold(string) for string in evidence])


def holds_folded(own: str, evidence: Sequence[str]) -> bool:
    """Return what ``holds`` does for folded texts."""
    for string in evidence:
        inside = own in string and len(own) >= PART_OF_EVIDENCE * len(string)
        ends = len(string) > 40 and (string[:40] in own or string[-40:] in own)
        if own and (string in own or inside or ends):
            return True
    return False


def measure_all(
    examples: Sequence[Example], snapshot_of: Callable[[str], Any], embedder: Embedder
) -> list[Measured]:
    """Return the measures of every example's units; examples without a unit are left out."""
    measured = []
    for example in examples:
        snapshot = snapshot_of(example.report)
        acronyms = dict(snapshot.acronyms(example.report))
        asked = read_question(example.question, acronyms)
        found = search(snapshot, embedder, asked, reports=(example.report,))
        keys, rows = measure(asked, found)
        if not keys:
            continue
        positive = [holds(_unit(found.candidates[c].passage, u), example.evidence) for c, u in keys]
        measured.append(Measured(example, asked, found, keys, rows, np.array(positive, bool)))
    return measured


def _unit(passage: Passage, number: int) -> str:
    start, end = passage.units[number]
    return passage.text[start:end]


def fit_weighing(rows: Float64, positive: npt.NDArray[np.bool_], penalty: float) -> Weighing:
    """Return a logistic regression on standardised measures."""
    from sklearn.linear_model import LogisticRegression

    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-9] = 1.0
    model = LogisticRegression(C=penalty, max_iter=2_000)
    model.fit((rows - mean) / scale, positive)
    return Weighing(mean, scale, model.coef_[0], float(model.intercept_[0]))


def fit_evidence(measured: Sequence[Measured]) -> Weighing:
    """Return the weighing of evidence fitted on all units of all examples."""
    return fit_weighing(
        np.concatenate([m.rows for m in measured]),
        np.concatenate([m.positive for m in measured]),
        EVIDENCE_PENALTY,
    )


def read_all(
    measured: Sequence[Measured],
    evidence: Weighing,
    reader: PassageReader,
    *,
    depth: int = READ_DEPTH,
) -> list[Float64]:
    """Return what the reader makes of each example's units, as ``qa.evidence.read_units`` does."""
    return [
        read_units(
            m.question, m.found, m.keys, m.rows, evidence.logits(m.rows), reader, depth=depth
        )
        for m in measured
    ]


def fit_reading(measured: Sequence[Measured], readings: Sequence[Float64]) -> Weighing:
    """Return the weighing of what was read, fitted on the units of answerable questions."""
    rows, positive = [], []
    for m, reading in zip(measured, readings, strict=True):
        read = ~np.isnan(reading[:, 0])
        rows.append(reading[read])
        positive.append(m.positive[read])
    return fit_weighing(np.concatenate(rows), np.concatenate(positive), READING_PENALTY)


def confidence_rows(
    measured: Sequence[Measured],
    readings: Sequence[Float64],
    evidence: Weighing,
    reading_weights: Weighing,
) -> Float64:
    """Return the confidence measures of examples [n, len(CONFIDENCE_FEATURES)]."""
    rows = []
    for m, reading in zip(measured, readings, strict=True):
        cheap = evidence.logits(m.rows)
        logits = combined(cheap, reading, reading_weights)
        rows.append(
            measure_confidence(m.question, m.found, Weighed(m.keys, m.rows, cheap, reading, logits))
        )
    return np.array(rows)


def fit_confidence(
    rows: Float64, measured: Sequence[Measured], right: npt.NDArray[np.bool_]
) -> Weighing:
    """Return the weighing of confidence: answerable questions against others, half for each label.

    ``right`` says whether the best unit of each question is evidence. A question that can be
    answered and whose best unit is none counts half: it is no near miss, and its answer is wrong.
    """
    answerable = np.array([bool(m.example.evidence) for m in measured])
    both = np.concatenate([answerable, answerable & right])
    return fit_weighing(np.concatenate([rows, rows]), both, CONFIDENCE_PENALTY)


def best_is_evidence(
    measured: Sequence[Measured],
    readings: Sequence[Float64],
    evidence: Weighing,
    reading_weights: Weighing,
) -> npt.NDArray[np.bool_]:
    """Return for each example whether its best unit is evidence."""
    best = (
        int(np.argmax(combined(evidence.logits(m.rows), reading, reading_weights)))
        for m, reading in zip(measured, readings, strict=True)
    )
    return np.array([bool(m.positive[at]) for m, at in zip(measured, best, strict=True)])


def cross_validate(
    measured: Sequence[Measured], readings: Sequence[Float64], evidence: Weighing
) -> dict[str, float]:
    """Return evidence@1 and the AUROC of the confidence on reports that were left out."""
    from sklearn.metrics import roc_auc_score

    reports = sorted({m.example.report for m in measured})
    first: list[bool] = []
    trust: list[float] = []
    kinds: list[str] = []
    for left in reports:
        inside = [i for i, m in enumerate(measured) if m.example.report != left]
        outside = [i for i, m in enumerate(measured) if m.example.report == left]

        def part(chosen: Sequence[int]) -> tuple[list[Measured], list[Float64]]:
            return [measured[i] for i in chosen], [readings[i] for i in chosen]

        weights = fit_reading(*part(inside))
        judge = fit_confidence(
            confidence_rows(*part(inside), evidence, weights),
            part(inside)[0],
            best_is_evidence(*part(inside), evidence, weights),
        )
        trust.extend(judge.logits(confidence_rows(*part(outside), evidence, weights)))
        kinds.extend(_kind(measured[i]) for i in outside)
        right = best_is_evidence(*part(outside), evidence, weights)
        first.extend(right[[bool(measured[i].example.evidence) for i in outside]])
    figures = {"evidence@1": float(np.mean(first))}
    for kind in ("near_miss", "off_topic"):
        pairs = [
            (t, k == "answerable")
            for t, k in zip(trust, kinds, strict=True)
            if k in ("answerable", kind)
        ]
        if len({y for _, y in pairs}) == 2:
            figures[f"auroc_{kind}"] = float(
                roc_auc_score([y for _, y in pairs], [t for t, _ in pairs])
            )
    return figures


def _kind(measured: Measured) -> str:
    if measured.example.evidence:
        return "answerable"
    return "off_topic" if measured.example.kind == "off_topic" else "near_miss"


def to_json(
    evidence: Weighing, reading: Weighing, confidence: Weighing, figures: dict[str, float]
) -> dict[str, Any]:
    """Return the weighings in the form in which they are stored."""
    return {
        "evidence": _record(evidence, FEATURES),
        "reading": _record(reading, READING_FEATURES),
        "confidence": _record(confidence, CONFIDENCE_FEATURES),
        "validation": {name: round(value, 4) for name, value in figures.items()},
    }


def _record(weighing: Weighing, names: Sequence[str]) -> dict[str, Any]:
    return {
        "constant": round(weighing.constant, 5),
        "features": {
            name: {
                "mean": round(float(weighing.mean[i]), 6),
                "scale": round(float(weighing.scale[i]), 6),
                "weight": round(float(weighing.weight[i]), 5),
            }
            for i, name in enumerate(names)
        },
    }
