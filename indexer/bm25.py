"""The index of words: what each term adds to the BM25 score of each passage that has it.

The weights are made by ``bm25s``, in the files that it would write itself. Read, they are only
added up, which needs nothing of that library: importing it takes longer than asking a question.
This is the only file that imports it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer import disk, termlists

K1 = 1.5
B = 0.75
"""The usual values of BM25's two parameters; Lucene's form of it keeps every idf above 0."""

FOLDER = "bm25"
ARRAYS = {
    "data": "data.csc.index.npy",
    "indices": "indices.csc.index.npy",
    "indptr": "indptr.csc.index.npy",
}
TERMS = "vocab.index.json"
SETTINGS = "params.index.json"

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The weights of terms in n passages, term by term.

    Those of term number t are ``weights[starts[t] : starts[t + 1]]``, in the passages ``rows`` of
    the same places. ``numbers`` has the number of each term.
    """

    numbers: dict[str, int]
    weights: Float32
    rows: Integers
    starts: Integers
    passages: int

    def scores(self, terms: Sequence[str]) -> Float32:
        """Return the BM25 score of every passage, float32 [n]; a term that comes twice counts so.

        Terms that no passage has are left out.
        """
        scores = np.zeros(self.passages, np.float32)
        for number in (self.numbers[term] for term in terms if term in self.numbers):
            part = slice(self.starts[number], self.starts[number + 1])
            scores[self.rows[part]] += self.weights[part]
        return scores

    def counts(self) -> dict[str, int]:
        """Return in how many passages each term stands."""
        counts = np.diff(self.starts).tolist()
        return {term: counts[number] for term, number in self.numbers.items() if term}

    def by_row(self) -> tuple[Int64, Int64, Float32]:
        """Return the same passage by passage: offsets [n + 1], term numbers and weights."""
        numbers = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        order = np.argsort(self.rows, kind="stable")
        counts = np.bincount(self.rows, minlength=self.passages)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return offsets, numbers[order].astype(np.int64), self.weights[order]


def write(folder: Path, shards: Sequence[Path]) -> None:
    """Write the index of words of a snapshot, unless no passage has a single term.

    The text is the one that is embedded. The terms are numbered in the order of the alphabet:
    left to itself the library numbers them as a set happens to be ordered, which differs from
    process to process.
    """
    import bm25s

    ids, vocabulary = termlists.join(shards)
    if not vocabulary:
        return
    index = bm25s.BM25(method="lucene", k1=K1, b=B, backend="numpy")
    index.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    _save(folder / FOLDER, index)


def _save(folder: Path, index: Any) -> None:
    """Write a BM25 index as its own library would, but by way of the one place that writes."""
    disk.make_folder(folder)
    for part, file in ARRAYS.items():
        with disk.Writer(folder / file) as stream:
            np.save(stream, index.scores[part], allow_pickle=False)
    vocabulary = json.dumps(index.vocab_dict, ensure_ascii=False)
    disk.write(folder / TERMS, vocabulary.encode())
    names = ("k1", "b", "delta", "method", "idf_method", "dtype", "int_dtype", "backend")
    settings = {name: getattr(index, name) for name in names}
    settings["num_docs"] = index.scores["num_docs"]
    disk.write(folder / SETTINGS, json.dumps(settings, indent=1).encode())


def load(read: Callable[[str], bytes]) -> TermWeights:
    """Return the index of words from files that ``read`` gives by name, found sound by it."""
    arrays = {
        part: np.load(io.BytesIO(read(f"{FOLDER}/{file}")), allow_pickle=False)
        for part, file in ARRAYS.items()
    }
    return TermWeights(
        numbers=json.loads(read(f"{FOLDER}/{TERMS}")),
        weights=np.asarray(arrays["data"], np.float32),
        rows=arrays["indices"],
        starts=arrays["indptr"],
        passages=json.loads(read(f"{FOLDER}/{SETTINGS}"))["num_docs"],
    )
