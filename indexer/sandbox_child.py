"""``python -m indexer.sandbox_child``: read one PDF within limits, say what was read, and end.

Started by ``indexer.sandbox`` with a pipe for what is asked, which stays open as long as the one
that asks lives, and a pipe for the reply. A reply is a row of frames: one letter, the length of
what follows, and that. It imports what reading takes and nothing that is large.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import struct
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from indexer.errors import ReportRefused
from indexer.limits import Limits, allow_seconds, end_with, impose
from indexer.reading import load_engines, read_document
from indexer.records import Document

READY, SIZE, ANSWER, REFUSED, MEMORY, SYSTEM, DEFECT = b"R", b"S", b"A", b"X", b"M", b"O", b"D"
"""A frame's letter: ready to be asked; pages and pictures; the answer; or why there is none."""

HEADER = struct.Struct(">cQ")

SPARE_SECONDS = 5.0
"""What is left of a file's time for its layout when the time for its pictures has ended."""

Reading = Callable[[Path], Document]
Job = Callable[[Path, Reading, Mapping[str, Any]], bytes]
"""Makes the answer from the file, the way to read it, and the options that were asked with."""


def serve(jobs: Mapping[str, Job]) -> None:
    """Do the one job that standard input asks for and end the process."""
    replies = os.dup(1)
    _silence()
    _send(replies, READY)
    asked = json.loads(_line(0))
    begun = time.monotonic()
    limits = Limits(**asked["limits"])
    end_with(0, asked["parent"])
    impose(limits)
    plan = partial(_plan, replies, limits, begun)
    read = partial(
        read_document, max_pages=limits.pages, max_words=limits.words, plan=plan
    )  # fmt: skip
    try:
        letter, data = _done(jobs[asked["job"]], Path(asked["path"]), read, asked["options"])
        _send(replies, letter, data)
    finally:
        os._exit(0)  # nothing that the file may have broken is taken down in good order


def _silence() -> None:
    """Let nothing that a library prints come between the frames of the reply."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _line(pipe: int) -> bytes:
    """Return the one line that is asked; what asks has ended where there is none."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(pipe, 65536)
        if not part:
            os._exit(0)
        line += part
    return line


def _plan(replies: int, limits: Limits, begun: float, pages: int, pictures: int) -> float:
    """Tell the size of the file and return the seconds that its pictures may take."""
    allowed = limits.allowed(pages, pictures)
    allow_seconds(allowed)
    _send(replies, SIZE, json.dumps([pages, pictures]).encode())
    return allowed - SPARE_SECONDS - (time.monotonic() - begun)


def _done(job: Job, path: Path, read: Reading, options: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the letter of the reply and what it says."""
    from indexer import wire

    try:
        return ANSWER, job(path, read, options)
    except ReportRefused as error:
        return REFUSED, wire.encode({"error": type(error).__name__, "message": str(error)})
    except MemoryError:
        return MEMORY, b'""'
    except OSError as error:
        if error.errno == errno.ENOMEM:
            return MEMORY, b'""'
        return SYSTEM, wire.encode(_named(error))
    except Exception as error:
        # A hostile file can trip over anything in a reader.
        return DEFECT, wire.encode(_named(error))


def _named(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def _send(replies: int, letter: bytes, data: bytes = b"") -> None:
    rest = memoryview(HEADER.pack(letter, len(data)) + data)
    with contextlib.suppress(BrokenPipeError):
        while rest:
            rest = rest[os.write(replies, rest) :]


# The jobs


def _read_report(path: Path, read: Reading, options: Mapping[str, Any]) -> bytes:
    from indexer.report import read_report
    from indexer.wire import encode_report

    return encode_report(read_report(path, read=read))


def _inspect_report(path: Path, read: Reading, options: Mapping[str, Any]) -> bytes:
    from indexer.inspect import inspect_report
    from indexer.wire import encode_card

    return encode_card(inspect_report(path, read=read))


def _to_html(path: Path, read: Reading, options: Mapping[str, Any]) -> bytes:
    from indexer.inspect import to_html
    from indexer.wire import encode

    return encode(to_html(path, scale=options["scale"], read=read))


JOBS: Mapping[str, Job] = {
    "report": _read_report,
    "card": _inspect_report,
    "html": _to_html,
}


def main() -> None:
    """Read one file as this project does."""
    import indexer.inspect
    import indexer.report
    import indexer.wire  # noqa: F401  (before the file's own time and memory begin)

    load_engines()
    serve(JOBS)


if __name__ == "__main__":
    main()
