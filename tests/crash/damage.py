"""Damage to the files of an index, and whether it is refused, named and mended."""

from __future__ import annotations

import os
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer import store, tokens
from indexer.errors import IndexDamaged, IndexMissing
from indexer.snapshot import open_snapshot, verify
from tests.crash import scenes
from tests.crash.faults import in_child
from tests.crash.scenes import Scene

TICK_S = 0.02
"""Longer than a tick of the file system's clock, in which two changes look like one."""


def kind_of(file: str) -> str:
    """Return which kind of file it is: the same files of other snapshots and shards are alike."""
    place, _, rest = file.partition("/")
    return place if not rest else f"{place}/{rest.partition('/')[2]}".rstrip("/")


def files_of(index: Path) -> list[str]:
    """Return the files of an index, but for the lock, which holds nothing of it."""
    found = (path.relative_to(index).as_posix() for path in index.rglob("*") if path.is_file())
    return sorted(name for name in found if name != "LOCK")


def shared_files(index: Path, name: str) -> set[str]:
    """Return the files outside its folder that a snapshot needs."""
    manifest = store.read_manifest(index, name)
    return {tokens.name_of(record) for record in manifest.token_files.values()}


@dataclass(frozen=True)
class Damage:
    """What is done to a file: "flip", "cut", "empty", "remove", or "swap" with another."""

    kind: str
    file: str
    other: str = ""
    at: int = 0

    def do(self, index: Path) -> bool:
        """Do it; return whether the file is now another."""
        path = index / self.file
        before = path.read_bytes()
        if self.kind == "swap":
            other = index / self.other
            between = path.with_name("between")
            path.rename(between)
            other.rename(path)
            between.rename(other)
        elif self.kind == "remove":
            path.unlink()
            return True
        elif self.kind == "flip" and before:
            with path.open("r+b") as file:  # in place, as a disk or a stray program would
                file.seek(self.at // 8)
                file.write(bytes([before[self.at // 8] ^ 1 << self.at % 8]))
        else:
            os.truncate(path, 0 if self.kind == "empty" else self.at // 8)
        return path.read_bytes() != before


def drawn(chance: random.Random, index: Path) -> Damage:
    """Return damage drawn by chance: first a kind of file, then one of that kind."""
    files = files_of(index)
    kinds = sorted({kind_of(file) for file in files})
    of_kind = [f for kind in [chance.choice(kinds)] for f in files if kind_of(f) == kind]
    file = chance.choice(of_kind)
    size = (index / file).stat().st_size
    what = chance.choice(["flip", "flip", "flip", "cut", "empty", "swap", "remove"])
    others = [f for f in (of_kind if chance.random() < 0.7 else files) if f != file]
    other = chance.choice(others) if what == "swap" and others else ""
    return Damage(what if what != "swap" or other else "flip", file, other,
                  chance.randrange(max(1, size * 8)))  # fmt: skip


def run_case(
    chance: random.Random, found: Scene, index: Path, *, mend: bool = True
) -> dict[str, Any]:
    """Damage a copy of a scene's finished index and return what came of it."""
    finished = index.parent / "finished"
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(finished, index)
    done = drawn(chance, index)
    if chance.random() < 0.15:
        return _while_open(done, found, index)
    changed = done.do(index)
    ended = in_child(lambda: _looked_at(index))
    outcome, wrong = _judged(done, changed, found, ended.code, ended.said, index)
    if mend:
        wrong += _mended(done, found, index)
    return {"outcome": outcome, "wrong": [f"{done}: {sentence}" for sentence in wrong]}


def _mended(done: Damage, found: Scene, index: Path) -> list[str]:
    """Return what is wrong with an index after the next build."""
    wrong = []
    mended = in_child(lambda: [scenes.built(found.library, index), scenes.opened(index)])
    if not isinstance(mended.said, list):
        wrong.append(f"cannot be mended: {mended}")
    else:
        build, after = mended.said
        if build["left"] or after["seen"] != found.new or after["wrong"] or after["warnings"]:
            wrong.append(f"is not mended: {mended.said}")
        if build["read"] and "shards/" not in done.file + done.other:
            wrong.append(f"{build['read']} PDFs are read to mend {done.file}")
    return wrong


def _looked_at(index: Path) -> dict[str, Any]:
    """Return what is said and shown of an index, by opening it and by ``verify``."""
    try:
        wrong = verify(index)
    except IndexMissing as error:
        wrong = [str(error)]
    try:
        snapshot = open_snapshot(index)
        return {"wrong": wrong, "name": snapshot.name, "seen": scenes.seen_in(snapshot),
                "warnings": list(snapshot.warnings)}  # fmt: skip
    except (IndexDamaged, IndexMissing) as error:
        return {"wrong": wrong, "name": "", "seen": "", "warnings": [str(error)]}


def _judged(
    done: Damage, changed: bool, found: Scene, code: int, said: Any, index: Path
) -> tuple[str, list[str]]:
    """Return what came of damage and what of it is not as it should be."""
    if code or not isinstance(said, dict) or "trace" in said:
        return "crashed", [f"the process ends with {code}: {said}"]
    if not changed:
        return "no change", []
    wrong = []
    notes = done.file.startswith("checked/") or done.other.startswith("checked/")
    damaged = [file for file in (done.file, done.other) if file]
    for file in damaged:
        # A note that is gone is no damage: its files are hashed, and noted again.
        gone = file.startswith("checked/") and done.kind == "remove"
        if not (gone or _is_listed_in(damaged, file)) and not any(
            _shown_name(file) in sentence for sentence in said["wrong"]
        ):
            wrong.append(f"verify does not name {file}: {said['wrong']}")
    names = sorted(path.name for path in (index.parent / "finished" / "snapshots").iterdir())
    hit = [n for n in names if any(file.startswith(f"snapshots/{n}/") for file in damaged)]
    right = dict(zip(reversed(names), (found.new, found.old), strict=False))
    if hit == names:
        wrong += [] if said["seen"] == "" else [f"what is damaged is served: {said}"]
        outcome = "refused"
    elif names[-1] in hit:
        wrong += [] if said["seen"] == right[names[0]] else [f"not the one before: {said}"]
        outcome = "the one before stands in"
    else:
        wrong += [] if said["seen"] == right[names[-1]] else [f"not the one in service: {said}"]
        # Without CURRENT the newest of all stands in, and it is said.
        outcome = "warned" if "CURRENT" in damaged else "not felt"
        if shared_files(index.parent / "finished", names[-1]) & set(damaged):
            outcome = "another copy is read"
    if outcome == "not felt":
        wrong += [f"it is felt: {said['warnings']}"] if said["warnings"] else []
    elif not any(_shown_name(file) in w for w in said["warnings"] for file in damaged):
        wrong.append(f"no warning names it: {said['warnings']}")
    return f"{outcome}{', a note' if notes else ''}", wrong


def _is_listed_in(damaged: list[str], file: str) -> bool:
    """Return whether what lists a file is damaged, too: then nobody can judge the file."""
    home = "/".join(file.split("/")[:2])
    lists = [f"{home}/manifest.json", f"{home}/meta.json"]
    return file not in lists and any(name in damaged for name in lists)


def _shown_name(file: str) -> str:
    """Return how a sentence calls a file."""
    place, _, rest = file.partition("/")
    return file if place in ("CURRENT", "checked", "tokens") else rest.partition("/")[2]


def _while_open(done: Damage, found: Scene, index: Path) -> dict[str, Any]:
    """Damage a file of an index while somebody asks it: an error by name, or the right answer."""

    def work() -> list[str]:
        time.sleep(TICK_S)
        snapshot = open_snapshot(index)
        if len(done.file) % 2:
            scenes.answers(snapshot, scenes.QUESTIONS[0])  # what is loaded whole is loaded
        done.do(index)
        try:
            return ["answered", scenes.seen_in(snapshot)]
        except IndexDamaged as error:
            return ["refused", str(error)]

    ended = in_child(work)
    if ended.code or not isinstance(ended.said, list):
        return {"outcome": "crashed", "wrong": [f"{done} while open: {ended}"]}
    outcome, text = ended.said
    right = text == found.new if outcome == "answered" else _shown_name(done.file) in text
    return {"outcome": f"{outcome} while open",
            "wrong": [] if right else [f"{done} while open: {ended.said}"]}  # fmt: skip
