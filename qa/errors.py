"""Everything that can go wrong between a question and an answer.

::

    QaError
    ├── BadQuestion        the question is empty, too long or has no word
    ├── BadGoldFile        a line of a questions file cannot be used
    └── ReaderMissing      the model that scores evidence is not there or not what was shipped

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


class ReaderMissing(QaError):
    """The model that scores evidence cannot be used."""
