"""Pictures of what reports rate: bars of their key questions, and the timeline of a place.

Vega draws them as SVG in the browser, from the app's own address. A click on a mark says which
finding it was; for the keyboard and for screen readers the same stands in a table beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from qa.glance import Glance, Said, Step, Timeline, inspections, question_before
from qa.views import strings
from qa.views.escape import clean
from qa.views.parts import day

if TYPE_CHECKING:
    from altair import LayerChart

Row = dict[str, Any]
"""What one mark of a chart shows; every text in it is plain."""

PICKED = "picked"
"""The name under which a chart says what was clicked."""

QUESTION_CHARACTERS = 52
STANDARD_CHARACTERS = 20
GRADE_CHARACTERS = 16
"""Where a line of text is broken, so that a chart has room on a phone."""

MAX_CHARACTERS = 180
LINE = 16
BAR = 18
TRACK = 34
"""Heights of a line of text, of a bar, and of a standard's row without its text, in pixels."""


@dataclass(frozen=True, slots=True)
class Paint:
    """The colours of a grade's ground and of the words on it, and its shape in a chart.

    The same in the light and the dark: it is the pair that has to be read.
    """

    ground: str
    ink: str
    shape: str


PAINTS: dict[Step, Paint] = {
    "outstanding": Paint("#0b5c3a", "#ffffff", "diamond"),
    "good": Paint("#a9dcae", "#10301c", "circle"),
    "adequate": Paint("#e9e08f", "#38320a", "cross"),
    "improve": Paint("#ffc65c", "#3b2500", "triangle-up"),
    "inadequate": Paint("#a4161a", "#ffffff", "square"),
    "other": Paint("#d5dbdd", "#1f2a30", "stroke"),
}
"""Green, light green, amber and red, as the inspectorates print them; the words say the same."""

INKS = {False: "#1f2a30", True: "#e4e9eb"}
BARS = {False: "#2c7a9c", True: "#4f9dbd"}
"""Colours of words and of bars on the light and on the dark ground."""


def style() -> str:
    """Return the colours of the grades as a style sheet."""
    rules = "".join(
        f".stApp a.rq-to.rq-step-{step} {{ background: {paint.ground}; color: {paint.ink}; }}\n"
        for step, paint in PAINTS.items()
    )
    return f"<style>\n{rules}</style>"


def broken(text: str, width: int) -> str:
    r"""Return a text in lines of a width, none of its signs meaning anything, cut where too long.

    >>> broken("Does planning keep other people safe?", 20)
    'Does planning keep\nother people safe?'
    """
    line = " ".join(clean(text).split())
    if len(line) > MAX_CHARACTERS:
        line = f"{line[: MAX_CHARACTERS - 1].rstrip()}…"
    return "\n".join(wrap(line, width))


# Key questions


def question_rows(glance: Glance, before: Glance | None, keys: Mapping[Said, str]) -> list[Row]:
    """Return what the bars of a report show, one row a key question, in its order.

    ``keys`` are the names under which places are opened, ``before`` is the inspection before.
    """
    rows = []
    for number, said in enumerate(glance.of("key question")):
        old = question_before(said, before)
        shown = clean(said.value)
        rows.append(
            {
                "key": keys[said],
                "row": number,
                "question": broken(f"{said.label} {said.subject}", QUESTION_CHARACTERS),
                "percent": said.amount,
                "before": None if old is None else old.amount,
                "shown": strings.figure_before(shown, clean(old.value)) if old else shown,
            }
        )
    return rows


def bars(rows: Sequence[Row], *, dark: bool) -> LayerChart:
    """Return bars of percentages, each under its question, with a stroke where it was before."""
    import altair as alt

    rows, lines = _of_equal_lines(rows, "question")
    height = LINE * (lines + 1) + 2 * BAR + 4
    top = 4 - height / 2  # where the text begins, counted from the middle of a row
    down = top + LINE * (lines + 1) + 1 + BAR / 2  # the middle of the bar below it
    text: dict[str, Any] = {"align": "left", "baseline": "top", "fontSize": 13, "lineHeight": LINE}
    picked = _picking(alt)
    axis = alt.Axis(
        title=strings.PERCENT_AXIS,
        titleColor=INKS[dark],
        labelColor=INKS[dark],
        values=[0, 25, 50, 75, 100],
        orient="top",
        domain=False,
        ticks=False,
        grid=False,
    )
    base = alt.Chart({"values": rows}).encode(y=alt.Y("row:O", axis=None, sort=None))
    drawn = base.mark_bar(size=BAR, color=BARS[dark], cursor="pointer", yOffset=down).encode(
        x=alt.X("percent:Q", scale=alt.Scale(domain=[0, 100]), axis=axis),
        tooltip=[alt.Tooltip("question:N"), alt.Tooltip("shown:N")],
    )
    strokes = (
        base.mark_tick(
            aria=False, size=BAR + 10, thickness=4, color=INKS[dark], opacity=1, yOffset=down
        )
        .encode(x=alt.X("before:Q", title=strings.PERCENT_AXIS))
        .transform_filter("isValid(datum.before)")
    )
    questions = base.mark_text(dy=top, color=INKS[dark], **text).encode(
        x=alt.value(0), text="question:N"
    )
    figures = base.mark_text(
        dy=top + LINE * lines, color=INKS[dark], fontWeight="bold", **text
    ).encode(x=alt.value(0), text="shown:N")
    chart = alt.layer(drawn.add_params(picked), strokes, questions, figures)
    return _finished(chart, height * max(1, len(rows)))


# Timeline


def timeline_rows(line: Timeline, keys: Mapping[Said, str]) -> list[Row]:
    """Return what a timeline shows, one row for each thing rated at each inspection."""
    names = [strings.inspection(day(date), report) for date, report in inspections(line.glances)]
    return [
        {
            "key": keys[cell[0]],
            "standard": broken(f"{track.column.label} {track.column.name}", STANDARD_CHARACTERS),
            "when": broken(name, STANDARD_CHARACTERS),
            "order": order,
            "grade": broken(cell[0].value, GRADE_CHARACTERS),
            "step": cell[0].step,
        }
        for track in line.tracks
        for order, (name, cell) in enumerate(zip(names, track.cells, strict=True))
        if cell
    ]


def timeline(rows: Sequence[Row], *, dark: bool) -> LayerChart:
    """Return a line for each standard, with the grade that each inspection gave on it."""
    import altair as alt

    standards = list(dict.fromkeys(row["standard"] for row in rows))
    whens = dict.fromkeys(row["when"] for row in sorted(rows, key=lambda row: row["order"]))
    rows, lines = _of_equal_lines(rows, "grade")
    steps, ink = list(PAINTS), INKS[dark]
    picked = _picking(alt)
    base = alt.Chart({"values": rows}).encode(
        x=alt.X(
            "when:N",
            sort=list(whens),
            scale=alt.Scale(type="point", padding=0.6),
            axis=alt.Axis(
                title=None,
                labelColor=ink,
                labelAngle=0,
                orient="top",
                offset=8,
                domain=False,
                ticks=False,
            ),
        ),
        y=alt.Y(
            "standard:N",
            sort=standards,
            scale=alt.Scale(type="point", padding=0.75),
            axis=alt.Axis(
                title=None,
                labelColor=ink,
                grid=False,
                labelLimit=0,
                labelLineHeight=LINE,
                domain=False,
                ticks=False,
            ),
        ),
    )
    joined = base.mark_line(color=ink, strokeWidth=1.5, opacity=0.5).encode(detail="standard:N")
    points = base.mark_point(
        size=220, filled=True, stroke=ink, strokeWidth=1.5, opacity=1, cursor="pointer"
    ).encode(
        fill=alt.Fill(
            "step:N",
            scale=alt.Scale(domain=steps, range=[PAINTS[step].ground for step in steps]),
            legend=None,
        ),
        shape=alt.Shape(
            "step:N",
            scale=alt.Scale(domain=steps, range=[PAINTS[step].shape for step in steps]),
            legend=None,
        ),
        tooltip=[alt.Tooltip(f"{name}:N") for name in ("standard", "when", "grade")],
    )
    grades = base.mark_text(
        baseline="top", dy=-LINE * lines - 11, fontSize=13, lineHeight=LINE, color=ink
    ).encode(text="grade:N")
    chart = alt.layer(joined, points.add_params(picked), grades)
    return _finished(chart, (LINE * lines + TRACK) * (len(standards) + 0.5))


def _of_equal_lines(rows: Sequence[Row], name: str) -> tuple[list[Row], int]:
    """Return rows in which a text has equally many lines, empty ones in front, and how many.

    Vega hangs the lines of a text from its first one, so that only so all end at one height.
    """
    lines = max((str(row[name]).count("\n") + 1 for row in rows), default=1)
    missing = [lines - str(row[name]).count("\n") - 1 for row in rows]
    padded = [
        {**row, name: "\n" * above + str(row[name])}
        for row, above in zip(rows, missing, strict=True)
    ]
    return padded, lines


def _picking(alt: Any) -> Any:
    """Return the choice of marks by a click: each click turns one over, so that all are heard."""
    return alt.selection_point(name=PICKED, fields=["key"], toggle="true", clear=False)


def _finished(chart: Any, height: float) -> LayerChart:
    """Return a chart of a height, its texts broken at the ends of their lines."""
    broken_up = chart.properties(height=height).configure(lineBreak="\n")
    finished: LayerChart = broken_up.configure_view(stroke=None)
    return finished
