"""The folder of PDFs: what is in it, what comes in under which name, and what leaves."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.checked import as_state, file_sha256, state_of
from indexer.disk import sync, sync_folder
from indexer.errors import BadName, DuplicateReport, IndexerError, NotAPdf, UnknownReport

DEFAULT_LIBRARY = Path(__file__).resolve().parents[1] / "data" / "reports"
"""``data/reports`` of the project, the folder above the package ``indexer``."""

MAX_NAME = 120
"""Characters of a file name, which stands in addresses, citations and citation markers."""

MAX_NAME_BYTES = 240
"""Most file systems stop at 255 bytes."""

NEAR = 0.5
"""How alike two names must be, as difflib measures it, for one to be a slip for the other."""

SHOWN = 5
"""Ids that are named where none is near."""

REST_NS = 3_000_000_000
"""Nanoseconds that a file must have been left alone before its hash is remembered: the clocks of
some file systems tick every two seconds."""

INCOMING = ".incoming-"
ABANDONED_S = 3600.0
"""A copy that has not ended after this many seconds was broken off."""

Check = Callable[[Path], object]
Hash = Callable[[Path, os.stat_result], str]
Keep = Callable[[Path, str], object]
"""Keeps a copy of a report that is about to leave, given as its path and its id."""


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """One PDF of the library: report id, place, sha256, size in bytes, time of last change.

    ``refusal`` says why the file cannot be a report without looking into it: its name, or that
    it cannot be read; ``sha256`` is then empty.
    """

    id: str
    path: Path
    sha256: str
    size: int
    modified: str
    refusal: str = ""


def report_id(name: str) -> str:
    """Return the report id of a file name: its stem, in the composed form of Unicode.

    Raises:
        BadName: the name has path parts or control characters, is too long, begins with a dot or
            does not end in ``.pdf``.
    """
    name = unicodedata.normalize("NFC", name)
    shown = ascii(name if len(name) <= 2 * MAX_NAME else name[: 2 * MAX_NAME] + "…")
    stem, ending = name[:-4], name[-4:]
    hidden = [c for c in name if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    if "/" in name or "\\" in name:
        problem = "has path parts, and only a plain file name is taken"
    elif hidden:
        problem = f"has the control character {hidden[0]!a}"
    elif name.startswith("."):
        problem = "begins with a dot"
    elif ending.lower() != ".pdf":
        problem = "does not end in .pdf"
    elif not stem.strip():
        problem = "has nothing in front of .pdf"
    elif len(name) > MAX_NAME or len(name.encode()) > MAX_NAME_BYTES:
        problem = f"has {len(name)} characters and the limit is {MAX_NAME}"
    else:
        return stem
    raise BadName(f"The file name {shown} {problem}: rename the file and add it again.")


class Library:
    """A folder of PDFs, one report each. The folder need not be there before the first ``add``."""

    def __init__(
        self, folder: Path, *, known: Mapping[str, Sequence[object]] | None = None
    ) -> None:
        """Describe a folder; ``known`` is what ``remembered`` returned of it before."""
        self.folder = folder
        self._hashed: dict[tuple[str, ...], str] = {}
        for name, (*state, sha256) in (known or {}).items():
            self._hashed[(name, *map(str, state))] = str(sha256)

    def reports(self) -> list[LibraryFile]:
        """Return the PDFs of the folder, ordered by report id; subfolders and others are left out.

        Raises:
            IndexerError: there is no such folder.
        """
        self.require()
        files = []
        seen: set[str] = set()
        for path in sorted(self.folder.iterdir()):
            if path.suffix.lower() != ".pdf" or path.name.startswith(".") or not path.is_file():
                continue
            file = _described(path, seen, self._sha256)
            seen.add(file.id)
            files.append(file)
        return sorted(files, key=lambda file: (file.id, file.path.name))

    def _sha256(self, path: Path, stat: os.stat_result) -> str:
        """Return the sha256 of a file, which is read once for each state that it is in.

        A file that changed just now can change again without another mark and is not remembered.
        """
        state = (path.name, *map(str, as_state(stat)))
        if state in self._hashed:
            return self._hashed[state]
        rested = max(stat.st_mtime_ns, stat.st_ctime_ns) + REST_NS < time.time_ns()
        sha256 = file_sha256(path)
        if rested:
            self._hashed[state] = sha256
        return sha256

    def remembered(self, files: Sequence[LibraryFile]) -> dict[str, list[object]]:
        """Return, by name, state and sha256 of those files that need not be read again."""
        found: dict[str, list[object]] = {}
        for file in files:
            state = state_of(file.path)
            if self._hashed.get((file.path.name, *map(str, state))) == file.sha256:
                found[file.path.name] = [*state, file.sha256]
        return found

    def require(self) -> None:
        """Raise an ``IndexerError`` where there is no such folder."""
        if not self.folder.is_dir():
            raise IndexerError(
                f"There is no library folder {self.folder}: make it and put PDF files into it, or "
                "name another with --library."
            )

    def path_of(self, report: str) -> Path:
        """Return the path of a report's PDF.

        Raises:
            UnknownReport: the library has no report of that id.
        """
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if path.suffix.lower() == ".pdf" and _id_of(path) == report and path.is_file():
                return path
        raise self._unknown(report)

    def add(
        self,
        source: Path | bytes,
        name: str,
        *,
        replace: bool = False,
        check: Check | None = None,
        keep: Keep | None = None,
    ) -> LibraryFile:
        """Return the library's copy of a PDF, given as a file or as its bytes.

        ``check`` reads the copy before it is let in and raises where it cannot; without one the
        whole file is read as a report. ``replace`` lets a report of the same id be replaced;
        ``keep`` is given that one first.

        Raises:
            ReportRefused: the name or the file cannot be taken, or the report is there already;
                nothing has changed.
        """
        if isinstance(source, Path) and source.is_dir():
            _check_source(source)
        report = report_id(name)
        if isinstance(source, Path):
            _check_source(source)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear_abandoned()
        incoming = Path(tempfile.mkdtemp(prefix=INCOMING, dir=self.folder))
        try:
            copy = incoming / name  # under its own name, which stands in what a check says of it
            if isinstance(source, Path):
                shutil.copyfile(source, copy)
            else:
                copy.write_bytes(source)
            sync(copy)
            old = self._place_for(report, file_sha256(copy), name, replace)
            (check or _read)(copy)
            if old is not None and keep is not None:
                keep(old, report)
            os.replace(copy, self.folder / name)
            if old is not None and old.name != name:
                old.unlink(missing_ok=True)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        sync_folder(self.folder)
        return _described(self.folder / name, set(), self._sha256)

    def remove(self, report: str, *, keep: Keep | None = None) -> None:
        """Take a report's PDF out of the library, for good unless ``keep`` is given it first.

        Raises:
            UnknownReport: the library has no report of that id.
        """
        path = self.path_of(report)
        if keep is not None:
            keep(path, report)
        path.unlink()
        sync_folder(self.folder)

    def _place_for(self, report: str, sha256: str, name: str, replace: bool) -> Path | None:
        """Return the file that a new one replaces, if any, or raise when it may not come in."""
        old = None
        for file in self.reports():
            if file.sha256 == sha256:
                raise DuplicateReport(
                    f"{name}: the same report is in the library already as {file.id!r}; there is "
                    "nothing to add.",
                    report=file.id,
                )
            if file.id == report:
                old = file.path
        if old is not None and not replace:
            raise DuplicateReport(
                f"{name}: another report of the name {report!r} is in the library. Remove that one "
                "first, add this one under another name, or use --replace.",
                report=report,
                kind="name",
            )
        return old

    def _clear_abandoned(self) -> None:
        for folder in self.folder.glob(f"{INCOMING}*"):
            if folder.is_dir() and time.time() - folder.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(folder, ignore_errors=True)

    def _unknown(self, report: str) -> UnknownReport:
        known = [file.id for file in self.reports()] if self.folder.is_dir() else []
        return unknown_report(report, known)


def unknown_report(report: str, known: Sequence[str], *, where: str = "library") -> UnknownReport:
    """Return the error for an id that no report has, with the ids that may be meant."""
    if not known:
        return UnknownReport(f"There is no report {report!r}: the {where} is empty.")
    near = near_names(report, known)
    if near:
        return UnknownReport(
            f"There is no report {report!r} in the {where}. Did you mean {either(near)}?"
        )
    names = ", ".join(repr(name) for name in known[:SHOWN])
    more = ", …" if len(known) > SHOWN else ""
    return UnknownReport(f"There is no report {report!r} in the {where}. It has {names}{more}.")


def near_names(name: str, known: Sequence[str]) -> list[str]:
    """Return the names that one may be a slip for, the nearest first, at most three.

    >>> near_names("LEEDS", ["leeds-2023", "leeds-2024", "york-2024"])
    ['leeds-2024', 'leeds-2023']
    """
    folded = {one.casefold(): one for one in known}
    wanted = name.casefold()
    parts = [one for one in folded if wanted and wanted in one]
    near = difflib.get_close_matches(wanted, parts, n=3, cutoff=0) + difflib.get_close_matches(
        wanted, list(folded), n=3, cutoff=NEAR
    )
    return [folded[one] for one in dict.fromkeys(near)][:3]


def either(names: Sequence[str]) -> str:
    """Return names as a choice.

    >>> either(["a", "b", "c"])
    "'a', 'b' or 'c'"
    """
    *first, last = map(repr, names)
    return f"{', '.join(first)} or {last}" if first else last


def _id_of(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem)


def _described(path: Path, seen: set[str], sha256: Hash) -> LibraryFile:
    """Return what is to be said of a file without looking into it."""
    shown = path.name.encode("utf-8", "replace").decode("utf-8")
    try:
        stat = path.stat()
        modified = datetime.fromtimestamp(stat.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OSError as error:
        refusal = f"{shown} cannot be read ({error.strerror})."
        return LibraryFile(shown[:-4], path, "", 0, "", refusal)
    try:
        report = report_id(path.name)
        if report in seen:
            raise DuplicateReport(
                f"{shown}: another file of the library has the report id {report!r}. Rename one."
            )
        return LibraryFile(report, path, sha256(path, stat), stat.st_size, modified)
    except (BadName, DuplicateReport) as error:
        return LibraryFile(shown[:-4], path, "", stat.st_size, modified, str(error))
    except OSError as error:
        refusal = f"{shown} cannot be read ({error.strerror}): check its permissions."
        return LibraryFile(shown[:-4], path, "", stat.st_size, modified, refusal)


def _check_source(source: Path) -> None:
    """Raise unless a file is there, is a file, and looks like a PDF from outside."""
    from indexer.reading import check_file

    if source.is_dir():
        raise NotAPdf(f"{source} is a folder; name the PDF files in it.")
    if not source.is_file():
        raise NotAPdf(f"There is no file {source}; check the name.")
    try:
        check_file(source)
    except OSError as error:
        raise NotAPdf(f"{source} cannot be read ({error.strerror}).") from error


def _read(path: Path) -> object:
    from indexer.sandbox import read_report

    return read_report(path)
