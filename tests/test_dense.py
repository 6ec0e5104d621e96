"""The nearest passages: exact below a size, and by a graph above it that is good enough or goes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indexer import dense
from indexer.dense import Graph, load, measured_recall, nearest, write

DIMENSION = 32


def unit(count: int, *, seed: int = 1, groups: int = 0) -> np.ndarray:
    """Return unit vectors, float32, around as many directions as there are groups."""
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((count, DIMENSION))
    if groups:
        vectors = (
            0.5 * vectors
            + 2 * chance.standard_normal((groups, DIMENSION))[chance.integers(0, groups, count)]
        )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


VECTORS = unit(3_000, groups=60)


def in_full(vectors: np.ndarray, query: np.ndarray, k: int, rows: np.ndarray) -> list[int]:
    """Return the k nearest rows by sorting all of them."""
    return sorted(rows.tolist(), key=lambda row: (-float(vectors[row] @ query), row))[:k]


# Exact


@pytest.mark.parametrize("k", [1, 10, 2_999, 3_000, 5_000])
def test_the_nearest_are_those_of_a_full_sort(k: int) -> None:
    query = unit(1, seed=7)[0]
    rows, scores = nearest(VECTORS, query, k)
    assert (str(rows.dtype), str(scores.dtype)) == ("int64", "float32")
    assert len(rows) == min(k, 3_000)
    assert scores == pytest.approx(np.sort(VECTORS @ query)[::-1][:k], abs=1e-6)
    assert np.all(np.diff(scores) <= 0)
    assert scores == pytest.approx(VECTORS[rows] @ query, abs=1e-6)


@pytest.mark.parametrize("count", [1, 40, 700, 2_900])  # on both sides of the share
def test_among_some_rows_the_nearest_of_them_are_found(count: int) -> None:
    query = unit(1, seed=8)[0]
    allowed = np.random.default_rng(2).choice(3_000, count, replace=False)
    rows, scores = nearest(VECTORS, query, 10, np.concatenate([allowed, allowed[:1]]))
    assert rows.tolist() == in_full(VECTORS, query, 10, allowed)
    assert scores == pytest.approx(VECTORS[rows] @ query, abs=1e-6)


def test_of_equal_rows_the_first_are_taken_in_order() -> None:
    vectors = np.eye(4, dtype=np.float32)[[1, 0, 0, 2, 0, 0]]
    rows, scores = nearest(vectors, vectors[1], 3)
    assert (rows.tolist(), scores.tolist()) == ([1, 2, 4], [1.0, 1.0, 1.0])
    rows, scores = nearest(vectors, vectors[1], 5)
    assert (rows.tolist(), scores.tolist()) == ([1, 2, 4, 5, 0], [1.0] * 4 + [0.0])
    assert nearest(vectors, vectors[1], 2, np.array([5, 3, 4]))[0].tolist() == [4, 5]


# By a graph


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph")
    write(folder, VECTORS, flat_rows=1_000)
    return folder


def test_few_vectors_have_no_graph(tmp_path: Path) -> None:
    write(tmp_path, VECTORS, flat_rows=3_000)
    assert list(tmp_path.iterdir()) == []


def test_a_graph_says_what_it_finds_and_holds_no_vectors(folder: Path) -> None:
    said = json.loads((folder / dense.MEASURED).read_bytes())
    assert said["recall"] >= dense.MIN_RECALL
    assert (said["rows"], said["recall_at"], said["sample"], said["kept"]) == (3_000, 10, 200, True)
    assert (folder / dense.GRAPH).stat().st_size < 160 * 3_000  # bytes a row, about 4 a link


def test_a_graph_that_was_stored_finds_what_comparing_with_all_does(folder: Path) -> None:
    graph = load(lambda name: (folder / name).read_bytes(), VECTORS)
    assert len(graph) == 3_000
    shares = []
    for query in unit(50, seed=9):
        rows, scores = graph.nearest(query, 10)
        assert scores == pytest.approx(VECTORS[rows] @ query, abs=1e-5)
        assert np.all(np.diff(scores) <= 0)
        shares.append(len(np.intersect1d(rows, nearest(VECTORS, query, 10)[0])) / 10)
    assert np.mean(shares) >= dense.MIN_RECALL


def test_the_same_vectors_give_the_same_graph(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, VECTORS.copy(), flat_rows=1_000)
    for name in (dense.GRAPH, dense.MEASURED):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_graph_that_misses_too_many_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "measured_recall", lambda graph, vectors: 0.9799)
    write(tmp_path, VECTORS, flat_rows=1_000)
    said = json.loads((tmp_path / dense.MEASURED).read_bytes())
    assert (said["recall"], said["kept"]) == (0.9799, False)
    assert not (tmp_path / dense.GRAPH).exists()


def test_the_recall_that_is_measured_tells_a_good_graph_from_a_poor_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = unit(3_000)  # without groups, which are easy to find
    good = measured_recall(Graph(dense._built(vectors), vectors), vectors)
    monkeypatch.setattr(dense, "LINKS", 2)
    monkeypatch.setattr(dense, "EFFORT_BUILD", 4)
    poor = measured_recall(Graph(dense._built(vectors), vectors), vectors)
    assert poor < 0.9 < good <= 1
