"""Libraries of three sizes, the index before and after a build, and what is to be seen in them."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexer import store, tokens
from indexer.build import BuildResult, build
from indexer.errors import IndexDamaged, IndexMissing
from indexer.records import Report
from indexer.report import read_report
from indexer.snapshot import Snapshot, open_snapshot, verify
from qa.question import read_question
from qa.search import search
from tests.conftest import HashEmbedder, make_pdf

SIZES = {"small": 2, "middle": 4, "large": 12}
"""Reports in the library; that of "small" has never been indexed before."""

QUESTIONS = ("How many keepers are there?", "Who needs a new mast?", "oil at the end of the winter")
OPENS_IN_S = 3.0
FOLDERS = {"checked", "shards", "snapshots", "tokens"}


def pages(number: int, edition: int = 1) -> list[list[str]]:
    """Return the lines of a report, which differ with number and edition."""
    return [
        [
            f"# 1. Keepers of light {number}",
            f"Light {number} has {number + edition} keepers and one vacancy in edition {edition}.",
            "Two keepers left in May.",
        ],
        ["# 2. Oil", f"Stores of light {number} held {100 * number + edition} litres of oil."],
        ["# 3. Boats", f"Boat {number} needs a new mast. Another has lost {edition} oars."],
    ]


@dataclass(frozen=True)
class Scene:
    """A library whose index a build will change: ``start`` is the index before it.

    ``old`` and ``new`` are what is to be seen before and after, ``old`` nothing where there was no
    index; ``calls`` are those to the disk, ``seconds`` how long the build takes.
    """

    name: str
    library: Path
    start: Path
    old: str
    new: str
    calls: tuple[str, ...] = ()
    seconds: float = 0.0


class Reader:
    """Reads each PDF once, so that a thousand builds spend their time on the index."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: dict[tuple[str, str], Report] = {}

    def __call__(self, path: Path) -> Report:
        """Return the report, and remember that it was asked for."""
        self.names.append(path.name)
        key = (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        if key not in self._known:
            self._known[key] = read_report(path)
        return self._known[key]


READER = Reader()


def run(library: Path, index: Path) -> BuildResult:
    """Build with an embedder that needs no model."""
    return build(library, index, read=READER, embedder=HashEmbedder())


def scene(folder: Path, size: str) -> Scene:
    """Return a library of a size, with two snapshots of its past unless it is small."""
    home = folder / size
    library, start = home / "library", home / "start"
    library.mkdir(parents=True)
    count = SIZES[size]
    for number in range(count):
        make_pdf(library / f"light-{number}.pdf", pages(number), title=f"Light {number}")
    if size == "small":
        start.mkdir()
    else:
        make_pdf(library / "gone.pdf", pages(90))
        run(library, start)
        make_pdf(library / "light-0.pdf", pages(0, 2), title="Light 0")
        run(library, start)
        (library / "gone.pdf").unlink()
        make_pdf(library / "light-1.pdf", pages(1, 2), title="Light 1")
        make_pdf(library / "new.pdf", pages(91))
        (library / "light-2.pdf").rename(library / "renamed.pdf")
    finished = home / "finished"
    shutil.copytree(start, finished)
    began = time.perf_counter()
    run(library, finished)
    seconds = time.perf_counter() - began
    return Scene(size, library, start, seen(start), seen(finished), (), seconds)


# What is to be seen


def seen(index: Path) -> str:
    """Return a digest of all that an index answers, empty where there is none."""
    try:
        return seen_in(open_snapshot(index))
    except IndexMissing:
        return ""


def seen_in(snapshot: Snapshot) -> str:
    """Return a digest of a snapshot's answers and of all that it holds."""
    parts: list[Any] = [[r.id, r.title, r.sha256] for r in snapshot.reports]
    parts += [answers(snapshot, question) for question in QUESTIONS]
    parts += [[p.report, p.text, list(p.section)] for p in snapshot.passages]
    parts += [page.text for r in snapshot.reports for page in snapshot.pages(r.id)]
    parts += [repr(snapshot.findings(r.id)) for r in snapshot.reports]
    digest = hashlib.sha256(json.dumps(parts).encode())
    digest.update(np.ascontiguousarray(snapshot.vectors).tobytes())
    for row in range(len(snapshot.passages)):
        for array in snapshot.token_vectors(row):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def answers(snapshot: Snapshot, question: str) -> list[Any]:
    """Return what a question finds, to the last bit."""
    found = search(snapshot, HashEmbedder(), read_question(question))
    return [
        [c.row, c.passage.report, c.passage.text, c.dense, c.lexical, c.fused, c.maxsim]
        for c in found.candidates
    ]


def opened(index: Path) -> dict[str, Any]:
    """Return what an index shows, how soon, with which warnings, and what ``verify`` says."""
    began = time.perf_counter()
    try:
        snapshot = open_snapshot(index)
    except (IndexMissing, IndexDamaged) as error:
        missing = isinstance(error, IndexMissing)
        wrong = [] if missing else verify(index)
        return {"seen": "", "missing": missing, "warnings": [str(error)] * (not missing),
                "wrong": wrong, "seconds": time.perf_counter() - began}  # fmt: skip
    seconds = time.perf_counter() - began
    return {"seen": seen_in(snapshot), "missing": False, "warnings": list(snapshot.warnings),
            "wrong": verify(index), "seconds": seconds}  # fmt: skip


def built(library: Path, index: Path) -> dict[str, Any]:
    """Build and return what came of it: files refused, PDFs read, and what should not be there."""
    READER.names.clear()
    result = run(library, index)
    return {"refused": len(result.refused), "read": len(READER.names), "left": leftovers(index)}


def leftovers(index: Path) -> list[str]:
    """Return what is in the folder of an index and belongs to no snapshot in it."""
    names, wrong = store.published(index)
    due = {"CURRENT", "LOCK", f"checked/{tokens.NOTE}", f"checked/{store.LIBRARY_NOTE}"}
    for name in names:
        manifest = store.read_manifest(index, name)
        due |= {f"snapshots/{name}/{file}" for file in [*manifest.files, store.MANIFEST]}
        for report in manifest.reports:
            meta = index / "shards" / report.shard / store.META
            if not meta.exists():  # damaged and discarded, to be made again when it is needed
                continue
            files = [*json.loads(meta.read_bytes())["content"]["files"], store.META]
            due |= {f"shards/{report.shard}/{file}" for file in files}
        due |= {f"checked/{owner}" for owner in [name, *(r.shard for r in manifest.reports)]}
        due |= {tokens.name_of(record) for record in manifest.token_files.values()}
    found = {path.relative_to(index).as_posix() for path in index.rglob("*") if path.is_file()}
    folders = {path.name for path in index.iterdir() if path.is_dir()}
    return [*wrong, *sorted(found - due), *sorted(folders - FOLDERS)]
