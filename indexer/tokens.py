"""The token vectors of reports: one file each, which all snapshots that have the report share.

They are nine tenths of an index. Copied into each snapshot they would make one more report cost as
much as all that are there, so ``tokens/`` holds each of them once, called by its sha256, and the
manifest of a snapshot names those it needs. A file there is never written to: what has other bytes
has another name.

Why copies of the shards' files, and not the shards' own or links to them: a shard is replaced where
it is found damaged, and by a model on another machine perhaps with other bytes, while a snapshot of
the old ones is in service; and making or removing a link marks the file as changed, so that all of
them would have to be hashed again after each build. So there are two copies of the largest part,
one that is served and one to repair it from; where the first is damaged the second is read, and
nothing is missing meanwhile.

What no snapshot that is kept needs any more is removed, and a snapshot that somebody has open is
kept (``store.pin``). A reader therefore opens a file for the moment in which it reads from it, and
a thousand reports are a thousand names and no handles. Nothing is mapped: a file that is cut while
it is read is noticed, and ends nobody's process. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path

from indexer import checked, disk
from indexer.checked import REBUILD, FileRecord, State
from indexer.errors import IndexDamaged

FOLDER = NOTE = "tokens"
"""The folder of the files, and the name of the one note on all of them."""

SHARD_FILE = "tokens.npy"
"""The file of a shard of which one here is a copy."""

SHA256 = re.compile(r"[0-9a-f]{64}")

PART = 1 << 20
"""Bytes that are copied or hashed at a time."""


def name_of(record: FileRecord) -> str:
    """Return the name of a file, below the folder of the index."""
    return f"{FOLDER}/{record.sha256}.npy"


def spare_of(index: Path, shard: str) -> Path:
    """Return the copy that a shard keeps, which need not be there."""
    return index / "shards" / shard / SHARD_FILE


def keep(index: Path, records: Mapping[str, FileRecord], building: Path) -> None:
    """Have a sound file for each record, by its shard's key, copied from the shard if need be.

    ``building`` is an empty folder on the same disk, which is used and left empty.

    Raises:
        IndexDamaged: a shard's own file is not what the record says.
        DiskFailed: a file cannot be read or written.
    """
    damaged = wrong(index, records.values())
    missing = {r.sha256: (key, r) for key, r in records.items() if r.sha256 in damaged}
    if not missing:
        return
    folder = index / FOLDER
    disk.make_folder(folder)
    for key, record in missing.values():
        new = building / f"{record.sha256}.npy"
        _copy(spare_of(index, key), new, record, key)
        disk.sync(new)
        disk.move_file(new, folder / new.name)
    disk.sync_folder(folder)
    states = _states(index, missing)
    if checked.have_rested(states.values()):
        _note(index, {**_noted(index), **states})


def _copy(source: Path, target: Path, record: FileRecord, key: str) -> None:
    """Write a copy of a shard's file that has the right hash."""
    digest = hashlib.sha256()
    with (
        disk.named(source, "read"),
        source.open("rb", buffering=0) as old,
        disk.Writer(target) as new,
    ):
        while part := old.read(PART):
            digest.update(part)
            new.write(part)
    if digest.hexdigest() != record.sha256:
        raise IndexDamaged(
            f"The file {SHARD_FILE} of shard {key} is damaged: its sha256 is not the one that it "
            f"was sealed with. {REBUILD}"
        )


def wrong(index: Path, records: Iterable[FileRecord], *, trust: bool = True) -> dict[str, str]:
    """Return a sentence for each file that is not what was written, by its sha256.

    With ``trust`` a file that is in the state in which it was last hashed is not hashed again.

    Raises:
        DiskFailed: a file cannot be opened just now.
    """
    wanted = {record.sha256: record for record in records}
    before = _noted(index)
    known = before if trust else {}
    states = _states(index, wanted)
    fresh = [sha for sha, state in states.items() if not state or state != known.get(sha)]
    if not fresh:
        return {}
    rested = checked.have_rested(states[sha] for sha in fresh)
    found = {}
    for sha in fresh:
        name = name_of(wanted[sha])
        sentence = checked.wrong_file(index / name, wanted[sha], f"The file {name} of the index")
        if sentence:
            found[sha] = sentence
    right = {sha: states[sha] for sha in fresh if sha not in found} if trust and rested else {}
    after = {sha: state for sha, state in {**before, **right}.items() if sha not in found}
    if after != before:
        _note(index, after)
    return found


def all_of(index: Path) -> Iterable[FileRecord]:
    """Return what each file of the folder should be by its own name, whoever needs it."""
    for path in disk.listed(index / FOLDER):
        if path.suffix == ".npy" and SHA256.fullmatch(path.stem) and path.is_file():
            yield FileRecord(path.stat().st_size, path.stem)


def prune(index: Path, used: Container[str]) -> None:
    """Remove files that are called by none of these sha256, and what is noted of them."""
    for path in disk.listed(index / FOLDER):
        if not (path.suffix == ".npy" and path.stem in used):
            disk.remove_tree(path)
    before = _noted(index)
    after = {sha: state for sha, state in before.items() if sha in used}
    if after != before:
        _note(index, after)


def states_of(index: Path, records: Iterable[FileRecord]) -> dict[str, State]:
    """Return the states that files are in now, by their sha256."""
    return _states(index, {record.sha256: record for record in records})


def _states(index: Path, wanted: Iterable[str]) -> dict[str, State]:
    folder = index / FOLDER
    return {sha: checked.state_of(f"{folder}/{sha}.npy") for sha in wanted}


def _noted(index: Path) -> dict[str, State]:
    return checked.noted(index, NOTE, NOTE)


def _note(index: Path, states: Mapping[str, State]) -> None:
    checked.note(index, NOTE, NOTE, states)


class TokenFiles:
    """The files of a snapshot, one a report, read from when token vectors are asked for.

    ``shards`` are the reports' keys in row order and ``records`` the file of each. No file is held
    open, and each that is read from is either in the state in which its hash was found right, or is
    hashed now.
    """

    def __init__(
        self, index: Path, shards: Sequence[str], records: Mapping[str, FileRecord]
    ) -> None:
        self._index = index
        self._shards = shards
        self._records = [records[key] for key in shards]
        self._right = {
            (name_of(record), tuple(state)) for record, state in _with_states(index, self._records)
        }

    def sizes(self) -> list[int]:
        """Return the size of each file in bytes."""
        return [record.size for record in self._records]

    def read(self, number: int, start: int, size: int) -> bytes:
        """Return bytes of the file of one report, by its number in row order.

        Raises:
            IndexDamaged: neither the file nor the shard's copy is what was written.
            DiskFailed: it cannot be opened just now.
        """
        record, shard = self._records[number], self._shards[number]
        for path in (self._index / name_of(record), spare_of(self._index, shard)):
            part = self._read(path, record, start, size)
            if part is not None:
                return part
        raise IndexDamaged(
            f"The file {name_of(record)} of the index has changed since it was opened. {REBUILD}"
        )

    def _read(self, path: Path, record: FileRecord, start: int, size: int) -> bytes | None:
        """Return bytes of a file that is what was written, or nothing where it is not."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in disk.PASSING:
                raise disk.failed(error, path, "read") from error
            return None
        try:
            part = os.pread(handle, size, start)
            # After reading, so that whatever was done to the file before shows.
            state = (name_of(record), tuple(checked.as_state(os.fstat(handle))))
            if state not in self._right:
                if _sha256(handle, record.size) != record.sha256:
                    return None
                part = os.pread(handle, size, start)
                if state[1] != tuple(checked.as_state(os.fstat(handle))):
                    return None
                self._right.add(state)
            return part if len(part) == size else None
        except OSError:
            return None
        finally:
            os.close(handle)


def _with_states(index: Path, records: Sequence[FileRecord]) -> Iterable[tuple[FileRecord, State]]:
    """Return those records whose files are in the state that is noted, with that state."""
    before = _noted(index)
    return ((r, before[r.sha256]) for r in records if r.sha256 in before)


def _sha256(handle: int, size: int) -> str:
    """Return the sha256 of an open file, or nothing where it has another size."""
    digest, at = hashlib.sha256(), 0
    while at <= size and (part := os.pread(handle, PART, at)):
        digest.update(part)
        at += len(part)
    return digest.hexdigest() if at == size else ""
