"""PDFs read by a process that may break: one for each file, limited, killed when it goes over one.

All that touches the bytes of a file runs there: both engines, text recognition, layout, passages.
Each file has a process of its own, so that a hostile one finds nothing of another and what a file
is read as never depends on the files before it. That costs 0.15 s of processor time a file, since
the process imports what reading takes and neither models nor indexes nor pages of the browser.

The processes are a group without network, with a limit on memory, processor time, clock time, size
of files and number of processes (``indexer.limits``). What they hand back is checked value by value
(``indexer.wire``). They end with the process that started them, however that one ends. The pages
that the browser shows are drawn, and the words on them found, outside of it by ``indexer.reading``:
of files that have been read here before they came into the index. Limits that the system does not
have are left out; there must be process groups, so Windows will not do.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from indexer import wire
from indexer.errors import (
    OverLimit,
    PassingRefusal,
    ReaderFailed,
    ReaderMissing,
    ReportRefused,
)
from indexer.inspect import DEFAULT_SCALE, HealthCard
from indexer.limits import DEFAULT_LIMITS, Limits
from indexer.records import Report
from indexer.sandbox_child import (
    ANSWER,
    DEFECT,
    HEADER,
    MEMORY,
    READY,
    REFUSED,
    SIZE,
    SYSTEM,
)

PROGRAM = ("-m", "indexer.sandbox_child")
ROOT = Path(__file__).resolve().parents[1]

START_SECONDS = 60.0
"""How long a process may take to start, which has nothing to do with the file."""

LOOK_SECONDS = 0.05
"""How often a process is looked at, for its memory and whether it has ended."""

MAX_NOTICE = 10_000
"""Bytes of a frame that is not the answer."""

BUSY = 0.5
"""The share of its time a file must have used the processor to be the cause of its slowness."""

KEPT_VARIABLES = (
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "TESSDATA_PREFIX", "LD_LIBRARY_PATH",
)  # fmt: skip
"""What of this process's environment the other one needs; all else is none of its business."""

WAY_OUT = "Open it in a viewer and print it to a new PDF, or split it."

LETTERS = frozenset((READY, SIZE, ANSWER, REFUSED, MEMORY, SYSTEM, DEFECT))
OUTSIDE = frozenset(
    -int(getattr(signal, name, 0)) for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")
)
"""How a process ends that somebody else ends: the machine's owner, or Linux short of memory."""

NEAR = 0.8
"""A process that broke off with this share of its memory in use broke off for want of it."""

READS = 8
"""A pipe is read so often before the clock is looked at: some write for ever."""

GROUP_SECONDS = 0.25
PROCESSES = Path("/proc")
GROUP, USER_TIME, SYSTEM_TIME, RESIDENT = 2, 11, 12, 21
"""Places in a process's line behind its name: see proc_pid_stat(5)."""

T = TypeVar("T")


def read_report(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Report:
    """Return a PDF's title, pages, passages and findings, read in a process with limits.

    Raises:
        ReportRefused: the file cannot be read; the subclass and the message say why.
        ReaderMissing: no process can be started.
    """
    return Sandbox(limits=limits).read_report(path)


def inspect_report(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> HealthCard:
    """Return the health card of a PDF, read in a process with limits.

    Raises:
        ReportRefused: the file cannot be read; the subclass and the message say why.
        ReaderMissing: no process can be started.
    """
    return Sandbox(limits=limits).inspect_report(path)


def to_html(path: Path, *, scale: float = DEFAULT_SCALE, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return one HTML page that shows how a PDF was read, in a process with limits.

    Raises:
        ReportRefused: the file cannot be read; the subclass and the message say why.
        ReaderMissing: no process can be started.
    """
    return Sandbox(limits=limits).to_html(path, scale=scale)


class Sandbox:
    """Reads files, each in a process of its own; from several threads at a time if need be.

    ``program`` are the arguments with which Python is started to read one file.
    """

    def __init__(
        self, *, limits: Limits = DEFAULT_LIMITS, program: Sequence[str] = PROGRAM
    ) -> None:
        self._limits = limits
        self._program = program
        self._stopped = threading.Event()

    def read_report(self, path: Path) -> Report:
        """Return a PDF read as a report.

        Raises:
            ReportRefused: the file cannot be read; the subclass and the message say why.
            ReaderMissing: no process can be started.
        """
        return self._ask("report", path, lambda data: wire.decode_report(data, path.stem))

    def inspect_report(self, path: Path) -> HealthCard:
        """Return the health card of a PDF; it raises what ``read_report`` does."""
        return self._ask("card", path, lambda data: wire.decode_card(data, path.name))

    def to_html(self, path: Path, *, scale: float = DEFAULT_SCALE) -> str:
        """Return a page that shows how a PDF was read; it raises what ``read_report`` does."""
        return self._ask("html", path, wire.decode_text, scale=scale)

    def stop(self) -> None:
        """End all reading that goes on, in other threads; each raises a refusal."""
        going, self._stopped = self._stopped, threading.Event()
        going.set()

    def _ask(self, job: str, path: Path, decode: Callable[[bytes], T], **options: Any) -> T:
        name = path.name.encode("utf-8", "replace").decode("utf-8")
        with _Process(self._program, self._limits, name, self._stopped) as process:
            data = process.answer(job, path.resolve(), options)
        try:
            return decode(data)
        except wire.BadReply as error:
            raise no_report(name, str(error)) from error


class _Process:
    """One process that reads one file, and what became of it."""

    def __init__(
        self, program: Sequence[str], limits: Limits, name: str, stopped: threading.Event
    ) -> None:
        self._limits = limits
        self._name = name
        self._stopped = stopped
        self._allowed = limits.seconds
        self._pages = 0
        self._ready = False
        self._begun = time.monotonic()
        self._process = _started(program)
        self._group = _Group(self._process.pid)

    def __enter__(self) -> _Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def answer(self, job: str, path: Path, options: Mapping[str, Any]) -> bytes:
        """Return what the process answers.

        Raises:
            ReportRefused: there is no answer; the subclass and the message say why.
            ReaderMissing: the process has not started.
        """
        self._write(
            {
                "job": job,
                "path": str(path),
                "options": options,
                "parent": os.getpid(),
                "limits": asdict(self._limits),
            }
        )
        try:
            for letter, data in self._frames():
                if letter == READY:
                    if self._ready:
                        raise wire.BadReply("it is ready twice")
                    self._ready = True
                    self._begun = time.monotonic()
                elif letter == SIZE:
                    self._resize(*wire.decode_size(data))
                elif letter == ANSWER:
                    return data
                else:
                    raise self._refusal(letter, data)
        except wire.BadReply as error:
            raise no_report(self._name, str(error)) from error
        raise self._broken_off()

    def _write(self, request: Mapping[str, Any]) -> None:
        """Ask; a pipe holds this much, and one that has broken shows when the reply is read."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            os.write(self._process.stdin.fileno(), json.dumps(request).encode() + b"\n")

    def _resize(self, pages: int, pictures: int) -> None:
        """Let a file have the time that its size allows, up to the most that any may have."""
        self._pages = pages
        self._allowed = max(self._allowed, self._limits.allowed(pages, pictures))

    def _frames(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the frames of the reply until the process has ended."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        os.set_blocking(pipe, False)
        frames = _Frames(self._limits.reply)
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            is_open, ended = True, False
            while not ended:
                selector.select(LOOK_SECONDS)
                ended = self._has_ended(is_open)  # first, so that its last words are read
                if is_open and not (is_open := _drained(pipe, frames)):
                    selector.unregister(pipe)
                yield from frames.whole()
                self._look()

    def _has_ended(self, is_open: bool) -> bool:
        """Return whether the process has ended; it stays, so that its group keeps its number."""
        if not hasattr(os, "waitid"):
            return not is_open  # on macOS, where nothing tells without removing it
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self._process.pid, how) is not None
        except ChildProcessError:  # where whoever started us lets Linux clear children away
            return True

    def _look(self) -> None:
        """Raise where the process is over a limit or no longer wanted."""
        if self._stopped.is_set():
            raise PassingRefusal(f"{self._name} was not read to the end; build again.")
        self._group.look()
        if time.monotonic() - self._begun > self._most_seconds():
            raise self._too_slow()
        if self._group.processes > self._limits.processes:
            raise self._over("processes")
        if self._group.memory > self._limits.memory:
            raise self._over("memory")

    def _most_seconds(self) -> float:
        """Return how long this may last; what others of the machine take is no fault of the file's.

        Even so there is an end.
        """
        most = max(self._limits.max_seconds, START_SECONDS)
        return min((self._allowed if self._ready else START_SECONDS) + self._group.starved, most)

    def _end(self) -> None:
        """Kill the process and all that it has started, and note what it has used."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        try:
            _, status, used = os.wait4(self._process.pid, 0)
        except ChildProcessError:
            self._process.returncode = -signal.SIGKILL
            return
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._group.seconds = max(self._group.seconds, used.ru_utime + used.ru_stime)

    # Why there is no answer

    def _refusal(self, letter: bytes, data: bytes) -> ReportRefused:
        """Return why the process itself says that it has no answer."""
        if letter == REFUSED:
            return wire.decode_refusal(data)
        if letter == MEMORY:
            return self._over("memory")
        said = wire.decode_text(data)
        if letter == SYSTEM:
            return PassingRefusal(f"{self._name} cannot be read ({said}); try again.")
        return reader_fails(self._name, said)

    def _broken_off(self) -> Exception:
        """Return why the process has ended without an answer."""
        self._end()
        code = self._process.returncode
        if code == -signal.SIGXCPU:
            return self._over("time")
        if code == -signal.SIGXFSZ:
            return self._over("file_size")
        if code in OUTSIDE:
            return PassingRefusal(
                f"{self._name} cannot be read: its reading was ended from outside "
                f"({signal.Signals(-code).name}); try again."
            )
        if not self._ready:
            return ReaderMissing(
                f"No process that reads PDFs can be started: it ended with status {code}. Run "
                "`make install`; `python -m indexer.sandbox_child </dev/null` shows what is wrong."
            )
        if code >= 0:
            return no_report(self._name, f"it ended with status {code} and without an answer")
        if self._group.peak > NEAR * self._limits.memory:
            return self._over("memory")
        return ReaderFailed(
            f"{self._name} cannot be read: the reader broke off on it "
            f"({signal.Signals(-code).name}), so it is damaged or needs more than "
            f"{self._limits.memory / 2**20:,.0f} MiB of memory. {WAY_OUT}"
        )

    def _too_slow(self) -> Exception:
        self._end()
        if not self._ready:
            return ReaderMissing(
                f"No process that reads PDFs has started within {START_SECONDS:g} seconds: the "
                "machine is busy, try again."
            )
        if self._group.seconds >= BUSY * self._allowed:
            return self._over("time")
        return PassingRefusal(
            f"{self._name} was not read within {self._allowed:g} seconds, in which it had the "
            f"processor for {self._group.seconds:.1f}: the machine is busy, try again."
        )

    def _over(self, limit: str) -> OverLimit:
        """Return that reading is over one of the limits."""
        limits = self._limits
        of = f" for its {self._pages:,} pages" if self._pages > 1 else ""
        takes = {
            "memory": f"more than {limits.memory / 2**20:,.0f} MiB of memory",
            "time": f"more than {self._allowed:g} seconds of processor time{of}",
            "file_size": f"a file of more than {limits.file_size / 2**20:,.0f} MiB on the disk",
            "processes": f"more than {limits.processes:,} processes",
        }
        return OverLimit(
            f"{self._name} cannot be read: that takes {takes[limit]}, which is the limit. {WAY_OUT}"
        )


def no_report(name: str, why: str) -> ReaderFailed:
    """Return the refusal of a file whose reader gave back what is no report."""
    return ReaderFailed(
        f"{name} cannot be read: what the reader gives back is no report ({why}). {WAY_OUT}"
    )


def reader_fails(name: str, why: str) -> ReaderFailed:
    """Return the refusal of a file over which a reader trips."""
    return ReaderFailed(f"{name} cannot be read: the reader fails on it ({why}). {WAY_OUT}")


def _started(program: Sequence[str]) -> subprocess.Popen[bytes]:
    """Return a process that reads, in a session and a group of its own.

    It gets the folders that this one imports from, and need not look for them; strings hash alike
    in all of them, so that nothing can depend on the order of a set.
    """
    folders = [str(ROOT), *(os.path.abspath(folder) for folder in sys.path if folder)]
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    try:
        return subprocess.Popen(
            [sys.executable, "-S", "-P", *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=ROOT.anchor,
            env=environment | {"PYTHONPATH": os.pathsep.join(folders), "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
    except OSError as error:
        raise ReaderMissing(
            f"No process that reads PDFs can be started ({error.strerror}): the machine may have "
            "too little memory or too many processes. Try again."
        ) from error


def _drained(pipe: int, frames: _Frames) -> bool:
    """Take in what has been written to a pipe; return whether more may come."""
    for _ in range(READS):
        try:
            part = os.read(pipe, 2**18)
        except BlockingIOError:
            return True
        if not part:
            return False
        frames.feed(part)
    return True


class _Frames:
    """The frames of a reply as they come in, none of them longer than it may be."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._held = bytearray()

    def feed(self, part: bytes) -> None:
        """Take in some bytes, or raise where they cannot be those of a reply."""
        self._held += part
        if len(self._held) >= HEADER.size:
            letter, length = HEADER.unpack_from(self._held)
            most = self._longest if letter == ANSWER else MAX_NOTICE
            if letter not in LETTERS:
                raise wire.BadReply(f"it begins with {bytes(letter)!r}")
            if length > most:
                raise wire.BadReply(f"it has {length:,} bytes and the limit is {most:,}")

    def whole(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield letter and content of each frame that is complete."""
        while len(self._held) >= HEADER.size:
            letter, length = HEADER.unpack_from(self._held)
            end = HEADER.size + length
            if len(self._held) < end:
                return
            data = bytes(memoryview(self._held)[HEADER.size : end])
            del self._held[:end]
            yield letter, data
            self.feed(b"")


class _Group:
    """What a group of processes uses, as Linux tells it; elsewhere it seems to use nothing.

    ``memory`` is in bytes, resident, of all together, and ``peak`` the most that was seen;
    ``seconds`` are of processor time, and in ``starved`` seconds one was ready and had to wait for
    others of the machine.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._looked = 0.0
        self._waited: dict[str, float] = {}
        self.memory = self.peak = self.processes = 0
        self.seconds = self.starved = 0.0

    def look(self) -> None:
        """Look at the leader, and every so often at all processes that there are."""
        now = time.monotonic()
        if now - self._looked < GROUP_SECONDS:
            used = _used(str(self._leader), self._leader)
            self.memory = used[0] if used else 0
        else:
            found = dict(self._members())
            self.processes = len(found)
            self.memory = sum(memory for memory, _ in found.values())
            self.seconds = max(self.seconds, sum(seconds for _, seconds in found.values()))
            self._count_waiting(found, now - self._looked if self._looked else 0.0)
            self._looked = now
        self.peak = max(self.peak, self.memory)

    def _members(self) -> Iterator[tuple[str, tuple[int, float]]]:
        with contextlib.suppress(OSError):
            for name in os.listdir(PROCESSES):
                used = _used(name, self._leader) if name.isdigit() else None
                if used is not None:
                    yield name, used

    def _count_waiting(self, numbers: Iterable[str], passed: float) -> None:
        """Count what the one of the group that waited longest has waited since the last look."""
        waited = {number: _waited(number) for number in numbers}
        longest = max((w - self._waited.get(n, 0.0) for n, w in waited.items()), default=0.0)
        self.starved += min(max(longest, 0.0), passed)
        self._waited = waited


def _used(number: str, leader: int) -> tuple[int, float] | None:
    """Return memory and processor time of a process of a group, or None of another."""
    try:
        raw = (PROCESSES / number / "stat").read_bytes()
    except OSError:
        return None
    fields = raw[raw.rindex(b")") + 1 :].split()
    if int(fields[GROUP]) != leader:
        return None
    seconds = (int(fields[USER_TIME]) + int(fields[SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")
    return int(fields[RESIDENT]) * os.sysconf("SC_PAGE_SIZE"), seconds


def _waited(number: str) -> float:
    """Return the seconds that a process was ready to run and did not."""
    try:
        return int((PROCESSES / number / "schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
