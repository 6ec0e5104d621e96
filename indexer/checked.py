"""Whether files are what was written, and what is noted so that they are not hashed each time.

To hash all of a large index, or of a large library, takes longer than anybody waits for an answer,
so what was hashed is noted: number, size and times of each file, as the file system gives them, the
time of its last change among them, which no program can set. A file of the same state is not hashed
again; one that was written to, cut, swapped, put back or copied has another, and is. What goes
wrong below the file system, on the disk itself, changes no state: ``verify`` always hashes, and
withdraws the note of what it finds damaged.

A note is a file of ``checked/``: its own sha256 on the first line, then JSON, ``of`` what it is and
the ``states`` of its files. Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer import disk
from indexer.errors import IndexerError

FOLDER = "checked"
REBUILD = "Run `python -m indexer build` to make the index again."

REST_NS = 20_000_000
"""Nanoseconds that a file must have been left alone before it is hashed for a note: a change
within one tick of the file system's clock, at most a hundredth of a second, would leave no mark."""

State = list[int]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """The size in bytes and the sha256 of a file."""

    size: int
    sha256: str


class Hashed(dict[str, FileRecord]):
    """Records of files, with the states in which they were hashed; none where that proves nothing.

    A snapshot is hashed when it is written, and not once more when it is noted as sound.
    """

    states: dict[str, State] = {}  # noqa: RUF012  never changed, only replaced


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's content as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def bytes_sha256(data: bytes) -> str:
    """Return the sha256 of bytes as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(content: object) -> str:
    """Return the sha256 of what JSON can hold, whatever the order of its names."""
    return bytes_sha256(json.dumps(content, sort_keys=True).encode())


def records_of(folder: Path) -> Hashed:
    """Return size and sha256 of every file below a folder, by its relative path."""
    with disk.named(folder, "read"):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        names = {path.relative_to(folder).as_posix(): path for path in files}
        states = {name: state_of(path) for name, path in names.items()}
        rested = have_rested(states.values())
        found = Hashed(
            (name, FileRecord(path.stat().st_size, file_sha256(path)))
            for name, path in names.items()
        )
    found.states = states if rested else {}
    return found


def wrong_files(folder: Path, files: Mapping[str, FileRecord], *, trust: bool = True) -> list[str]:
    """Return a sentence for each file of a snapshot or shard that is not what was written.

    With ``trust`` a file that is in the state in which it was last hashed is not hashed again.

    Raises:
        DiskFailed: a file cannot be opened just now.
    """
    index, name = folder.parent.parent, folder.name
    of = files_digest(name, files)
    before = noted(index, name, of)
    known = before if trust else {}
    states = {file: state_of(folder / file) for file in files}
    fresh = [file for file in files if not states[file] or states[file] != known.get(file)]
    rested = have_rested(states[file] for file in fresh)
    place = f"{folder.parent.name.rstrip('s')} {name}"
    wrong = [
        sentence
        for file in fresh
        if (sentence := wrong_file(folder / file, files[file], f"The file {file} of {place}"))
    ]
    if wrong:
        withdraw(index, name)
    elif trust and rested and states != before:
        note(index, name, of, states)
    return wrong


def wrong_file(path: Path, record: FileRecord, where: str) -> str:
    """Return what is wrong with a file as a sentence, or nothing; it is measured and hashed.

    Raises:
        DiskFailed: it cannot be opened just now.
    """
    try:
        size = path.stat().st_size
        if size != record.size:
            return f"{where} is damaged: it has {size:,} bytes and should have {record.size:,}."
        if file_sha256(path) != record.sha256:
            return f"{where} is damaged: its sha256 is not the one in the manifest."
    except OSError as error:
        if error.errno in disk.PASSING:
            raise disk.failed(error, path, "read") from error
        return f"{where} cannot be read ({error.strerror})."
    return ""


# States


def state_of(path: Path | str | int) -> State:
    """Return number, size and times of last writing and last change of a file, or nothing.

    The file is given by its path or by a handle.
    """
    try:
        return as_state(os.stat(path))
    except OSError:
        return []


def as_state(stat: os.stat_result) -> State:
    """Return the state of a file that the system has told all about."""
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def have_rested(states: Iterable[State]) -> bool:
    """Return whether a later change of files will show, having waited a moment where it would not.

    A file system with a clock of its own that is ahead of ours cannot be waited for.
    """
    newest = max((max(state[2:], default=0) for state in states), default=0)
    young = newest + REST_NS - time.time_ns()
    if 0 < young <= REST_NS:
        time.sleep(young / 1e9)
    return young <= REST_NS


# Notes


def files_digest(name: str, files: Mapping[str, FileRecord]) -> str:
    """Return what a note on files of a snapshot or shard is ``of``: their names, sizes, hashes."""
    records = {file: [record.size, record.sha256] for file, record in files.items()}
    return digest_of({"name": name, "files": records})


def noted(index: Path, name: str, of: str) -> dict[str, Any]:
    """Return what is noted under a name, nothing where there is no note of just this."""
    try:
        body = note_body((index / FOLDER / name).read_bytes())
        states: dict[str, Any] = body["states"]
        return states if body["of"] == of and isinstance(states, dict) else {}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}


def note_body(raw: bytes) -> dict[str, Any]:
    """Return what the bytes of a note say.

    Raises:
        ValueError, RecursionError: they are not what was written.
    """
    digest, _, body = raw.partition(b"\n")
    if digest != bytes_sha256(body).encode():
        raise ValueError("the note is not what was written")
    found: dict[str, Any] = json.loads(body)
    return found


def note(index: Path, name: str, of: str, states: Mapping[str, Any]) -> None:
    """Note the states of files whose hashes are right.

    Where nothing may be written, as to whoever may only read an index, they are hashed each time.
    """
    body = json.dumps({"of": of, "states": states}).encode()
    folder = index / FOLDER
    with contextlib.suppress(IndexerError):
        disk.make_folder(folder)
        by = folder / f"new-{secrets.token_hex(8)}"
        try:
            disk.replace(folder / name, f"{bytes_sha256(body)}\n".encode() + body, by=by)
        except IndexerError:
            disk.remove_file(by)
            raise


def withdraw(index: Path, name: str) -> None:
    """Remove a note, where that can be done."""
    with contextlib.suppress(IndexerError):
        disk.remove_file(index / FOLDER / name)
