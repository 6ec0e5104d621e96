"""Fit the weighing of evidence and the confidence from questions over inspection reports.

    python -m qa.training REPORTS QUESTIONS... --off-topic FILE... --work DIR --out qa/weights.json

A question counts with the units of its candidate passages: those that hold its evidence are
positive, all others negative. Reports are kept whole in the three folds of the validation. The
confidence is fitted on answerable questions against unanswerable ones, near misses, and questions
about other subjects altogether.
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
from qa.evidence import CONFIDENCE_FEATURES, FEATURES, Weighing, measure, measure_confidence
from qa.question import read_question
from qa.search import Found, search

EVIDENCE_PENALTY = 0.3
"""Inverse of the ridge penalty; .03 to 1 gave the same evidence@1 to .005."""

CONFIDENCE_PENALTY = 0.3
FOLDS = 3
OFF_TOPIC = 400
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


@dataclass(frozen=True, slots=True)
class Measured:
    """An example with the measures of its units [n, f] and which of them are evidence [n]."""

    example: Example
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
                    Example(report, record["question"], (record["sentence"],), "contrast")
                )
                examples.append(Example(report, record["near_miss"], (), "near_miss"))
            else:
                evidence = tuple(record["evidence"])
                examples.append(Example(report, record["question"], evidence, record["type"]))
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
    own = fold(unit)
    for string in map(fold, evidence):
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
        measured.append(Measured(example, found, keys, rows, np.array(positive, bool)))
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


def confidence_rows(measured: Sequence[Measured], weighing: Weighing) -> Float64:
    """Return the confidence measures of examples [n, len(CONFIDENCE_FEATURES)]."""
    rows = [
        measure_confidence(
            read_question(m.example.question), m.found, m.keys, m.rows, weighing.logits(m.rows)
        )
        for m in measured
    ]
    return np.array(rows)


def cross_validate(measured: Sequence[Measured]) -> dict[str, float]:
    """Return evidence@1 and the AUROC of the confidence on reports that were left out."""
    from sklearn.metrics import roc_auc_score

    reports = sorted({m.example.report for m in measured})
    fold_of = {report: i % FOLDS for i, report in enumerate(reports)}
    first: list[bool] = []
    trust: list[float] = []
    kinds: list[str] = []
    for number in range(FOLDS):
        inside = [m for m in measured if fold_of[m.example.report] != number]
        outside = [m for m in measured if fold_of[m.example.report] == number]
        weighing = fit_evidence(inside)
        judge = fit_confidence(inside, weighing)
        trust.extend(judge.logits(confidence_rows(outside, weighing)))
        kinds.extend(_kind(m) for m in outside)
        first.extend(
            bool(m.positive[int(np.argmax(weighing.logits(m.rows)))])
            for m in outside
            if m.example.evidence
        )
    figures = {"evidence@1": float(np.mean(first))}
    for kind in ("near_miss", "off_topic"):
        pairs = [(t, k == "answerable") for t, k in zip(trust, kinds, strict=True)
                 if k in ("answerable", kind)]
        figures[f"auroc_{kind}"] = float(
            roc_auc_score([y for _, y in pairs], [t for t, _ in pairs])
        )
    return figures


def fit_confidence(measured: Sequence[Measured], weighing: Weighing) -> Weighing:
    """Return the weighing of confidence, answerable questions against all others."""
    rows = confidence_rows(measured, weighing)
    answerable = np.array([bool(m.example.evidence) for m in measured])
    return fit_weighing(rows, answerable, CONFIDENCE_PENALTY)


def _kind(measured: Measured) -> str:
    if measured.example.evidence:
        return "answerable"
    return "off_topic" if measured.example.kind == "off_topic" else "near_miss"


def to_json(evidence: Weighing, confidence: Weighing, figures: dict[str, float]) -> dict[str, Any]:
    """Return both weighings in the form in which they are stored."""
    return {
        "evidence": _record(evidence, FEATURES),
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
