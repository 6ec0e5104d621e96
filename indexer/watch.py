"""The library watched: a build is asked for whenever its PDFs have changed and stand still.

The folder is looked at again and again. A library is one flat folder, so that a look costs a few
milliseconds, and it sees what an operating system's notices of change do not tell: files that
another machine writes to a network drive, and whether a file has stopped growing.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexer.details import FILE as DETAILS
from indexer.errors import BuildLocked, IndexerError
from indexer.events import BuildResult
from indexer.terminal import defect_sentence, system_sentence

DEFAULT_SETTLE_S = 2.0
"""Nothing may have changed for this long before a build begins: what still grows is half a PDF."""

DEFAULT_POLL_S = 0.5
LOOKING_SHARE = 0.05
"""Of the time that looking may take: on a slow drive the looks are fewer."""

DEFAULT_PATIENCE_S = 600.0
"""After this long a build begins all the same: one file that never ends must not stop the rest."""

NAMED = 5
"""Files that the sentence on what has changed names."""

KEPT = "The index in service stays as it was; the next change is another try."

Stamp = tuple[int, int, int]
Files = Mapping[str, Stamp]
"""Size in bytes, times of last change of content and of status in nanoseconds, by file name.

The time of status tells a file that took another's place with the size and time of that one, and
one that may be read now.
"""

UNREADABLE: Stamp = (-1, 0, 0)

Kind = Literal["watching", "changed", "building", "waiting", "built", "failed", "lost", "found"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a watched library did, as a sentence; a build that ended with its result.

    ``error`` is what a build that failed raised. A build is ``waiting`` while another goes on, and
    the folder is ``lost`` while it cannot be looked into.
    """

    kind: Kind
    sentence: str
    result: BuildResult | None = None
    error: Exception | None = None


Make = Callable[[], BuildResult]
Tell = Callable[[Seen], None]


def watch(
    library: Path,
    make: Make,
    *,
    stop: threading.Event,
    tell: Tell,
    settle: float = DEFAULT_SETTLE_S,
    poll: float = DEFAULT_POLL_S,
    patience: float = DEFAULT_PATIENCE_S,
) -> None:
    """Make the index match the library now and after every change, and return once ``stop`` is set.

    ``make`` builds; ``tell`` hears what happens. One build goes on at a time. Where another process
    builds, this one waits for it; one that failed is tried again when something changes. Times are
    in seconds.
    """
    watched = _Watched(library, make, tell, Changes(settle=settle, patience=patience))
    tell(Seen("watching", f"Watching the PDFs in {library}."))
    while not stop.is_set():
        took = watched.look()
        stop.wait(max(poll, took / LOOKING_SHARE))


def files_of(library: Path) -> Files:
    """Return the files that a build would take for reports, and what people say of them.

    Each has its stamp. Whatever else is in the folder, an index or a copy that is still coming in
    among it, is not seen.

    Raises:
        OSError: the folder cannot be listed.
    """
    found = {}
    with os.scandir(library) as entries:
        for entry in entries:
            if not is_seen(entry.name):
                continue
            try:
                info = entry.stat()
            except FileNotFoundError:  # it left just now, or is a link to nothing
                continue
            except OSError:
                found[entry.name] = UNREADABLE
                continue
            if stat.S_ISREG(info.st_mode):
                found[entry.name] = (info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    return found


def is_seen(name: str) -> bool:
    """Return whether a build would look at a file of this name."""
    return name == DETAILS or (name.lower().endswith(".pdf") and not name.startswith("."))


def differences(old: Files, new: Files) -> Iterator[str]:
    """Yield a clause for each file that came, changed or went.

    >>> list(differences({"a.pdf": (1, 1, 1), "b.pdf": (2, 2, 2)}, {"b.pdf": (3, 3, 3)}))
    ['a.pdf has gone', 'b.pdf has changed']
    """
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"{name} is new"
        elif name not in new:
            yield f"{name} has gone"
        elif old[name] != new[name]:
            yield f"{name} has changed"


class Changes:
    """What differs from the last build, and whether it stands still; times are in seconds.

    Attributes:
        built: the files that the last build saw, None before the first.
    """

    def __init__(
        self, *, settle: float = DEFAULT_SETTLE_S, patience: float = DEFAULT_PATIENCE_S
    ) -> None:
        self.built: Files | None = None
        self._settle = settle
        self._patience = patience
        self._last: Files | None = None
        self._moved = 0.0
        self._began: float | None = None

    def see(self, files: Files, now: float) -> Literal["same", "moving", "settled"]:
        """Return whether files are as they were built, changing, or changed and still."""
        if files != self._last:
            self._last, self._moved = files, now
        if files == self.built:
            self._began = None
            return "same"
        if self._began is None:
            self._began = now
        still = now - self._moved >= self._settle
        return "settled" if still or now - self._began >= self._patience else "moving"

    def done(self, files: Files) -> None:
        """Take note that a build has seen files, however it ended."""
        self.built, self._began = files, None


class _Watched:
    """One library, and what was last said of it."""

    def __init__(self, library: Path, make: Make, tell: Tell, changes: Changes) -> None:
        self._library = library
        self._make = make
        self._tell = tell
        self._changes = changes
        self._said: Kind = "watching"
        self._drive: int | None = None

    def look(self) -> float:
        """Look at the folder, build where that is due, and return how long the look took."""
        began = time.monotonic()
        try:
            files = self._files()
        except (OSError, IndexerError) as error:
            self._say_once("lost", f"{_sentence(error)} {KEPT}")
            return time.monotonic() - began
        took = time.monotonic() - began
        if self._said == "lost":
            self._say("found", f"The library {self._library} is there again.")
        state = self._changes.see(files, time.monotonic())
        if state == "settled":
            self._build(files)
        elif state == "same":
            self._said = "watching"
        elif self._changes.built is not None and self._said != "waiting":
            self._say_once("changed", "The library changes; the index follows once it is still.")
        return took

    def _files(self) -> Files:
        """Return the files of the folder.

        Raises:
            OSError: it cannot be looked into.
            IndexerError: an empty one of another drive is in its place: nobody removed those
                reports.
        """
        files = files_of(self._library)
        drive = self._library.stat().st_dev
        if not files.keys() - {DETAILS} and self._drive not in (None, drive):
            raise IndexerError(
                f"The library {self._library} is empty and on another drive than before, as if "
                "its drive had been taken away. If that is meant, run `python -m indexer build`."
            )
        self._drive = drive
        return files

    def _build(self, files: Files) -> None:
        """Build once; what is wrong with a build must not end the watch."""
        if self._said != "waiting":
            self._say("building", self._why(files))
        try:
            result = self._make()
        except BuildLocked as error:
            self._say_once("waiting", f"Waiting for another build to end. {error}")
            return
        except Exception as error:  # the next change may well be what puts it right
            self._changes.done(files)
            self._say("failed", f"{_sentence(error)} {KEPT}", error=error)
            return
        self._changes.done(files)
        self._say("built", "The index matches the library.", result=result)

    def _why(self, files: Files) -> str:
        if self._changes.built is None:
            return "Comparing the index with the library."
        clauses = list(differences(self._changes.built, files))
        more = f" and {len(clauses) - NAMED:,} more" if len(clauses) > NAMED else ""
        return f"Building: {', '.join(clauses[:NAMED])}{more}."

    def _say(
        self,
        kind: Kind,
        sentence: str,
        *,
        result: BuildResult | None = None,
        error: Exception | None = None,
    ) -> None:
        self._said = kind
        self._tell(Seen(kind, sentence, result, error))

    def _say_once(self, kind: Kind, sentence: str) -> None:
        if self._said != kind:
            self._say(kind, sentence)


def _sentence(error: Exception) -> str:
    if isinstance(error, IndexerError):
        return str(error)
    return system_sentence(error) if isinstance(error, OSError) else defect_sentence(error)
