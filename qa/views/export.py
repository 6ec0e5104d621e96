"""Answers as text to take elsewhere: every quote with its page, every record with its index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qa.changes import Change, Changed, Value
from qa.records import Answer, Citation
from qa.views import strings
from qa.views.escape import clean

if TYPE_CHECKING:
    from qa.views.asking import Told

SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
MAX_NAME = 60


def as_text(told: Told) -> str:
    """Return an answer, its sources and its record as plain text."""
    answer = told.answer
    lines = [line(answer.question), ""]
    lines += [line(sentence.text) for sentence in answer.sentences] or [line(answer.text)]
    if answer.citations:
        lines += ["", strings.SOURCES, *_source_lines(answer, told.titles)]
    return "\n".join([*lines, "", line(record_of(told)), ""])


def comparison_text(told: Sequence[Told]) -> str:
    """Return what each report of a comparison says as plain text; empty for none."""
    if not told:
        return ""
    lines = [line(told[0].answer.question)]
    for one in told:
        answer = one.answer
        said = [sentence.text for sentence in answer.sentences] or [answer.text]
        lines += ["", line(report_of(one)), *map(line, said), *_source_lines(answer, one.titles)]
    return "\n".join([*lines, "", line(record_of(told[0], of_reports=False)), ""])


def changes_text(changed: Changed, snapshot: str) -> str:
    """Return what changed between two inspections as plain text, a line each."""
    lines = [line(f"{changed.earlier_title} → {changed.later_title}"), ""]
    for change in changed.changes:
        values = " → ".join(_value_text(value) for value in (change.earlier, change.later))
        how = strings.change_in(change.direction, change.points)
        lines.append(line(f"{name_of(change)}: {values}. {how}."))
    return "\n".join([*lines, "", strings.index_of(snapshot), ""])


def session_markdown(told: Iterable[Told]) -> str:
    """Return the answers of a session, each with the index that it came from, as Markdown."""
    return "\n".join(
        _joined([*_blocks(one.answer, one.titles), f"_{escaped(record_of(one))}_"]) for one in told
    )


def comparison_markdown(told: Sequence[Told]) -> str:
    """Return what each report of a comparison says as Markdown; empty for none."""
    if not told:
        return ""
    blocks = [f"## {escaped(told[0].answer.question)}"]
    for one in told:
        blocks.append(f"### {escaped(report_of(one))}")
        blocks += [escaped(sentence.text) for sentence in one.answer.sentences]
        blocks += [] if one.answer.sentences else [escaped(one.answer.text)]
        blocks += _sources(one.answer.citations, one.titles)
    return _joined([*blocks, f"_{escaped(record_of(told[0], of_reports=False))}_"])


def changes_markdown(changed: Changed, snapshot: str) -> str:
    """Return what changed between two inspections as a table in Markdown."""
    heads = [strings.RATED, changed.earlier_title, changed.later_title, strings.CHANGE]
    rows = [heads, ["---"] * len(heads)]
    for change in changed.changes:
        values = [_value_text(value) for value in (change.earlier, change.later)]
        how = strings.change_in(change.direction, change.points)
        rows.append([name_of(change), *values, how])
    table = [
        f"| {' | '.join(cell if cell == '---' else escaped(cell) for cell in row)} |"
        for row in rows
    ]
    blocks = [f"## {escaped(strings.COMPARE_CHANGES)}", "\n".join(table)]
    if changed.progress:
        blocks.append(f"### {escaped(strings.PROGRESS_CAPTION)}")
    for item in changed.progress:
        where = strings.pages(item.told.page_label, item.told.page)
        said = f"{item.recommendation} {item.told.value}".strip()
        blocks += [f"**{escaped(said)}** {escaped(where)}", f"> {escaped(item.told.quote)}"]
    return _joined([*blocks, f"_{escaped(strings.index_of(snapshot))}_"])


def file_name(question: str, ending: str = "md") -> str:
    """Return the name of the file in which an answer is kept.

    >>> file_name("Why was P 1.2 rated ‘Inadequate’?"), file_name("…/../", "csv")
    ('why-was-p-1-2-rated-inadequate.md', 'answer.csv')
    """
    words = re.findall(r"[a-z0-9]+", question.lower())
    return f"{'-'.join(words)[:MAX_NAME].strip('-') or 'answer'}.{ending}"


def escaped(text: str) -> str:
    r"""Return text in one line that Markdown shows as it is.

    >>> escaped("a <b> *c*"), escaped("1. one"), escaped("- x")
    ('a \\<b\\> \\*c\\*', '1\\. one', '\\- x')
    """
    plain = SIGNS.sub(r"\\\1", line(text))
    listed = re.match(r"^\d+(?=[.)])", plain)
    if listed:
        return f"{listed.group()}\\{plain[listed.end() :]}"
    return f"\\{plain}" if plain[:1] in ("-", "+", "=") else plain


def line(text: str) -> str:
    """Return text in one line, without control characters."""
    return " ".join(clean(text).split())


def where_of(source: Citation, titles: Mapping[str, str]) -> str:
    """Return report, section and page of a source."""
    title = titles.get(source.report, "")
    named = f"{title} ({source.report})" if title and title != source.report else source.report
    page = strings.pages(source.page_label, source.page)
    return ", ".join(part for part in (named, " › ".join(source.section), page) if part)


def name_of(change: Change) -> str:
    """Return what was rated or asked, with the number of its standard."""
    subject = strings.score_of(change.subject) if change.kind == "score" else change.subject
    return f"{change.label} {subject}".strip()


def report_of(told: Told) -> str:
    """Return the titles of the reports that were asked, and their ids."""
    asked = told.asked.reports
    return ", ".join(f"{told.titles[r]} ({r})" if told.titles.get(r) else r for r in asked)


def limits_of(told: Told) -> str:
    """Return the filters that a question was limited by; empty where it was by none."""
    filters = told.asked.filters
    said = {
        name: [strings.FILTER_KINDS.get(one, one) if name == "kinds" else one for one in values]
        for name in filters.active
        if (values := filters.values(name))
    }
    return "; ".join(f"{strings.FILTER_NAMES[n]}: {', '.join(said[n])}" for n in said)


def record_of(told: Told, *, of_reports: bool = True) -> str:
    """Return which index an answer came from, when, and which reports were asked and how."""
    asked = strings.ALL_REPORTS.lower()
    if of_reports and told.asked.reports:
        asked = ", ".join(told.asked.reports)
    elif told.asked.reports:
        asked = strings.EACH_REPORT
    how = strings.asked_on(moment(told.at), asked, limits_of(told), told.asked.caution)
    return f"{strings.index_of(told.snapshot)} {how}"


def moment(at: str) -> str:
    """Return an ISO 8601 time in words, in UTC, or the text as it is where it is no time.

    >>> moment("2026-05-04T10:05:59+01:00"), moment("")
    ('4 May 2026, 09:05 UTC', '')
    """
    try:
        time = datetime.fromisoformat(at).astimezone(UTC)
    except ValueError:
        return at
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def now() -> str:
    """Return the time now, UTC, ISO 8601, in whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _blocks(answer: Answer, titles: Mapping[str, str]) -> list[str]:
    blocks = [f"## {escaped(answer.question)}"]
    blocks += [escaped(sentence.text) for sentence in answer.sentences]
    blocks += [] if answer.sentences else [escaped(answer.text)]
    blocks += [f"### {strings.SOURCES}"] if answer.citations else []
    return [*blocks, *_sources(answer.citations, titles)]


def _sources(citations: Sequence[Citation], titles: Mapping[str, str]) -> list[str]:
    blocks = []
    for source in citations:
        where = f"**\\[{source.n}\\]** {escaped(where_of(source, titles))}"
        blocks += [where, f"> {escaped(source.quote)}"]
    return blocks


def _source_lines(answer: Answer, titles: Mapping[str, str]) -> list[str]:
    lines = []
    for source in answer.citations:
        lines.append(f"[{source.n}] {line(where_of(source, titles))}")
        lines.append(f"    “{line(source.quote)}”")
    return lines


def _value_text(value: Value | None) -> str:
    """Return a value with its page, or that there is none."""
    if value is None:
        return strings.NOT_THERE
    return f"{value.value} ({strings.pages(value.page_label, value.page)})"


def _joined(blocks: Sequence[str]) -> str:
    return "\n\n".join(blocks) + "\n"
