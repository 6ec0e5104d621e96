"""Where an index keeps what, how it is checked, and how it changes in one step.

::

    index/
    ├── CURRENT                        the name of the snapshot in service
    ├── LOCK                           held through the operating system while a process builds
    ├── .building/                     what a build is writing; the next build clears what is left
    ├── shards/<key>/                  one report read and embedded, named by what went into it
    └── snapshots/<number>-<digest>/   never changed once it stands there

The digest in a snapshot's name is that of its manifest, and the manifest holds the size and
sha256 of every other file: the one line of CURRENT vouches for every byte that is served.
Standard library only, so that finding nothing to do costs next to nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexer.errors import BuildLocked, IndexDamaged, IndexerError, IndexMissing

DEFAULT_INDEX = Path(__file__).resolve().parents[1] / "data" / "index"
"""``data/index`` of the project, the folder above the package ``indexer``."""

SCHEMA_VERSION = "2"
"""Goes up with every change to the files of an index, to what of a passage is embedded and to
the terms of BM25: an index of another version is made again."""

KEPT_SNAPSHOTS = 2
"""The one in service and the one before it, which stands in should the first be damaged."""

LARGE_FILES = frozenset({"vectors.npy", "tokens.npy"})
"""Not hashed when a snapshot is opened, only measured: they are mapped into memory and not even
their headers are parsed, so a wrong byte can change a score but do nothing else, and to read them
all would make every start as slow as the library is large. ``verify`` and every build hash them."""

SNAPSHOT_NAME = re.compile(r"(\d{6,})-[0-9a-f]{16}")
SHARD_NAME = re.compile(r"[0-9a-f]{64}")
MANIFEST = "manifest.json"
META = "meta.json"
REBUILD = "Run `python -m indexer build` to make the index again."


@dataclass(frozen=True, slots=True)
class FileRecord:
    """The size in bytes and the sha256 of a file."""

    size: int
    sha256: str


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
    itself gives, "2024-07" or "2024-07-05", or empty.
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
    token vectors.
    """

    created: str
    recipe: Recipe
    model_name: str
    dimension: int
    tokens: int
    reports: tuple[ReportInfo, ...]
    refused: tuple[Refusal, ...]
    files: dict[str, FileRecord]

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
        return json.dumps(dataclasses.asdict(self), indent=1).encode()


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
                }
            )
            for report in data.pop("reports")
        )
        refused = tuple(Refusal(**refusal) for refusal in data.pop("refused"))
        files = {name: FileRecord(**record) for name, record in data.pop("files").items()}
        manifest = Manifest(recipe=recipe, reports=reports, refused=refused, files=files, **data)
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
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
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
        IndexMissing: the folder holds no index.
        IndexDamaged: CURRENT names a snapshot, and none is there.
    """
    names = _snapshots(index)
    try:
        current = (index / "CURRENT").read_bytes()[:200].decode("ascii", "replace").strip()
    except FileNotFoundError:
        current = None
    if not names:
        if current is None:
            raise IndexMissing(
                f"There is no index in {index}: make it with `python -m indexer build`."
            )
        raise IndexDamaged(f"CURRENT names the snapshot {current!r}, which is missing. {REBUILD}")
    if current is None:
        return names, [f"The file CURRENT of the index is missing. {REBUILD}"]
    if current not in names:
        return names, [
            f"The file CURRENT of the index is damaged: it names the snapshot {current!r}, "
            f"which is not there. {REBUILD}"
        ]
    return names[names.index(current) :], []


def _snapshots(index: Path) -> list[str]:
    """Return the names of all snapshots, the newest first."""
    folder = index / "snapshots"
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted(
        (name for name in names if SNAPSHOT_NAME.fullmatch(name) and (folder / name).is_dir()),
        key=lambda name: (int(name.split("-")[0]), name),
        reverse=True,
    )


# Checking


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's content as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(index: Path, name: str) -> Manifest:
    """Return a snapshot's manifest after comparing it with the digest in the snapshot's name.

    Raises:
        IndexDamaged: the manifest is missing or is not the one that was written.
    """
    try:
        raw = (snapshot_path(index, name) / MANIFEST).read_bytes()
    except OSError as error:
        raise IndexDamaged(
            f"The file {MANIFEST} of snapshot {name} cannot be read ({error.strerror}). {REBUILD}"
        ) from error
    if hashlib.sha256(raw).hexdigest()[:16] != name.split("-")[1]:
        raise IndexDamaged(
            f"The file {MANIFEST} of snapshot {name} is damaged: its sha256 is not the one in the "
            f"snapshot's name. {REBUILD}"
        )
    return manifest_from(raw)


def wrong_file(folder: Path, name: str, record: FileRecord, *, by_hash: bool = True) -> str:
    """Return what is wrong with a file of a snapshot or shard as a sentence, or nothing."""
    where = f"The file {name} of {folder.parent.name.rstrip('s')} {folder.name}"
    path = folder / name
    try:
        size = path.stat().st_size
        if size != record.size:
            return f"{where} is damaged: it has {size:,} bytes and should have {record.size:,}."
        if by_hash and file_sha256(path) != record.sha256:
            return f"{where} is damaged: its sha256 is not the one in the manifest."
    except OSError as error:
        return f"{where} cannot be read ({error.strerror})."
    return ""


def in_service(index: Path) -> tuple[str, Manifest, list[str]]:
    """Return name and manifest of the snapshot to serve, and sentences on why it is not the best.

    Of its files all but the largest have been hashed. Where the snapshot that CURRENT names is
    damaged, the one before it stands in.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: there is no sound snapshot; the message names the file.
    """
    while True:
        names, warnings = published(index)
        for name in names:
            try:
                manifest = _opened(index, name)
            except IndexDamaged as error:
                warnings.append(str(error))
                continue
            break
        else:
            name, manifest = "", None
        # Builds may have published meanwhile, and removed what was about to be opened.
        if not warnings or published(index)[0] == names:
            break
    if manifest is None:
        raise IndexDamaged(warnings[0])
    if warnings:
        warnings.append(f"Until then the snapshot {name} is in service.")
    return name, manifest, warnings


def _opened(index: Path, name: str) -> Manifest:
    """Return a snapshot's manifest, having checked its files as they are for every opening."""
    manifest = read_manifest(index, name)
    folder = snapshot_path(index, name)
    for file, record in manifest.files.items():
        wrong = wrong_file(folder, file, record, by_hash=file not in LARGE_FILES)
        if wrong:
            raise IndexDamaged(f"{wrong} {REBUILD}")
    return manifest


def wrong_files(folder: Path, files: dict[str, FileRecord]) -> list[str]:
    """Return a sentence for each file whose checksum is wrong."""
    found = (wrong_file(folder, name, record) for name, record in files.items())
    return [sentence for sentence in found if sentence]


def records_of(folder: Path, *, leave_out: Iterable[str] = ()) -> dict[str, FileRecord]:
    """Return size and sha256 of every file below a folder, by its relative path."""
    out = set(leave_out)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {
        name: FileRecord(path.stat().st_size, file_sha256(path))
        for name, path in names.items()
        if name not in out
    }


def seal(folder: Path, content: dict[str, Any]) -> None:
    """Write a shard's ``meta.json``: content, its own digest, the other files' checksums."""
    files = {n: dataclasses.asdict(r) for n, r in records_of(folder, leave_out=[META]).items()}
    body = {**content, "files": files}
    text = json.dumps({"content": body, "sha256": _digest(body)}, indent=1)
    (folder / META).write_text(text, encoding="ascii")


def unseal(folder: Path) -> dict[str, Any]:
    """Return what ``meta.json`` of a shard holds, every file of the shard having been checked.

    Raises:
        IndexDamaged: a file is missing or is not what it was.
    """
    try:
        sealed = json.loads((folder / META).read_bytes())
        content: dict[str, Any] = sealed["content"]
        sound = _digest(content) == sealed["sha256"]
        files = {name: FileRecord(**record) for name, record in content.pop("files").items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IndexDamaged(
            f"The file {META} of shard {folder.name} cannot be read ({error}). {REBUILD}"
        ) from error
    wrong = wrong_files(folder, files)
    if not sound:
        wrong.insert(0, f"The file {META} of shard {folder.name} is damaged.")
    if wrong:
        raise IndexDamaged(f"{wrong[0]} {REBUILD}")
    return content


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


# Changing


@contextlib.contextmanager
def lock(index: Path) -> Iterator[None]:
    """Hold the index for building; the system lets go of it when the process ends, however.

    Raises:
        BuildLocked: another process, or another thread of this one, holds it.
    """
    import fcntl

    if index.exists() and not index.is_dir():
        raise IndexerError(f"{index} is a file; name a folder for the index with --index.")
    index.mkdir(parents=True, exist_ok=True)
    with (index / "LOCK").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildLocked(
                f"The index in {index} is being built by {_holder(index / 'LOCK')}. Wait until "
                "that has ended, then try again."
            ) from error
        file.truncate(0)
        json.dump({"pid": os.getpid(), "since": now()}, file)
        file.flush()
        yield


def _holder(path: Path) -> str:
    """Return who holds the lock and since when, in words."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return f"process {int(data['pid'])} since {str(data['since'])[:20]}"
    except (OSError, ValueError, TypeError, KeyError):
        return "another process"


def now() -> str:
    """Return the time in UTC to the second, as ISO 8601 has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sync(path: Path) -> None:
    """Return once a file, or a folder and all below it, is on the disk."""
    if path.is_dir():
        for inner in path.iterdir():
            sync(inner)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard(folder: Path) -> None:
    """Remove a snapshot or shard, if it is there, in one step: half of one is never seen."""
    if folder.is_dir():
        index = folder.parent.parent
        doomed = building_path(index, "removed") / folder.name
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def put_in_place(folder: Path, target: Path) -> None:
    """Move a finished folder to its place in one step, on the disk before and after."""
    sync(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    discard(target)
    folder.rename(target)
    sync_folder(target.parent)


def publish(index: Path, folder: Path, manifest: Manifest) -> str:
    """Put a checked snapshot in service and return its name.

    Until the one replacement of CURRENT the old snapshot is served, from then on the new one;
    there is no moment without either.
    """
    raw = manifest.to_bytes()
    (folder / MANIFEST).write_bytes(raw)
    last = max((int(name.split("-")[0]) for name in _snapshots(index)), default=0)
    name = f"{last + 1:06d}-{hashlib.sha256(raw).hexdigest()[:16]}"
    put_in_place(folder, snapshot_path(index, name))
    temporary = index / "CURRENT.tmp"
    temporary.write_text(f"{name}\n", encoding="ascii")
    sync(temporary)
    os.replace(temporary, index / "CURRENT")
    sync_folder(index)
    return name


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear_leftovers(index: Path) -> None:
    """Remove what a killed build left: half-written folders, and snapshots it never published."""
    shutil.rmtree(index / ".building", ignore_errors=True)
    (index / "CURRENT.tmp").unlink(missing_ok=True)
    with contextlib.suppress(IndexMissing, IndexDamaged):
        names, wrong = published(index)
        if not wrong:
            for name in set(_snapshots(index)) - set(names):
                discard(snapshot_path(index, name))


def prune(index: Path, *, keep: int = KEPT_SNAPSHOTS) -> None:
    """Remove old and damaged snapshots but for the last ``keep``, and shards that none uses.

    The snapshot in service is sound and stays. After this every file of the index is sound.
    """
    names, _ = published(index)
    kept = [read_manifest(index, names[0])]
    for name in _snapshots(index)[1:]:
        manifest = sound_manifest(index, name) if len(kept) < keep else None
        if manifest is None:
            discard(snapshot_path(index, name))
        else:
            kept.append(manifest)
    used = {report.shard for manifest in kept for report in manifest.reports}
    folder = index / "shards"
    for shard in sorted(folder.iterdir()) if folder.is_dir() else ():
        if SHARD_NAME.fullmatch(shard.name) and not (shard.name in used and is_sound(shard)):
            discard(shard)
    shutil.rmtree(index / ".building", ignore_errors=True)


def sound_manifest(index: Path, name: str) -> Manifest | None:
    """Return a snapshot's manifest if it and every file it names are what was written."""
    try:
        manifest = read_manifest(index, name)
    except IndexDamaged:
        return None
    return None if wrong_files(snapshot_path(index, name), manifest.files) else manifest


def is_sound(shard: Path) -> bool:
    """Return whether a shard is there and every file of it is what was written."""
    try:
        unseal(shard)
    except IndexDamaged:
        return False
    return True
