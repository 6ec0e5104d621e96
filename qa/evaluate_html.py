"""The evaluation as one self-contained page: summary, by type, every failing question.

All that comes from questions, answers and reports is escaped; the page loads nothing and runs no
script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from qa.curves import area_under, calibration, calibration_error, risk_coverage
from qa.evaluate import (
    Evaluation,
    Figure,
    NearPassage,
    QuestionScore,
    abstention_rows,
    shown_columns,
)
from qa.evaluate_svg import calibration_plot, calibration_said, risk_plot, risk_said

MAX_SHOWN_WORDS = 80

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --line: #d5dbe3;
  --paper: #ffffff; --card: #f5f7fa; --bad: #a3201d; --good: #1d6b3a; --link: #1f4f9c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #9aa6b5; --line: #36404d;
  --paper: #14181e; --card: #1d232b; --bad: #ff9c94; --good: #86d9a4; --link: #9cc0ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 68rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 400; }
small, dt { color: var(--soft); }
article { margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); }
dl { margin: 0; display: grid; grid-template-columns: 8rem 1fr; gap: .35rem 1rem; }
dd { margin: 0; white-space: pre-line; overflow-wrap: anywhere; min-width: 0; }
ul { margin: 0; padding-left: 1.1rem; white-space: normal; }
.bad { color: var(--bad); } .good { color: var(--good); } a { color: var(--link); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .9rem; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .grid { stroke: var(--line); } svg .ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .line { fill: none; stroke: var(--link); stroke-width: 2; }
svg .mark { fill: var(--link); stroke: var(--paper); stroke-width: 1.5; }
svg .whisker { stroke: var(--link); stroke-width: 1.5; opacity: .6; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
"""


def to_html(evaluation: Evaluation, *, title: str = "Evaluation") -> str:
    """Return a whole HTML page; nothing outside it is needed to read it."""
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{len(evaluation.scores)} questions, <a href='#failures'>"
        f"{len(evaluation.failures)} with something wrong</a>.</p>",
        *_summary(evaluation),
        *_plots(evaluation),
        "<h2 id='failures'>Questions with something wrong</h2>",
        *(_failure(one) for one in evaluation.failures),
    ]
    if not evaluation.failures:
        body.append("<p class='good'>None.</p>")
    return (
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _summary(evaluation: Evaluation) -> list[str]:
    columns = shown_columns(evaluation)
    figures = [(name, one) for name, one in evaluation.overall.items() if one is not None]
    counts: dict[str, int] = {}
    for one in evaluation.scores:
        counts[one.gold.type] = counts.get(one.gold.type, 0) + 1
    return [
        "<h2>Overall</h2>",
        _table(
            ["figure", "mean", "95 % interval", "questions"],
            [
                [name, f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}", str(one.n)]
                for name, one in figures
            ],
        ),
        "<h2>By type</h2>",
        _table(
            ["type", "questions", *columns],
            [
                [name, str(counts[name]), *(_cell(row.get(column)) for column in columns)]
                for name, row in evaluation.by_type.items()
            ],
        ),
        "<h2>Saying what the reports say</h2>",
        _table(["figure", "value"], abstention_rows(evaluation)),
        "<h2>Must be 0</h2>",
        _table(
            ["what", "count"],
            [[name, str(count)] for name, count in evaluation.broken_promises.items()],
        ),
    ]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot as SVG, what it shows in words, and the line to be read below it."""

    picture: str
    said: str
    caption: str


def plots(evaluation: Evaluation) -> tuple[Plot, ...]:
    """Return the plots, drawn from the questions that were answered: of others nothing is known.

    There is none for a set of which no question has an answer.
    """
    scores = evaluation.scores
    if not any(one.full_credit is not None or one.gold.evidence for one in scores):
        return ()
    confidences = [one.confidence for one in scores]
    right = [one.right for one in scores]
    answered = [one for one in scores if one.status == "answered"]
    least = min((one.confidence for one in answered), default=1.0)
    points = [p for p in risk_coverage(confidences, right) if p.threshold >= least]
    bins = calibration([one.confidence for one in answered], [one.right for one in answered])
    whole = any(one.full_credit is not None for one in scores)
    return (
        Plot(
            risk_plot(points, least),
            risk_said(points, least),
            "The most confident questions are answered first. Right means "
            f"{'full credit' if whole else 'that the evidence is quoted from its page'}. Mean risk "
            f"over the curve {area_under(points):.3f}. Its end is what was answered.",
        ),
        Plot(
            calibration_plot(bins),
            calibration_said(bins),
            "Of the answers of about one confidence, the share that is right, with 95\u00a0% "
            f"intervals. On the broken line confidence is exact; it lies "
            f"{calibration_error(bins):.3f} off on average.",
        ),
    )


def _plots(evaluation: Evaluation) -> list[str]:
    drawn = plots(evaluation)
    if not drawn:
        return []
    return [
        "<h2>How far the confidence can be trusted</h2>",
        "<div class='plots'>",
        *(_figure(plot.picture, plot.caption) for plot in drawn),
        "</div>",
    ]


def _figure(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _cell(figure: Figure | None) -> str:
    return "–" if figure is None else f"{figure.value:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    heads = "".join(f"<th scope='col'>{escape(one)}</th>" for one in head)
    lines = (
        f"<tr><th scope='row'>{escape(first)}</th>"
        + "".join(f"<td>{escape(one)}</td>" for one in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f"<div class='scroll'><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _failure(one: QuestionScore) -> str:
    evidence = [
        f"{escape(gold.text)} <small>{escape(_places(pages) or 'not found')}</small>"
        for gold, pages in zip(one.gold.evidence, one.located, strict=True)
    ]
    needed = "all needed" if one.gold.needs_all else "any one is enough"
    parts = [
        ("wrong", "<ul class='bad'>" + _items(map(escape, one.causes)) + "</ul>"),
        ("answer", escape(one.answer) + f" <small>confidence {one.confidence:.3f}</small>"),
        ("cited", escape(_places(one.cited)) or "nothing"),
    ]
    if evidence:
        parts.append((f"evidence, {needed}", f"<ul>{_items(evidence)}</ul>"))
    if one.nearest:
        parts.append(("passages found", f"<ul>{_items(map(_passage, one.nearest))}</ul>"))
    if one.gold.section or one.gold.note:
        parts.append(
            ("section, note", escape("\n".join(filter(None, [one.gold.section, one.gold.note]))))
        )
    if one.wrong_quotes:
        parts.append(("not verbatim", f"<ul>{_items(map(escape, one.wrong_quotes))}</ul>"))
    if one.unmarked:
        parts.append(("no marker", f"<ul>{_items(map(escape, one.unmarked))}</ul>"))
    details = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in parts)
    return (
        f"<article id='q-{escape(one.gold.id)}'><h3>{escape(one.gold.question)}</h3>"
        f"<p><small>{escape(one.gold.id)} · {escape(one.gold.type)}</small></p>"
        f"<dl>{details}</dl></article>"
    )


def _passage(found: NearPassage) -> str:
    words = found.text.split()
    text = " ".join(words[:MAX_SHOWN_WORDS]) + (" …" if len(words) > MAX_SHOWN_WORDS else "")
    mark = " <span class='good'>holds evidence</span>" if found.holds_evidence else ""
    where = _places((found.report, page) for page in found.pages)
    return f"{escape(text)} <small>{escape(where)}</small>{mark}"


def _items(lines: Iterable[str]) -> str:
    return "".join(f"<li>{line}</li>" for line in lines)


def _places(places: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{report} p. {page}" for report, page in places)
