"""Kills, full disks and damage by the thousand: ``python -m tests.crash.torture``, `make torture`.

Every case is one line of ``results.jsonl``; a run that is broken off goes on where it was. The
short form, which the tests run, is a part of the same cases.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash import damage, scenes
from tests.crash.faults import Fault, arm, in_child
from tests.crash.scenes import OPENS_IN_S, SIZES, Scene

ERRORS = ("ENOSPC", "EIO", "EMFILE", "EACCES")
LONG = {"random": 3000, "damage": 10_000}
SEED = 5


@dataclass
class Case:
    """One thing done to one scene; ``key`` names it in the results."""

    key: str
    part: str
    size: str
    fault: Fault = field(default_factory=lambda: Fault("none"))
    number: int = 0


def measured(folder: Path, size: str) -> Scene:
    """Return a scene with the calls to the disk that its build makes, in order."""
    made = scenes.scene(folder, size)
    index = folder / size / "counted"
    shutil.copytree(made.start, index)

    def work() -> list[str]:
        faulty = arm(Fault("none"))
        scenes.run(made.library, index)
        return faulty.calls

    calls = in_child(work).said
    assert isinstance(calls, list), calls
    seconds = min(_seconds(made, folder / size / f"timed-{number}") for number in range(3))
    return Scene(**{**made.__dict__, "calls": tuple(calls), "seconds": seconds})


def _seconds(made: Scene, index: Path) -> float:
    """Return how long a child builds: what is killed by chance is to be killed before its end."""
    shutil.copytree(made.start, index)
    began = time.perf_counter()
    in_child(lambda: scenes.run(made.library, index).snapshot)
    return time.perf_counter() - began


def cases(part: str, found: Scene, *, every: int, count: int) -> Iterator[Case]:
    """Return the cases of a part for a scene: each ``every``-th call, or ``count`` by chance."""
    name, total = found.name, len(found.calls)
    if part == "kill":
        for at in range(1, total + 1, every):
            kinds = ["before", "after"]
            kinds += ["middle"] if found.calls[at - 1] in ("write", "pwrite") else []
            for kind in kinds:
                yield Case(f"kill/{name}/{kind}/{at}", part, name, Fault(kind, at))
    elif part == "fault":
        for number, at in enumerate(range(1, total + 1, every)):
            for error in ERRORS if every == 1 else (ERRORS[number % len(ERRORS)],):
                yield Case(f"fault/{name}/{error}/{at}", part, name, Fault(error, at))
            if every == 1 or number % 4 == 0:
                full = Fault("ENOSPC", at, lasting=True)
                yield Case(f"fault/{name}/full/{at}", part, name, full)
            if every == 1 or number % 8 == 0:
                yield Case(f"fault/{name}/short/{at}", part, name, Fault("short", at))
    else:
        for number in range(count):
            yield Case(f"{part}/{name}/{number}", part, name, number=number)


def run_case(case: Case, found: Scene, index: Path, *, mend: int = 1) -> dict[str, Any]:
    """Return what happened in a case, with ``wrong`` as a list of what should not have.

    Each ``mend``-th damage is mended, too.
    """
    if case.part == "damage":
        chance = random.Random(f"{SEED}/{case.key}")
        return damage.run_case(chance, found, index, mend=case.number % mend == 0)
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(found.start, index)
    outcome, wrong = _broken_off(case, found, index)
    served = in_child(lambda: scenes.opened(index)).said
    again = in_child(lambda: [scenes.built(found.library, index), scenes.opened(index)]).said
    wrong += _wrong_with(served, again, found)
    return {"key": case.key, "outcome": outcome, "wrong": wrong}


def _broken_off(case: Case, found: Scene, index: Path) -> tuple[str, list[str]]:
    """Run the build of a case and return how it ended."""
    from indexer.errors import DiskFailed

    def work() -> list[str]:
        arm(case.fault)
        try:
            scenes.run(found.library, index)
        except DiskFailed as error:
            return ["named", str(error)]
        return ["done"]

    if case.part == "random":
        delay = random.Random(f"{SEED}/{case.key}").uniform(0, found.seconds)
        ended = in_child(work, kill_after=delay)
        return ("killed" if ended.code else "done"), []
    ended = in_child(work)
    if case.part == "kill":
        wrong = [] if ended.code == -signal.SIGKILL else [f"not killed: {ended}"]
        return "killed", wrong
    said = ended.said
    if not isinstance(said, list) or ended.code:
        return "failed", [f"no named error: {ended}"]
    if case.fault.kind == "short" and said != ["done"]:
        return said[0], [f"a short write is not gone on with: {said}"]
    return said[0], []


def _wrong_with(served: Any, again: Any, found: Scene) -> list[str]:
    """Return what is wrong with an index after a build that was broken off, and after the next."""
    wrong = []
    if not isinstance(served, dict) or "trace" in served:
        return [f"cannot be opened: {served}"]
    if served["seen"] not in (found.old, found.new):
        wrong.append("neither the old snapshot nor the new one is served")
    if served["warnings"] or served["wrong"]:
        wrong.append(f"not sound: {served['warnings']} {served['wrong']}")
    if served["seconds"] > OPENS_IN_S:
        wrong.append(f"opened in {served['seconds']:.1f} s")
    if not isinstance(again, list):
        return [*wrong, f"the next build fails: {again}"]
    build, after = again
    if build["refused"] or build["left"]:
        wrong.append(f"the next build leaves {build}")
    if after["seen"] != found.new or after["warnings"] or after["wrong"]:
        wrong.append(f"the next build's index is not the new one: {after}")
    return wrong


# Running


def results_of(file: Path) -> dict[str, dict[str, Any]]:
    """Return the cases that have been run, by their keys; a line broken off is taken out."""
    if not file.exists():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("}\n")]
    if whole != lines:
        file.write_text("".join(whole), encoding="utf-8")
    return {result["key"]: result for result in map(json.loads, whole)}


def main() -> int:
    """Run cases and say how many were run and what was wrong."""
    options = _options()
    import bm25s  # noqa: F401  once here, not in every child
    import faiss  # noqa: F401
    import pyarrow as pa

    pa.array([1])
    options.results.parent.mkdir(parents=True, exist_ok=True)
    done = results_of(options.results)
    counts: Counter[str] = Counter()
    bad = [result for result in done.values() if result["wrong"]]
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        options.results.open("a", encoding="utf-8") as log,
    ):
        for size in options.sizes:
            made = measured(Path(folder), size)
            print(f"{size}: {len(made.calls)} calls, {made.seconds:.2f} s a build", flush=True)
            for part in options.parts:
                count = -(-getattr(options, part, 0) // len(options.sizes))
                for case in cases(part, made, every=options.every, count=count):
                    counts[part] += 1
                    if case.key in done:
                        continue
                    result = run_case(case, made, Path(folder) / size / "index", mend=options.mend)
                    log.write(json.dumps({**result, "key": case.key}) + "\n")
                    log.flush()
                    if result["wrong"]:
                        bad.append(result)
                        print(f"WRONG {case.key}: {result['wrong']}", flush=True)
                    if options.seconds and time.monotonic() - began > options.seconds:
                        print("Time is up; the next run goes on from here.", flush=True)
                        return 1
                print(f"{size} {part}: {counts[part]} cases so far, {len(bad)} wrong", flush=True)
    _tell(results_of(options.results))
    return 1 if bad else 0


def _tell(results: dict[str, dict[str, Any]]) -> None:
    by_part: dict[str, Counter[str]] = {}
    for key, result in results.items():
        outcome = "WRONG" if result["wrong"] else result["outcome"]
        by_part.setdefault("/".join(key.split("/")[:2]), Counter())[outcome] += 1
    for part, outcomes in sorted(by_part.items()):
        print(f"{part}: " + ", ".join(f"{n:,} {what}" for what, n in sorted(outcomes.items())))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.torture", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help="kill, random, fault, damage (all)")  # fmt: skip
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--every", type=int, default=1, help="take each so-manyeth call")
    parser.add_argument("--random", type=int, default=LONG["random"], help="kills by chance")
    parser.add_argument("--damage", type=int, default=LONG["damage"], help="damaged files")
    parser.add_argument("--mend", type=int, default=1, help="mend each so-manyeth damage")
    parser.add_argument("--results", type=Path, default=Path("build/torture/results.jsonl"))
    parser.add_argument("--folder", type=Path, help="where to work (the system's own)")
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long")
    options = parser.parse_args()
    known = ["kill", "random", "fault", "damage"]
    options.parts = options.parts or known
    if not set(options.parts) <= set(known):
        parser.error(f"the parts are {', '.join(known)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
