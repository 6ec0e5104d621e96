"""The index of words: read without its library, it gives what the library itself would."""

from __future__ import annotations

from pathlib import Path

import bm25s
import numpy as np
import pytest

from indexer import bm25, termlists
from indexer.bm25 import TermWeights

LISTS = [["oil", "oil", "lamp"], ["boat"], [], ["lamp", "boat", "oil", "mast"], ["mast"] * 5]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shard = tmp_path / "shard"
    shard.mkdir()
    termlists.write(shard, LISTS)
    bm25.write(tmp_path, [shard])
    return tmp_path


@pytest.fixture
def weights(folder: Path) -> TermWeights:
    return bm25.load(lambda name: (folder / name).read_bytes())


@pytest.mark.parametrize(
    "asked", [["oil"], ["oil", "oil"], ["mast", "lamp", "boat", "oil"], ["boat", "lamp", "boat"]]
)
def test_scores_are_those_of_the_library_to_the_last_bit(
    folder: Path, weights: TermWeights, asked: list[str]
) -> None:
    theirs = bm25s.BM25.load(str(folder / bm25.FOLDER), allow_pickle=False)
    assert weights.scores(asked).tobytes() == theirs.get_scores(asked).tobytes()
    assert weights.scores([*asked, "never"]).tobytes() == weights.scores(asked).tobytes()


def test_without_a_known_term_every_score_is_nothing(weights: TermWeights) -> None:
    for asked in ([], ["never"]):
        assert weights.scores(asked).tolist() == [0.0] * 5


def test_a_term_stands_in_as_many_passages_as_have_it(weights: TermWeights) -> None:
    assert weights.counts() == {"boat": 2, "lamp": 2, "mast": 2, "oil": 2}


def test_passage_by_passage_the_weights_are_the_same(weights: TermWeights) -> None:
    offsets, numbers, values = weights.by_row()
    assert offsets.tolist() == [0, 2, 3, 3, 7, 8]
    names = {number: term for term, number in weights.numbers.items()}
    for row in range(5):
        part = slice(offsets[row], offsets[row + 1])
        assert sorted(names[n] for n in numbers[part]) == sorted(set(LISTS[row]))
        for number, value in zip(numbers[part], values[part], strict=True):
            assert weights.scores([names[number]])[row] == np.float32(value)


def test_without_terms_nothing_is_written(tmp_path: Path) -> None:
    shard = tmp_path / "shard"
    shard.mkdir()
    termlists.write(shard, [[], []])
    bm25.write(tmp_path, [shard])
    assert [path.name for path in tmp_path.iterdir()] == ["shard"]
