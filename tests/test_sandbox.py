"""Each file is read by a process that may break, and whatever it does costs that file alone.

Every reader here that misbehaves is a real process, held to small limits.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import random
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer import wire
from indexer.ahead import ReadAhead
from indexer.build import BuildResult, build, status
from indexer.errors import (
    NotAPdf,
    OverLimit,
    PassingRefusal,
    ReaderFailed,
    ReaderMissing,
    ReportRefused,
    TooLarge,
)
from indexer.inspect import inspect_report, to_html
from indexer.limits import Limits
from indexer.reading import read_document
from indexer.records import Finding, Report, TextWord
from indexer.report import read_report
from indexer.sandbox import Sandbox
from indexer.snapshot import open_snapshot, verify

ROOT = Path(__file__).resolve().parents[1]
DIGEST = next((ROOT / "data" / "reports").glob("*.pdf"))
MIB = 2**20
SMALL = Limits(memory=192 * MIB, seconds=20.0, file_size=MIB, processes=6)
SHORT = dataclasses.replace(SMALL, seconds=2.0)

MakePdf = Callable[..., Path]

SCRIPT = """
import ctypes, os, signal, socket, sys, time
from indexer.sandbox_child import JOBS, serve

def report(path, read, options):
    if not path.name.startswith("odd"):
        return JOBS["report"](path, read, options)
    return work(path)

def work(path):
    BODY

serve({"report": report})
"""


def odd(body: str, *, limits: Limits = SMALL) -> Sandbox:
    """Return a sandbox whose reader runs ``body`` instead where a file's name begins with "odd"."""
    script = SCRIPT.replace("BODY", body.strip().replace("\n", "\n    "))
    return Sandbox(limits=limits, program=["-c", script])


@pytest.fixture
def pdf(tmp_path: Path, tiny_pdf: MakePdf) -> Path:
    """A sound file with an odd name."""
    return tiny_pdf(tmp_path / "odd.pdf", [["# 1. Oil", "Stores held 900 litres of oil."]])


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has taken leave of yet does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.05)
    return holds()


def pids_in(file: Path, count: int) -> list[int]:
    """Return the process ids that were written into a file, once all are there."""
    assert wait_until(lambda: file.exists() and len(file.read_text().split()) == count)
    return [int(word) for word in file.read_text().split()]


# What is read is what would be read here


@pytest.mark.parametrize("pages", [[["One page."]], [["# 1. A", "Text."], ["# 2. B", "More."]]])
def test_a_report_is_the_same_to_the_last_bit(
    tmp_path: Path, tiny_pdf: MakePdf, pages: list[list[str]]
) -> None:
    path = tiny_pdf(tmp_path / "größe.pdf", pages, title="Größe – ‘Maß’ 🙂")
    assert repr(Sandbox().read_report(path)) == repr(read_report(path))


def test_the_shipped_report_is_the_same_and_so_are_its_card_and_its_page() -> None:
    sandbox = Sandbox()
    assert repr(sandbox.read_report(DIGEST)) == repr(read_report(DIGEST))
    card, own = sandbox.inspect_report(DIGEST), inspect_report(DIGEST)
    assert dataclasses.replace(card, seconds=own.seconds) == own
    page, own_page = sandbox.to_html(DIGEST, scale=0.2), to_html(DIGEST, scale=0.2)
    time_row = re.compile(r"<td>Time</td><td>[^<]*</td>")
    assert time_row.sub("", page) == time_row.sub("", own_page)
    assert len(page) > 100_000


@pytest.mark.parametrize("job", ["read_report", "inspect_report", "to_html"])
def test_a_refusal_is_the_same(tmp_path: Path, job: str) -> None:
    path = tmp_path / "zip.pdf"
    path.write_bytes(b"PK\3\4")
    with pytest.raises(NotAPdf) as caught:
        getattr(Sandbox(), job)(path)
    with pytest.raises(NotAPdf) as own:
        read_report(path)
    assert str(caught.value) == str(own.value)


def test_a_file_that_has_gone_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(PassingRefusal, match=r"gone.pdf cannot be read \(FileNotFoundError: .*\)"):
        Sandbox().read_report(tmp_path / "gone.pdf")


def test_a_relative_path_is_that_of_this_process(
    tmp_path: Path, pdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Sandbox().read_report(Path("odd.pdf")).id == "odd"


# Budgets


def test_a_file_with_too_many_pages_or_words_is_refused_with_both_numbers(
    tmp_path: Path, tiny_pdf: MakePdf
) -> None:
    path = tiny_pdf(tmp_path / "long.pdf", [["one two three"], ["four five"], ["six"]])
    assert read_document(path, max_pages=3, max_words=6).pages[2].number == 3
    with pytest.raises(TooLarge, match=r"long.pdf has 3 pages and the limit is 2: split the file"):
        Sandbox(limits=Limits(pages=2)).read_report(path)
    said = r"has 5 words on the first 2 of its 3 pages and the limit is 4: split the file"
    with pytest.raises(TooLarge, match=said):
        Sandbox(limits=Limits(words=4)).read_report(path)


def test_time_grows_with_pages_and_pictures_up_to_a_cap() -> None:
    limits = Limits()
    assert limits.allowed(1, 0) == limits.allowed(100, 0) == 30
    assert limits.allowed(300, 0) == pytest.approx(50)
    assert limits.allowed(6, 6) == 90
    assert limits.allowed(3000, 3000) == 600


def test_pictures_have_the_time_that_the_file_has_left(tmp_path: Path, shared: Path) -> None:
    told: list[tuple[int, int]] = []

    def plan(pages: int, pictures: int) -> float:
        told.append((pages, pictures))
        return 0.0

    document = read_document(shared / "corpus/hostile/mixed-scan-bury.pdf", plan=plan)
    assert told == [(10, 0), (10, 3)]
    assert [page.number for page in document.pages if not page.words] != []
    assert "could not read in time" in document.notes[0] or "not installed" in document.notes[0]


# Limits


def test_a_reader_that_eats_memory_is_ended(pdf: Path) -> None:
    with pytest.raises(OverLimit) as caught:
        odd("held = []\nwhile True: held.append(bytearray(2**20))").read_report(pdf)
    assert str(caught.value) == (
        "odd.pdf cannot be read: that takes more than 192 MiB of memory, which is the limit. Open "
        "it in a viewer and print it to a new PDF, or split it."
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the memory of a process")
def test_memory_is_that_of_all_processes_together(pdf: Path) -> None:
    body = """
for _ in range(3):
    if os.fork() == 0:
        held = bytearray(b"x") * (70 * 2**20)
        time.sleep(600)
time.sleep(600)"""
    with pytest.raises(OverLimit, match="takes more than 192 MiB of memory"):
        odd(body).read_report(pdf)


def test_a_reader_that_loops_is_ended_for_good(pdf: Path) -> None:
    with pytest.raises(OverLimit, match="takes more than 2 seconds of processor time, which is"):
        odd("while True: pass", limits=SHORT).read_report(pdf)


def test_a_reader_that_keeps_python_from_its_other_threads_is_ended_too(pdf: Path) -> None:
    body = "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')"
    with pytest.raises(OverLimit, match="takes more than 2 seconds of processor time"):
        odd(body, limits=SHORT).read_report(pdf)


def test_a_reader_that_ignores_the_limit_of_time_is_ended(pdf: Path) -> None:
    body = "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    begun = time.monotonic()
    with pytest.raises(ReportRefused):  # for good, or as busy where the machine is
        odd(body, limits=SHORT).read_report(pdf)
    assert time.monotonic() - begun < 60


def test_a_reader_that_waits_is_ended_and_tried_again(pdf: Path) -> None:
    with pytest.raises(PassingRefusal, match="not read within 2 seconds, in which it had the"):
        odd("time.sleep(600)", limits=SHORT).read_report(pdf)


def test_a_file_larger_than_the_limit_is_not_written(pdf: Path, tmp_path: Path) -> None:
    body = f"""
with open({str(tmp_path / "huge")!r}, "wb") as file:
    while True: file.write(bytes(2**20))"""
    with pytest.raises(OverLimit, match="takes a file of more than 1 MiB on the disk, which is"):
        odd(body).read_report(pdf)
    assert (tmp_path / "huge").stat().st_size <= MIB


def test_processes_that_a_reader_starts_end_with_it(pdf: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    body = f"""
for _ in range(2):
    if os.fork() == 0:
        with open({str(pids)!r}, "a") as file: file.write(f"{{os.getpid()}}\\n")
        time.sleep(600)
while len(open({str(pids)!r}).read().split()) < 2: time.sleep(0.01)
os._exit(0)"""
    pids.touch()
    with pytest.raises(ReaderFailed, match="it ended with status 0 and without an answer"):
        odd(body).read_report(pdf)
    readers = pids_in(pids, 2)
    assert wait_until(lambda: not any(map(is_alive, readers)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a process is")
def test_a_reader_that_starts_ever_more_processes_is_ended(pdf: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    body = f"""
for _ in range(20):
    if os.fork() == 0:
        with open({str(pids)!r}, "a") as file: file.write(f"{{os.getpid()}}\\n")
        time.sleep(600)
time.sleep(600)"""
    with pytest.raises(OverLimit, match="takes more than 6 processes, which is the limit"):
        odd(body, limits=dataclasses.replace(SMALL, memory=2**30)).read_report(pdf)
    readers = [int(word) for word in pids.read_text().split()]
    assert wait_until(lambda: not any(map(is_alive, readers)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forbids calls to a process")
@pytest.mark.parametrize(
    "call",
    ["socket.socket()", "socket.socket(socket.AF_UNIX)", "socket.socketpair()", "os.setsid()",
     "os.setpgid(0, 0)"],
)  # fmt: skip
def test_a_reader_has_no_network_and_stays_in_its_group(pdf: Path, call: str) -> None:
    body = call
    if call == "os.setsid()":  # only a process that does not lead its group could leave it
        body = """
reading, writing = os.pipe()
if os.fork() == 0:
    try: os.setsid()
    except OSError as error: os.write(writing, type(error).__name__.encode())
    os._exit(0)
raise OSError(os.read(reading, 100).decode())"""
    with pytest.raises(PassingRefusal, match="PermissionError"):
        odd(body).read_report(pdf)


def test_a_reader_gets_nothing_of_the_environment_that_it_does_not_need(
    pdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "1234")
    body = "raise ValueError(sorted(os.environ))"
    with pytest.raises(ReaderFailed) as caught:
        odd(body).read_report(pdf)
    assert "PYTHONPATH" in str(caught.value)
    assert "SECRET" not in str(caught.value)


# Sudden ends


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", PassingRefusal, "ended from outside (SIGKILL)"),
        ("os.kill(os.getpid(), signal.SIGTERM)", PassingRefusal, "ended from outside (SIGTERM)"),
        ("ctypes.string_at(0)", ReaderFailed, "the reader broke off on it (SIGSEGV), so it is"),
        ("os.abort()", ReaderFailed, "the reader broke off on it (SIGABRT), so it is damaged"),
        ("os._exit(3)", ReaderFailed, "it ended with status 3 and without an answer"),
        ("raise KeyError('/Root')", ReaderFailed, "the reader fails on it (KeyError: '/Root')"),
        ("def f(): f()\nf()", ReaderFailed, "the reader fails on it (RecursionError: maximum"),
        ("raise OSError(5, 'Input/output error')", PassingRefusal, "Input/output error); try"),
        ("raise OSError(12, 'no memory')", OverLimit, "takes more than 192 MiB of memory"),
        ("return b'{}'", ReaderFailed, "what the reader gives back is no report (KeyError: 'pa"),
        ("return b'[' * 100_000", ReaderFailed, "is no report (RecursionError: "),
        ("os.close(3)\nreturn b''", PassingRefusal, "Bad file descriptor"),
    ],
)  # fmt: skip
def test_however_a_reader_ends_it_is_a_sentence(
    pdf: Path, body: str, kind: type[ReportRefused], said: str
) -> None:
    with pytest.raises(ReportRefused) as caught:
        odd(body).read_report(pdf)
    if "os.close" in body:  # whichever descriptor that was, there is no answer
        assert isinstance(caught.value, (PassingRefusal, ReaderFailed))
        return
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert str(caught.value).startswith("odd.pdf ")


def frame(letter: bytes, data: bytes, length: int | None = None) -> bytes:
    return struct.pack(">cQ", letter, len(data) if length is None else length) + data


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        (b"I am no reader.\n" * 10, "it begins with b'I'"),
        (pickle.dumps({"pages": []}), "it begins with b'\\x80'"),
        (frame(b"R", b"") + frame(b"A", b"", 10**15), "it has 1,000,000,000,000,000 bytes and"),
        (frame(b"R", b"") + frame(b"S", b"", 20_000), "it has 20,000 bytes and the limit is 10,0"),
        (frame(b"R", b"") + frame(b"R", b""), "it is ready twice"),
        (frame(b"R", b"") + frame(b"S", b"[1, 2]"), "2 of 1 pages"),
        (frame(b"R", b"") + frame(b"S", b"[1e9, 0]"), "no whole number"),
        (frame(b"R", b"") + frame(b"A", b"no JSON"), "JSONDecodeError"),
        (frame(b"R", b"") + frame(b"A", b"\xff\xfe{"), "is no report (UnicodeDecodeError"),
        (frame(b"R", b"") + frame(b"A", b"null"), "is no report (TypeError"),
        (frame(b"R", b"") + frame(b"X", b'{"error": "SystemExit", "message": ""}'), "KeyError"),
        (frame(b"R", b"") + frame(b"A", b"{}", 5), "it ended with status 0 and without an answer"),
    ],
)
def test_garbage_is_no_report(pdf: Path, replies: bytes, said: str) -> None:
    script = f"import os, sys\nos.write(1, {replies!r})"
    with pytest.raises(ReaderFailed) as caught:
        Sandbox(limits=SMALL, program=["-c", script]).read_report(pdf)
    assert said in str(caught.value)


@pytest.mark.parametrize("letter", [b"S", b"A"])
def test_garbage_without_end_is_ended(pdf: Path, letter: bytes) -> None:
    data = frame(b"S", b"[1, 0]") if letter == b"S" else b"\0" * 1024
    first = frame(b"R", b"") + (b"" if letter == b"S" else frame(b"A", b"", 120 * MIB))
    script = f"import os\nos.write(1, {first!r})\nwhile True: os.write(1, {data!r})"
    with pytest.raises(ReportRefused):
        Sandbox(limits=SHORT, program=["-c", script]).read_report(pdf)


def test_no_reader_at_all_is_not_the_files_fault(pdf: Path, library: Path, index: Path) -> None:
    absent = Sandbox(program=["-m", "indexer.there_is_none"])
    with pytest.raises(ReaderMissing, match="can be started: it ended with status 1"):
        absent.read_report(pdf)
    with pytest.raises(ReaderMissing):
        build(library, index, read=absent.read_report)
    assert not (index / "CURRENT").exists()


def test_what_is_read_in_another_thread_can_be_stopped(pdf: Path) -> None:
    sandbox = odd("time.sleep(600)")
    caught: list[BaseException] = []

    def read() -> None:
        try:
            sandbox.read_report(pdf)
        except ReportRefused as error:
            caught.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(1)
    sandbox.stop()
    thread.join(30)
    assert [type(error) for error in caught] == [PassingRefusal]


PARENT = """
import runpy, signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, sys.argv[1])
from indexer.sandbox import Sandbox
Sandbox(program=["-c", sys.argv[2]]).read_report(Path(sys.argv[3]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread does it, in its own time")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("busy", [False, True])
def test_a_reader_and_what_it_has_started_end_with_the_build(
    pdf: Path, tmp_path: Path, sent: signal.Signals, busy: bool
) -> None:
    pids = tmp_path / "pids"
    wait = "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')" if busy else "time.sleep(600)"
    body = f"""
os.fork()
with open({str(pids)!r}, "a") as file: file.write(f"{{os.getpid()}}\\n")
{wait}"""
    script = SCRIPT.replace("BODY", body.strip().replace("\n", "\n    "))
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(ROOT), script, str(pdf)], stderr=subprocess.DEVNULL
    )
    try:
        readers = pids_in(pids, 2)
        assert all(map(is_alive, readers))
        process.send_signal(sent)
        process.wait(30)
        assert wait_until(lambda: not any(map(is_alive, readers)), 20)
    finally:
        process.kill()
        process.wait()


# A build


MISDEEDS = {
    "eats": "while True: held.append(bytearray(2**20))",
    "loops": "while True: pass",
    "forks": "os.fork()\n        os._exit(0)",
    "writes": "open(path.parent.parent / 'huge', 'wb').write(bytes(2**22))",
    "dies": "os.kill(os.getpid(), signal.SIGKILL)",
    "lies": "return b'[]'",
}
MISBEHAVING = "held = []\n" + "\n".join(
    f"if path.stem == 'odd-{name}':\n    {code}".replace("\n        ", "\n    ")
    for name, code in MISDEEDS.items()
)


def test_good_files_are_indexed_beside_those_that_break_their_reader(
    library: Path, index: Path, embedder: Any, tiny_pdf: MakePdf
) -> None:
    for number, name in enumerate(MISDEEDS):
        tiny_pdf(library / f"odd-{name}.pdf", [[f"File {number}."]])
    sandbox = odd(MISBEHAVING, limits=dataclasses.replace(SMALL, seconds=3.0))
    names: list[str] = []

    def read(path: Path) -> Report:
        names.append(path.stem)
        return sandbox.read_report(path)

    result = build(library, index, read=read, embedder=embedder, workers=2)
    outcomes = {report.id: report.status for report in result.reports}
    assert outcomes == {
        "harbour": "indexed", "lights": "indexed", **{f"odd-{name}": "refused" for name in MISDEEDS}
    }  # fmt: skip
    said = {refused.id: refused.reason for refused in result.refused}
    assert "more than 192 MiB of memory" in said["odd-eats"]
    assert "more than 3 seconds of processor time" in said["odd-loops"]
    assert "ended with status 0 and without an answer" in said["odd-forks"]
    assert "a file of more than 1 MiB on the disk" in said["odd-writes"]
    assert "ended from outside (SIGKILL); try again" in said["odd-dies"]
    assert "gives back is no report" in said["odd-lies"]
    assert verify(index) == []
    kept = status(library, index, model=embedder.name).refused
    assert {refused.id: refused.reason for refused in kept} == said
    names.clear()
    again = build(library, index, read=read, embedder=embedder)
    assert names == ["odd-dies"]  # the others are what they were
    assert again.refused == result.refused


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_any_number_of_workers_gives_the_same_bytes(
    library: Path, tmp_path: Path, embedder: Any, tiny_pdf: MakePdf
) -> None:
    for number in range(5):
        pages = [[f"# {number}. Part", f"Text {number} of page {page}."] for page in range(number)]
        tiny_pdf(library / f"more-{number}.pdf", [*pages, ["The end."]], title=f"More {number}")
    (library / "bad.pdf").write_bytes(b"%PDF-1.4 and no more")
    results: list[BuildResult] = []
    for workers in (0, 1, 3, 9):
        index = tmp_path / f"index-{workers}"
        results.append(build(library, index, embedder=embedder, workers=workers))
    first = tmp_path / "index-0"
    shards = files_of(first / "shards")
    assert len(shards) > 50
    snapshot = open_snapshot(first)
    for workers, result in zip((1, 3, 9), results[1:], strict=True):
        index = tmp_path / f"index-{workers}"
        assert files_of(index / "shards") == shards
        other = open_snapshot(index)
        assert (other.reports, other.refused) == (snapshot.reports, snapshot.refused)
        hashes, own = (
            json.loads((where / "snapshots" / name / "manifest.json").read_bytes())["files"]
            for where, name in ((index, result.snapshot), (first, results[0].snapshot))
        )
        assert hashes == own
        assert [dataclasses.replace(r, seconds=0) for r in result.reports] == [
            dataclasses.replace(r, seconds=0) for r in results[0].reports
        ]


def test_reading_ahead_reads_each_file_once_and_not_too_many() -> None:
    lock, going, most, read = threading.Lock(), 0, 0, []

    def reader(path: Path) -> Report:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
            read.append(path.name)
        time.sleep(0.02)
        with lock:
            going -= 1
        if path.name == "3":
            raise TooLarge("3 is too large.")
        return Report(path.name, "", (), ())

    plan = [Path(str(number)) for number in range(8)]
    with ReadAhead(reader, plan, workers=2) as ahead:
        assert ahead.reading(plan[0]).report.id == "0"
        time.sleep(0.3)
        assert read == ["0", "1", "2", "3"]  # two at a time, and one more waits to be handed out
        assert ahead.reading(plan[2]).report.id == "2"  # the one before it is not wanted
        with pytest.raises(TooLarge):
            ahead.reading(plan[3])
        assert ahead.reading(Path("other")).report.id == "other"
        assert ahead.reading(plan[7]).report.id == "7"
        assert ahead.reading(plan[7]).report.id == "7"  # asked for again, read again
    assert most <= 3
    assert set(read) >= {"0", "1", "2", "3", "other", "7"}


@pytest.mark.parametrize("command", ["build", "inspect"])
def test_the_command_line_opens_no_pdf_itself(
    command: str, library: Path, index: Path, embedder: Any
) -> None:
    words = [command, "--library", library, "--index", index, "--workers", "2"]
    if command == "build":
        (library / "lights.pdf").write_bytes(b"%PDF-1.4\n")
        (library / "harbour.pdf").unlink()  # so that nothing has to be embedded
    else:
        words = [command, library / "lights.pdf", "--json"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "indexer", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "indexer.sandbox" in loaded, done.stderr[-2000:]
    assert {"pypdf", "pypdfium2"} & loaded == set()
    if command == "inspect":
        assert json.loads(done.stdout)["pages"] == 2
    else:
        assert (done.returncode, "lights.pdf begins as a PDF but" in done.stderr) == (3, True)


# What comes back is checked value by value


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, tiny_pdf: MakePdf) -> dict[str, Any]:
    """A report with a finding, as plain values."""
    path = tiny_pdf(tmp_path_factory.mktemp("wire") / "oil.pdf", [["# 1. Oil", "900 litres."]])
    report = read_report(path)
    word = TextWord(0, 3, 1, (1.0, 2.0, 3.0, 4.0))
    found = Finding("count", "900", (word,), ("1. Oil",), number=900.0, passage=0, span=(0, 3))
    value = json.loads(wire.encode_report(dataclasses.replace(report, findings=(found,))))
    assert wire.decode_report(json.dumps(value).encode(), "oil").findings == (found,)
    plain: dict[str, Any] = value
    return plain


WRONG: list[tuple[str, list[Any], Any]] = [
    ("no page", ["pages"], []),
    ("a page too many", ["pages", 0, 0], 2),
    ("a label that is a number", ["pages", 0, 1], 7),
    ("a width that is a text", ["pages", 0, 2], "wide"),
    ("a width that is true", ["pages", 0, 2], True),
    ("a width beyond measure", ["pages", 0, 2], 10**400),
    ("half a character", ["pages", 0, 4], "\ud83d"),
    ("neither true nor false", ["pages", 0, 5], 1),
    ("a passage out of turn", ["passages", 0, 0], 1),
    ("a kind that is none", ["passages", 0, 1], "__class__"),
    ("a kind that is a list", ["passages", 0, 1], []),
    ("a heading that is a number", ["passages", 0, 2], [1]),
    ("a section that is a text", ["passages", 0, 2], "1. Oil"),
    ("a unit beyond the text", ["passages", 0, 4], [[0, 999]]),
    ("units that overlap", ["passages", 0, 4], [[0, 4], [3, 5]]),
    ("a unit of three", ["passages", 0, 4], [[0, 1, 2]]),
    ("a word before the text", ["passages", 0, 8, 0, 0], -1),
    ("a word beyond the text", ["passages", 0, 8, 0, 1], 999),
    ("a word on no page", ["passages", 0, 8, 0, 2], 2),
    ("a word on page true", ["passages", 0, 8, 0, 2], True),
    ("a box that is no number", ["passages", 0, 8, 0, 3], None),
    ("a mark that is a number", ["passages", 0, 8, 0, 7], 1),
    ("a kind of finding that is none", ["findings", 0, 0], "joke"),
    ("a finding without words", ["findings", 0, 10], []),
    ("a finding in no passage", ["findings", 0, 8], 99),
    ("a finding beyond its passage", ["findings", 0, 9], [0, 999]),
    ("a number that is a text", ["findings", 0, 6], "900"),
    ("a short form without a long one", ["acronyms"], [["CRS"]]),
    ("notes that are a text", ["notes"], "none"),
    ("a title that is none", ["title"], None),
]


@pytest.mark.parametrize(("place", "value"), [row[1:] for row in WRONG], ids=[r[0] for r in WRONG])
def test_a_report_with_a_wrong_value_is_none(
    plain: dict[str, Any], place: list[Any], value: Any
) -> None:
    wrong = json.loads(json.dumps(plain))
    at: Any = wrong
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    with pytest.raises(wire.BadReply):
        wire.decode_report(json.dumps(wrong).encode(), "oil")


def test_whatever_bytes_come_back_are_a_report_or_none(plain: dict[str, Any]) -> None:
    raw = json.dumps(plain).encode()
    taken = 0
    for number in range(2000):
        chance = random.Random(number)
        changed = bytearray(raw)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(changed))
            if chance.random() < 0.5:
                changed[at] = chance.choice(b'0123456789[]{}",:.-etrulnfaNI\\')
            else:
                del changed[at : at + chance.randrange(1, 30)]
        try:
            report = wire.decode_report(bytes(changed), "oil")
        except wire.BadReply:
            continue
        taken += 1
        assert wire.decode_report(wire.encode_report(report), "oil") == report
    assert 0 < taken < 1000


def test_numbers_that_are_none_are_not_handed_back(plain: dict[str, Any]) -> None:
    for constant in ("NaN", "Infinity", "-Infinity"):
        raw = json.dumps(plain).replace("900.0", constant).encode()
        with pytest.raises(wire.BadReply):
            wire.decode_report(raw, "oil")
    report = wire.decode_report(json.dumps(plain).encode(), "oil")
    bad = dataclasses.replace(
        report,
        pages=(dataclasses.replace(report.pages[0], width=float("nan"), text="a\ud83db"),),
        findings=(dataclasses.replace(report.findings[0], number=float("inf")),),
    )
    sound = wire.decode_report(wire.encode_report(bad), "oil")
    assert (sound.pages[0].width, sound.pages[0].text) == (0.0, "a?b")
    assert sound.findings[0].number is None
    assert sound.passages == report.passages


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", "other.pdf"), ("pages", 0), ("words", -1), ("seconds", "1"), ("encrypted", 0),
     ("pages_by_ocr", ["1"]), ("findings", {"rating": "2"}), ("notes", "none"), ("more", 1)],
)  # fmt: skip
def test_a_card_with_a_wrong_value_is_none(name: str, value: Any) -> None:
    card = inspect_report(DIGEST)
    assert wire.decode_card(wire.encode_card(card), DIGEST.name) == card
    data = json.loads(wire.encode_card(card))
    data[name] = value
    with pytest.raises(wire.BadReply):
        wire.decode_card(json.dumps(data).encode(), DIGEST.name)
    del data["title"]
    with pytest.raises(wire.BadReply):
        wire.decode_card(json.dumps(data).encode(), DIGEST.name)
    assert os.path.basename(DIGEST) == card.name
