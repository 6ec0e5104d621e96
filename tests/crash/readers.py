"""Many readers while builds publish: ``python -m tests.crash.readers`` prints what they saw."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.snapshot import open_snapshot
from tests.conftest import make_pdf
from tests.crash import scenes
from tests.crash.faults import in_child

THINKS_S = 0.1
"""What passes between two questions of one reader."""

Said = list[list[Any]]


@dataclass(frozen=True)
class Turn:
    """One question: when it began and ended, of which snapshot, and a digest of the answer."""

    began: float
    ended: float
    name: str
    answer: str


def ask_until(stop: Callable[[], bool], index: Path, turns: list[Turn]) -> None:
    """Open the index, ask it and let it go, again and again, as the command line does."""
    number = 0
    while not stop():
        question = scenes.QUESTIONS[number % len(scenes.QUESTIONS)]
        began = time.monotonic()
        snapshot = open_snapshot(index)
        answer = json.dumps([question, scenes.answers(snapshot, question)])
        turns.append(Turn(began, time.monotonic(), snapshot.name, answer))
        assert not snapshot.warnings, snapshot.warnings
        number += 1
        time.sleep(THINKS_S)


def in_threads(count: int, index: Path, until: Path) -> dict[str, Any]:
    """Return what ``count`` threads of one process were told, and what went wrong."""
    turns: list[Turn] = []
    wrong: list[str] = []

    def work() -> None:
        try:
            ask_until(until.exists, index, turns)
        except BaseException as error:
            wrong.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"turns": [[t.began, t.ended, t.name, t.answer] for t in turns], "wrong": wrong}


def edition(library: Path, number: int) -> None:
    """Make the library be in one of two states."""
    make_pdf(library / "light-0.pdf", scenes.pages(0, 1 + number % 2), title="Light 0")


def publish(library: Path, index: Path, count: int, times: Path) -> None:
    """Build ``count`` times, the library another each time, and write down when."""
    with times.open("a", encoding="utf-8") as log:
        for number in range(1, count + 1):
            edition(library, number)
            began = time.monotonic()
            result = scenes.run(library, index)
            log.write(json.dumps([began, time.monotonic(), result.snapshot, number % 2]) + "\n")
            time.sleep(THINKS_S)


def measure(readers: int, publications: int, quiet_s: float, folder: Path) -> dict[str, Any]:
    """Return errors, mixed answers and how long answers took, quiet and while builds publish."""
    made = scenes.scene(folder, "middle")
    library, index, until = made.library, folder / "index", folder / "until"
    right = []
    for number in range(2):
        edition(library, number)
        place = folder / f"state-{number}"
        scenes.run(library, place)
        snapshot = open_snapshot(place)
        right.append({json.dumps([q, scenes.answers(snapshot, q)]) for q in scenes.QUESTIONS})
    edition(library, 0)
    scenes.run(library, index)
    states = {open_snapshot(index).name: 0}
    times = folder / "times.jsonl"
    in_one_process = readers // 2
    crowd = [in_one_process, *[1] * (readers - in_one_process)]
    heard: list[Any] = []
    waiting = [
        threading.Thread(target=lambda n=n: heard.append(_asked(n, index, until))) for n in crowd
    ]
    for thread in waiting:
        thread.start()
    time.sleep(1.0)  # until all have begun
    quiet = (time.monotonic(), time.monotonic() + quiet_s)
    time.sleep(quiet_s)
    ended = in_child(lambda: publish(library, index, publications, times))
    until.touch()
    for thread in waiting:
        thread.join()
    builds = [json.loads(line) for line in times.read_text().splitlines()]
    states |= {name: state for _, _, name, state in builds}
    turns = [Turn(*turn) for told in heard for turn in told["turns"]]
    wrong = [sentence for told in heard for sentence in told["wrong"]]
    if ended.code or ended.said is not None:
        wrong.append(f"publishing: {ended}")
    mixed = [t.name for t in turns if t.answer not in right[states[t.name]]]
    calm = [t.ended - t.began for t in turns if quiet[0] < t.began and t.ended < quiet[1]]
    busy = [t.ended - t.began for t in turns
            if any(t.began < b[1] and t.ended > b[0] for b in builds)]  # fmt: skip
    return {
        "readers": readers, "publications": len(builds), "questions": len(turns),
        "snapshots": len({t.name for t in turns}), "wrong": wrong, "mixed": len(mixed),
        "quiet": len(calm), "busy": len(busy),
        "quiet_p95_ms": _p95(calm), "busy_p95_ms": _p95(busy),
    }  # fmt: skip


def _asked(count: int, index: Path, until: Path) -> Any:
    ended = in_child(lambda: in_threads(count, index, until))
    if ended.code or "turns" not in ended.said:
        return {"turns": [], "wrong": [f"a reader ended: {ended}"]}
    return ended.said


def _p95(seconds: list[float]) -> float:
    return round(statistics.quantiles(seconds, n=20)[-1] * 1000, 2) if len(seconds) > 1 else 0.0


def growth(publications: int, folder: Path) -> dict[str, Any]:
    """Return open files and memory of a process that builds and reads, early and at the end."""
    made = scenes.scene(folder, "middle")
    index = folder / "index"
    taken = []
    for number in range(publications):
        edition(made.library, number)
        scenes.run(made.library, index)
        snapshot = open_snapshot(index)
        scenes.answers(snapshot, scenes.QUESTIONS[0])
        taken.append((len(os.listdir("/proc/self/fd")), _resident(), len(_maps())))
    early = publications // 3
    names = ("files", "bytes", "maps")
    return {"publications": publications} | {
        name: [taken[early][at], taken[-1][at]] for at, name in enumerate(names)
    }


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _maps() -> list[str]:
    with open("/proc/self/maps", encoding="utf-8") as file:
        return file.readlines()


def main() -> int:
    """Run and print one JSON object for each of the two measurements."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.readers", description=__doc__)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--publications", type=int, default=50)
    parser.add_argument("--quiet", type=float, default=10.0, help="seconds without a build")
    parser.add_argument("--growth", type=int, default=300, help="publications for memory")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    import bm25s  # noqa: F401
    import faiss  # noqa: F401
    import pyarrow as pa

    pa.array([1])
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        if options.readers:
            many = measure(options.readers, options.publications, options.quiet, folder / "many")
            print(json.dumps(many), flush=True)
        if options.growth:
            print(json.dumps(in_child(lambda: growth(options.growth, folder / "one")).said))
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
