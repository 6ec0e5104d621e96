"""Weighing evidence: the two regressions, the order they give, and the measures of confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.embedding import Embedder
from indexer.snapshot import Snapshot, open_snapshot
from qa.evidence import (
    CONFIDENCE_FEATURES,
    FEATURES,
    READING_FEATURES,
    Weighing,
    combined,
    measure,
    measure_confidence,
    read_units,
    score_evidence,
    weigh,
    weighings,
)
from qa.question import read_question
from qa.reader import Reading
from qa.search import Found, search

NAN = float("nan")


class WordReader:
    """Scores a unit by how many of the question's words stand in it; keeps what it was asked."""

    def __init__(self) -> None:
        self.read_texts: list[str] = []

    def read(
        self, question: str, passages: Sequence[tuple[str, Sequence[tuple[int, int]]]]
    ) -> list[Reading]:
        """Return what it makes of each passage."""
        asked = set(question.lower().split())
        found = []
        for text, units in passages:
            self.read_texts.append(text)
            scores = np.array(
                [len(asked & set(text[a:b].lower().split())) for a, b in units], np.float32
            )
            found.append(Reading(scores, float(scores.max()), scores))
        return found


@pytest.fixture
def snapshot(
    library: Path, index: Path, embedder: Embedder, build_once: Callable[..., object]
) -> Snapshot:
    build_once(library, index, embedder=embedder)
    return open_snapshot(index)


def found_for(snapshot: Snapshot, embedder: Embedder, text: str) -> Found:
    return search(snapshot, embedder, read_question(text))


def test_a_weighing_is_a_logistic_regression_on_standardised_measures() -> None:
    weighing = Weighing(np.array([1.0, 0.0]), np.array([2.0, 1.0]), np.array([3.0, -1.0]), 0.5)
    # (5 - 1) / 2 * 3 + (2 - 0) / 1 * -1 + 0.5
    assert weighing.logits(np.array([[5.0, 2.0], [1.0, 0.0]])).tolist() == [4.5, 0.5]


def test_the_weights_that_ship_name_each_measure_once() -> None:
    weights = weighings()
    assert len(weights.evidence.weight) == len(FEATURES)
    assert len(weights.reading.weight) == len(READING_FEATURES)
    assert len(weights.confidence.weight) == len(CONFIDENCE_FEATURES)
    for one in (weights.evidence, weights.reading, weights.confidence):
        assert np.all(np.isfinite(one.weight))
        assert np.all(one.scale > 0)


def test_what_was_not_read_comes_after_what_was_in_the_order_of_the_cheap_measures() -> None:
    plain = Weighing(np.zeros(1), np.ones(1), np.ones(1), 0.0)
    cheap = np.array([5.0, 1.0, 9.0, 7.0])
    logits = combined(cheap, np.array([[2.0], [-3.0], [NAN], [NAN]]), plain)
    assert logits.tolist() == [2.0, -3.0, -4.0, -6.0]
    assert combined(cheap, np.full((4, 1), NAN), plain).tolist() == cheap.tolist()


def test_every_unit_of_every_candidate_is_measured(snapshot: Snapshot, embedder: Embedder) -> None:
    asked = read_question("How many keepers?")
    found = search(snapshot, embedder, asked)
    keys, rows = measure(asked, found)
    assert keys == [
        (c, u) for c, one in enumerate(found.candidates) for u in range(len(one.passage.units))
    ]
    assert rows.shape == (len(keys), len(FEATURES))
    assert np.all(np.isfinite(rows))


def test_only_the_nearest_passages_are_read(snapshot: Snapshot, embedder: Embedder) -> None:
    asked = read_question("How many keepers?")
    found = search(snapshot, embedder, asked)
    keys, rows = measure(asked, found)
    cheap = weighings().evidence.logits(rows)
    reader = WordReader()
    reading = read_units(asked, found, keys, rows, cheap, reader, depth=1)
    best = keys[int(np.argmax(cheap))][0]
    read = [not np.isnan(row[0]) for row in reading]
    assert read == [candidate == best for candidate, _ in keys]
    assert len(reader.read_texts) == 1
    assert reader.read_texts[0].endswith(found.candidates[best].passage.text)


def test_evidence_comes_best_first_with_probabilities(
    snapshot: Snapshot, embedder: Embedder
) -> None:
    asked = read_question("Two keepers left in May.")
    scored = score_evidence(asked, search(snapshot, embedder, asked), WordReader())
    values = [one.score for one in scored.evidence]
    assert scored.evidence[0].text == "Two keepers left in May."
    assert values == sorted(values, reverse=True)
    assert all(0.0 <= value <= 1.0 for value in values)
    assert 0.0 <= scored.confidence <= 1.0


def test_an_index_without_passages_gives_no_evidence_and_no_confidence() -> None:
    nothing = Found(search_query(), (), {})
    asked = read_question("anything?")
    assert weigh(asked, nothing, WordReader()) is None
    assert score_evidence(asked, nothing, WordReader()).confidence == 0.0


def search_query() -> object:
    from indexer.embedding import QueryVectors

    return QueryVectors(np.ones(8, np.float32), np.ones((1, 8), np.float32))


def test_a_name_and_a_figure_that_no_passage_has_are_noticed(
    snapshot: Snapshot, embedder: Embedder
) -> None:
    def measures(text: str) -> dict[str, float]:
        asked = read_question(text)
        weighed = weigh(asked, search(snapshot, embedder, asked), WordReader())
        assert weighed is not None
        row = measure_confidence(asked, search(snapshot, embedder, asked), weighed)
        return dict(zip(CONFIDENCE_FEATURES, row.tolist(), strict=True))

    known = measures("How much oil was held at the end of the winter?")
    strange = measures("How many keepers worked in Suffolk in 1850?")
    assert (known["name_unknown"], known["figure_missing"]) == (0.0, 0.0)
    assert (strange["name_unknown"], strange["figure_missing"]) == (1.0, 1.0)
    assert strange["unknown"] > known["unknown"]
