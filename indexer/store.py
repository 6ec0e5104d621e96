"""Where an index keeps what, how it is checked, and how it changes in one step.

::

    index/
    ├── CURRENT                        the name of the snapshot in service
    ├── LOCK                           held through the operating system while a process builds
    ├── .building/                     what a build is writing; the next build clears what is left
    ├── checked/<name>                 the state of files in which their checksums were found right,
    │                                  those of the library's PDFs too
    ├── shards/<key>/                  one report read and embedded, named by what went into it
    ├── snapshots/<number>-<digest>/   never changed once it stands there
    └── tokens/<sha256>.npy            one report's token vectors, for all snapshots that have it

The digest in a snapshot's name is that of its manifest, and the manifest holds the size and
sha256 of every other file: the one line of CURRENT vouches for every byte that is served. What was
hashed is noted, and not hashed again before it changes (``checked``).

Who has a snapshot open holds its manifest by a lock of the operating system, and what is held so is
not removed, nor are the token files that it names; the lock is gone when its process is.

Standard library only, so that finding nothing to do costs next to nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexer import checked, disk, tokens
from indexer.checked import (
    REBUILD,
    FileRecord,
    Hashed,
    bytes_sha256,
    digest_of,
    file_sha256,
    records_of,
    state_of,
    wrong_files,
)
from indexer.disk import sync, sync_folder
from indexer.errors import BuildLocked, IndexDamaged, IndexerError, IndexMissing

__all__ = ["file_sha256", "sync", "sync_folder"]  # for the library, whose files are kept as safely

DEFAULT_INDEX = Path(__file__).resolve().parents[1] / "data" / "index"
"""``data/index`` of the project, the folder above the package ``indexer``."""

SCHEMA_VERSION = "6"
"""Goes up with every change to the files of an index, to what of a passage is embedded and to
the terms of BM25: an index of another version is made again."""

KEPT_SNAPSHOTS = 2
"""The one in service and the one before it, which stands in should the first be damaged."""

NOTHING_YET = b"-\n"
"""What CURRENT says while the first snapshot of an index is put in its place: nothing is served."""

HOLDER_TRIES = 20
HOLDER_WAIT_S = 0.01
"""How often and how long to wait for the name of who holds the lock: it is written just after."""

SNAPSHOT_NAME = re.compile(r"(\d{6,})-[0-9a-f]{16}")
SHARD_NAME = re.compile(r"[0-9a-f]{64}")
MANIFEST = "manifest.json"
META = "meta.json"
NOTED = re.compile(r"\d{6,}-[0-9a-f]{16}|[0-9a-f]{64}")
LIBRARY_NOTE = "library"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides how a file becomes vectors; two indexes mix only where it is equal.

    ``passages`` are the settings by which passages are cut, ``model`` the identity of the
    embedding model.
    """

    schema: str
    reader: str
    passages: str
    model: str


@dataclass(frozen=True, slots=True)
class ReportInfo:
    """One report of an index: id, title, numbers of pages and passages, and where it came from.

    ``sha256`` is that of the PDF, ``created`` the date the PDF gives itself or empty, ``shard``
    the key under which the index keeps its vectors, ``findings`` the number of its findings and
    ``notes`` sentences on what of it could not be read; ``published`` is the date that the report
    itself gives, "2024-07" or "2024-07-05", or empty. ``place`` and ``family`` are what a person
    says; where one says another title or date, ``own`` holds the document's.
    """

    id: str
    title: str
    pages: int
    passages: int
    sha256: str
    created: str = ""
    file: str = ""
    shard: str = ""
    acronyms: tuple[tuple[str, str], ...] = ()
    findings: int = 0
    notes: tuple[str, ...] = ()
    published: str = ""
    place: str = ""
    family: str = ""
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file of the library that is not in the index, and why.

    ``lasting`` says that the same bytes will be refused again, so that nobody need try.
    """

    id: str
    file: str
    sha256: str
    reason: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds: its reports in row order, and size and sha256 of its files.

    ``model_name`` is the name or path by which the model was loaded, ``tokens`` the number of
    token vectors, and ``token_files`` are the files that hold them, by the shard's key.
    """

    created: str
    recipe: Recipe
    model_name: str
    dimension: int
    tokens: int
    reports: tuple[ReportInfo, ...]
    refused: tuple[Refusal, ...]
    files: dict[str, FileRecord]
    token_files: dict[str, FileRecord] = dataclasses.field(default_factory=dict)

    @property
    def pages(self) -> int:
        """Number of pages of all reports."""
        return sum(report.pages for report in self.reports)

    @property
    def passages(self) -> int:
        """Number of passages of all reports."""
        return sum(report.passages for report in self.reports)

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON."""
        return json.dumps(dataclasses.asdict(self)).encode()


def manifest_from(raw: bytes) -> Manifest:
    """Return the manifest that JSON holds.

    Raises:
        IndexDamaged: it is not one, or one of another version of this program.
    """
    try:
        data: dict[str, Any] = json.loads(raw)
        recipe = Recipe(**data.pop("recipe"))
        if recipe.schema != SCHEMA_VERSION:
            raise IndexDamaged(
                f"The index has the form {recipe.schema!r} and this version reads "
                f"{SCHEMA_VERSION!r}. {REBUILD}"
            )
        reports = tuple(
            ReportInfo(
                **report
                | {
                    "acronyms": tuple((a, b) for a, b in report["acronyms"]),
                    "notes": tuple(report["notes"]),
                    "own": tuple(report.get("own", ())),
                }
            )
            for report in data.pop("reports")
        )
        refused = tuple(Refusal(**refusal) for refusal in data.pop("refused"))
        files = {name: FileRecord(**record) for name, record in data.pop("files").items()}
        named = data.pop("token_files")
        token_files = {key: FileRecord(**record) for key, record in named.items()}
        names = [name for key, record in token_files.items() for name in (key, record.sha256)]
        if not all(SHARD_NAME.fullmatch(name) for name in names):
            raise ValueError("a file of token vectors has a name that is none")
        manifest = Manifest(
            recipe=recipe,
            reports=reports,
            refused=refused,
            files=files,
            token_files=token_files,
            **data,
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IndexDamaged(f"{MANIFEST} cannot be read ({error}). {REBUILD}") from error
    return manifest


# Paths


def snapshot_path(index: Path, name: str) -> Path:
    """Return the folder of a snapshot; the name has been found to be one."""
    return index / "snapshots" / name


def shard_path(index: Path, key: str) -> Path:
    """Return the folder of a shard, which need not be there."""
    return index / "shards" / key


def building_path(index: Path, name: str) -> Path:
    """Return an empty folder in which a build may write."""
    folder = index / ".building" / name
    disk.remove_tree(folder)
    disk.make_folder(folder)
    return folder


def shard_key(sha256: str, recipe: Recipe) -> str:
    """Return the name of the shard of a PDF's content: nothing of the file's name is in it."""
    parts = [sha256, *dataclasses.astuple(recipe)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def published(index: Path) -> tuple[list[str], list[str]]:
    """Return the names of snapshots to serve, best first, and what is wrong with CURRENT.

    A snapshot newer than CURRENT is a build's that was killed before it published, and is not
    among them.

    Raises:
        IndexMissing: the folder holds no index, or is none.
        IndexDamaged: CURRENT names a snapshot, and none is there.
        DiskFailed: CURRENT cannot be opened just now.
    """
    if index.exists() and not index.is_dir():
        raise IndexMissing(_is_a_file(index))
    names = _snapshots(index)
    raw = _current(index)
    if raw == NOTHING_YET or (raw is None and not names):
        raise IndexMissing(f"There is no index in {index}: make it with `python -m indexer build`.")
    if raw is None:
        return names, [f"The file CURRENT of the index is missing. {REBUILD}"]
    # To the byte: a line that has lost its end may have lost more.
    found = [name for name in names if f"{name}\n".encode() == raw]
    if found:
        return names[names.index(found[0]) :], []
    said = ascii(raw[:100].decode("ascii", "replace"))
    if not names:
        raise IndexDamaged(f"CURRENT names the snapshot {said}, which is missing. {REBUILD}")
    return names, [
        f"The file CURRENT of the index is damaged: it says {said}, and no snapshot has that name. "
        f"{REBUILD}"
    ]


def _current(index: Path) -> bytes | None:
    """Return what CURRENT holds, or None where it is not there; empty where it is unreadable."""
    try:
        with (index / "CURRENT").open("rb") as file:
            return file.read(200)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in disk.PASSING:
            raise disk.failed(error, index / "CURRENT", "read") from error
        return b""


def _is_a_file(index: Path) -> str:
    return f"{index} is a file; name a folder for the index with --index."


def _snapshots(index: Path) -> list[str]:
    """Return the names of all snapshots, the newest first."""
    found = disk.listed(index / "snapshots")
    return sorted(
        (path.name for path in found if SNAPSHOT_NAME.fullmatch(path.name) and path.is_dir()),
        key=lambda name: (int(name.split("-")[0]), name),
        reverse=True,
    )


# Checking


def read_manifest(index: Path, name: str) -> Manifest:
    """Return a snapshot's manifest after comparing it with the digest in the snapshot's name.

    Raises:
        IndexDamaged: the manifest is missing or is not the one that was written.
        DiskFailed: it cannot be opened just now.
    """
    path = snapshot_path(index, name) / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError as error:
        if error.errno in disk.PASSING:
            raise disk.failed(error, path, "read") from error
        raise IndexDamaged(
            f"The file {MANIFEST} of snapshot {name} cannot be read ({error.strerror}). {REBUILD}"
        ) from error
    if hashlib.sha256(raw).hexdigest()[:16] != name.split("-")[1]:
        raise IndexDamaged(
            f"The file {MANIFEST} of snapshot {name} is damaged: its sha256 is not the one in the "
            f"snapshot's name. {REBUILD}"
        )
    return manifest_from(raw)


def served_state(index: Path) -> str:
    """Return a text that changes when another snapshot is in service, or a file of the one that is.

    It costs a look at each file: by it whoever holds a snapshot open knows when to open it anew.
    """
    name = (_current(index) or b"").decode("ascii", "replace").strip()
    if not SNAPSHOT_NAME.fullmatch(name):
        return name
    folder = snapshot_path(index, name)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    states = [*([path.name, *state_of(path)] for path in files)]
    shared: dict[str, checked.State] = {}
    with contextlib.suppress(IndexDamaged):  # which the manifest's own state tells
        shared = tokens.states_of(index, _token_files(index, name))
    return bytes_sha256(json.dumps([name, states, shared]).encode())


@functools.lru_cache(maxsize=4)
def _token_files(index: Path, name: str) -> tuple[FileRecord, ...]:
    """Return the token files that a snapshot names, which for one name are always the same."""
    return tuple(read_manifest(index, name).token_files.values())


def wrong_notes(index: Path) -> list[str]:
    """Return a sentence for each note on checked files that is not what was written."""
    wrong = []
    for path in disk.listed(index / checked.FOLDER):
        if _is_note(path.name):
            try:
                raw = path.read_bytes()
            except OSError as error:
                wrong.append(f"The file checked/{path.name} cannot be read ({error.strerror}).")
                continue
            if not _is_of(raw, path.name, index):
                wrong.append(f"The file checked/{path.name} is damaged.")
    return wrong


def known_pdfs(index: Path) -> dict[str, list[object]]:
    """Return states and hashes of the library's files as the last build noted them, by name."""
    return checked.noted(index, LIBRARY_NOTE, LIBRARY_NOTE)


def note_pdfs(index: Path, files: dict[str, list[object]]) -> None:
    """Note states and hashes of the library's files, so that the next look need not hash them."""
    if files != known_pdfs(index):
        checked.note(index, LIBRARY_NOTE, LIBRARY_NOTE, files)


def _is_note(name: str) -> bool:
    return name in (tokens.NOTE, LIBRARY_NOTE) or NOTED.fullmatch(name) is not None


def _is_of(raw: bytes, name: str, index: Path) -> bool:
    """Return whether a note is sound and on what its name says, as far as that can be compared."""
    try:
        of = checked.note_body(raw)["of"]
        if name in (tokens.NOTE, LIBRARY_NOTE):
            return bool(of == name)
        if SHARD_NAME.fullmatch(name):
            files = _sealed(shard_path(index, name))[1]
        else:
            files = read_manifest(index, name).files
        return bool(of == checked.files_digest(name, files))
    except IndexDamaged:
        return True
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def in_service(index: Path) -> tuple[str, Manifest, list[str]]:
    """Return name and manifest of the snapshot to serve, and sentences on why it is not the best.

    Its files are in the state in which they were hashed. Where the snapshot that CURRENT names is
    damaged, the one before it stands in; for a damaged file of token vectors its shard's copy does.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: there is no sound snapshot; the message names the file.
    """
    while True:
        names, warnings = published(index)
        aside = bool(warnings)
        for name in names:
            try:
                manifest, spared = _opened(index, name)
            except IndexDamaged as error:
                warnings.append(str(error))
                aside = True
                continue
            break
        else:
            name, manifest, spared = "", None, []
        # Builds may have published meanwhile, and removed what was about to be opened.
        if not (warnings or spared) or published(index)[0] == names:
            break
    if manifest is None:
        raise IndexDamaged(warnings[0])
    if aside:
        warnings.append(f"Until then the snapshot {name} is in service.")
    return name, manifest, [*warnings, *spared]


def _opened(index: Path, name: str) -> tuple[Manifest, list[str]]:
    """Return a snapshot's manifest, having checked its files as they are for every opening.

    With it come sentences on files for which other copies have to be read.
    """
    manifest = read_manifest(index, name)
    wrong = wrong_files(snapshot_path(index, name), manifest.files)
    if wrong:
        raise IndexDamaged(f"{wrong[0]} {REBUILD}")
    damaged = tokens.wrong(index, manifest.token_files.values())
    if damaged:
        for key, record in manifest.token_files.items():
            spare = tokens.spare_of(index, key)
            if record.sha256 in damaged and checked.wrong_file(spare, record, ""):
                raise IndexDamaged(f"{damaged[record.sha256]} {REBUILD}")
    spared = "Until then another copy of it is read."
    return manifest, [f"{sentence} {REBUILD} {spared}" for sentence in damaged.values()]


def seal(folder: Path, content: dict[str, Any]) -> None:
    """Write a shard's ``meta.json``: content, key, the other files' checksums and its own digest.

    The folder is called by the shard's key.
    """
    files = {name: dataclasses.asdict(record) for name, record in records_of(folder).items()}
    body = {**content, "shard": folder.name, "files": files}
    disk.write(folder / META, _meta_bytes(body, digest_of(body)))


def token_record(shard: Path) -> FileRecord:
    """Return size and sha256 of a shard's token vectors, as it says.

    Raises:
        IndexDamaged: its ``meta.json`` is missing or is not what it was.
        DiskFailed: it cannot be opened just now.
    """
    try:
        return _sealed(shard)[1][tokens.SHARD_FILE]
    except KeyError:
        raise IndexDamaged(f"The shard {shard.name} has no token vectors. {REBUILD}") from None


def unseal(folder: Path) -> dict[str, Any]:
    """Return what ``meta.json`` of a shard holds, every file of the shard having been checked.

    Raises:
        IndexDamaged: a file is missing or is not what it was.
        DiskFailed: a file cannot be opened just now.
    """
    content, files = _sealed(folder)
    wrong = wrong_files(folder, files)
    if wrong:
        raise IndexDamaged(f"{wrong[0]} {REBUILD}")
    return content


def wrong_with_shard(folder: Path) -> list[str]:
    """Return a sentence for each file of a shard that is not what was written; all are hashed.

    Raises:
        DiskFailed: a file cannot be opened just now.
    """
    try:
        return wrong_files(folder, _sealed(folder)[1], trust=False)
    except IndexDamaged as error:
        return [str(error)]


def _sealed(folder: Path) -> tuple[dict[str, Any], dict[str, FileRecord]]:
    """Return the content of a shard's ``meta.json``, found to be sound, and the files it names."""
    where = f"The file {META} of shard {folder.name}"
    try:
        raw = (folder / META).read_bytes()
        sealed = json.loads(raw)
        content: dict[str, Any] = sealed["content"]
        digest = digest_of(content)
        # Compared as bytes, for JSON can say one thing in several ways.
        if raw != _meta_bytes(content, digest) or sealed["sha256"] != digest:
            raise IndexDamaged(f"{where} is damaged. {REBUILD}")
        if content.pop("shard") != folder.name:
            raise IndexDamaged(f"{where} is damaged: it is that of another shard. {REBUILD}")
        files = {name: FileRecord(**record) for name, record in content.pop("files").items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, OSError) and error.errno in disk.PASSING:
            raise disk.failed(error, folder / META, "read") from error
        raise IndexDamaged(f"{where} cannot be read ({error}). {REBUILD}") from error
    return content, files


def _meta_bytes(content: dict[str, Any], digest: str) -> bytes:
    # In one line: only so is JSON written by C, and a build compares that of every report.
    return json.dumps({"content": content, "sha256": digest}).encode("ascii")


# Changing


@contextlib.contextmanager
def lock(index: Path) -> Iterator[None]:
    """Hold the index for building; the system lets go of it when the process ends, however.

    Raises:
        BuildLocked: another process, or another thread of this one, holds it.
    """
    import fcntl

    if index.exists() and not index.is_dir():
        raise IndexerError(_is_a_file(index))
    disk.make_folder(index)
    path = index / "LOCK"
    with disk.held_open(path) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildLocked(
                f"The index in {index} is being built by {_holder(path)}. Wait until that has "
                "ended, then try again."
            ) from error
        disk.overwrite(handle, json.dumps({"pid": os.getpid(), "since": now()}).encode(), path)
        try:
            yield
        except BaseException:
            # A full disk is to be as empty after a failure as before.
            with contextlib.suppress(IndexerError):
                disk.remove_tree(index / ".building")
            raise


def _holder(path: Path) -> str:
    """Return who holds the lock and since when, in words.

    Whoever has just taken it may not have written that down yet.
    """
    for _ in range(HOLDER_TRIES):
        try:
            data = json.loads(path.read_bytes())
            pid, since = int(data["pid"]), str(data["since"])[:20]
        except (OSError, ValueError, TypeError, KeyError):
            pid, since = 0, ""
        if pid > 0 and _runs(pid):
            return f"process {pid} since {since}"
        time.sleep(HOLDER_WAIT_S)
    return f"another process, after process {pid} since {since}" if pid > 0 else "another process"


def _runs(pid: int) -> bool:
    """Return whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def now() -> str:
    """Return the time in UTC to the second, as ISO 8601 has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def discard(folder: Path) -> None:
    """Remove a snapshot or shard, if it is there, in one step: half of one is never seen."""
    if folder.is_dir():
        index = folder.parent.parent
        checked.withdraw(index, folder.name)
        doomed = building_path(index, "removed") / folder.name
        disk.move_folder(folder, doomed)
        disk.remove_tree(doomed)


def put_in_place(folder: Path, target: Path) -> None:
    """Move a finished folder to its place in one step, on the disk before and after."""
    sync(folder)
    disk.make_folder(target.parent)
    discard(target)
    disk.move_folder(folder, target)
    sync_folder(target.parent)


def publish(index: Path, folder: Path, manifest: Manifest) -> str:
    """Put a checked snapshot in service and return its name.

    Until the one replacement of CURRENT the old snapshot is served, from then on the new one;
    there is no moment without either.
    """
    raw = manifest.to_bytes()
    disk.write(folder / MANIFEST, raw)
    names = _snapshots(index)
    temporary, current = index / "CURRENT.tmp", index / "CURRENT"
    if not names and not current.exists():
        # A first snapshot that stands there without CURRENT would be taken for one in service.
        disk.replace(current, NOTHING_YET, by=temporary)
    last = max((int(name.split("-")[0]) for name in names), default=0)
    name = f"{last + 1:06d}-{bytes_sha256(raw)[:16]}"
    put_in_place(folder, snapshot_path(index, name))
    placed = snapshot_path(index, name)
    hashed = manifest.files.states if isinstance(manifest.files, Hashed) else {}
    if hashed and hashed == {file: state_of(placed / file) for file in manifest.files}:
        checked.note(index, name, checked.files_digest(name, manifest.files), hashed)
    elif wrong := wrong_files(placed, manifest.files):
        raise IndexDamaged(
            f"The new index is not on the disk as it was written: {wrong[0]} The old one stays in "
            "service."
        )
    disk.replace(current, f"{name}\n".encode(), by=temporary)
    return name


def clear_leftovers(index: Path) -> None:
    """Remove what a killed build left: half-written folders, and snapshots it never published."""
    disk.remove_tree(index / ".building")
    disk.remove_file(index / "CURRENT.tmp")
    try:
        names, wrong = published(index)
    except IndexDamaged:
        return
    except IndexMissing:
        names, wrong = [], []
    if not wrong:
        for name in set(_snapshots(index)) - set(names):
            discard(snapshot_path(index, name))


def prune(index: Path, *, keep: int = KEPT_SNAPSHOTS) -> None:
    """Remove old and damaged snapshots but for the last ``keep``, and what no other one needs.

    The snapshot in service is sound and stays, and so do sound ones that somebody has open. After
    this every file of the index is sound.
    """
    names, _ = published(index)
    kept = [read_manifest(index, names[0])]
    for name in _snapshots(index)[1:]:
        manifest = sound_manifest(index, name)
        if manifest is None:
            discard(snapshot_path(index, name))
        elif len(kept) < keep or not _let_go(snapshot_path(index, name)):
            kept.append(manifest)
    used = {report.shard for manifest in kept for report in manifest.reports}
    for shard in disk.listed(index / "shards"):
        if SHARD_NAME.fullmatch(shard.name) and not (shard.name in used and is_sound(shard)):
            discard(shard)
    tokens.prune(index, {r.sha256 for manifest in kept for r in manifest.token_files.values()})
    _prune_notes(index)
    disk.remove_tree(index / ".building")


def _let_go(snapshot: Path) -> bool:
    """Remove a snapshot, unless somebody has it open; return whether it is gone."""
    with disk.held_alone(snapshot / MANIFEST) as free:
        if free:
            discard(snapshot)
    return free


def pin(index: Path, name: str) -> int:
    """Return a handle by which a snapshot and what it needs are kept until it is closed.

    Raises:
        OSError: a build has removed it meanwhile, or it cannot be opened.
    """
    return disk.held_with_others(snapshot_path(index, name) / MANIFEST)


def _prune_notes(index: Path) -> None:
    """Remove notes on what is no longer there, and those that were broken off or are damaged."""
    for path in disk.listed(index / checked.FOLDER):
        at = snapshot_path if SNAPSHOT_NAME.fullmatch(path.name) else shard_path
        if path.name in (tokens.NOTE, LIBRARY_NOTE):
            with disk.named(path, "read"):
                sound = _is_of(path.read_bytes(), path.name, index)
        else:
            sound = NOTED.fullmatch(path.name) is not None and at(index, path.name).is_dir()
        if not sound:
            disk.remove_tree(path)


def sound_manifest(index: Path, name: str) -> Manifest | None:
    """Return a snapshot's manifest if it and every file it names are what was written."""
    try:
        manifest = read_manifest(index, name)
    except IndexDamaged:
        return None
    wrong = wrong_files(snapshot_path(index, name), manifest.files)
    return None if wrong or tokens.wrong(index, manifest.token_files.values()) else manifest


def is_sound(shard: Path) -> bool:
    """Return whether a shard is there and every file of it is what was written."""
    try:
        unseal(shard)
    except IndexDamaged:
        return False
    return True
