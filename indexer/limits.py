"""What reading one file may cost, and how a process that reads holds itself to it.

A limit that the system does not have is left out: macOS does not limit memory, and what keeps a
reader from the network and in its process group is Linux's alone. Time is limited everywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import math
import os
import platform
import select
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.reading import DEFAULT_MAX_PAGES, DEFAULT_MAX_WORDS

ORDINARY_PAGES = 100
"""Up to so many pages a file has ``Limits.seconds``; 260 dense pages take seven."""

SECONDS_A_PAGE = 0.1
SECONDS_A_PICTURE = 10.0
"""More for each further page, and for each that is a picture: text recognition takes one or two,
and several times that where the machine is busy."""

NOT_DATA = 96 * 2**20
"""Bytes of programs, libraries and mapped files, which stand in memory and are no data."""

MAX_OPEN_FILES = 256

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2
SECCOMP_ALLOW, SECCOMP_ERRNO = 0x7FFF0000, 0x00050000
BPF_LOAD, BPF_EQUAL, BPF_AT_LEAST, BPF_RETURN = 0x20, 0x15, 0x35, 0x06
AT_NUMBER, AT_ARCHITECTURE = 0, 4
X32_CALLS = 0x40000000

FORBIDDEN = {
    # socket, connect, socketpair; setpgid, setsid; ptrace; io_uring_setup, which opens sockets too
    "x86_64": (0xC000003E, (41, 42, 53, 109, 112, 101, 425)),
    "aarch64": (0xC00000B7, (198, 203, 199, 154, 157, 117, 425)),
}
"""Number of the architecture, and of the calls that reading a file never needs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost; going over any of them ends the reading of that file.

    ``memory`` is in bytes, resident, of the reading process and all that it starts together;
    ``seconds`` are those of the clock and of the processor for a file of up to 100 pages with
    text, and no file has more than ``max_seconds``. ``file_size`` is in bytes of any file that is
    written, ``reply`` in bytes of what is handed back, ``processes`` how many may run at a time;
    ``pages`` and ``words`` are the largest file that is read at all. A refusal is remembered with
    the index, so whoever raises a default gives ``READER_VERSION`` the next number.
    """

    memory: int = 2**30
    seconds: float = 30.0
    max_seconds: float = 600.0
    file_size: int = 16 * 2**20
    reply: int = 128 * 2**20
    processes: int = 16
    pages: int = DEFAULT_MAX_PAGES
    words: int = DEFAULT_MAX_WORDS

    def allowed(self, pages: int, pictures: int) -> float:
        """Return the seconds that a file may take, by its pages and how many are pictures."""
        more = SECONDS_A_PAGE * max(0, pages - ORDINARY_PAGES) + SECONDS_A_PICTURE * pictures
        return min(self.seconds + more, self.max_seconds)


DEFAULT_LIMITS = Limits()


def impose(limits: Limits) -> None:
    """Hold this process, and all that it starts, to the limits that the system has."""
    _set("RLIMIT_CORE", 0, 0)
    _set("RLIMIT_FSIZE", limits.file_size, limits.file_size)
    # Address space is no measure: libraries reserve gigabytes of it that they never use.
    data = max(limits.memory - NOT_DATA, limits.memory // 2)
    _set("RLIMIT_DATA", data, data)
    _set("RLIMIT_NOFILE", MAX_OPEN_FILES, MAX_OPEN_FILES)
    _set("RLIMIT_CPU", math.ceil(limits.seconds), math.ceil(limits.max_seconds))
    # Python ignores this one; whoever goes over the limit is to end, and the reason to be seen.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    _forbid_calls()


def allow_seconds(seconds: float) -> None:
    """Let this process have more processor time, up to the most that was imposed."""
    _set("RLIMIT_CPU", math.ceil(seconds), -1)


def end_with(pipe: int, parent: int) -> None:
    """See to it that this process group ends when the other end of a pipe closes.

    It closes with the process that holds it, ``parent``, however that one ends.
    """
    if sys.platform == "linux":
        import fcntl

        # The system's own signal, to the whole group: no thread of ours has to get its turn.
        fcntl.fcntl(pipe, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_ASYNC)
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent or _has_closed(pipe):
            _end_group()
    else:
        threading.Thread(target=_wait_for_end, args=(pipe,), daemon=True).start()


def _has_closed(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return bool(poll.poll(0))


def _wait_for_end(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    _end_group()


def _end_group() -> None:
    os.killpg(0, signal.SIGKILL)


def _set(name: str, soft: int, hard: int) -> None:
    """Set a limit where the system has it, not above what holds already; -1 keeps the hard one."""
    with contextlib.suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        kind = getattr(resource, name)
        _, most = resource.getrlimit(kind)
        if most != resource.RLIM_INFINITY:
            hard = most if hard < 0 else min(hard, most)
        if hard >= 0:
            soft = min(soft, hard)
        resource.setrlimit(kind, (soft, hard))


def _prctl(option: int, first: int, second: int = 0) -> bool:
    """Return whether Linux took a setting of this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = (ctypes.c_ulong(value) for value in (first, second, 0, 0))
    return int(libc.prctl(ctypes.c_int(option), *arguments)) == 0


class _Instruction(ctypes.Structure):
    """One step of a filter, as Linux lays it out."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jump_true", ctypes.c_uint8),
        ("jump_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    """A filter and the number of its steps."""

    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Instruction)))


def _forbid_calls() -> None:
    """Have Linux refuse network and new process groups to this process and all it starts.

    Whoever cannot leave the group cannot outlive the kill of it.
    """
    known = FORBIDDEN.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return
    steps = [_Instruction(*step) for step in _filter(*known)]
    program = _Program(len(steps), (_Instruction * len(steps))(*steps))
    # Without it only a privileged process may set a filter; nothing here needs new privileges.
    if _prctl(PR_SET_NO_NEW_PRIVS, 1):
        _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _filter(architecture: int, calls: tuple[int, ...]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the steps of a filter that refuses some calls, and all of other architectures."""
    rest = len(calls)
    yield BPF_LOAD, 0, 0, AT_ARCHITECTURE
    yield BPF_EQUAL, 0, rest + 3, architecture
    yield BPF_LOAD, 0, 0, AT_NUMBER
    yield BPF_AT_LEAST, rest + 1, 0, X32_CALLS
    for place, call in enumerate(calls):
        yield BPF_EQUAL, rest - place, 0, call
    yield BPF_RETURN, 0, 0, SECCOMP_ALLOW
    yield BPF_RETURN, 0, 0, SECCOMP_ERRNO | errno.EPERM
