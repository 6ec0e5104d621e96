"""Reports read and embedded by the workers of an executor: the same index, whatever breaks."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from indexer.__main__ import main
from indexer.build import build, recipe_of
from indexer.errors import ClusterFailed, DamagedPdf, PassingRefusal, ReaderFailed
from indexer.events import Event
from indexer.remote import RemoteReader, Workers, do_work, packed, unpacked, work_with
from indexer.sandbox import read_report
from indexer.store import file_sha256
from tests.conftest import HashEmbedder, make_pdf

HASH = recipe_of("hash@0")


def content(index: Path) -> dict[str, str]:
    """Return the sha256 of every file that a build makes; the time it was made at is left out."""
    found = {}
    for folder in ("shards", "snapshots", "tokens"):
        for file in sorted((index / folder).rglob("*")):
            name = file.relative_to(index).as_posix()
            if folder == "snapshots":
                name = name.split("/", 2)[2] if name.count("/") > 1 else ""
            if file.name == "manifest.json":
                told = json.loads(file.read_bytes())
                found[name] = json.dumps({k: v for k, v in told.items() if k != "created"})
            elif file.is_file():
                found[name] = file_sha256(file)
    return found


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A library of eight reports, one of them damaged and one without passages of its own."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for number in range(7):
        lines = [f"Lighthouse {number} has {number + 3} keepers and {n} lamps." for n in range(4)]
        make_pdf(folder / f"report-{number}.pdf", [["# 1. Keepers", *lines]] * (number + 1))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing that follows is a PDF\n")
    return folder


@pytest.fixture
def serial(reports: Path, tmp_path: Path) -> Path:
    index = tmp_path / "serial"
    build(reports, index)
    return index


@pytest.fixture(autouse=True)
def plain_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing in the main module that a new process would run: tests of pages do."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


def in_processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


def test_processes_make_the_same_index(reports: Path, serial: Path, tmp_path: Path) -> None:
    with in_processes(2) as pool:
        result = build(reports, tmp_path / "index", cluster=Workers(pool, 2))
    assert content(tmp_path / "index") == content(serial)
    assert [r.id for r in result.reports if r.status == "refused"] == ["broken"]


def test_an_embedder_of_the_callers_stays_with_the_caller(
    library: Path, tmp_path: Path, embedder: HashEmbedder
) -> None:
    build(library, tmp_path / "here", embedder=HashEmbedder())
    with ThreadPoolExecutor(2) as pool:
        build(library, tmp_path / "away", embedder=embedder, cluster=Workers(pool, 2))
    assert embedder.texts
    assert content(tmp_path / "away") == content(tmp_path / "here")


# Dask


@pytest.fixture
def dask() -> Iterator[Any]:
    """A scheduler and two worker processes on this machine, each watched by its nanny."""
    distributed = pytest.importorskip(
        "distributed", reason="needs distributed: `make install-test`"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing(
    reports: Path, serial: Path, dask: Any, tmp_path: Path
) -> None:
    from indexer.cluster import workers

    killed: list[int] = []

    def kill(event: Event) -> None:
        # A report is in; whichever worker is at another one is ended over it.
        busy = {a for a, known in dask.scheduler.workers.items() if known.processing}
        if event.stage == "embedding" and not killed:
            for nanny in dask.workers.values():
                if nanny.worker_address in busy and not killed:
                    killed.append(nanny.pid)
                    os.kill(nanny.pid, signal.SIGKILL)

    with workers(dask.scheduler_address) as cluster:
        assert cluster.slots == 2
        result = build(reports, tmp_path / "index", cluster=cluster, on_event=kill)
    assert killed
    assert sum(report.status == "indexed" for report in result.reports) == 7
    assert content(tmp_path / "index") == content(serial)


@pytest.mark.slow
def test_the_command_builds_on_a_cluster(
    reports: Path, serial: Path, dask: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--library", str(reports), "--index", str(tmp_path / "index"), "--json"]
    assert main(["build", *folders, "--cluster", dask.scheduler_address]) == 3
    assert json.loads(capsys.readouterr().out)["passages"] > 0
    assert content(tmp_path / "index") == content(serial)


def test_a_scheduler_that_is_away_is_a_sentence(
    reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    pytest.importorskip("distributed", reason="needs distributed: `make install-test`")
    monkeypatch.setattr("indexer.cluster.CONNECT_SECONDS", 0.5)
    folders = ["--library", str(reports), "--index", str(tmp_path / "index")]
    assert main(["build", *folders, "--cluster", "tcp://127.0.0.1:1"]) == 1
    said = capsys.readouterr().err
    assert "The scheduler tcp://127.0.0.1:1 does not answer" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://db:1", "tcp://db", "tcp://db:99999"])
def test_what_is_no_address_of_a_scheduler(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["build", "--cluster", address])
    assert ended.value.code == 2
    assert "is not the address of a Dask scheduler" in capsys.readouterr().err


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    from indexer.cluster import workers

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterFailed, match="make install-cluster"), workers("tcp://127.0.0.1:1"):
        pass


# One file


def reader(executor: Executor, **options: Any) -> RemoteReader:
    options = {"here": read_report, **options}
    workers = Workers(
        executor, 1, options.pop("alive", lambda: 1), options.pop("lost", ())
    )  # fmt: skip
    return RemoteReader(workers, HASH, "", **options)


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


class Never(Executor):
    """Takes work and never does it."""

    def submit(self, *_: object, **__: object) -> Future[Any]:  # type: ignore[override]
        return Future()


def test_a_report_is_read_as_it_is_here(thread: ThreadPoolExecutor, library: Path) -> None:
    path = library / "lights.pdf"
    assert reader(thread)(path).report == read_report(path)


def test_a_refusal_is_the_same_sentence(thread: ThreadPoolExecutor, reports: Path) -> None:
    path = reports / "broken.pdf"
    with pytest.raises(DamagedPdf) as here:
        read_report(path)
    with pytest.raises(DamagedPdf) as away:
        reader(thread)(path)
    assert str(away.value) == str(here.value)


def test_what_is_too_large_is_read_here(library: Path) -> None:
    path = library / "lights.pdf"
    size = path.stat().st_size
    found = reader(Never(), max_sent=size - 1)(path)
    assert found.report.id == "lights"
    assert found.embeddings is None


def test_another_version_is_told(thread: ThreadPoolExecutor, library: Path) -> None:
    recipe = recipe_of("hash@0")
    other = RemoteReader(
        Workers(thread, 1), type(recipe)("0", recipe.reader, recipe.passages, recipe.model), "",
        here=read_report,
    )  # fmt: skip
    with pytest.raises(ClusterFailed, match=r"of another version.*Install the same version"):
        other(library / "lights.pdf")


def test_a_model_that_a_worker_lacks_is_told(thread: ThreadPoolExecutor, library: Path) -> None:
    away = RemoteReader(Workers(thread, 1), HASH, "no-such-model", here=read_report)
    with pytest.raises(ClusterFailed, match="no embedding model 'no-such-model'"):
        away(library / "lights.pdf")


def test_without_workers_there_is_an_end(library: Path) -> None:
    away = reader(Never(), alive=lambda: 0, alone_seconds=0.1)
    with pytest.raises(ClusterFailed, match=r"no worker for 0\.1 seconds"):
        away(library / "lights.pdf")


def test_waiting_can_be_ended(library: Path) -> None:
    away = reader(Never())
    timer = threading.Timer(0.2, away.stop)
    timer.start()
    with pytest.raises(PassingRefusal, match="not read to the end"):
        away(library / "lights.pdf")
    timer.join()


def test_a_file_that_ends_its_workers_is_refused_and_no_more(library: Path) -> None:
    class Ended(Exception):
        pass

    class Ends(Executor):
        def submit(self, *_: object, **__: object) -> Future[Any]:  # type: ignore[override]
            future: Future[Any] = Future()
            future.set_exception(Ended("worker tcp://… ended"))
            return future

    with pytest.raises(PassingRefusal, match="the workers that had it broke off"):
        reader(Ends(), lost=(Ended,))(library / "lights.pdf")
    with pytest.raises(ClusterFailed, match="The workers broke off"):
        reader(Ends())(library / "lights.pdf")


def end(_: bytes) -> bytes:
    os._exit(7)


def test_a_broken_pool_leaves_the_index_as_it_was(
    library: Path, index: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(library, index, embedder=embedder)
    before = content(index)
    make_pdf(library / "new.pdf", [["# 1. Oil", "There is no oil left in the lighthouse."]])
    monkeypatch.setattr("indexer.remote.do_work", end)
    with in_processes(1) as pool, pytest.raises(ClusterFailed, match="BrokenProcessPool"):
        build(library, index, embedder=embedder, cluster=Workers(pool, 1))
    assert content(index) == before


# Bytes that nobody trusts


def asked(library: Path, **changed: object) -> bytes:
    pdf = (library / "lights.pdf").read_bytes()
    head = {
        "name": "lights.pdf", "recipe": asdict(HASH), "model": "",
        "sha256": hashlib.sha256(pdf).hexdigest(),
    }  # fmt: skip
    return packed(head | changed, [pdf])


@pytest.mark.parametrize("name", ["../x.pdf", "/x.pdf", "a/b.pdf", ".pdf", "x.txt", "\0.pdf", 7])
def test_a_worker_takes_no_path(name: object, library: Path) -> None:
    head, parts = unpacked(do_work(asked(library, name=name)))
    assert "refused" in head or "failed" in head
    assert not parts


@pytest.mark.parametrize("data", [b"", b"\0" * 8, b"\0" * 7 + b"\2{}", b"\xff" * 40, b"junk junk"])
def test_a_worker_answers_whatever_it_is_asked(data: bytes) -> None:
    assert "failed" in unpacked(do_work(data))[0]


def test_a_worker_notices_what_did_not_arrive_whole(library: Path) -> None:
    head, _ = unpacked(do_work(asked(library, sha256="0" * 64)))
    assert "did not arrive as it was sent" in head["failed"]


def reply(library: Path) -> tuple[dict[str, Any], list[bytes]]:
    """Return what a worker answers with the small embedder."""
    data = work_with(lambda _: HashEmbedder(), asked(library, model="hash"))
    return unpacked(data)


BREAKS: dict[str, Callable[[dict[str, Any], list[bytes]], bytes]] = {
    "nothing": lambda head, parts: b"",
    "no json": lambda head, parts: b"\0" * 7 + b"\3abc",
    "no dimension": lambda head, parts: packed({}, parts),
    "dimension 0": lambda head, parts: packed({"dimension": 0}, parts),
    "other dimension": lambda head, parts: packed({"dimension": 7}, parts),
    "a part less": lambda head, parts: packed(head, parts[:-1]),
    "a part more": lambda head, parts: packed(head, [*parts, b""]),
    "cut": lambda head, parts: packed(head, parts)[:-1],
    "longer": lambda head, parts: packed(head, parts) + b"x",
    "no report": lambda head, parts: packed(head, [b"[]", *parts[1:]]),
    "no number": lambda head, parts: packed(
        head, [parts[0], np.full(len(parts[1]) // 4, np.nan, np.float32).tobytes(), *parts[2:]]
    ),
    "offsets": lambda head, parts: packed(
        head, [*parts[:4], np.full(len(parts[4]) // 8, -1, np.int64).tobytes()]
    ),
    "unknown refusal": lambda head, parts: packed(
        {"refused": {"error": "SystemExit", "message": "x"}}, []
    ),
}


@pytest.mark.parametrize("how", BREAKS)
def test_an_answer_that_is_none_is_a_refusal(how: str, library: Path) -> None:
    broken = BREAKS[how](*reply(library))

    class Says(Executor):
        def submit(self, *_: object, **__: object) -> Future[Any]:  # type: ignore[override]
            future: Future[Any] = Future()
            future.set_result(broken)
            return future

    with pytest.raises(ReaderFailed):
        reader(Says())(library / "lights.pdf")


def test_vectors_come_back_as_they_were(library: Path) -> None:
    head, parts = reply(library)

    class Says(Executor):
        def submit(self, *_: object, **__: object) -> Future[Any]:  # type: ignore[override]
            future: Future[Any] = Future()
            future.set_result(packed(head, parts))
            return future

    found = reader(Says())(library / "lights.pdf")
    assert found.embeddings is not None
    assert found.embeddings.vectors.tobytes() == parts[1]
    assert found.embeddings.tokens.dtype == np.float16
    assert len(found.embeddings.vectors) == len(found.report.passages)
