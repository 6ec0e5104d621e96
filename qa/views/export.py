"""Answers as text to take elsewhere: every quote with its page, every record with its index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qa.records import Answer, Citation
from qa.views import strings
from qa.views.escape import clean

if TYPE_CHECKING:
    from qa.views.asking import Told

SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
MAX_NAME = 60


def as_text(answer: Answer, titles: Mapping[str, str], snapshot: str) -> str:
    """Return an answer and its sources as plain text."""
    lines = [_line(answer.question), ""]
    lines += [_line(sentence.text) for sentence in answer.sentences] or [_line(answer.text)]
    if answer.citations:
        lines += ["", strings.SOURCES]
    for source in answer.citations:
        lines.append(f"[{source.n}] {_line(_where(source, titles))}")
        lines.append(f"    “{_line(source.quote)}”")
    return "\n".join([*lines, "", strings.index_of(snapshot), ""])


def as_markdown(answers: Sequence[Answer], titles: Mapping[str, str], snapshot: str) -> str:
    """Return answers of one index and their sources as Markdown."""
    parts = [part for answer in answers for part in _blocks(answer, titles)]
    return "\n\n".join([*parts, f"_{escaped(strings.index_of(snapshot))}_"]) + "\n"


def session_markdown(told: Sequence[Told]) -> str:
    """Return the answers of a session, each with the index that it came from, as Markdown."""
    return "\n".join(as_markdown([one.answer], one.titles, one.snapshot) for one in told)


def file_name(question: str) -> str:
    """Return the name of the file in which an answer is kept.

    >>> file_name("Why was P 1.2 rated ‘Inadequate’?"), file_name("…/../")
    ('why-was-p-1-2-rated-inadequate.md', 'answer.md')
    """
    words = re.findall(r"[a-z0-9]+", question.lower())
    return f"{'-'.join(words)[:MAX_NAME].strip('-') or 'answer'}.md"


def escaped(text: str) -> str:
    r"""Return text in one line that Markdown shows as it is.

    >>> escaped("a <b> *c*"), escaped("1. one"), escaped("- x")
    ('a \\<b\\> \\*c\\*', '1\\. one', '\\- x')
    """
    line = SIGNS.sub(r"\\\1", _line(text))
    listed = re.match(r"^\d+(?=[.)])", line)
    if listed:
        return f"{listed.group()}\\{line[listed.end() :]}"
    return f"\\{line}" if line[:1] in ("-", "+", "=") else line


def _blocks(answer: Answer, titles: Mapping[str, str]) -> list[str]:
    blocks = [f"## {escaped(answer.question)}"]
    if answer.sentences:
        blocks += [escaped(sentence.text) for sentence in answer.sentences]
    else:
        blocks.append(escaped(answer.text))
    if answer.citations:
        blocks.append(f"### {strings.SOURCES}")
    for source in answer.citations:
        where = f"**\\[{source.n}\\]** {escaped(_where(source, titles))}"
        blocks += [where, f"> {escaped(source.quote)}"]
    return blocks


def _where(source: Citation, titles: Mapping[str, str]) -> str:
    """Return report, section and page of a source."""
    title = titles.get(source.report, "")
    named = f"{title} ({source.report})" if title and title != source.report else source.report
    page = strings.pages(source.page_label, source.page)
    return ", ".join(part for part in (named, " › ".join(source.section), page) if part)


def _line(text: str) -> str:
    return " ".join(clean(text).split())
