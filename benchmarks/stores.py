"""Measure how long candidates take from the snapshot's own files and from a Milvus store.

    python benchmarks/stores.py [--passages N] [--questions N] [--store ADDRESS] [--folder DIR]

The index is generated as in ``opening.py``, with few token vectors, which no candidate needs. Each
question is a passage's vector with some noise and six of its words; both ways are asked the same
ones, and the share of questions with the same ten best is printed beside the times. Without
``--store`` it is a Milvus Lite file, which is served by this very process, in Python.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import opening

from indexer import stores
from indexer.lexical import terms
from indexer.snapshot import Snapshot, open_snapshot
from indexer.stores import Near
from qa.search import LEXICAL_WEIGHT, POOL, fuse

NOISE = 0.03
WORDS_ASKED = 6


def main() -> int:
    """Make the index, publish it, ask both, and print a table."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        library, index = folder / "library", folder / "index"
        if not (index / "CURRENT").exists():
            library.mkdir(parents=True, exist_ok=True)
            opening.generate(library, index, options)
        address = stores.parse_address(options.store or f"milvus:{folder / 'lite.db'}")
        began = time.perf_counter()
        if stores.publish(index, address):
            seconds = time.perf_counter() - began
            print(
                f"published in {seconds:.1f} s, {options.passages / seconds:,.0f} passages a second"
            )
        here, there = open_snapshot(index), stores.open_searched(index, address)
        assert there.searcher is not None, there.warnings
        asked = questions(here, options.questions)
        rows = {
            "folder": [ask(here, *one) for one in asked],
            str(address): [ask(there, *one) for one in asked],
        }
        for name, found in rows.items():
            times = 1000 * np.array([seconds for seconds, _ in found])
            middle, high = np.percentile(times, [50, 95])
            print(f"| {name} | {middle:.1f} ms | {high:.1f} ms |")
        ours, theirs = ([top(near) for _, near in found] for found in rows.values())
        same = sum(a == b for a, b in zip(ours, theirs, strict=True))
        print(f"same ten best: {same} of {len(asked)}; load {os.getloadavg()[0]:.1f}")
    return 0


def questions(snapshot: Snapshot, count: int) -> list[tuple[np.ndarray, list[str]]]:
    """Return vectors and terms near passages of the index."""
    chance = np.random.default_rng(5)
    found = []
    for row in chance.integers(len(snapshot.passages), size=count):
        words = snapshot.passages[int(row)].text.split()
        noise = NOISE * chance.standard_normal(snapshot.dimension)
        vector = np.asarray(snapshot.vectors[row]) + noise
        asked = terms(" ".join(chance.choice(words, WORDS_ASKED)))
        found.append(((vector / np.linalg.norm(vector)).astype(np.float32), asked))
    return found


def ask(snapshot: Snapshot, vector: np.ndarray, words: list[str]) -> tuple[float, Near]:
    """Return the seconds that candidates took, and these."""
    began = time.perf_counter()
    near = snapshot.candidates(vector, words, pool=POOL)
    return time.perf_counter() - began, near


def top(near: Near) -> list[int]:
    """Return the ten best rows, fused as retrieval does."""
    fused = fuse(near.dense, near.lexical, LEXICAL_WEIGHT)
    return [int(row) for row in near.rows[np.argsort(-fused, kind="stable")[:10]]]


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=20_000, metavar="N")
    parser.add_argument("--questions", type=int, default=200, metavar="N")
    parser.add_argument("--store", metavar="ADDRESS", help="a server, as for `build --store`")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where all is kept")
    parser.set_defaults(each=100, tokens=4, pdf_kb=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
