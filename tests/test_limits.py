"""Waits, questions a minute and answers at once, by a clock that is set by hand."""

from __future__ import annotations

import threading

import pytest

from qa import limits
from qa.errors import Busy, TooManyQuestions
from qa.limits import Buckets, Places, SlowDown


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


# After failures


def test_the_first_failures_are_free_and_then_each_wait_is_twice_the_last(clock: Clock) -> None:
    slow = SlowDown(free=3, first_s=2, longest_s=60, clock=clock)
    waits = []
    for _ in range(10):
        slow.failed("jo")
        waits.append(slow.wait("jo"))
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60]
    assert slow.wait("al") == 0


def test_a_wait_runs_down_and_a_success_ends_it(clock: Clock) -> None:
    slow = SlowDown(free=0, first_s=2, clock=clock)
    slow.failed("jo")
    clock.now += 1.5
    assert slow.wait("jo") == pytest.approx(0.5)
    clock.now += 0.5
    assert slow.wait("jo") == 0
    slow.failed("jo")
    assert slow.wait("jo") == 4
    slow.succeeded("jo")
    assert slow.wait("jo") == 0


def test_failures_of_long_ago_are_forgotten(clock: Clock) -> None:
    slow = SlowDown(free=1, first_s=2, forget_s=900, clock=clock)
    for _ in range(5):
        slow.failed("jo")
    clock.now += 901
    slow.failed("jo")
    assert slow.wait("jo") == 0


def test_memory_has_an_end(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 3)
    slow = SlowDown(free=0, clock=clock)
    buckets = Buckets(1, clock=clock)
    for name in "abcd":
        slow.failed(name)
        buckets.take(name)
    assert [slow.wait(name) > 0 for name in "abcd"] == [False, True, True, True]
    buckets.take("a")  # forgotten, and full again
    with pytest.raises(TooManyQuestions):
        buckets.take("d")


# Questions a minute


def test_a_bucket_is_full_at_first_and_fills_at_a_steady_pace(clock: Clock) -> None:
    buckets = Buckets(6, clock=clock)  # one in ten seconds
    for _ in range(6):
        buckets.take("jo")
    with pytest.raises(TooManyQuestions) as told:
        buckets.take("jo")
    assert told.value.seconds == 10
    assert str(told.value) == (
        "At most 6 questions a minute can be asked, and they have been. Try again in 10 seconds."
    )
    buckets.take("al")
    clock.now += 9.1
    with pytest.raises(TooManyQuestions, match=r"Try again in 1 second\."):
        buckets.take("jo")
    clock.now += 0.9
    buckets.take("jo")
    with pytest.raises(TooManyQuestions):
        buckets.take("jo")


def test_no_bucket_holds_more_than_a_minute_of_them(clock: Clock) -> None:
    buckets = Buckets(2, clock=clock)
    buckets.take("jo")
    clock.now += 3_600
    buckets.take("jo")
    buckets.take("jo")
    with pytest.raises(TooManyQuestions):
        buckets.take("jo")


def test_nought_is_no_limit(clock: Clock) -> None:
    buckets, places = Buckets(0, clock=clock), Places(0, clock=clock)
    for _ in range(1_000):
        buckets.take("jo")
    with places.taken(), places.taken():
        pass


# Answers at once


def test_who_finds_no_place_is_told_for_how_long(clock: Clock) -> None:
    places = Places(2, patience_s=0, clock=clock)
    for _ in range(20):  # each takes 8 seconds, and so does an answer on average, in the end
        with places.taken():
            clock.now += 8
    with places.taken(), places.taken():
        with pytest.raises(Busy) as told, places.taken():
            pass
        assert told.value.seconds == 4  # one of the two is free after half of that
        assert "at most 2 answers are worked out at once" in str(told.value)
    with places.taken():
        pass


def test_a_place_is_given_back_whatever_happens() -> None:
    places = Places(1, patience_s=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.taken():
            raise ZeroDivisionError


def test_who_waits_gets_the_place_that_becomes_free() -> None:
    places = Places(1, patience_s=30)
    entered, leave, served = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with places.taken():
            entered.set()
            leave.wait(30)

    def second() -> None:
        with places.taken():
            served.set()

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert entered.wait(30)
    threads.append(threading.Thread(target=second))
    threads[1].start()
    assert not served.wait(0.05)
    leave.set()
    assert served.wait(30)
    for thread in threads:
        thread.join(30)
