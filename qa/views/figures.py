"""The figures of a run as HTML: every text that comes in is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence

from qa.evaluate import Evaluation, Figure, QuestionScore, shown_columns
from qa.evaluate_html import Plot
from qa.evaluate_svg import as_picture
from qa.feedback import OwnQuestion
from qa.quality import MainFigure, counts_by_type
from qa.views import strings
from qa.views.escape import html
from qa.views.parts import day

MAX_EVIDENCE = 3
MAX_LETTERS = 320


def main_table(figures: Iterable[MainFigure]) -> str:
    """Return the main figures, each with what it means, its interval and its questions."""
    rows = [
        [
            _named(one.name),
            f"<strong>{_value(one.figure.value, share=one.share)}</strong>",
            strings.between(
                _value(one.figure.low, share=one.share), _value(one.figure.high, share=one.share)
            ),
            f"{one.figure.n:,}",
        ]
        for one in figures
    ]
    heads = (strings.FIGURE, strings.VALUE, strings.INTERVAL, strings.QUESTIONS)
    return _table(strings.MAIN_CAPTION, heads, rows)


def promise_table(evaluation: Evaluation) -> str:
    """Return the counts that must be 0, in words as well as by a sign."""
    rows = [
        [html(name), f"{count:,}", html(strings.KEPT if not count else strings.BROKEN)]
        for name, count in evaluation.broken_promises.items()
    ]
    heads = (strings.WHAT, strings.COUNT, strings.MUST_BE_ZERO)
    return _table(strings.PROMISE_CAPTION, heads, rows)


def type_table(evaluation: Evaluation) -> str:
    """Return the figures by type of question."""
    columns = shown_columns(evaluation)
    counts = counts_by_type(evaluation)
    rows = [
        [html(strings.type_name(name)), f"{counts[name]:,}", *(_cell(row.get(c)) for c in columns)]
        for name, row in evaluation.by_type.items()
    ]
    names = [strings.FIGURES.get(column, (column, ""))[0] for column in columns]
    heads = (strings.TYPE, strings.QUESTIONS, *names)
    return _table(strings.TYPE_CAPTION, heads, rows)


def plot(drawn: Plot, name: str) -> str:
    """Return a plot as a picture with its caption; what it shows is said to those who hear it."""
    data = b64encode(as_picture(drawn.picture)).decode()
    return (
        f'<figure class="rq-plot"><img src="data:image/svg+xml;base64,{data}" '
        f'alt="{html(f"{name}. {drawn.said}")}"><figcaption><b>{html(name)}.</b> '
        f"{html(drawn.caption)}</figcaption></figure>"
    )


def failure(one: QuestionScore, titles: Mapping[str, str]) -> str:
    """Return what was wrong with an answer, what it said, and what should have been said."""
    said = one.answer if one.status == "answered" else strings.DECLINED
    pairs = [
        (strings.FAIL_TYPE, html(strings.type_name(one.gold.type))),
        (strings.FAIL_WRONG, "<br>".join(html(cause) for cause in one.causes)),
        (strings.FAIL_SAID, html(f"{_cut(said)} ({strings.confidence(one.confidence)})")),
        (strings.FAIL_CITED, html(_places(one.cited, titles) or strings.NOTHING)),
        (strings.FAIL_WANTED, _evidence(one, titles)),
    ]
    rows = "".join(f"<dt>{html(name)}</dt><dd>{value}</dd>" for name, value in pairs)
    return f'<dl class="rq-facts">{rows}</dl>'


def own_question(one: OwnQuestion, titles: Mapping[str, str]) -> str:
    """Return what a visitor has said of the answer to a question."""
    said = strings.VERDICTS.get(one.said, strings.VERDICT_BY_HAND)
    dated = day(one.judged)
    evidence = [
        f"“{html(_cut(e.text))}” <small>{html(titles.get(e.report, e.report))}</small>"
        for e in one.gold.evidence
    ]
    listed = evidence[:MAX_EVIDENCE]
    if len(evidence) > len(listed):
        listed.append(html(strings.and_more(len(evidence) - len(listed))))
    asked = ", ".join(titles.get(report, report) for report in one.gold.reports)
    pairs = [
        (strings.OWN_SAID, html(f"{said} {dated}".strip())),
        (strings.OWN_ASKED, html(asked or strings.ALL_REPORTS)),
        (strings.FAIL_WANTED, "<br>".join(listed) or html(strings.WANTED_NONE)),
    ]
    rows = "".join(f"<dt>{html(name)}</dt><dd>{value}</dd>" for name, value in pairs)
    return f'<dl class="rq-facts">{rows}</dl>'


def status(text: str) -> str:
    """Return a quiet line that is announced when it changes."""
    return f'<p class="rq-quiet" role="status">{html(text)}</p>'


def _evidence(one: QuestionScore, titles: Mapping[str, str]) -> str:
    if not one.gold.evidence:
        return html(strings.WANTED_NONE)
    listed = [
        f"“{html(_cut(evidence.text))}” <small>{html(_places(pages, titles))}</small>"
        for evidence, pages in zip(one.gold.evidence, one.located, strict=True)
    ]
    shown = listed[:MAX_EVIDENCE]
    if len(listed) > len(shown):
        shown.append(html(strings.and_more(len(listed) - len(shown))))
    return "<br>".join(shown)


def _places(places: Iterable[tuple[str, int]], titles: Mapping[str, str]) -> str:
    by_report: dict[str, list[int]] = {}
    for report, page in places:
        by_report.setdefault(report, []).append(page)
    return "; ".join(strings.place(titles.get(one, one), by_report[one]) for one in by_report)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_LETTERS else f"{line[: MAX_LETTERS - 2].rstrip()} …"


def _named(name: str) -> str:
    kind, declined, _ = name.partition(" declined")
    if declined:
        said, small = strings.declined(strings.type_name(kind)), strings.DECLINED_HELP
    else:
        said, small = strings.FIGURES.get(name, (name, ""))
    return f"{html(said)}<small>{html(small)}</small>"


def _value(value: float, *, share: bool = True) -> str:
    return f"{value:.0%}".replace("%", " %") if share else f"{value:.2f}"


def _cell(figure: Figure | None) -> str:
    return "–" if figure is None else _value(figure.value)


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already; its rows are cards on a narrow screen."""
    head = "".join(
        f'<th scope="col"{" class=rq-number" if at else ""}>{html(name)}</th>'
        for at, name in enumerate(heads)
    )
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(
            f'<td class="rq-number" data-name="{html(name)}">{cell}</td>'
            for name, cell in zip(heads[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="rq-table rq-figures"><caption>{html(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
