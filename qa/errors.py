"""Everything that can go wrong between a question and an answer.

::

    QaError
    ├── BadQuestion        the question is empty, too long or has no word
    ├── BadGoldFile        a line of a questions file cannot be used
    ├── BadEvidence        what a visitor says is the answer is on no page of the reports
    ├── NotKept            a verdict or a result cannot be written to its file, or read from it
    ├── ReaderMissing      the model that scores evidence is not there or not what was shipped
    ├── BadAccessFile      a file that says who may do what cannot be used, so nobody is let in
    ├── NotAllowed         whoever asks for it may not do it
    └── Wait               it can be done later, and when
        ├── TooManyQuestions
        └── Busy

Every message gives the value, the rule and the way out. A report that does not answer is not
an error: it is an ``Answer`` with the status ``no_answer``.
"""

from __future__ import annotations


class QaError(Exception):
    """Something the user can read, understand and act on."""


class BadQuestion(QaError):
    """The question cannot be asked as it stands."""


class BadGoldFile(QaError):
    """A questions file has a line that cannot be used."""


class BadEvidence(QaError):
    """What is given as evidence cannot be found in the reports."""


class NotKept(QaError):
    """What was to be kept cannot be written, or what was kept cannot be read."""


class ReaderMissing(QaError):
    """The model that scores evidence cannot be used."""


class BadAccessFile(QaError):
    """A file that says who may do what cannot be used."""


class NotAllowed(QaError):
    """Whoever asks for it may not do it."""


class Wait(QaError):
    """It can be done later: ``seconds`` says when to try again."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(f"{sentence} Try again in {_seconds(seconds)}.")
        self.seconds = seconds


class TooManyQuestions(Wait):
    """More questions were asked in a minute than may be."""

    def __init__(self, a_minute: int, seconds: int) -> None:
        rule = f"At most {a_minute} questions a minute can be asked, and they have been."
        super().__init__(rule, seconds)


class Busy(Wait):
    """As many answers are being worked out as may be at once."""

    def __init__(self, size: int, seconds: int) -> None:
        rule = (
            f"Others are asking: at most {size} answers are worked out at once, and no place has "
            "become free."
        )
        super().__init__(rule, seconds)


def _seconds(number: int) -> str:
    return "1 second" if number == 1 else f"{number} seconds"
