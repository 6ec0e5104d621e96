"""Reports that were taken out of the library, kept beside it until they come back or are due.

::

    reports.removed/
    └── 20240705T080000Z-0123456789ab/    when it was removed, and the front of its sha256
        ├── leeds-2023.pdf
        └── details.json                  what was said of it, where anything was

A file is here before it leaves the library, so that no power cut loses it. A key is looked up
among the folders that are there, never made into a path.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.details import Details, read_details, write_details
from indexer.errors import BadDetails, BadName, NotRemoved
from indexer.library import report_id
from indexer.store import file_sha256, sync, sync_folder

KEPT_DAYS = 30
KEY = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{12}")
TIME = "%Y%m%dT%H%M%SZ"
DRAFT = ".draft-"

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Removed:
    """A report in the trash: its key there, id, file, size in bytes, and when it was removed."""

    key: str
    id: str
    path: Path
    size: int
    when: datetime


class Trash:
    """The folder beside a library in which removed reports are kept; made by the first of them."""

    def __init__(self, library: Path, *, clock: Clock = time.time) -> None:
        self.folder = library.parent / f"{library.name}.removed"
        self._library = library
        self._clock = clock

    def put(self, path: Path, report: str) -> str:
        """Keep a copy of a report that is about to leave, and return its key."""
        when = datetime.fromtimestamp(self._clock(), UTC)
        key = f"{when.strftime(TIME)}-{file_sha256(path)[:12]}"
        if (self.folder / key).is_dir():
            return key
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=self.folder))
        try:
            shutil.copyfile(path, draft / path.name)
            said = self._said(report)
            if said is not None:
                write_details(draft, report, said)
            sync(draft)
            os.rename(draft, self.folder / key)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        sync_folder(self.folder)
        return key

    def _said(self, report: str) -> Details | None:
        try:
            return read_details(self._library).get(report)
        except BadDetails:  # said elsewhere; it must not keep a report in the library
            return None

    def removed(self) -> list[Removed]:
        """Return what is in the trash, the last removed first."""
        if not self.folder.is_dir():
            return []
        found = [self._entry(folder) for folder in self.folder.iterdir()]
        kept = [entry for entry in found if entry is not None]
        return sorted(kept, key=lambda entry: (entry.when, entry.key), reverse=True)

    @staticmethod
    def _entry(folder: Path) -> Removed | None:
        """Return what a folder of the trash holds, None where it is not what ``put`` made."""
        match = KEY.fullmatch(folder.name)
        if match is None or folder.is_symlink() or not folder.is_dir():
            return None
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() == ".pdf" and path.is_file() and not path.is_symlink():
                try:
                    report, size = report_id(path.name), path.stat().st_size
                    when = datetime.strptime(match[1], TIME).replace(tzinfo=UTC)
                except (BadName, OSError, ValueError):
                    continue
                return Removed(folder.name, report, path, size, when)
        return None

    def find(self, key: str) -> Removed:
        """Return what is in the trash under a key.

        Raises:
            NotRemoved: nothing is.
        """
        for entry in self.removed():
            if entry.key == key:
                return entry
        raise NotRemoved(
            f"There is nothing to bring back under {key[:40]!r}: it has been brought back already, "
            "or the removed reports have been deleted."
        )

    def said_of(self, entry: Removed) -> Details | None:
        """Return what was said of a report when it was removed."""
        try:
            return read_details(entry.path.parent).get(entry.id)
        except BadDetails:
            return None

    def forget(self, key: str) -> None:
        """Delete one report for good."""
        shutil.rmtree(self.find(key).path.parent, ignore_errors=True)

    def empty(self, *, older_than_days: float = 0.0) -> int:
        """Delete for good what was removed so many days ago or more, and return how many."""
        before = self._clock() - older_than_days * 86_400
        due = [entry for entry in self.removed() if entry.when.timestamp() <= before]
        for entry in due:
            shutil.rmtree(entry.path.parent, ignore_errors=True)
        return len(due)
