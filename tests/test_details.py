"""What people say of reports: kept beside them, above what the document says, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.build import build, describe
from indexer.details import (
    FILE,
    Details,
    checked,
    family_titles,
    of_document,
    read_details,
    said_of,
    with_details,
    write_details,
)
from indexer.errors import BadDetails, UnknownReport
from indexer.events import BuildResult
from indexer.snapshot import open_snapshot
from indexer.store import ReportInfo, in_service, manifest_from

INFO = ReportInfo("leeds", "Inspection of Leeds", 3, 9, "00", published="2024-07")


def test_what_is_said_stands_above_what_is_known() -> None:
    said, known = Details(place="Leeds"), Details("A title", "York", "2024")
    assert said.over(known) == Details("A title", "Leeds", "2024")
    assert Details("A title", "Leeds", "").beside(known) == Details(place="Leeds")


def test_white_space_and_hidden_characters_are_put_right() -> None:
    assert checked("  A\n title\u202e ", "Le\x00eds", " 2024-07 ", "") == Details(
        "A title", "Le eds", "2024-07"
    )


@pytest.mark.parametrize("day", ["", "2024", "2024-07", "2024-02-29"])
def test_a_date_is_a_day_a_month_or_a_year(day: str) -> None:
    assert checked("", "", day, "").date == day


@pytest.mark.parametrize("day", ["July 2024", "2024-13", "2023-02-29", "24", "2024-7-5", "0000"])
def test_a_date_that_there_is_not_is_said(day: str) -> None:
    with pytest.raises(BadDetails, match="must be a day, a month or a year"):
        checked("", "", day, "")


def test_what_is_too_long_or_no_family_is_said() -> None:
    with pytest.raises(BadDetails, match="title has 301 characters and the limit is 300"):
        checked("x" * 301, "", "", "")
    with pytest.raises(BadDetails, match="place has 101 characters"):
        checked("", "x" * 101, "", "")
    with pytest.raises(BadDetails, match="family is 'fruit'"):
        checked("", "", "", "fruit")
    assert "probation delivery unit" in family_titles()
    assert checked("", "", "", "probation delivery unit").family == "probation delivery unit"


def test_details_are_kept_by_report_and_taken_out_when_empty(library: Path) -> None:
    assert read_details(library) == {}
    write_details(library, "lights", Details(title="Of “lamps”"))
    write_details(library, "harbour", Details(date="2024"))
    assert json.loads((library / FILE).read_text("utf-8")) == {
        "harbour": {"date": "2024"},
        "lights": {"title": "Of “lamps”"},
    }
    write_details(library, "harbour", Details())
    assert read_details(library) == {"lights": Details(title="Of “lamps”")}


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"a": 1}', b'{"a": {"title": 1}}', b'{"a": {"colour": "x"}}', b"\xff",
     b'{"a": {"date": "soon"}}', b"[" * 100_000],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_said_and_not_overwritten(
    library: Path, content: bytes
) -> None:
    (library / FILE).write_bytes(content)
    with pytest.raises(BadDetails, match=r"details\.json cannot be read"):
        read_details(library)
    with pytest.raises(BadDetails):
        write_details(library, "lights", Details(title="x"))
    assert (library / FILE).read_bytes() == content


def test_a_report_of_an_index_says_what_is_said_and_remembers_its_own() -> None:
    said = Details("Leeds, 2nd visit", "Leeds", "2024-08-01", "probation delivery unit")
    told = with_details(INFO, said)
    assert (told.title, told.published, told.place) == ("Leeds, 2nd visit", "2024-08-01", "Leeds")
    assert of_document(told) == Details("Inspection of Leeds", date="2024-07")
    assert said_of(told) == said
    assert with_details(told, said) == told
    assert with_details(told, Details()) == INFO
    assert said_of(INFO) == Details()


def test_a_date_is_said_of_a_document_that_gives_none_and_taken_back() -> None:
    bare = ReportInfo("leeds", "leeds", 3, 9, "00")
    told = with_details(bare, Details(date="2024"))
    assert (told.published, told.own) == ("2024", ("leeds", ""))
    assert with_details(told, Details()) == bare


# In an index


@pytest.fixture
def work(library: Path, index: Path, embedder: Any) -> Callable[..., BuildResult]:
    """``work(describe, ...)`` runs a function of ``indexer.build`` on the library of the test."""

    def run(act: Callable[..., BuildResult], *args: Any) -> BuildResult:
        return act(*args, library, index, embedder=embedder)

    run(build)
    return run


def test_the_index_says_it_without_reading_anything_anew(
    work: Callable[..., BuildResult], index: Path, embedder: Any
) -> None:
    before = len(embedder.texts)
    result = work(describe, "harbour", Details("Quayside", "Whitby", "2024-07"))
    assert result.changed
    assert len(embedder.texts) == before
    opened = open_snapshot(index)
    harbour, lights = opened.reports
    assert (harbour.title, harbour.place, harbour.published) == ("Quayside", "Whitby", "2024-07")
    assert lights.title == "Inspection of lighthouses"
    assert not work(build).changed
    work(describe, "harbour", Details())
    assert in_service(index)[1].reports[0].title == "1. Boats"


def test_the_manifest_holds_it(work: Callable[..., BuildResult], index: Path) -> None:
    work(describe, "harbour", Details("Quayside"))
    manifest = in_service(index)[1]
    assert manifest_from(manifest.to_bytes()) == manifest
    assert manifest.reports[0].own == ("1. Boats", "")


def test_of_a_report_that_is_not_there_nothing_can_be_said(
    work: Callable[..., BuildResult], library: Path
) -> None:
    with pytest.raises(UnknownReport):
        work(describe, "absent", Details("x"))
    assert read_details(library) == {}


def test_a_file_that_cannot_be_read_leaves_the_index_as_it_was_said(
    work: Callable[..., BuildResult], library: Path, index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    work(describe, "harbour", Details("Quayside"))
    (library / FILE).write_text("{")
    assert not work(build).changed
    assert "details.json cannot be read" in caplog.text
    assert in_service(index)[1].reports[0].title == "Quayside"
