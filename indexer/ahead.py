"""Files read before their turn, so that one is embedded while the next are read."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from indexer.embedding import Embeddings
from indexer.records import Report


@dataclass(frozen=True, slots=True)
class Reading:
    """A report and the seconds that reading it took, and its vectors where those were made, too."""

    report: Report
    seconds: float
    embeddings: Embeddings | None = None


Reader = Callable[[Path], Report | Reading]


class ReadAhead:
    """Reads files in the order of a plan, up to ``workers`` at a time, and hands each out once.

    No more than one beyond them waits to be handed out, so memory does not grow with the library.
    Without workers each file is read when it is asked for. What a file is read as does not depend
    on their number. ``stop`` is called at the end, to break off what is still being read.
    """

    def __init__(
        self,
        read: Reader,
        plan: Sequence[Path],
        *,
        workers: int,
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        self._read = read
        self._stop = stop
        self._most = workers + 1
        self._plan = deque(plan if workers else ())
        self._begun: dict[Path, Future[Reading]] = {}
        self._pool = ThreadPoolExecutor(max(workers, 1)) if self._plan else None

    def __enter__(self) -> ReadAhead:
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._stop()
            self._pool.shutdown()
            self._pool = None
            self._begun.clear()
            self._plan.clear()

    def reading(self, path: Path) -> Reading:
        """Return a file's report, or raise what reading it raised.

        Files that the plan has before this one will not be asked for any more.
        """
        while path not in self._begun and path in self._plan:
            self._drop()
            self._begin()
        while path in self._begun:
            first = next(iter(self._begun))
            if first == path:
                done = self._begun.pop(path)
                self._begin()
                return done.result()
            self._drop()
        return _timed(self._read, path)

    def _begin(self) -> None:
        """Have as many files read as may be."""
        while self._pool is not None and self._plan and len(self._begun) < self._most:
            path = self._plan.popleft()
            self._begun[path] = self._pool.submit(_timed, self._read, path)

    def _drop(self) -> None:
        """Give up the file whose turn is next."""
        self._begun.pop(next(iter(self._begun))).cancel()


def _timed(read: Reader, path: Path) -> Reading:
    started = time.perf_counter()
    found = read(path)
    seconds = time.perf_counter() - started
    if isinstance(found, Reading):
        return replace(found, seconds=seconds)
    return Reading(found, seconds)
