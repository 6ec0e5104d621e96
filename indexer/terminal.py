"""What both command lines share: how something is said in a terminal, and how things end."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO


def say(text: str, file: TextIO | None = None) -> None:
    """Print one line, in what the terminal can show of it."""
    stream = sys.stdout if file is None else file
    encoding = stream.encoding or "utf-8"
    print(plain(text).encode(encoding, "replace").decode(encoding), file=stream)


def say_json(data: dict[str, Any]) -> None:
    """Print one JSON object in one line of ASCII, which every terminal and script can take."""
    print(json.dumps(data))


def plain(text: str) -> str:
    """Return a text without characters that move the cursor or colour a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def count(number: int, what: str) -> str:
    """Return a number with its noun: "1 page", "1,200 passages"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def fail(sentence: str, status: int, *, as_json: bool) -> int:
    """Say why a command failed, as JSON too where that was asked for, and return its status."""
    if as_json:
        say_json({"error": sentence})
    say(sentence, sys.stderr)
    return status


def leave_pipe() -> None:
    """Let the rest of the output go nowhere: whoever read it has gone, as in ``... | head``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def wants_trace() -> bool:
    """Return whether whoever runs this asked for tracebacks."""
    return bool(os.environ.get("REPORT_QA_DEBUG"))


def system_sentence(error: OSError) -> str:
    """Return what the operating system says went wrong."""
    named = f": {error.filename}" if error.filename else ""
    return f"The system says: {error.strerror or error}{named}."


def defect_sentence(error: Exception, rest: str = "") -> str:
    """Return the sentence for a defect of ours: nobody is shown a trace who has not asked."""
    return (
        f"Something went wrong that should not ({type(error).__name__}: {error}). {rest}"
        f"{' ' if rest else ''}With REPORT_QA_DEBUG=1 in the environment the same command says "
        "where."
    )
