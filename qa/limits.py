"""How often and how many at once: waits after failures, questions a minute, answers at once.

Nothing here knows of pages or people: a key is any text, and the clock is passed in.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from qa.errors import Busy, TooManyQuestions

Clock = Callable[[], float]

MAX_KEYS = 10_000
"""Keys remembered; the one unused for longest is forgotten first, so that memory has an end."""

FREE_FAILURES = 3
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 60.0
"""Short enough that nobody can lock another out for long by guessing at their name."""

FORGET_S = 900.0
PATIENCE_S = 10.0
FIRST_GUESS_S = 0.5
"""How long an answer takes, before any has been measured."""


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0


class SlowDown:
    """Makes whoever fails wait: not for the first failures, then twice as long each time.

    ``wait`` of a key is 0 while it may try, else the seconds until it may.
    """

    def __init__(
        self,
        *,
        free: int = FREE_FAILURES,
        first_s: float = FIRST_WAIT_S,
        longest_s: float = LONGEST_WAIT_S,
        forget_s: float = FORGET_S,
        clock: Clock = time.monotonic,
    ) -> None:
        self._free, self._first, self._longest = free, first_s, longest_s
        self._forget, self._clock = forget_s, clock
        self._kept: OrderedDict[str, _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Return the seconds until a key may try again."""
        with self._lock:
            failures = self._kept.get(key)
            if failures is None or failures.count <= self._free:
                return 0.0
            doublings = min(failures.count - self._free - 1, 30)
            pause = min(self._longest, self._first * 2.0**doublings)
            return max(0.0, failures.last + pause - self._clock())

    def failed(self, key: str) -> None:
        """Count one more failure of a key."""
        with self._lock:
            now = self._clock()
            failures = self._kept.pop(key, None) or _Failures()
            if now - failures.last > self._forget:
                failures.count = 0
            failures.count += 1
            failures.last = now
            self._kept[key] = failures
            _trim(self._kept)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        with self._lock:
            self._kept.pop(key, None)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """A bucket of tokens for each key: full at first, and filled again at a steady pace.

    ``a_minute`` tokens come in a minute, and no bucket holds more than that; 0 is no limit.
    """

    def __init__(self, a_minute: int, *, clock: Clock = time.monotonic) -> None:
        self.a_minute = a_minute
        self._clock = clock
        self._kept: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Take a token.

        Raises:
            TooManyQuestions: there is none; it has the seconds until there is.
        """
        if self.a_minute <= 0:
            return
        with self._lock:
            now = self._clock()
            bucket = self._kept.pop(key, None) or _Bucket(float(self.a_minute), now)
            pace = self.a_minute / 60
            bucket.tokens = min(self.a_minute, bucket.tokens + (now - bucket.at) * pace)
            bucket.at = now
            self._kept[key] = bucket
            _trim(self._kept)
            if bucket.tokens < 1:
                raise TooManyQuestions(self.a_minute, math.ceil((1 - bucket.tokens) / pace))
            bucket.tokens -= 1


class Places:
    """So many answers at once; whoever comes then waits a little, and is told how long if in vain.

    ``size`` 0 is no limit, ``patience_s`` the seconds that one waits for a place.
    """

    def __init__(
        self, size: int, *, patience_s: float = PATIENCE_S, clock: Clock = time.monotonic
    ) -> None:
        self.size = size
        self._patience, self._clock = patience_s, clock
        self._free = threading.BoundedSemaphore(size) if size > 0 else None
        self._lock = threading.Lock()
        self._waiting = 0
        self._mean = FIRST_GUESS_S

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            Busy: none has become free; it has the seconds after which one may be.
        """
        if self._free is None:
            yield
            return
        if not self._acquired(self._free):
            raise Busy(self.size, self._guess())
        began = self._clock()
        try:
            yield
        finally:
            with self._lock:  # the last answers count most: what is asked changes, and the load
                self._mean += 0.2 * (self._clock() - began - self._mean)
            self._free.release()

    def _acquired(self, free: threading.BoundedSemaphore) -> bool:
        with self._lock:
            self._waiting += 1
        try:
            return free.acquire(timeout=self._patience)
        finally:
            with self._lock:
                self._waiting -= 1

    def _guess(self) -> int:
        """Return in how many seconds those who wait now, and one more, will have been served."""
        with self._lock:
            return max(1, math.ceil(self._mean * (self._waiting + 1) / self.size))


def _trim(kept: OrderedDict[str, _Failures] | OrderedDict[str, _Bucket]) -> None:
    while len(kept) > MAX_KEYS:
        kept.popitem(last=False)
