"""What a build says while it works and when it has ended, and what ``status`` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Stage = Literal["reading", "embedding", "publishing"]
Outcome = Literal["indexed", "unchanged", "removed", "refused"]


@dataclass(frozen=True, slots=True)
class Event:
    """How far a build is: ``done`` of ``total`` steps of a stage of one report.

    The report is the ``number``-th, from 1, of ``count`` that have to be read; it is empty while
    all are published together.
    """

    stage: Stage
    report: str
    done: int
    total: int
    number: int
    count: int


Listener = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What a build did with one report, and how many seconds it took.

    ``pages`` and ``passages`` are those in the index: 0 for a report removed or refused.
    """

    id: str
    status: Outcome
    reason: str = ""
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The snapshot in service after a build and what became of each report.

    ``changed`` says whether it is a new one.
    """

    snapshot: str
    reports: tuple[ReportResult, ...]
    passages: int
    seconds: float
    model: str
    changed: bool

    @property
    def refused(self) -> tuple[ReportResult, ...]:
        """The reports that are not in the index, with the reasons."""
        return tuple(report for report in self.reports if report.status == "refused")

    def to_json(self) -> dict[str, Any]:
        """Return what ``build --json`` prints."""
        reports = [asdict(report) for report in self.reports]
        for report in reports:
            if not report["reason"]:
                del report["reason"]
        return {
            "snapshot": self.snapshot,
            "reports": reports,
            "passages": self.passages,
            "seconds": self.seconds,
            "model": self.model,
        }


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """A report of the index, with what of it could not be read.

    ``published`` is the date that the report gives, ``created`` the PDF's own, ``modified`` its
    file's; the first two may be empty.
    """

    id: str
    title: str
    pages: int
    passages: int
    created: str
    modified: str
    published: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What is in service, what was refused and where the library has moved on since.

    ``stale`` holds a sentence for each difference, ``warnings`` one for each damage that another
    snapshot stands in for.
    """

    snapshot: str
    created: str
    model: str
    reports: tuple[ReportStatus, ...]
    refused: tuple[ReportResult, ...]
    stale: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what ``status --json`` prints."""
        return {
            "snapshot": self.snapshot,
            "created": self.created,
            "model": self.model,
            "reports": [asdict(report) for report in self.reports],
            "pages": sum(report.pages for report in self.reports),
            "passages": sum(report.passages for report in self.reports),
            "refused": [{"id": report.id, "reason": report.reason} for report in self.refused],
            "stale": bool(self.stale),
            "differences": list(self.stale),
            "warnings": list(self.warnings),
        }
