"""Odd, damaged and mutated PDFs by the thousand: ``python -m tests.crash.hostile``, `make torture`.

Each batch is a library of such files with a few good ones between them, and is built: nothing may
take longer or more memory than a reader may have, every good file must be indexed, and every other
one indexed or refused with a sentence. What the readers use is measured from outside of them. A
batch is one line of ``hostile.jsonl``; a run that is broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from indexer.build import BuildResult, build
from indexer.errors import ReportRefused
from indexer.records import Report
from indexer.sandbox import Sandbox
from indexer.snapshot import open_snapshot, verify
from tests.conftest import OTHER_PAGES, PAGES, HashEmbedder, make_pdf
from tests.crash.torture import results_of

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
SEED = 11
LONG = 2000
BATCH = 100
MOST_SECONDS = 30.0
MOST_MEMORY = 2**30
LOOK_S = 0.02

NUMBER, NAME = re.compile(rb"\d+"), re.compile(rb"/[A-Za-z]+")
NUMBERS = (b"0", b"-1", b"1", b"99999999", b"2147483647", b"4294967296", b"1e38", b"0.000001")


# Mutations


def mutated(chance: random.Random, raw: bytes, other: bytes) -> tuple[str, bytes]:
    """Return the name of a mutation and what it makes of a PDF; ``other`` is another PDF."""
    kind = chance.choice(list(MUTATIONS))
    return kind, MUTATIONS[kind](chance, raw, other)


def _flip(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(2 ** chance.randrange(8)):
        changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _truncate(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    return raw[: chance.randrange(1, len(raw))]


def _swap(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    a, b, c, d = sorted(chance.randrange(len(raw)) for _ in range(4))
    return raw[:a] + raw[c:d] + raw[b:c] + raw[a:b] + raw[d:]


def _cut(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    start, end = _stretch(chance, raw)
    return raw[:start] + raw[end:]


def _repeat(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    start, end = _stretch(chance, raw)
    return raw[:end] + raw[start:end] * chance.randrange(1, 20) + raw[end:]


def _blank(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    start, end = _stretch(chance, raw)
    return raw[:start] + bytes([chance.choice(b"\0 \xff(<[")]) * (end - start) + raw[end:]


def _splice(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    at, (start, end) = chance.randrange(len(raw)), _stretch(chance, other)
    return raw[:at] + other[start:end] + raw[at:]


def _numbers(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    return _replaced(chance, raw, NUMBER, NUMBERS)


def _names(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    return _replaced(chance, raw, NAME, sorted({m.group() for m in NAME.finditer(raw)}))


def _replaced(
    chance: random.Random, raw: bytes, what: re.Pattern[bytes], by: Sequence[bytes]
) -> bytes:
    """Return a PDF with some of its numbers or names replaced by others."""
    places = [match.span() for match in what.finditer(raw)]
    chosen = chance.sample(places, min(len(places), 2 ** chance.randrange(6)))
    for start, end in sorted(chosen, reverse=True):
        raw = raw[:start] + chance.choice(by) + raw[end:]
    return raw


def _stretch(chance: random.Random, raw: bytes) -> tuple[int, int]:
    start = chance.randrange(len(raw))
    return start, min(len(raw), start + 2 ** chance.randrange(2, 14))


MUTATIONS = {
    "flip": _flip, "truncate": _truncate, "swap": _swap, "cut": _cut, "repeat": _repeat,
    "blank": _blank, "splice": _splice, "numbers": _numbers, "names": _names,
}  # fmt: skip


def good_pdfs(folder: Path) -> list[Path]:
    """Return good PDFs to mutate: ours, small ones made here, and the published ones if there."""
    made = [
        make_pdf(folder / "lights.pdf", PAGES, title="Inspection of lighthouses"),
        make_pdf(folder / "harbour.pdf", OTHER_PAGES),
    ]
    published = [*SHARED.glob("reports/*.pdf"), *SHARED.glob("corpus/reports/*.pdf")]
    return [*made, *sorted((ROOT / "data" / "reports").glob("*.pdf")), *sorted(published)]


def mutations(
    sources: Sequence[Path], count: int, *, seed: int = SEED
) -> Iterator[tuple[str, bytes]]:
    """Yield a name and the bytes of each mutation: the same for the same sources and seed."""
    contents = [path.read_bytes() for path in sources]
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        at = chance.randrange(len(contents))
        kind, raw = mutated(chance, contents[at], chance.choice(contents))
        yield f"m{number:05d}-{kind}-{sources[at].stem[:30]}", raw


# Measuring


@dataclass(frozen=True)
class Cost:
    """What reading one file took: seconds, and the most memory of one process in bytes.

    The seconds are the clock's without those in which a process was ready and others had its turn.
    """

    name: str
    seconds: float
    memory: int
    outcome: str
    reason: str = ""

    @property
    def wrong(self) -> list[str]:
        """What must not be."""
        found = []
        if self.seconds > MOST_SECONDS:
            found.append(f"{self.seconds:.1f} s")
        if self.memory > MOST_MEMORY:
            found.append(f"{self.memory / 2**20:,.0f} MiB")
        if self.outcome not in {"indexed"} | {kind.__name__ for kind in _refusals(ReportRefused)}:
            found.append(self.outcome)
        if self.outcome != "indexed" and self.name not in self.reason:
            found.append("a reason that does not name the file")
        return found


def _refusals(kind: type[ReportRefused]) -> Iterator[type[ReportRefused]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _refusals(below)


class Watch(threading.Thread):
    """Notes the most memory of each group of processes that this process has started.

    As Linux tells it; elsewhere it notes nothing.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()
        self.most: dict[int, int] = {}
        self._waited: dict[int, float] = {}

    @property
    def waited(self) -> float:
        """Seconds in which a process was ready and others of the machine had its turn."""
        return max(self._waited.values(), default=0.0)

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look at all processes until it is to end."""
        while not self._ended.wait(LOOK_S):
            for name in os.listdir("/proc") if Path("/proc/self/stat").exists() else ():
                with contextlib.suppress(OSError):
                    if name.isdigit():
                        self._look(int(name))

    def _look(self, pid: int) -> None:
        group = os.getpgid(pid)
        if group == os.getpgrp() or _status(group)["PPid"] != os.getpid():
            return
        held = _status(pid).get("VmHWM", 0) * 1024
        self.most[group] = max(held, self.most.get(group, 0))
        waited = Path(f"/proc/{pid}/schedstat").read_text().split()[1]
        self._waited[pid] = int(waited) / 1e9


def _status(pid: int) -> dict[str, int]:
    """Return the whole numbers of what Linux says of a process."""
    raw = Path(f"/proc/{pid}/status").read_text()
    return {name: int(value) for name, value in re.findall(r"^(\w+):\s*(\d+)", raw, re.M)}


class Measured:
    """The sandbox's reader, which notes what each file cost; from one thread at a time."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self._sandbox = Sandbox()

    def __call__(self, path: Path) -> Report:
        """Return the report, or raise what there is to raise."""
        began = time.monotonic()
        outcome, reason = "indexed", ""
        with Watch() as watch:
            try:
                return self._sandbox.read_report(path)
            except BaseException as error:
                outcome, reason = type(error).__name__, str(error)
                raise
            finally:
                seconds = time.monotonic() - began - watch.waited
                memory = max(watch.most.values(), default=0)
                self.costs[path.stem] = Cost(path.name, seconds, memory, outcome, reason)


def built_beside_good_files(
    files: Sequence[tuple[str, bytes]], folder: Path
) -> tuple[BuildResult, list[Cost], list[str]]:
    """Build a library of odd files with good ones between; return what each cost and what is wrong.

    Each file is given by its name and its bytes.
    """
    library, index = folder / "library", folder / "index"
    library.mkdir()
    good = {"a-good-one": PAGES, "m-good-one": OTHER_PAGES, "z-good-one": [["The last report."]]}
    for name, pages in good.items():
        make_pdf(library / f"{name}.pdf", pages)
    for name, raw in files:
        (library / f"{name}.pdf").write_bytes(raw)
    read = Measured()
    result = build(library, index, read=read, embedder=HashEmbedder())
    status = {report.id: report.status for report in result.reports}
    wrong = [f"{name} is {status.get(name)}" for name in good if status.get(name) != "indexed"]
    wrong += [f"{name} is nowhere" for name, _ in files if name not in status]
    wrong += verify(index)
    if {report.id for report in open_snapshot(index).reports} != {
        report for report, what in status.items() if what == "indexed"
    }:
        wrong.append("the index holds other reports than it says")
    return result, [read.costs[name] for name, _ in files if name in read.costs], wrong


def main() -> int:
    """Build batches of odd and mutated files and say what they cost and what was wrong."""
    options = _options()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    done = results_of(options.results)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        options.results.open("a", encoding="utf-8") as log,
    ):
        sources = Path(folder) / "sources"
        sources.mkdir()
        every = _files(sources, options.mutations, options.seed)
        for start in range(0, len(every), BATCH):
            key = f"{options.seed}/{start}"
            if key in done:
                continue
            done[key] = _batch(every[start : start + BATCH], Path(folder) / "batch")
            log.write(json.dumps({**done[key], "key": key}) + "\n")
            log.flush()
            for sentence in done[key]["wrong"]:
                print(f"WRONG {sentence}", flush=True)
            print(f"{min(start + BATCH, len(every)):,} of {len(every):,}", flush=True)
            if options.seconds and time.monotonic() - began > options.seconds:
                print("Time is up; the next run goes on from here.", flush=True)
                return 1
    return _tell(list(done.values()))


def _files(folder: Path, count: int, seed: int) -> list[tuple[str, bytes]]:
    """Return the odd files, where they are, and so many mutations of good ones."""
    odd = [
        (f"h{number:03d}-{path.stem}", path.read_bytes())
        for number, path in enumerate(sorted(SHARED.glob("corpus/hostile/*.[pf]*")))
    ]
    return [*odd, *mutations(good_pdfs(folder), count, seed=seed)]


def _batch(files: Sequence[tuple[str, bytes]], home: Path) -> dict[str, Any]:
    """Return what each file of a batch cost, and what was wrong, in a form for JSON."""
    home.mkdir()
    _, costs, wrong = built_beside_good_files(files, home)
    shutil.rmtree(home)
    wrong += [f"{cost.name}: {sentence}" for cost in costs for sentence in cost.wrong]
    return {"files": len(files), "costs": [asdict(cost) for cost in costs], "wrong": wrong}


def _tell(batches: Sequence[dict[str, Any]]) -> int:
    """Say what came of all files, and return the exit status."""
    costs = [Cost(**cost) for batch in batches for cost in batch["costs"]]
    counts = Counter(cost.outcome for cost in costs)
    print(f"{sum(batch['files'] for batch in batches):,} files, {len(costs):,} of them read: "
          + ", ".join(f"{number:,} {what}" for what, number in counts.most_common()))  # fmt: skip
    if costs:
        slowest = max(costs, key=lambda cost: cost.seconds)
        largest = max(costs, key=lambda cost: cost.memory)
        print(f"slowest {slowest.name}, {slowest.seconds:.1f} s; largest {largest.name}, "
              f"{largest.memory / 2**20:,.0f} MiB")  # fmt: skip
    failed = sum(len(batch["wrong"]) for batch in batches)
    print(f"{failed:,} wrong")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.hostile", description=__doc__)
    parser.add_argument("--mutations", type=int, default=LONG, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--results", type=Path, default=Path("build/torture/hostile.jsonl"))
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
