"""A library that is watched: when a build begins, what it waits for and what it survives."""

from __future__ import annotations

import contextlib
import doctest
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from indexer import store
from indexer import watch as watching
from indexer.build import add, build
from indexer.embedding import Embedder
from indexer.errors import BuildLocked, IndexerError
from indexer.events import BuildResult
from indexer.snapshot import open_snapshot
from indexer.watch import Changes, Seen, differences, files_of, watch
from qa.views import strings, work
from qa.views.watching import at_desk

ROOT = Path(__file__).resolve().parents[1]
MakePdf = Callable[..., Path]
PATIENCE_S = 60.0
SETTLE_S = 0.4
A, B, C = (1, 10, 10), (2, 20, 20), (3, 30, 30)


# When a build is due


def test_files_must_have_been_still_for_the_settle_time() -> None:
    changes = Changes(settle=2)
    assert changes.see({"a.pdf": A}, 100) == "moving"  # nothing is known of before
    assert changes.see({"a.pdf": A}, 101.9) == "moving"
    assert changes.see({"a.pdf": A}, 102) == "settled"
    changes.done({"a.pdf": A})
    assert changes.see({"a.pdf": A}, 103) == "same"
    assert changes.see({"a.pdf": B}, 110) == "moving"  # it grows
    assert changes.see({"a.pdf": C}, 111.9) == "moving"
    assert changes.see({"a.pdf": C}, 113.8) == "moving"
    assert changes.see({"a.pdf": C}, 113.9) == "settled"


def test_a_file_that_came_and_went_again_is_no_change() -> None:
    changes = Changes(settle=2)
    changes.done({})
    assert changes.see({}, 0) == "same"
    assert changes.see({"a.pdf": A}, 1) == "moving"
    assert changes.see({}, 2) == "same"


def test_a_file_that_never_stands_still_does_not_hold_the_others_up_for_ever() -> None:
    changes = Changes(settle=2, patience=10)
    changes.done({})
    seen = [changes.see({"a.pdf": (size, size, size)}, size) for size in range(5, 16)]
    assert seen == ["moving"] * 10 + ["settled"]
    changes.done({"a.pdf": (15, 15, 15)})
    assert changes.see({"a.pdf": (16, 16, 16)}, 16) == "moving"  # and it waits as long again


def test_a_build_that_did_not_take_place_stays_due() -> None:
    changes = Changes(settle=2)
    changes.see({"a.pdf": A}, 0)
    assert [changes.see({"a.pdf": A}, at) for at in (2, 3)] == ["settled", "settled"]


def test_what_changed_is_named() -> None:
    old = {"gone.pdf": A, "same.pdf": A, "touched.pdf": A}
    new = {"came.pdf": A, "same.pdf": A, "touched.pdf": (1, 10, 11)}
    assert list(differences(old, new)) == [
        "came.pdf is new", "gone.pdf has gone", "touched.pdf has changed",
    ]  # fmt: skip


def test_only_what_a_build_would_read_is_seen(tmp_path: Path) -> None:
    for name in ("a.pdf", "B.PDF", "details.json"):
        (tmp_path / name).write_bytes(b"12345")
    for name in (".hidden.pdf", "notes.txt", "c.pdf.part", "CURRENT", "LOCK"):
        (tmp_path / name).touch()
    (tmp_path / "folder.pdf").mkdir()
    (tmp_path / ".incoming-x").mkdir()
    (tmp_path / ".incoming-x" / "d.pdf").touch()
    (tmp_path / "nowhere.pdf").symlink_to(tmp_path / "absent")
    (tmp_path / "link.pdf").symlink_to(tmp_path / "a.pdf")
    assert {name: stamp[0] for name, stamp in files_of(tmp_path).items()} == {
        "a.pdf": 5, "B.PDF": 5, "details.json": 5, "link.pdf": 5,
    }  # fmt: skip


def test_a_file_that_takes_the_place_of_one_of_the_same_size_and_time_is_seen(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "a.pdf", tmp_path / "new"
    old.write_bytes(b"12345")
    new.write_bytes(b"abcde")
    time.sleep(0.02)  # some file systems count in ticks of the system's clock
    stat = old.stat()
    os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    before = files_of(tmp_path)
    new.replace(old)
    after = files_of(tmp_path)
    assert before["a.pdf"][:2] == after["a.pdf"][:2]
    assert before != after


# A watch in this process, with real builds


class Watch:
    """A watch in a thread, and all it has told."""

    def __init__(self, library: Path, make: Callable[[], BuildResult], **options: Any) -> None:
        self.told: list[Seen] = []
        self._stop = threading.Event()
        options = {"settle": SETTLE_S, "poll": 0.05, **options}
        self._thread = threading.Thread(
            target=watch,
            args=(library, make),
            kwargs={"stop": self._stop, "tell": self.told.append, **options},
        )
        self._thread.start()

    @property
    def kinds(self) -> list[str]:
        return [seen.kind for seen in self.told]

    @property
    def results(self) -> list[BuildResult]:
        return [seen.result for seen in self.told if seen.result is not None]

    def until(self, kind: str, number: int = 1) -> Seen:
        """Wait until something has been told for the ``number``-th time and return it."""
        wait_for(
            lambda: self.kinds.count(kind) >= number or self.kinds[-1] == "failed",
            lambda: str(self.told),
        )
        assert self.kinds.count(kind) >= number, self.told
        return [seen for seen in self.told if seen.kind == kind][number - 1]

    def close(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def wait_for(true: Callable[[], bool], said: Callable[[], str] = str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, said()
        time.sleep(0.01)


@contextlib.contextmanager
def watched(library: Path, make: Callable[[], BuildResult], **options: Any) -> Iterator[Watch]:
    """Watch a library until the block ends."""
    running = Watch(library, make, **options)
    try:
        yield running
    finally:
        running.close()


def statuses(result: BuildResult) -> dict[str, str]:
    return {report.id: report.status for report in result.reports}


def test_the_index_follows_what_comes_changes_is_renamed_and_goes(
    library: Path, index: Path, embedder: Any, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    with watched(library, lambda: build(library, index, embedder=embedder)) as running:
        first = running.until("built").result
        assert first is not None
        assert statuses(first) == {"harbour": "indexed", "lights": "indexed"}
        assert running.kinds == ["watching", "building", "built"]

        embedder.texts.clear()
        shutil.copy(tiny_pdf(tmp_path / "beacon.pdf", [["The beacon burns."]]), library)
        running.until("built", 2)
        assert running.told[-2].sentence == "Building: beacon.pdf is new."
        assert statuses(running.results[1])["beacon"] == "indexed"
        assert len(embedder.texts) == 1

        other = tiny_pdf(tmp_path / "beacon.pdf", [["The beacon is dark."]])
        os.replace(shutil.copy(other, library / ".beacon.pdf.x7"), library / "beacon.pdf")
        running.until("built", 3)
        assert running.told[-2].sentence == "Building: beacon.pdf has changed."

        embedder.texts.clear()
        (library / "beacon.pdf").rename(library / "flame.pdf")
        running.until("built", 4)
        assert running.told[-2].sentence == "Building: beacon.pdf has gone, flame.pdf is new."
        assert statuses(running.results[3])["beacon"] == "removed"
        assert embedder.texts == []

        (library / "flame.pdf").unlink()
        running.until("built", 5)
        assert statuses(running.results[4])["flame"] == "removed"
    ids = [report.id for report in open_snapshot(index).reports]
    assert ids == ["harbour", "lights"]


def test_a_file_that_comes_in_slowly_is_read_once_and_whole(
    library: Path, index: Path, embedder: Embedder, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    raw = tiny_pdf(tmp_path / "slow.pdf", [["The beacon burns."]]).read_bytes()
    with watched(library, lambda: build(library, index, embedder=embedder)) as running:
        running.until("built")
        step = len(raw) // 8 + 1
        with (library / "slow.pdf").open("wb", buffering=0) as file:
            for at in range(0, len(raw), step):
                file.write(raw[at : at + step])
                time.sleep(SETTLE_S / 2)
        result = running.until("built", 2).result
        assert result is not None
        assert statuses(result)["slow"] == "indexed"
        assert running.kinds == ["watching", "building", "built", "changed", "building", "built"]


def test_a_copy_that_halts_for_longer_is_read_again_when_it_is_whole(
    library: Path, index: Path, embedder: Embedder, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    raw = tiny_pdf(tmp_path / "slow.pdf", [["The beacon burns."]]).read_bytes()
    with watched(library, lambda: build(library, index, embedder=embedder)) as running:
        running.until("built")
        (library / "slow.pdf").write_bytes(raw[:400])
        running.until("built", 2)
        assert statuses(running.results[1])["slow"] == "refused"
        with (library / "slow.pdf").open("ab") as file:
            file.write(raw[400:])
        running.until("built", 3)
        assert statuses(running.results[2]) == {
            "harbour": "unchanged", "lights": "unchanged", "slow": "indexed",
        }  # fmt: skip


def test_a_burst_is_one_build(
    library: Path, index: Path, embedder: Embedder, tiny_pdf: MakePdf
) -> None:
    with watched(library, lambda: build(library, index, embedder=embedder)) as running:
        running.until("built")
        for number in range(12):
            tiny_pdf(library / f"r{number}.pdf", [[f"Report {number} on the harbour."]])
            time.sleep(SETTLE_S / 10)
        running.until("built", 2)
        assert len(running.results[1].reports) == 14
        assert "r0.pdf is new, r1.pdf is new, r10.pdf is new, r11.pdf is new" in (
            running.told[-2].sentence
        )
        assert running.told[-2].sentence.endswith(" and 7 more.")


def test_what_changes_during_a_build_is_built_next_and_never_beside_it(library: Path) -> None:
    going_on, most = 0, 0
    inside, go = threading.Event(), threading.Event()

    def make() -> BuildResult:
        nonlocal going_on, most
        going_on += 1
        most = max(most, going_on)
        inside.set()
        assert go.wait(PATIENCE_S)
        going_on -= 1
        return BuildResult("s", (), 0, 0.0, "m", True)

    with watched(library, make, settle=0.1) as running:
        assert inside.wait(PATIENCE_S)
        (library / "new.pdf").touch()
        time.sleep(0.3)
        assert running.kinds == ["watching", "building"]
        go.set()
        running.until("built", 2)
        assert running.told[-2].sentence == "Building: new.pdf is new."
    assert most == 1


def test_a_watch_does_not_notice_its_own_index(library: Path, embedder: Embedder) -> None:
    for number, index in enumerate((library / "index", library)):
        builds: list[str] = []

        def make(index: Path = index, builds: list[str] = builds) -> BuildResult:
            result = build(library, index, embedder=embedder)
            builds.append(result.snapshot)
            return result

        with watched(library, make, settle=0.1) as running:
            running.until("built")
            time.sleep(1)
            assert len(builds) == 1, number
            assert running.kinds == ["watching", "building", "built"]


def test_a_build_that_fails_is_said_and_tried_again_at_the_next_change(
    library: Path, tiny_pdf: MakePdf
) -> None:
    ends: list[Exception | None] = [
        IndexerError("The model is not there."),
        OSError(28, "No space left on device", "x"),
        ZeroDivisionError("division by zero"),
        None,
    ]
    tries: list[int] = []

    def make() -> BuildResult:
        tries.append(1)
        end = ends[len(tries) - 1]
        if end is not None:
            raise end
        return BuildResult("s", (), 0, 0.0, "m", True)

    kept = "The index in service stays as it was; the next change is another try."
    with watched(library, make, settle=0.1) as running:
        assert running.until("failed").sentence == f"The model is not there. {kept}"
        time.sleep(0.5)
        assert len(tries) == 1  # not again and again while nothing changes
        for number in range(3):
            tiny_pdf(library / f"n{number}.pdf", [["Words."]])
            wait_for(lambda number=number: len(tries) == number + 2)  # type: ignore[misc]
        running.until("built")
    failed = [seen.sentence for seen in running.told if seen.kind == "failed"]
    assert failed[1] == f"The system says: No space left on device: x. {kept}"
    assert "ZeroDivisionError: division by zero" in failed[2]


def test_a_build_elsewhere_is_waited_for_and_its_process_is_named(
    library: Path, index: Path, embedder: Embedder
) -> None:
    with contextlib.ExitStack() as other:
        other.enter_context(store.lock(index))
        with watched(library, lambda: build(library, index, embedder=embedder)) as running:
            said = running.until("waiting").sentence
            assert said.startswith("Waiting for another build to end. The index in")
            assert f"is being built by process {os.getpid()} since" in said
            time.sleep(0.3)
            assert running.kinds == ["watching", "building", "waiting"]  # said once
            other.close()
            running.until("built")
    assert len(open_snapshot(index).reports) == 2


def test_a_report_that_is_added_by_a_command_leaves_nothing_to_do(
    library: Path, index: Path, embedder: Embedder, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    new = tiny_pdf(tmp_path / "beacon.pdf", [["The beacon burns."]])
    with watched(library, lambda: build(library, index, embedder=embedder)) as running:
        running.until("built")
        added = add([("beacon.pdf", new)], library, index, embedder=embedder)
        result = running.until("built", 2).result
        assert result is not None
        assert (result.snapshot, result.changed) == (added.snapshot, False)


def test_a_folder_that_is_gone_is_waited_for_and_the_index_keeps_its_reports(
    library: Path, index: Path, embedder: Embedder
) -> None:
    away = library.with_name("away")
    with watched(library, lambda: build(library, index, embedder=embedder)) as running:
        running.until("built")
        library.rename(away)
        assert "No such file or directory" in running.until("lost").sentence
        time.sleep(0.3)
        assert running.kinds.count("lost") == 1
        assert len(open_snapshot(index).reports) == 2
        (away / "lights.pdf").unlink()
        away.rename(library)
        running.until("found")
        result = running.until("built", 2).result
        assert result is not None
        assert statuses(result) == {"harbour": "unchanged", "lights": "removed"}


def test_an_empty_folder_where_a_drive_was_is_not_taken_for_a_library_without_reports(
    library: Path, index: Path, embedder: Embedder, tmp_path: Path
) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second drive here")
    with tempfile.TemporaryDirectory(dir=elsewhere) as drive:
        for file in library.iterdir():
            shutil.copy(file, drive)
        shelf, empty = tmp_path / "shelf", tmp_path / "empty"
        empty.mkdir()
        shelf.symlink_to(drive)
        with watched(shelf, lambda: build(shelf, index, embedder=embedder)) as running:
            running.until("built")
            (tmp_path / "next").symlink_to(empty)
            (tmp_path / "next").replace(shelf)
            said = running.until("lost").sentence
            assert f"The library {shelf} is empty and on another drive than before" in said
            assert len(open_snapshot(index).reports) == 2


def test_looking_takes_little_of_the_time(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number}.pdf").touch()
    began = time.process_time()
    for _ in range(10):
        assert len(files_of(tmp_path)) == 1000
    assert (time.process_time() - began) / 10 < 0.05  # seconds; about 4 ms on a quiet machine
    assert watching.LOOKING_SHARE <= 0.05


# The command, as a process

SCRIPT = """
import signal, sys, time
# A run in the background may have been told to ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, "tests")
import conftest, indexer.build
from indexer.embedding import model_identity
from indexer.__main__ import main
class Embedder(conftest.HashEmbedder):
    def encode_passages(self, texts, units, *, on_progress=None):
        if any("for ever" in text for text in texts):
            print("embedding for ever", file=sys.stderr, flush=True)
            time.sleep(600)
        return super().encode_passages(texts, units, on_progress=on_progress)
indexer.build.load_embedder = lambda name: Embedder(model_identity())
sys.exit(main(sys.argv[1:]))
"""


class Process:
    """``python -m indexer watch`` as a process, with an embedder that needs no model."""

    def __init__(self, library: Path, index: Path, *arguments: str) -> None:
        self._err = index.with_name("watch.err")
        self._out = index.with_name("watch.out")
        with self._err.open("wb") as err, self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, "watch", "--library", library, "--index", index,
                 "--settle", "0.3", *arguments],
                cwd=ROOT, stdout=out, stderr=err,
            )  # fmt: skip

    def said(self) -> str:
        return self._err.read_text("utf-8")

    def printed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._out.read_text("utf-8").splitlines()]

    def until(self, words: str) -> None:
        wait_for(lambda: words in self.said() or self.process.poll() is not None, self.said)
        assert words in self.said()

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def start(library: Path, index: Path) -> Iterator[Callable[..., Process]]:
    begun: list[Process] = []

    def start(*arguments: str) -> Process:
        begun.append(Process(library, index, *arguments))
        return begun[-1]

    yield start
    for one in begun:
        one.process.kill()
        one.process.wait()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_follows_and_ends_with_a_sentence(
    start: Callable[..., Process], library: Path, index: Path, tiny_pdf: MakePdf,
    number: int, status: int,
) -> None:  # fmt: skip
    running = start()
    running.until("The new index holds 2 reports with 3 passages")
    (library / "bad.pdf").write_bytes(b"no PDF")
    running.until("Refused bad: bad.pdf is not a PDF")
    tiny_pdf(library / "beacon.pdf", [["The beacon burns."]])
    running.until("The new index holds 3 reports with 4 passages")
    assert running.end(number) == status
    lines = running.said().splitlines()
    assert all(time.strptime(line[:8], "%H:%M:%S") for line in lines)
    said = [line[9:] for line in lines]
    assert said[0] == f"Watching the PDFs in {library}."
    assert said[1:4] == [
        "Comparing the index with the library.", "Reading harbour (1 of 2)",
        "Reading lights (2 of 2)",
    ]  # fmt: skip
    assert said[-1] == "Stopped. The index in service stays as it was."
    assert "Building: beacon.pdf is new." in said
    assert running.printed() == []
    assert len(open_snapshot(index).reports) == 3
    with store.lock(index):
        pass  # nobody holds it


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_build_that_goes_on_is_broken_off_and_the_index_stays(
    start: Callable[..., Process], library: Path, index: Path, tiny_pdf: MakePdf,
    number: int, status: int,
) -> None:  # fmt: skip
    running = start("--json")
    wait_for(lambda: len(running.printed()) == 1, running.said)
    before = open_snapshot(index).name
    tiny_pdf(library / "beacon.pdf", [["The beacon burns for ever."]])
    running.until("embedding for ever")
    assert running.end(number) == status
    assert running.said().endswith("Stopped. The index in service stays as it was.\n")
    assert len(running.printed()) == 1
    assert open_snapshot(index).name == before
    with store.lock(index):
        pass  # nobody holds it


def test_with_json_each_build_that_ended_is_one_object(
    start: Callable[..., Process], library: Path, tiny_pdf: MakePdf
) -> None:
    running = start("--json")
    wait_for(lambda: len(running.printed()) == 1, running.said)
    tiny_pdf(library / "beacon.pdf", [["The beacon burns."]])
    wait_for(lambda: len(running.printed()) == 2, running.said)
    (first, second) = running.printed()
    assert list(first) == ["snapshot", "reports", "passages", "seconds", "model"]
    assert [(r["id"], r["status"]) for r in second["reports"]] == [
        ("beacon", "indexed"), ("harbour", "unchanged"), ("lights", "unchanged"),
    ]  # fmt: skip
    assert second["passages"] == 4
    assert running.end(signal.SIGTERM) == 143
    assert len(running.printed()) == 2


def test_a_failed_build_is_an_object_too_and_the_watch_goes_on(
    start: Callable[..., Process], index: Path, library: Path, tiny_pdf: MakePdf
) -> None:
    index.write_text("no folder")
    running = start("--json")
    wait_for(lambda: len(running.printed()) == 1, running.said)
    (said,) = running.printed()
    assert said["error"].startswith(f"{index} is a file; name a folder for the index")
    index.unlink()
    tiny_pdf(library / "beacon.pdf", [["The beacon burns."]])
    wait_for(lambda: len(running.printed()) == 2, running.said)
    assert running.printed()[1]["passages"] == 4
    assert running.end(signal.SIGINT) == 130


def test_two_watches_of_one_index_take_turns(
    start: Callable[..., Process], library: Path, index: Path, tiny_pdf: MakePdf,
    twin_embedder: Embedder,
) -> None:  # fmt: skip
    one = start("--json")
    wait_for(lambda: len(one.printed()) == 1, one.said)
    with watched(library, lambda: build(library, index, embedder=twin_embedder)) as other:
        other.until("built")
        tiny_pdf(library / "beacon.pdf", [["The beacon burns."]])
        wait_for(lambda: len(one.printed()) == 2, one.said)
        other.until("built", 2)
        assert one.printed()[1]["snapshot"] == other.results[1].snapshot
    assert one.end(signal.SIGTERM) == 143


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--settle", "-1"], "'-1' must be a number from 0 to 3600"), (["--settle", "x"], "'x' must")],
)
def test_wrong_usage_ends_with_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from indexer.__main__ import main

    with pytest.raises(SystemExit, match="2"):
        main(["watch", *arguments])
    assert said in capsys.readouterr().err


def test_a_library_that_was_never_there_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from indexer.__main__ import main

    where = ["--library", str(tmp_path / "absent"), "--index", str(tmp_path / "index")]
    assert main(["watch", *where]) == 1
    assert "There is no library folder" in capsys.readouterr().err
    assert main(["watch", *where, "--json"]) == 1
    assert list(json.loads(capsys.readouterr().out)) == ["error"]


def test_who_asks_for_traces_gets_one(
    library: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexer.__main__ import main

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("indexer.build.build", broken)
    monkeypatch.setenv("REPORT_QA_DEBUG", "1")
    where = ["--library", str(library), "--index", str(index)]
    with pytest.raises(ZeroDivisionError):
        main(["watch", *where, "--settle", "0"])


# The option of the page


@pytest.fixture
def page_on(
    library: Path, index: Path, twin_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], AppTest]]:
    """A function that opens the Library page as a new visitor, an index being there."""
    build(library, index, embedder=twin_embedder)
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    monkeypatch.setattr("indexer.build.load_embedder", lambda name: twin_embedder)
    st.cache_resource.clear()
    yield lambda: run(AppTest.from_function(_library))
    st.cache_resource.clear()


def _library() -> None:
    from qa.views import library
    from qa.views.guard import guarded

    guarded(library.show)()


def run(page: AppTest) -> AppTest:
    page.run(timeout=PATIENCE_S)
    assert not page.exception
    return page


def shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "watch"]


def test_the_page_follows_the_library_while_the_option_is_on(
    page_on: Callable[[], AppTest], library: Path, index: Path, tiny_pdf: MakePdf
) -> None:
    page = page_on()
    assert page.toggle(key="follow").label == strings.FOLLOW
    assert not page.toggle(key="follow").value
    tiny_pdf(library / "beacon.pdf", [["The beacon burns."]])
    assert watchers() == []

    page.toggle(key="follow").set_value(True)
    run(page)
    assert page.toggle(key="follow").value
    wait_for(lambda: len(open_snapshot(index).reports) == 3)
    assert len(watchers()) == 1
    tiny_pdf(library / "flame.pdf", [["A flame is lit."]])  # and runs of the page do not matter
    for _ in range(3):
        run(page)
    wait_for(lambda: len(open_snapshot(index).reports) == 4)
    assert len(watchers()) == 1

    other = page_on()  # another visitor
    assert other.toggle(key="follow").value
    wait_for(lambda: strings.FOLLOWING_STILL in shown(run(other)))
    assert "4 reports" in shown(other)
    other.toggle(key="follow").set_value(False)
    run(other)
    wait_for(lambda: watchers() == [])
    assert not run(page).toggle(key="follow").value
    before = open_snapshot(index).name
    (library / "flame.pdf").unlink()
    time.sleep(3)
    assert open_snapshot(index).name == before


def test_the_page_says_why_the_index_cannot_follow(
    page_on: Callable[[], AppTest], library: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def full(*_: object, **__: object) -> None:
        raise IndexerError("<b>The disk is full.</b>")

    monkeypatch.setattr("qa.views.watching.build", full)
    page = page_on()
    page.toggle(key="follow").set_value(True)
    run(page)
    wait_for(lambda: strings.FOLLOW_FAILED in shown(run(page)))
    assert "&lt;b&gt;The disk is full.&lt;/b&gt; The index in service stays as" in shown(page)
    wait_for(lambda: "could not follow" in caplog.text)
    shutil.rmtree(library)
    wait_for(lambda: "No such file or directory" in shown(run(page)))


def test_the_option_begins_work_at_the_desk_where_all_work_is_begun(
    page_on: Callable[[], AppTest], library: Path, index: Path, tiny_pdf: MakePdf
) -> None:
    page = page_on()
    go = threading.Event()

    def job(listen: object) -> BuildResult:
        assert go.wait(PATIENCE_S)
        return BuildResult("s", (), 0, 0.0, "m", False)

    desk = work.desk(str(index))
    other = desk.begin(job)
    tiny_pdf(library / "beacon.pdf", [["The beacon burns."]])
    page.toggle(key="follow").set_value(True)
    run(page)
    wait_for(lambda: strings.FOLLOWING["waiting"] in shown(run(page)))
    assert desk.work is other
    go.set()
    wait_for(lambda: len(open_snapshot(index).reports) == 3)
    assert desk.work is not other


def test_work_at_a_desk_gives_its_result_and_raises_its_error() -> None:
    desk = work.Desk()
    result = BuildResult("s", (), 0, 0.0, "m", False)
    assert at_desk(desk, lambda listen: result) is result

    def fail(listen: object) -> BuildResult:
        raise BuildLocked("Process 7 builds.")

    with pytest.raises(BuildLocked, match="Process 7 builds"):
        at_desk(desk, fail)
    assert desk.work is not None
    assert desk.work.outcome is not None
    assert desk.work.outcome.problem == "Process 7 builds."


def test_the_examples_in_its_docstrings_are_true() -> None:
    found = doctest.testmod(watching)
    assert (found.attempted, found.failed) == (1, 0)
