"""Reports that leave the library are kept beside it, come back as they were, and go when due."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.build import add, build, describe, remove, restore
from indexer.details import Details, read_details
from indexer.errors import DuplicateReport, NotRemoved, ReportRefused
from indexer.events import BuildResult
from indexer.store import ReportInfo, in_service
from indexer.trash import KEPT_DAYS, Trash

MakePdf = Callable[..., Path]
DAY = 86_400.0


class Clock:
    """A clock that is set by hand, at first to 5 July 2024, 08:00:00 UTC."""

    def __init__(self) -> None:
        self.now = 1_720_166_400.0

    def __call__(self) -> float:
        return self.now


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def ids(index: Path) -> list[str]:
    return [report.id for report in in_service(index)[1].reports]


# The folder


def test_a_report_is_kept_under_its_time_and_hash(library: Path) -> None:
    trash = Trash(library, clock=Clock())
    raw = (library / "lights.pdf").read_bytes()
    key = trash.put(library / "lights.pdf", "lights")
    (kept,) = trash.removed()
    assert key.startswith("20240705T080000Z-")
    assert trash.folder == library.parent / "library.removed"
    assert (kept.key, kept.id, kept.size) == (key, "lights", len(raw))
    assert kept.path.read_bytes() == raw
    assert kept.when.isoformat() == "2024-07-05T08:00:00+00:00"
    assert (library / "lights.pdf").exists()  # it is kept before it leaves


def test_the_last_removed_comes_first_and_the_same_one_twice_is_one(library: Path) -> None:
    clock = Clock()
    trash = Trash(library, clock=clock)
    assert trash.removed() == []
    trash.put(library / "lights.pdf", "lights")
    trash.put(library / "lights.pdf", "lights")
    clock.now += 1
    trash.put(library / "harbour.pdf", "harbour")
    assert [entry.id for entry in trash.removed()] == ["harbour", "lights"]


def test_what_is_due_is_deleted_and_the_rest_stays(library: Path) -> None:
    clock = Clock()
    trash = Trash(library, clock=clock)
    trash.put(library / "lights.pdf", "lights")
    clock.now += 10 * DAY
    trash.put(library / "harbour.pdf", "harbour")
    clock.now += 20 * DAY - 1
    assert trash.empty(older_than_days=KEPT_DAYS) == 0
    clock.now += 1
    assert trash.empty(older_than_days=KEPT_DAYS) == 1
    assert [entry.id for entry in trash.removed()] == ["harbour"]
    assert trash.empty() == 1
    assert trash.removed() == []


@pytest.mark.parametrize(
    "key", ["", "..", "../library", "/etc", "20240705T080000Z-000000000000", "x" * 500]
)
def test_a_key_is_looked_up_and_is_no_path(library: Path, key: str) -> None:
    trash = Trash(library)
    trash.put(library / "lights.pdf", "lights")
    for act in (trash.find, trash.forget):
        with pytest.raises(NotRemoved, match="nothing to bring back"):
            act(key)
    assert listing(library) == ["harbour.pdf", "lights.pdf"]


def test_what_put_did_not_make_is_no_report_and_is_left_alone(
    library: Path, tmp_path: Path
) -> None:
    trash = Trash(library)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.pdf").write_bytes(b"%PDF-")
    trash.folder.mkdir()
    (trash.folder / "20240705T080000Z-000000000000").symlink_to(elsewhere)
    empty = trash.folder / "20240705T080000Z-111111111111"
    empty.mkdir()
    linked = trash.folder / "20240705T080000Z-222222222222"
    linked.mkdir()
    (linked / "a.pdf").symlink_to(elsewhere / "a.pdf")
    (trash.folder / "notes").mkdir()
    assert trash.removed() == []
    assert trash.empty() == 0
    assert (elsewhere / "a.pdf").exists()


# Through a build


@pytest.fixture
def work(library: Path, index: Path, embedder: Any) -> Callable[..., BuildResult]:
    """``work(add, [...])`` runs a function of ``indexer.build`` on the library of the test."""

    def run(act: Callable[..., BuildResult], *args: Any, **options: Any) -> BuildResult:
        return act(*args, library, index, embedder=embedder, **options)

    run(build)
    return run


def test_a_removed_report_comes_back_with_what_was_said_of_it(
    work: Callable[..., BuildResult], library: Path, index: Path
) -> None:
    raw = (library / "lights.pdf").read_bytes()
    work(describe, "lights", Details(title="Of lamps"))
    work(remove, ["lights"])
    assert ids(index) == ["harbour"]
    assert read_details(library) == {}
    (kept,) = Trash(library).removed()
    result = work(restore, [kept.key])
    assert [(r.id, r.status) for r in result.reports] == [
        ("harbour", "unchanged"),
        ("lights", "indexed"),
    ]
    assert (library / "lights.pdf").read_bytes() == raw
    assert read_details(library) == {"lights": Details(title="Of lamps")}
    assert in_service(index)[1].reports[1].title == "Of lamps"
    assert Trash(library).removed() == []


def test_one_whose_place_is_taken_stays_in_the_trash(
    work: Callable[..., BuildResult], library: Path, tiny_pdf: MakePdf
) -> None:
    work(remove, ["lights"])
    tiny_pdf(library / "lights.pdf", [["Another report has that name."]])
    work(build)
    (kept,) = Trash(library).removed()
    (refused,) = work(restore, [kept.key]).refused
    assert "another report of the name 'lights'" in refused.reason
    assert [entry.key for entry in Trash(library).removed()] == [kept.key]


def test_nothing_comes_back_when_one_key_is_wrong(
    work: Callable[..., BuildResult], library: Path, index: Path
) -> None:
    work(remove, ["lights"])
    (kept,) = Trash(library).removed()
    with pytest.raises(NotRemoved):
        work(restore, [kept.key, "20240705T080000Z-000000000000"])
    assert ids(index) == ["harbour"]


def test_a_replaced_report_is_kept(
    work: Callable[..., BuildResult], library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    old = (library / "lights.pdf").read_bytes()
    new = tiny_pdf(tmp_path / "new.pdf", [["A newer inspection of lamps."]]).read_bytes()
    work(describe, "lights", Details(date="2023"))
    work(add, [("lights.pdf", new)], replaces={"lights.pdf": "lights"})
    assert (library / "lights.pdf").read_bytes() == new
    assert read_details(library) == {}  # it was said of the one that has left
    assert [entry.path.read_bytes() for entry in Trash(library).removed()] == [old]


def test_a_report_of_another_name_is_replaced_once_the_new_one_is_in(
    work: Callable[..., BuildResult], library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    new = tiny_pdf(tmp_path / "new.pdf", [["A newer inspection of lamps."]]).read_bytes()
    work(add, [("lights-2025.pdf", b"no PDF")], replaces={"lights-2025.pdf": "lights"})
    assert listing(library) == ["harbour.pdf", "lights.pdf"]
    work(add, [("lights-2025.pdf", new)], replaces={"lights-2025.pdf": "lights"})
    assert ids(index) == ["harbour", "lights-2025"]
    assert [entry.id for entry in Trash(library).removed()] == ["lights"]


def test_what_is_not_accepted_stays_out_and_each_outcome_is_heard(
    work: Callable[..., BuildResult], library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    one, two = (
        tiny_pdf(tmp_path / f"{n}.pdf", [[f"Report number {n} on boats."]]).read_bytes()
        for n in ("one", "two")
    )
    heard: list[tuple[str, str]] = []

    def hear(name: str, problem: ReportRefused | None) -> None:
        heard.append((name, problem.kind if isinstance(problem, DuplicateReport) else "in"))

    def accept(info: ReportInfo, there: Any) -> None:
        if "one" in [report.id for report in there]:
            raise DuplicateReport(f"{info.id} is like one.", report="one", kind="newer")

    work(
        add,
        [("one.pdf", one), ("two.pdf", two), ("copy.pdf", one), ("harbour.pdf", two)],
        accept=accept,
        on_outcome=hear,
    )
    assert heard == [
        ("one.pdf", "in"),
        ("two.pdf", "newer"),
        ("copy.pdf", "same"),
        ("harbour.pdf", "name"),
    ]
    assert ids(index) == ["harbour", "lights", "one"]
    assert listing(library) == ["harbour.pdf", "lights.pdf", "one.pdf"]
