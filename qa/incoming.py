"""Files that a visitor drops on the library: unpacked, followed one by one, and decided on.

Nothing is decided here for the visitor: what is another version of a report that is there is held
until they have said what to do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from indexer.archive import DEFAULT_LIMITS, Member, is_zip, read_zip
from indexer.errors import DuplicateReport, ReportRefused

Fate = Literal["waiting", "working", "in", "same", "refused", "held", "left out"]
"""``same`` bytes are in the library already; what is ``held`` waits for the visitor's word."""

Choice = Literal["leave", "keep", "replace"]
MIB = 2**20


@dataclass(frozen=True, slots=True)
class File:
    """One file: its name, its bytes while they are needed, and what became of it and why.

    ``report`` is the id of the report that a held one is another version of, and ``kind`` what it
    is to that one; see ``DuplicateReport``.
    """

    name: str
    data: bytes = b""
    fate: Fate = "waiting"
    reason: str = ""
    report: str = ""
    kind: str = ""

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What can be done with a held file, the harmless first; two cannot have one name."""
        return ("leave", "replace") if self.kind == "name" else ("keep", "replace", "leave")


class Drop:
    """The files of one drop and what becomes of each; a thread writes while a page reads."""

    def __init__(self, files: Sequence[File]) -> None:
        self._files = {file.name: file for file in files}
        self._lock = threading.Lock()

    def files(self, *fates: Fate) -> tuple[File, ...]:
        """Return the files in their order, those of some fates only where any are named."""
        with self._lock:
            return tuple(f for f in self._files.values() if not fates or f.fate in fates)

    def sources(self, *fates: Fate) -> list[tuple[str, bytes]]:
        """Return names and bytes of files, as ``indexer.build.add`` takes them."""
        return [(file.name, file.data) for file in self.files(*fates)]

    def working_on(self, report: str) -> None:
        """Note that a report is read now, by its id."""
        for file in self.files("waiting"):
            if file.name[:-4] == report:
                self._change(file.name, fate="working")

    def hear(self, name: str, problem: ReportRefused | None) -> None:
        """Note that a file has been taken in, or why not."""
        if problem is None:
            self._change(name, fate="in", data=b"")
        elif not isinstance(problem, DuplicateReport):
            self._change(name, fate="refused", reason=str(problem), data=b"")
        elif problem.kind == "same":
            self._change(name, fate="same", reason=str(problem), report=problem.report, data=b"")
        else:
            self._change(
                name, fate="held", reason=str(problem), report=problem.report, kind=problem.kind
            )

    def decide(self, choices: Mapping[str, Choice]) -> dict[str, str]:
        """Make held files wait for their turn, or leave them out; return which replace which."""
        replaces = {}
        for file in self.files("held"):
            choice = choices.get(file.name, "leave")
            if choice not in file.choices:
                choice = "leave"
            if choice == "leave":
                self._change(file.name, fate="left out", data=b"")
                continue
            self._change(file.name, fate="waiting", reason="")
            if choice == "replace":
                replaces[file.name] = file.report
        return replaces

    def give_up(self, reason: str) -> None:
        """Note that the work broke off: what had not had its turn has not been taken."""
        for file in self.files("waiting", "working"):
            self._change(file.name, fate="refused", reason=reason, data=b"")

    def _change(self, name: str, **changes: object) -> None:
        with self._lock:
            if name in self._files:
                self._files[name] = replace(self._files[name], **changes)  # type: ignore[arg-type]


def received(files: Sequence[tuple[str, bytes]], *, upload_mb: int) -> Drop:
    """Return a drop of PDFs and archives, each archive unpacked, under a limit for all together."""
    size = sum(len(data) for _, data in files)
    if size > upload_mb * MIB:
        reason = (
            f"The files have {size / MIB:,.1f} MiB together and the limit is {upload_mb:,} MiB: "
            "add them a few at a time."
        )
        return Drop(_told_apart([File(name, fate="refused", reason=reason) for name, _ in files]))
    return Drop(_told_apart([file for name, data in files for file in _unpacked(name, data)]))


def _unpacked(name: str, data: bytes) -> Iterator[File]:
    """Yield a PDF as it is, and the files of an archive."""
    if not is_zip(data) and not name.lower().endswith(".zip"):
        yield File(name, data)
        return
    try:
        for member in read_zip(data, name, limits=DEFAULT_LIMITS):
            if isinstance(member, Member):
                yield File(member.name, member.data)
            else:
                yield File(member.name, fate="refused", reason=str(member.reason))
    except ReportRefused as error:
        yield File(name, fate="refused", reason=str(error))


def _told_apart(files: Sequence[File]) -> list[File]:
    """Return files whose names are all different; of two of one name the second is refused."""
    seen: dict[str, int] = {}
    told = []
    for file in files:
        number = seen[file.name] = seen.get(file.name, 0) + 1
        if number == 1:
            told.append(file)
            continue
        reason = file.reason or f"{file.name}: another file of this name is among them: rename one."
        told.append(File(f"{file.name} ({number})", fate="refused", reason=reason))
    return told
