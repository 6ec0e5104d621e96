"""Runs of a gold set against the index in service, kept so that they outlive the process.

A run keeps what was scored of each question, not the figures: those are made again from it, so
that a page, a plot and the HTML report can never disagree. It lies in a folder beside the index
and not in it: the index holds nothing but what its manifest vouches for, and is removed and made
again as a whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from indexer.errors import UnknownReport
from qa.answer import answer_json, refused_json
from qa.errors import NotKept, QaError
from qa.evaluate import (
    Ask,
    Evaluation,
    Figure,
    Gold,
    GoldEvidence,
    NearPassage,
    QuestionScore,
    evaluate,
    load_gold,
)
from qa.files import replace_file

if TYPE_CHECKING:
    from qa.records import Answer

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "eval" / "digest.jsonl"
SHIPPED_REPORT = "northamptonshire-pdu-2024-digest"
"""The report that the shipped questions are about."""

FORM = 1
"""Goes up when a kept run is written in another form; one of another form is run again."""

HIT_AT = 5
"""Passages among which a page must be, in the figure that the page shows."""

SetName = Literal["shipped", "own"]
K_FIGURES = ("page_hit", "pages_at", "evidence_at", "evidence_within")


# What is asked


@dataclass(frozen=True, slots=True)
class Plan:
    """The questions of a set that the reports at hand can be asked.

    ``absent`` are the reports that are needed and are not there, ``left_out`` the number of
    questions that need one of them. ``limited`` says that the questions are put to the shipped
    report alone, because the library has others that might answer them as well.
    """

    gold: tuple[Gold, ...]
    absent: tuple[str, ...] = ()
    left_out: int = 0
    limited: bool = False


def plan(name: SetName, gold: Sequence[Gold], reports: Sequence[str]) -> Plan:
    """Return which questions of a set can be put to reports, given by their ids."""
    there = set(reports)
    if name == "shipped":
        if SHIPPED_REPORT not in there:
            return Plan((), (SHIPPED_REPORT,), len(gold))
        limited = len(there) > 1
        only = (SHIPPED_REPORT,) if limited else ()
        return Plan(tuple(replace(one, reports=only) for one in gold), limited=limited)
    asked = tuple(one for one in gold if not _absent(one, there))
    absent = sorted({report for one in gold for report in _absent(one, there)})
    return Plan(asked, tuple(absent), len(gold) - len(asked))


def _absent(gold: Gold, there: set[str]) -> set[str]:
    """Return the reports without which a question cannot be asked or answered."""
    chosen = set(gold.reports) - there
    evidence = {one.report for one in gold.evidence if one.report}
    missing = evidence - there
    if missing and (gold.needs_all or missing == evidence):
        return chosen | missing
    return chosen


# A run


@dataclass(frozen=True, slots=True)
class Run:
    """How a set did: when, on which index, how long it took in seconds, and every score.

    ``questions`` is the sha256 of the file of questions as it was, ``ran`` a time in UTC.
    """

    name: SetName
    questions: str
    ran: str
    snapshot: str
    seconds: float
    scores: tuple[QuestionScore, ...]
    absent: tuple[str, ...] = ()
    left_out: int = 0
    limited: bool = False


def run_set(
    name: SetName,
    path: Path,
    ask: Callable[[str, Sequence[str]], Answer],
    pages: Mapping[str, Sequence[str]],
    *,
    snapshot: str,
    on_progress: Callable[[int, int], None] | None = None,
    now: datetime | None = None,
) -> Run:
    """Ask every question of a set that can be asked and return the scores.

    ``ask`` answers a question from the reports given, all where there is none; ``pages`` are the
    raw texts of the pages of each report of the snapshot.

    Raises:
        BadGoldFile: a line of the set cannot be used.
        NotKept: none of its questions is about these reports.
    """
    digest = file_digest(path)
    planned = plan(name, load_gold(path), list(pages))
    if not planned.gold:
        raise NotKept(
            f"No question of {path.name} can be asked: it needs {', '.join(planned.absent)}, "
            "which the index does not have. Add it to the library and build the index."
        )
    began = time.perf_counter()
    wanted = {SHIPPED_REPORT: pages[SHIPPED_REPORT]} if planned.limited else pages
    done = evaluate(planned.gold, _asker(ask), wanted, on_progress=on_progress)
    return Run(
        name=name,
        questions=digest,
        ran=(now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        snapshot=snapshot,
        seconds=round(time.perf_counter() - began, 1),
        scores=done.scores,
        absent=planned.absent,
        left_out=planned.left_out,
        limited=planned.limited,
    )


def _asker(ask: Callable[[str, Sequence[str]], Answer]) -> Ask:
    def answer(gold: Gold) -> dict[str, Any]:
        try:
            return answer_json(ask(gold.question, gold.reports), id=gold.id)
        except (QaError, UnknownReport) as error:
            # One question that cannot be asked must not cost the scores of the others.
            return refused_json(gold.question, str(error), id=gold.id)

    return answer


def file_digest(path: Path) -> str:
    """Return the sha256 of a file of questions, empty where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


# Figures


@dataclass(frozen=True, slots=True)
class MainFigure:
    """One of the few figures that say how a set did; ``share`` is to be read as a part of all."""

    name: str
    figure: Figure
    share: bool = True


def main_figures(evaluation: Evaluation) -> tuple[MainFigure, ...]:
    """Return the main figures that a set defines, in the order in which they matter."""
    overall = evaluation.overall
    wanted: list[tuple[str, Figure | None]] = [
        ("full credit", overall.get("full credit")),
        ("evidence quoted", overall.get("evidence quoted")),
        ("citation precision", overall.get("citation precision")),
        ("citation recall", overall.get("citation recall")),
        ("page hit", overall.get(f"page hit@{HIT_AT}")),
        ("answered", evaluation.answered),
        *((f"{name} declined", figure) for name, figure in evaluation.declined.items()),
    ]
    found = [MainFigure(name, figure) for name, figure in wanted if figure is not None]
    if evaluation.auroc is not None:
        found.append(MainFigure("AUROC", evaluation.auroc, share=False))
    return tuple(found)


def counts_by_type(evaluation: Evaluation) -> dict[str, int]:
    """Return the number of questions of each type."""
    counts: dict[str, int] = {}
    for one in evaluation.scores:
        counts[one.gold.type] = counts.get(one.gold.type, 0) + 1
    return counts


# Keeping


def runs_folder(index: Path) -> Path:
    """Return the folder in which the runs on an index are kept: beside it, named after it."""
    index = index.resolve()
    return index.with_name(f"{index.name}-quality")


def run_path(index: Path, name: SetName) -> Path:
    """Return the file of the last run of a set on an index."""
    return runs_folder(index) / f"{name}.json"


def save_run(path: Path, run: Run) -> None:
    """Write a run with its digest, in one step.

    Raises:
        NotKept: it cannot be written.
    """
    content = {"form": FORM, **dataclasses.asdict(run)}
    sealed = {"content": content, "sha256": _digest(content)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(sealed).encode())
    except OSError as error:
        raise NotKept(
            f"The result cannot be kept in {path} ({error.strerror or error}): make its folder one "
            "that this program may write to, then run the questions again."
        ) from error


def load_run(path: Path) -> Run | None:
    """Return the run of a file, None where there is no such file.

    Raises:
        NotKept: it cannot be read, is damaged, or is of another version of this program.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotKept(
            f"The last result in {path} cannot be read ({error.strerror}): let this program read "
            "it, or run the questions again."
        ) from error
    try:
        sealed = json.loads(raw)
        content: dict[str, Any] = sealed["content"]
        if _digest(content) != sealed["sha256"] or content.pop("form") != FORM:
            raise ValueError("its digest or its form is another")
        scores = tuple(_score(record) for record in content.pop("scores"))
        return Run(scores=scores, **{name: _frozen(value) for name, value in content.items()})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotKept(
            f"The last result in {path} is damaged or of another version ({error}). Run the "
            "questions again to replace it."
        ) from error


def _digest(content: Mapping[str, Any]) -> str:
    # Written and read once more, so that what is digested is what a file gives back.
    plain = json.loads(json.dumps(content))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _score(record: dict[str, Any]) -> QuestionScore:
    """Return a score from its JSON form, in which numbers are texts where they are keys."""
    gold: dict[str, Any] = record.pop("gold")
    evidence = tuple(GoldEvidence(**_all_frozen(one)) for one in gold.pop("evidence"))
    nearest = tuple(NearPassage(**_all_frozen(one)) for one in record.pop("nearest"))
    figures: dict[str, Any] = {
        name: {int(at): value for at, value in record.pop(name).items()} for name in K_FIGURES
    }
    return QuestionScore(
        gold=Gold(evidence=evidence, **_all_frozen(gold)),
        nearest=nearest,
        **figures,
        **_all_frozen(record),
    )


def _all_frozen(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _frozen(value) for name, value in record.items()}


def _frozen(value: Any) -> Any:
    """Return a value with tuples for lists, as the scores have them."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
