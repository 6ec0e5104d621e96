"""Which reports are versions of one another, judged by titles, places and dates."""

from __future__ import annotations

import pytest

from indexer.errors import DuplicateReport
from indexer.store import ReportInfo
from qa.versions import Relation, not_another_version, relation


def info(title: str, date: str = "", report: str = "new", **more: str) -> ReportInfo:
    return ReportInfo(report, title, 1, 1, report, file=f"{report}.pdf", published=date, **more)


PDU = "An inspection of probation services in Fenmarsh PDU"


@pytest.mark.parametrize(
    ("new", "old", "kind"),
    [
        (info(PDU, "2025-03"), info(PDU, "2023-06-01"), "newer"),
        (info(PDU, "2023"), info(PDU, "2025-03"), "older"),
        (info(f"{PDU}, March 2025", "2025-03"), info(f"{PDU}, June 2023", "2023-06"), "newer"),
        (info(PDU, "2023-06"), info(PDU, "2023-06-01"), "like"),
        (info(PDU), info(PDU, "2023-06-01"), "like"),
        (info(PDU, "2025"), info(PDU.replace("Fenmarsh", "Saltford"), "2023"), ""),
        (info("Area SEND inspection of Torbay", "2026"), info(
            "Inspection of children's social care in Torbay", "2018"), ""),
        (info(f"{PDU}: a summary", "2023-06"), info(PDU, "2023-06"), ""),
        (info("", "2025"), info("", "2023"), ""),
        (info("Annual report", "2025"), info("Annual report", "2024"), "newer"),
    ],
)  # fmt: skip
def test_what_a_report_is_to_another(new: ReportInfo, old: ReportInfo, kind: Relation) -> None:
    assert relation(new, old) == kind


def test_the_place_that_a_person_gives_counts() -> None:
    old = info("Inspection report", "2023", place="Fenmarsh")
    assert relation(info("Inspection report", "2025", place="Fenmarsh"), old) == "newer"
    assert relation(info("Inspection report", "2025", place="Saltford"), old) == ""


def test_the_date_of_the_file_stands_in() -> None:
    old = info(PDU, created="2023-06-01T08:00:00Z")
    assert relation(info(PDU, created="2025-01-01T00:00:00Z"), old) == "newer"


def test_it_is_said_of_which_report_it_is_a_version() -> None:
    there = [info("Of boats", "2020", "boats"), info(PDU, "2023", "fenmarsh-2023")]
    with pytest.raises(
        DuplicateReport, match=r"^new\.pdf has a later date than the report"
    ) as told:
        not_another_version(info(PDU, "2025"), there)
    assert (told.value.report, told.value.kind) == ("fenmarsh-2023", "newer")
    not_another_version(info("Of lamps", "2025"), there)
