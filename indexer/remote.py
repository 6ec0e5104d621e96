"""Files read and embedded by workers of any ``concurrent.futures`` executor.

A file travels as its bytes, so workers need no folder in common; what comes back is the report as
JSON and its vectors as plain numbers, checked value by value as everything is that comes from a
process that has read a hostile file. On the wire there are one function of this package and
bytes: this file pickles and unpickles nothing (what carries them, such as Dask, pickles the calls:
see the README on whom to let near it). A worker reads in a process with limits, as one machine
does. Its version, settings and model have to be those of the index, so an index is the same
whoever made its parts, on processors that round alike.
"""

from __future__ import annotations

import hashlib
import json
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer import wire
from indexer.ahead import Reader, Reading
from indexer.embedding import Embedder, Embeddings, load_embedder, passage_input
from indexer.errors import (
    ClusterFailed,
    IndexerError,
    OverLimit,
    PassingRefusal,
    ReaderFailed,
    ReportRefused,
)
from indexer.library import report_id
from indexer.records import Report
from indexer.sandbox import Sandbox, no_report
from indexer.store import Recipe

MAX_SENT = 64 * 2**20
"""Bytes of a file that is sent; a larger one is read and embedded where the build runs."""

MAX_WAITING = 32
"""Files on their way at a time, whatever the number of workers: memory stays bounded."""

LOOK_SECONDS = 1.0
ALONE_SECONDS = 60.0
"""How often workers are counted while one is waited for, and how long there may be none."""

LENGTH = struct.Struct(">Q")
REFUSALS = {
    **wire.REFUSALS,
    **{kind.__name__: kind for kind in (OverLimit, PassingRefusal, ReaderFailed)},
}

Work = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Workers:
    """What reads and embeds: an executor, and how many files it can work on at a time.

    ``alive`` returns how many workers there are, and ``lost`` are the errors that say that those
    which worked on a file broke off, so often that the executor has given it up.
    """

    executor: Executor
    slots: int
    alive: Callable[[], int] = field(default=lambda: 1)
    lost: tuple[type[BaseException], ...] = ()


class RemoteReader:
    """Reads and embeds a file by a worker; from several threads at a time.

    ``model`` is the model's name, empty where the caller embeds. ``here`` reads what is too large
    to be sent, and ``work`` is what a worker runs.
    """

    def __init__(
        self,
        workers: Workers,
        recipe: Recipe,
        model: str,
        *,
        here: Reader,
        work: Work | None = None,
        max_sent: int = MAX_SENT,
        alone_seconds: float = ALONE_SECONDS,
    ) -> None:
        self._workers = workers
        self._recipe = recipe
        self._model = model
        self._here = here
        self._work = work or do_work
        self._max_sent = max_sent
        self._alone_seconds = alone_seconds
        self._stopped = threading.Event()

    @property
    def waiting(self) -> int:
        """How many files to have on their way at a time: each worker's and its next."""
        return max(1, min(2 * self._workers.slots, MAX_WAITING))

    def __call__(self, path: Path) -> Reading:
        """Return a file's report, embedded but for one that is too large to be sent.

        Raises:
            ReportRefused: the file cannot be read; the subclass and the message say why.
            ClusterFailed: the workers have gone, or are of another version.
        """
        if path.stat().st_size > self._max_sent:
            return _as_reading(self._here(path))
        pdf = path.read_bytes()
        asked = packed(
            {"name": path.name, "recipe": asdict(self._recipe), "model": self._model,
             "sha256": hashlib.sha256(pdf).hexdigest()},
            [pdf],
        )  # fmt: skip
        del pdf
        stopped = self._stopped
        try:
            future = self._workers.executor.submit(self._work, asked)
        except Exception as error:  # of a pool that has broken or been closed
            raise _broken(error) from error
        return _reading_of(self._wait(future, path.name, stopped), path)

    def stop(self) -> None:
        """End all waiting that goes on, in other threads; each raises a refusal."""
        going, self._stopped = self._stopped, threading.Event()
        going.set()

    def _wait(self, future: Future[bytes], name: str, stopped: threading.Event) -> bytes:
        """Return what a worker answers; whoever waits looks up now and then."""
        seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=LOOK_SECONDS)
            except TimeoutError:
                pass
            except self._workers.lost as error:
                raise PassingRefusal(
                    f"{name} cannot be read: the workers that had it broke off ({error}); see "
                    "their memory, then build again."
                ) from error
            except (CancelledError, Exception) as error:
                raise _broken(error) from error
            if stopped.is_set():
                future.cancel()
                raise PassingRefusal(f"{name} was not read to the end; build again.")
            now = time.monotonic()
            seen = now if self._workers.alive() else seen
            if now - seen > self._alone_seconds:
                future.cancel()
                raise ClusterFailed(
                    f"There has been no worker for {self._alone_seconds:g} seconds. Reports that "
                    "are done are kept: start workers, then build again."
                )


def _broken(error: BaseException) -> ClusterFailed:
    said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return ClusterFailed(
        f"The workers broke off ({said}). Reports that are done are kept: see that the workers "
        "run, then build again."
    )


def _as_reading(read: Report | Reading) -> Reading:
    return read if isinstance(read, Reading) else Reading(read, 0.0)


# At the worker


def do_work(asked: bytes) -> bytes:
    """Return one file read and embedded, as bytes; what goes wrong is part of the answer."""
    return work_with(load_once, asked)


def work_with(load: Callable[[str], Embedder], asked: bytes) -> bytes:
    """Do one piece of work with models loaded by a function."""
    try:
        return _done(load, asked)
    except ReportRefused as error:
        kind = type(error).__name__ if type(error).__name__ in REFUSALS else "PassingRefusal"
        return packed({"refused": {"error": kind, "message": str(error)}}, [])
    except (IndexerError, OSError, MemoryError, ValueError, KeyError, TypeError) as error:
        said = str(error) if isinstance(error, IndexerError) else f"{type(error).__name__}: {error}"
        return packed({"failed": said[: wire.MAX_SENTENCE]}, [])


def _done(load: Callable[[str], Embedder], asked: bytes) -> bytes:
    from indexer.build import recipe_of

    head, (pdf,) = unpacked(asked)
    name, recipe = head["name"], Recipe(**head["recipe"])
    embedder = load(head["model"]) if head["model"] else None
    own = recipe_of(embedder.identity if embedder is not None else recipe.model)
    if own != recipe:
        return packed({"other": [_said(own), _said(recipe)]}, [])
    report_id(name)  # a plain name: it becomes one of a file
    if hashlib.sha256(pdf).hexdigest() != head["sha256"]:
        raise ClusterFailed(f"{name} did not arrive as it was sent.")
    with tempfile.TemporaryDirectory(prefix="report-qa-") as folder:
        path = Path(folder) / name
        path.write_bytes(pdf)
        report = Sandbox().read_report(path)
    parts = [wire.encode_report(report)]
    if embedder is None:
        return packed({"dimension": 0}, parts)
    inputs = [passage_input(p, "" if report.title == report.id else report.title)
              for p in report.passages]  # fmt: skip
    with EMBEDDING:
        vectors = embedder.encode_passages([text for text, _ in inputs], [u for _, u in inputs])
    arrays = (vectors.vectors, vectors.tokens, vectors.token_units, vectors.token_offsets)
    parts += [np.ascontiguousarray(array).tobytes() for array in arrays]
    return packed({"dimension": embedder.dimension}, parts)


@cache
def load_once(name: str) -> Embedder:
    """Return a model, loaded once for each process."""
    return load_embedder(name)


EMBEDDING = threading.Lock()
"""Held while a text is embedded: a worker may have several threads, and a tokenizer only one."""


def _said(recipe: Recipe) -> str:
    return f"form {recipe.schema}, reader {recipe.reader}, model {recipe.model}"


# What comes back


def _reading_of(reply: bytes, path: Path) -> Reading:
    """Return what a worker has read, or raise why it has not."""
    try:
        head, parts = unpacked(reply)
        if "refused" in head:
            kind = REFUSALS[head["refused"]["error"]]
            raise kind(str(head["refused"]["message"])[: wire.MAX_SENTENCE])
        if "failed" in head:
            raise ClusterFailed(f"A worker failed: {str(head['failed'])[: wire.MAX_SENTENCE]}")
        if "other" in head:
            its, ours = map(str, head["other"])
            raise ClusterFailed(
                f"A worker is of another version: it has {its[:300]}, and the index has "
                f"{ours[:300]}. Install the same version and model on every worker."
            )
        report = wire.decode_report(parts[0], path.stem)
        found = _embeddings(parts[1:], int(head["dimension"])) if len(parts) > 1 else None
        return Reading(report, 0.0, found)
    except wire.BadReply as error:
        raise no_report(path.name, str(error)) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise no_report(path.name, f"{type(error).__name__}: {error}") from error


def _embeddings(parts: Sequence[bytes], dimension: int) -> Embeddings:
    """Return vectors from bytes, whose sizes and values are checked.

    Raises:
        BadReply: they are not vectors of that dimension.
    """
    vectors, tokens, units, offsets = parts
    found = Embeddings(
        _numbers(vectors, np.float32).reshape(-1, dimension),
        _numbers(tokens, np.float16).reshape(-1, dimension),
        _numbers(units, np.int16),
        _numbers(offsets, np.int64),
    )
    whole = (
        len(found.token_offsets) == len(found.vectors) + 1
        and found.token_offsets[0] == 0
        and bool(np.all(np.diff(found.token_offsets) >= 0))
        and found.token_offsets[-1] == len(found.tokens) == len(found.token_units)
        and bool(np.isfinite(found.vectors).all())
        and bool(np.isfinite(found.tokens).all())
    )
    if not whole:
        raise wire.BadReply("its vectors do not fit together")
    return found


def _numbers(part: bytes, kind: type[np.generic]) -> npt.NDArray[Any]:
    return np.frombuffer(part, np.dtype(kind).newbyteorder("<")).astype(kind)


# Bytes


def packed(head: dict[str, Any], parts: Sequence[bytes]) -> bytes:
    """Return plain values and pieces of bytes as one row of bytes."""
    told = json.dumps({**head, "sizes": [len(part) for part in parts]}).encode()
    return b"".join([LENGTH.pack(len(told)), told, *parts])


def unpacked(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the values and the pieces; ``ValueError`` and the like where there are none."""
    if len(data) < LENGTH.size:
        raise ValueError("there is nothing")
    (length,) = LENGTH.unpack_from(data)
    at = LENGTH.size + length
    head = json.loads(data[LENGTH.size : at])
    parts = []
    for size in head.pop("sizes"):
        if type(size) is not int or not 0 <= size <= len(data) - at:
            raise ValueError(f"a piece of {size!r} bytes does not fit")
        parts.append(data[at : at + size])
        at += size
    if at != len(data):
        raise ValueError("there is more than was announced")
    return head, parts
