"""The terms of passages as a shard keeps them: numbered anew where shards are joined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer import termlists

HARBOUR = [["boat", "mast", "boat"], []]
LIGHTS = [["oil"], ["keeper", "boat"]]


def shard(folder: Path, lists: list[list[str]]) -> Path:
    folder.mkdir()
    termlists.write(folder, lists)
    return folder


def test_terms_are_numbered_by_the_alphabet_and_come_back_in_order(tmp_path: Path) -> None:
    both = [shard(tmp_path / "b", HARBOUR), shard(tmp_path / "a", LIGHTS)]
    rows, vocabulary = termlists.join(both)
    assert vocabulary == {"boat": 0, "keeper": 1, "mast": 2, "oil": 3}
    assert rows == [[0, 2, 0], [], [3], [1, 0]]
    names = {number: term for term, number in vocabulary.items()}
    assert [[names[number] for number in row] for row in rows] == HARBOUR + LIGHTS


def test_a_shard_keeps_each_term_once_and_in_ascii(tmp_path: Path) -> None:
    folder = shard(tmp_path / "b", [["größ", "boat", "größ"]])
    raw = (folder / termlists.TERMS).read_bytes()
    assert raw.isascii()
    assert json.loads(raw) == {"terms": ["boat", "größ"], "passages": [[1, 0, 1]]}
    assert termlists.join([folder]) == ([[1, 0, 1]], {"boat": 0, "größ": 1})


@pytest.mark.parametrize("lists", [[], [[]], [[], []]])
def test_passages_without_a_term_stay_passages(tmp_path: Path, lists: list[list[str]]) -> None:
    assert termlists.join([shard(tmp_path / "b", lists)]) == (lists, {})


def test_the_same_terms_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shard(tmp_path / name, LIGHTS)
    one, other = ((tmp_path / name / termlists.TERMS).read_bytes() for name in ("a", "b"))
    assert one == other
