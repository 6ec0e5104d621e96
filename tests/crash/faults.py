"""Stands between an index and the disk: breaks off, fails or cuts short one call of a build.

``indexer.disk`` reaches the system by its name ``os``; ``arm`` puts a ``Faulty`` there, in a child
process that does one build and is gone.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tqdm.auto import tqdm

from indexer import disk

CALLS = ("open", "write", "pwrite", "ftruncate", "fsync", "rename", "replace", "unlink", "rmdir",
         "mkdir")  # fmt: skip
TAKES_ROOM = frozenset({"write", "pwrite", "mkdir"})
"""Calls that a full disk refuses; so is opening a file that is to be made."""


@dataclass(frozen=True)
class Fault:
    """What happens at the ``at``-th call of a build, counted from 1.

    ``kind``: "none"; "before", "middle" and "after" kill the process there, "middle" having
    written half; an error's name, as "EIO", fails that one call, and with ``lasting`` each later
    one too; "short" has each write from there on take half of what it is given.
    """

    kind: str
    at: int = 0
    lasting: bool = False


class Faulty:
    """The module ``os`` with one fault in it."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._wrapped(name, real) if name in CALLS else real

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            fault, here = self.fault, len(self.calls) == self.fault.at
            if here and fault.kind == "before":
                die()
            if name in ("write", "pwrite"):
                arguments = self._cut(arguments, here)
            if fault.kind.startswith("E") and (here or self._goes_on(name, arguments)):
                number = getattr(errno, fault.kind)
                raise OSError(number, os.strerror(number))
            try:
                return real(*arguments, **options)
            finally:  # a call that the system refuses has an end, too
                if here and fault.kind in ("middle", "after"):
                    die()

        return call

    def _cut(self, arguments: tuple[Any, ...], here: bool) -> tuple[Any, ...]:
        handle, data, *rest = arguments
        short = self.fault.kind == "short" and len(self.calls) >= self.fault.at
        if (short or (here and self.fault.kind == "middle")) and len(data) > 1:
            data = data[: len(data) // 2]
        return (handle, data, *rest)

    def _goes_on(self, name: str, arguments: tuple[Any, ...]) -> bool:
        if not self.fault.lasting or len(self.calls) < self.fault.at:
            return False
        return name in TAKES_ROOM or (name == "open" and bool(arguments[1] & os.O_CREAT))


def arm(fault: Fault) -> Faulty:
    """Put a fault between the index and the disk, for the rest of this process."""
    faulty = Faulty(fault)
    disk.os = faulty  # type: ignore[assignment]
    return faulty


def die() -> None:
    """End this process as nothing can prevent."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit status, negative for a signal, and what it said, if it did."""

    code: int
    said: Any


HUNG_SECONDS = 120
"""A child that has not ended by then is ended by an alarm, so that a test fails and goes on."""


def in_child(work: Callable[[], Any], *, kill_after: float | None = None) -> Ended:
    """Do work in a process of its own, killed after some seconds if that is asked for.

    What a killed process leaves in memory cannot help the next.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that threads are not there in the child, which is so
        child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(HUNG_SECONDS)
        # bm25s asks for tqdm's lock, which forked processes share: one killed while it held it
        # would leave it locked for all that come after.
        # The class keeps it that made it, which need not be the one at the root.
        for kind in tqdm.__mro__:
            if hasattr(kind, "set_lock"):
                kind.set_lock(threading.RLock())
        try:
            said = json.dumps(work()).encode()
        except BaseException:
            said = json.dumps({"trace": traceback.format_exc()}).encode()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said)
        sys.stdout.flush()
        os._exit(0)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, json.loads(said) if said and code == 0 else None)
