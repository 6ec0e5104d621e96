"""What both command lines share: nothing is shown that a terminal would obey."""

from __future__ import annotations

import io
import json

import pytest

from indexer import terminal


class AsciiStream(io.StringIO):
    encoding = "ascii"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – “quoted” ü 🗼", "plain – “quoted” ü 🗼"),
        ("\x1b[31mred\x1b[0m", " [31mred [0m"),
        ("\x9b2Jgone", " 2Jgone"),
        ("up\rdown\nleft\tright", "up down left right"),
        ("\u202eback\u202c \u200bnothing", " back   nothing"),
        ("half \ud800 sign", "half   sign"),
        ("", ""),
    ],
)
def test_characters_that_a_terminal_obeys_become_spaces(text: str, shown: str) -> None:
    assert terminal.plain(text) == shown
    stream = io.StringIO()
    terminal.say(text, stream)
    assert stream.getvalue() == f"{shown}\n"


def test_a_stream_is_given_only_what_its_encoding_has() -> None:
    stream = AsciiStream()
    terminal.say("Größe – 5", stream)
    assert stream.getvalue() == "Gr??e ? 5\n"


def test_a_stream_without_an_encoding_takes_everything() -> None:
    stream = io.StringIO()
    terminal.say("Größe", stream)
    assert stream.getvalue() == "Größe\n"


def test_words_go_to_standard_output_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.say("seen")
    assert capsys.readouterr() == ("seen\n", "")


def test_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_json({"title": "Größe\n\x1b[31m", "n": 1})
    out = capsys.readouterr().out
    assert out == '{"title": "Gr\\u00f6\\u00dfe\\n\\u001b[31m", "n": 1}\n'


@pytest.mark.parametrize(
    ("number", "what", "said"),
    [(0, "page", "0 pages"), (1, "page", "1 page"), (1_200, "passage", "1,200 passages")],
)
def test_a_number_stands_with_its_noun(number: int, what: str, said: str) -> None:
    assert terminal.count(number, what) == said


def test_a_failure_is_said_on_standard_error_and_as_json_where_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert terminal.fail("No \x1b index.", 4, as_json=False) == 4
    assert capsys.readouterr() == ("", "No   index.\n")
    assert terminal.fail("No \x1b index.", 5, as_json=True) == 5
    out, err = capsys.readouterr()
    assert json.loads(out) == {"error": "No \x1b index."}
    assert err == "No   index.\n"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FileNotFoundError(2, "No such file or directory", "x.pdf"),
         "The system says: No such file or directory: x.pdf."),
        (OSError(28, "No space left on device"), "The system says: No space left on device."),
        (OSError("odd"), "The system says: odd."),
    ],
)  # fmt: skip
def test_what_the_system_says_is_a_sentence(error: OSError, sentence: str) -> None:
    assert terminal.system_sentence(error) == sentence


def test_a_defect_is_a_sentence_with_the_way_to_its_trace() -> None:
    way = "With REPORT_QA_DEBUG=1 in the environment the same command says where."
    head = "Something went wrong that should not (KeyError: 'x')."
    assert terminal.defect_sentence(KeyError("x")) == f"{head} {way}"
    assert terminal.defect_sentence(KeyError("x"), "All is kept.") == f"{head} All is kept. {way}"


@pytest.mark.parametrize(("value", "wanted"), [("1", True), ("", False), (None, False)])
def test_a_trace_is_for_who_asks(
    monkeypatch: pytest.MonkeyPatch, value: str | None, wanted: bool
) -> None:
    monkeypatch.delenv("REPORT_QA_DEBUG", raising=False)
    if value is not None:
        monkeypatch.setenv("REPORT_QA_DEBUG", value)
    assert terminal.wants_trace() is wanted
