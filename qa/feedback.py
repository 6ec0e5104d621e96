"""What visitors say of answers, kept as gold questions in a file of their own.

The file is JSON lines, as ``qa.evaluate.load_gold`` reads it, and stays where it is: nothing is
sent anywhere. It is written anew beside itself and put in place in one step, under a lock that the
operating system holds, so that two who judge at once lose nothing and a power cut leaves the old
file or the new one. Lines that cannot be read are kept as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from indexer.records import Passage
from qa.errors import BadEvidence, NotKept
from qa.evaluate import Gold, GoldEvidence, PageFinder, gold_records, letters_and_digits
from qa.files import locked, replace_file
from qa.records import Answer, Hit

DEFAULT_OWN = Path(__file__).resolve().parents[1] / "data" / "eval" / "own.jsonl"
"""``data/eval/own.jsonl`` of the project, which is not committed."""

MAX_QUESTIONS = 5_000
MAX_TYPED = 2_000
"""Characters of a sentence that a visitor gives as the answer."""

MIN_TYPED_WORDS = 3
"""Fewer words stand on too many pages to say which one is meant."""

TYPED, NONE = "typed", "none"
"""Choices beside the passages: a sentence that is copied, and that the reports do not answer."""

ANSWERABLE = "answerable"
UNANSWERABLE = "unanswerable"

Said = Literal["right", "wrong"]
Pages = Mapping[str, Sequence[str]]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a visitor says of an answer: whether it was right, and what does answer.

    ``evidence`` are strings of which any one is enough; without any the reports do not answer.
    ``reports`` are those that the question was put to, none for all.
    """

    question: str
    reports: tuple[str, ...]
    said: Said
    evidence: tuple[GoldEvidence, ...] = ()
    section: str = ""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question of the file: what it asks, what was said of its answer, and when, in UTC.

    ``said`` and ``judged`` are empty for a line that was written by hand; ``line`` is the line as
    the file has it.
    """

    gold: Gold
    said: str
    judged: str
    line: str


# What does answer


def quoted_evidence(answer: Answer) -> tuple[GoldEvidence, ...]:
    """Return the quotes of an answer as evidence, none where it says that the reports do not say.

    A quote without a letter or a digit is no evidence.
    """
    quotes = ((one.quote, one.report) for one in answer.citations if answer.status == "answered")
    found = ((" ".join(quote.split()), report) for quote, report in quotes)
    kept = dict.fromkeys(pair for pair in found if letters_and_digits(pair[0]))
    return tuple(GoldEvidence(text, report) for text, report in kept)


def passage_evidence(passage: Passage, pages: Pages) -> tuple[GoldEvidence, ...]:
    """Return a passage as evidence: whole where its page has it so, else by sentences or rows.

    Raises:
        BadEvidence: none of it is on a page word for word.
    """
    finder = PageFinder({passage.report: pages.get(passage.report, ())})
    units = [passage.text[start:end] for start, end in passage.units]
    for texts in ([passage.text], units):
        found = [
            GoldEvidence(" ".join(text.split()), passage.report)
            for text in texts
            if letters_and_digits(text) and finder.locate(text, [passage.report])
        ]
        if found:
            return tuple(found)
    raise BadEvidence(
        f"The words of this passage are on no page of {passage.report} as they are shown here. "
        "Copy the sentence that answers from the PDF instead."
    )


def typed_evidence(text: str, pages: Pages) -> tuple[GoldEvidence, ...]:
    """Return a sentence that a visitor copied as evidence, once for each report that has it.

    Raises:
        BadEvidence: it is too short, too long, or on no page of these reports.
    """
    typed = " ".join(text.split()).strip("\"'“”‘’ ")
    words = [word for word in typed.split() if letters_and_digits(word)]
    if len(words) < MIN_TYPED_WORDS:
        given = f"“{typed}” has {_words(len(words))}" if words else "No sentence was given"
        raise BadEvidence(
            f"{given}; at least {MIN_TYPED_WORDS} are needed to know it in the reports. Copy the "
            "whole sentence that answers."
        )
    if len(typed) > MAX_TYPED:
        raise BadEvidence(
            f"The sentence has {len(typed):,} characters and the limit is {MAX_TYPED:,}. Copy only "
            "what answers the question."
        )
    places = PageFinder(pages).locate(typed, pages)
    if not places:
        raise BadEvidence(
            f"“{_short(typed)}” is on no page of the reports that were asked. Copy the sentence "
            "just as it stands there, from the page beside the answer or from the PDF."
        )
    return tuple(GoldEvidence(typed, report) for report in sorted({one for one, _ in places}))


def correction(
    choice: str | None, sentence: str, hits: Sequence[Hit], pages: Pages
) -> tuple[tuple[GoldEvidence, ...], str]:
    """Return what does answer as a visitor chose it, and the section that it stands in.

    ``choice`` is the rank of one of the passages found, ``TYPED`` or ``NONE``; a sentence that
    was given without a choice is meant.

    Raises:
        BadEvidence: nothing was chosen, or what was is on no page of these reports.
    """
    if choice == NONE:
        return (), ""
    if choice == TYPED or (choice is None and sentence.strip()):
        return typed_evidence(sentence, pages), ""
    passage = next((hit.passage for hit in hits if str(hit.rank) == choice), None)
    if passage is None:
        raise BadEvidence(
            "Nothing was chosen. Choose a passage, copy a sentence into the box, or cancel."
        )
    return passage_evidence(passage, pages), passage.heading


def _words(number: int) -> str:
    return "1 word" if number == 1 else f"{number} words"


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117].rstrip()} …"


# The file


class OwnSet:
    """The gold questions of one file, which need not be there."""

    def __init__(self, path: Path = DEFAULT_OWN) -> None:
        self.path = path

    def questions(self) -> dict[str, OwnQuestion]:
        """Return every question by its ``key_of``, the oldest verdict first.

        Raises:
            BadGoldFile: a line cannot be used; the message names it.
        """
        if not self.path.exists():
            return {}
        return {
            key_of(gold.question, gold.reports): OwnQuestion(
                gold,
                said=_text(record, "said"),
                judged=_text(record, "judged"),
                line=json.dumps(record),
            )
            for gold, record in gold_records(self.path)
        }

    def keep(self, verdict: Verdict) -> None:
        """Add a verdict, in place of an earlier one on the same question and reports.

        Raises:
            NotKept: the file cannot be written, or is full.
        """
        self._put(record_of(verdict))

    def remove(self, id: str) -> None:
        """Take the question of an id out.

        Raises:
            NotKept: the file cannot be written.
        """
        self._change(lambda lines: [line for line in lines if _parsed(line).get("id") != id])

    def put_back(self, question: OwnQuestion) -> None:
        """Add a question that was taken out, as it was.

        Raises:
            NotKept: the file cannot be written, or is full.
        """
        self._put(json.loads(question.line))

    def _put(self, record: Record) -> None:
        key = _key(record)

        def add(lines: list[bytes]) -> list[bytes]:
            others = [line for line in lines if _key(_parsed(line)) != key]
            if len(others) >= MAX_QUESTIONS:
                raise NotKept(
                    f"{self.path} holds {len(others):,} questions and the limit is "
                    f"{MAX_QUESTIONS:,}. Remove some on the Quality page."
                )
            return [*others, json.dumps(record, ensure_ascii=True).encode()]

        self._change(add)

    def _lines(self) -> list[bytes]:
        try:
            return [line for line in self.path.read_bytes().split(b"\n") if line.strip()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise NotKept(_problem(self.path, error)) from error

    def _change(self, change: Callable[[list[bytes]], list[bytes]]) -> None:
        """Put the lines that ``change`` makes of the file's in their place."""
        path = self.path.resolve()  # a link stays a link
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with locked(path):
                lines = change(self._lines())
                replace_file(path, b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise NotKept(_problem(self.path, error)) from error


def record_of(verdict: Verdict, *, now: datetime | None = None) -> Record:
    """Return a verdict as a line of a gold file; what is not known is left empty."""
    reports = sorted(set(verdict.reports))
    return {
        "id": f"own-{hashlib.sha256(key_of(verdict.question, reports).encode()).hexdigest()[:16]}",
        "question": " ".join(verdict.question.split()),
        "type": ANSWERABLE if verdict.evidence else UNANSWERABLE,
        "evidence": [one.text for one in verdict.evidence],
        "evidence_reports": [one.report for one in verdict.evidence],
        "evidence_all": False,
        "section": verdict.section,
        "answer_facts": [],
        "filter": reports,
        "said": verdict.said,
        "judged": (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def key_of(question: str, reports: Sequence[str]) -> str:
    """Return what is equal for the same question to the same reports, however it is spaced."""
    return json.dumps([" ".join(question.split()).casefold(), sorted(set(reports))])


def _key(record: Record) -> str | None:
    """Return the key of a line, None where it is not one of a question."""
    question, reports = record.get("question"), record.get("filter", [])
    if not isinstance(question, str) or not isinstance(reports, list):
        return None
    return key_of(question, [str(one) for one in reports])


def _parsed(line: bytes) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _text(record: Record, name: str) -> str:
    value = record.get(name, "")
    return value if isinstance(value, str) else ""


def _problem(path: Path, error: OSError) -> str:
    return (
        f"{path} cannot be used ({error.strerror or error}): make it a file that this program may "
        "read and write, or name another in REPORT_QA_GOLD."
    )
