"""The page of ratings: its tables, its pictures and the page itself, on reports made by hand."""

from __future__ import annotations

import csv
import doctest
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from indexer.build import build
from indexer.records import Finding, FindingKind, PageText, Passage, Report, TextWord
from indexer.snapshot import open_snapshot
from qa import glance
from qa.glance import Glance, Said, Step
from qa.links import Link, find, link_from
from qa.views import charts, engine, escape, ratingtables, sheet, strings
from qa.views.pagepanel import Opened
from qa.views.ratingtables import Places

P11, P12, P21 = ("P 1.1", "Leadership"), ("P 1.2", "Staffing"), ("P 2.1", "Assessment")
EVIL = '"><script>alert(1)</script> **b** :red[x] $x$ {{y}}\u202e'
WORLD = {
    "leeds-2023": (
        "An inspection of probation services in Leeds PDU",
        "2023-04",
        [
            ("rating", "", "Overall", "Inadequate", None, None),
            ("score", "", "Overall", "4/21", 4.0, 21.0),
            ("rating", *P11, "Good", None, None),
            ("rating", *P12, "Inadequate", None, None),
            ("key question", "P 2.1", "Is the assessment safe?", "31%", 31.0, None),
            ("strength", *P11, "", None, None),
        ],
    ),
    "leeds-2025": (
        "An inspection of probation services in Leeds PDU",
        "2025-03",
        [
            ("rating", "", "Overall", "Requires improvement", None, None),
            ("score", "", "Overall", "7/21", 7.0, 21.0),
            ("rating", *P11, "Requires improvement", None, None),
            ("rating", *P12, "Good", None, None),
            ("key question", "P 2.1", "Is the assessment safe?", "55%", 55.0, None),
            ("key question", "P 2.1", "Is it kind?", "80%", 80.0, None),
            ("strength", *P11, "", None, None),
            ("strength", *P11, "", None, None),
            ("improvement", *P12, "", None, None),
            ("recommendation", "1", "The unit should", "", None, None),
            ("progress", "", "Fill the vacancies.", "No progress", None, None),
        ],
    ),
    "school": (
        f"the school {EVIL}",
        "",
        [
            ("rating", "", EVIL, "Good", None, None),
            ("rating", "", "Outcomes", f"Good {EVIL}", None, None),
            ("key question", "", EVIL, EVIL, 40.0, None),
            ("strength", "", EVIL, "", None, None),
        ],
    ),
    "minutes": ("Minutes of a meeting", "", []),
}
COVER = {
    "leeds-2023": "inspection of probation services HM Inspectorate of Probation",
    "leeds-2025": "inspection of probation services HM Inspectorate of Probation",
}


def report_of(path: Path) -> Report:
    """Return one of the reports above as if it had been read: one page, a line a finding."""
    title, date, facts = WORLD[path.stem]
    lines = [COVER.get(path.stem, "A report.")]
    lines += [f"{n}. {label} {subject} {value}".replace("\n", " ")
              for n, (_, label, subject, value, *_) in enumerate(facts)]  # fmt: skip
    passages, findings = [], []
    for number, text in enumerate(lines):
        words = tuple(
            TextWord(m.start(), m.end(), 1, (50.0 + m.start() * 5, 700.0 - 20 * number,
                                             50.0 + m.end() * 5, 712.0 - 20 * number))
            for m in re.finditer(r"\S+", text)
        )  # fmt: skip
        unit = ((0, len(text)),)
        passages.append(Passage(path.stem, number, "text", ("Ratings",), text, unit, words))
        if number:
            kind, label, subject, value, amount, total = facts[number - 1]
            findings.append(Finding(kind, text, words, ("Ratings",), label, subject, value, amount,
                                    total, number, (0, len(text))))  # fmt: skip
    if date:
        words = passages[0].words
        findings.append(Finding("fieldwork", lines[0], words, (), value=date, passage=0))
    page = PageText(1, "i", 595.0, 842.0, "\n".join(lines))
    return Report(path.stem, title, (page,), tuple(passages), findings=tuple(findings))


@pytest.fixture
def made(
    tmp_path: Path,
    index: Path,
    tiny_pdf: Any,
    twin_embedder: Any,
    monkeypatch: pytest.MonkeyPatch,
    build_once: Any,
) -> Iterator[Path]:
    """An index of the reports above, on which the page works."""
    folder = tmp_path / "made"
    folder.mkdir()
    for name in WORLD:
        tiny_pdf(folder / f"{name}.pdf", [[f"This stands for {name}."]])
    build_once(folder, index, embedder=twin_embedder, read=report_of)
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(folder))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    monkeypatch.setattr(engine, "load_embedder", lambda name: twin_embedder)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield index
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def every(made: Path) -> dict[str, Glance]:
    """The reports above at a glance."""
    return {one.report: one for one in glance.glances(open_snapshot(made))}


class Read(HTMLParser):
    """What a browser would make of a piece of HTML: its tags, links, rows of cells, and text."""

    def __init__(self, piece: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[dict[str, str]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._open: list[str] = []
        self._skipped = 0
        self.feed(piece)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert not any(name.startswith("on") for name in given)
        self.tags.append(tag)
        self._skipped += "rq-column" in given.get("class", "")
        if tag == "a":
            self.links.append(given)
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._skipped = 0

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.rows and self.rows[-1] and not self._skipped:
            self.rows[-1][-1] += data


# Tables


def test_the_matrix_has_a_row_a_report_and_words_in_every_cell(every: dict[str, Glance]) -> None:
    first, second = glance.groups(list(every.values()))
    read = Read(ratingtables.matrix(first, Places(every.values())))
    assert read.rows == [
        ["Report", "Overall", "Score", "P 1.1 Leadership", "P 1.2 Staffing"],
        ["Leedsinspected April 2023 · leeds-2023", "Inadequate page 1", "4/21 page 1",
         "Good page 1", "Inadequate page 1"],
        ["Leedsinspected March 2025 · leeds-2025", "Requires improvement page 1", "7/21 page 1",
         "Requires improvement page 1", "Good page 1"],
    ]  # fmt: skip
    assert "Probation delivery unit: 2 reports" in read.text
    assert (
        "Reports of other kinds: 1 report"
        in Read(ratingtables.matrix(second, Places(every.values()))).text
    )


def test_each_value_is_a_link_that_says_where_it_leads(
    made: Path, every: dict[str, Glance]
) -> None:
    places = Places(every.values())
    [leeds] = (one for one in glance.groups(list(every.values())) if one.family)
    links = Read(ratingtables.matrix(leeds, places)).links
    assert len(links) == 8
    staffing = links[-1]
    assert staffing["class"] == "rq-n rq-to rq-step-good"
    assert staffing["aria-label"] == "Good, page 1, P 1.2 Staffing, Leeds, March 2025"
    said = next(one for one in every["leeds-2025"].said if one.label == "P 1.2")
    assert places.opened[staffing["data-source"]] == Opened("leeds-2025", 1, 1, said.rects)
    # The address is that of a citation of these very words.
    words = dict(part.split("=") for part in staffing["href"].partition("?")[2].split("&"))
    assert words["cite"] == "leeds-2025"
    link = link_from({"cite": "leeds-2025", "page": "1", "words": said.quote})
    assert isinstance(link, Link)
    cited = find(open_snapshot(made), link)
    assert cited is not None
    assert cited.rects == said.rects


def test_what_was_not_rated_is_said_in_words_too() -> None:
    lone = Glance("a", "A", "Leeds", "", "", "", (said("rating", "Good", *P11),))
    more = Glance("b", "B", "York", "", "", "", (
        said("rating", "Good", *P11, report="b"), said("rating", "Good", *P12, report="b"),
    ))  # fmt: skip
    [group] = glance.groups([lone, more])
    read = Read(ratingtables.matrix(group, Places([lone, more])))
    assert read.rows[1] == ["Leedsnot given · a", "Good page 4", "–not rated"]


def test_the_page_that_is_open_is_marked() -> None:
    one = Glance("a", "A", "Leeds", "", "", "", (said("rating", "Good", *P11),))
    [item] = one.said
    shown = Places([one], Opened("a", 4, 4, item.rects)).link([item], "Good")
    assert 'aria-current="true"' in shown
    assert "aria-current" not in Places([one]).link([item], "Good")
    assert "aria-current" not in Places([one], Opened("a", 5, 4, item.rects)).link([item], "Good")


def test_a_count_marks_all_of_it_on_its_first_page() -> None:
    items = tuple(
        said("strength", "", *P11, number=n, page=page, rect=float(n))
        for n, page in ((0, 4), (1, 4), (2, 5))
    )
    one = Glance("a", "A", "Leeds", "", "", "", items)
    places = Places([one])
    read = Read(ratingtables.tallies([one], places))
    assert read.rows[1] == ["Leedsnot given · a", "3 page 4", "0", "0", "0"]
    [link] = read.links
    assert places.opened[link["data-source"]] == Opened(
        "a", 4, 4, ((0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 2.0, 1.0))
    )
    assert places.opened["0:a"].rects == ((0.0, 0.0, 1.0, 1.0),)
    assert ratingtables.tallies([Glance("b", "B", "", "", "", "", ())], places) == ""


def test_the_timeline_says_what_became_of_each_rating(every: dict[str, Glance]) -> None:
    [line] = glance.timelines(list(every.values()))
    read = Read(ratingtables.timeline(line, Places(every.values())))
    assert read.rows == [
        ["Standard", "April 2023", "March 2025", "Change"],
        ["Score", "4/21 page 1", "7/21 page 1", ""],
        ["Overall", "Inadequate page 1", "Requires improvement page 1", "▲ Better"],
        ["P 1.1 Leadership", "Good page 1", "Requires improvement page 1", "▼ Worse"],
        ["P 1.2 Staffing", "Inadequate page 1", "Good page 1", "▲ Better"],
    ]


def test_key_questions_counts_and_progress_of_one_report(every: dict[str, Glance]) -> None:
    one, before = every["leeds-2025"], every["leeds-2023"]
    places = Places(every.values())
    assert Read(ratingtables.questions(one, before, places)).rows == [
        ["Key question", "March 2025", "April 2023"],
        ["P 2.1 Is the assessment safe?", "55% page 1", "31% page 1"],
        ["P 2.1 Is it kind?", "80% page 1", "–not rated"],
    ]
    assert Read(ratingtables.questions(one, None, places)).rows[0] == ["Key question", "March 2025"]
    assert Read(ratingtables.by_standard(one, places)).rows == [
        ["Standard", "Strengths", "Areas for improvement"],
        ["P 1.1 Leadership", "2 page 1", "0"],
        ["P 1.2 Staffing", "0", "1 page 1"],
    ]
    assert Read(ratingtables.progress(one, places)).rows == [
        ["Recommendation", "Progress"],
        ["Fill the vacancies.", "No progress page 1"],
    ]
    listed = Read(ratingtables.listed(one.of("recommendation"), places))
    assert "1. 9. 1 The unit should" in listed.text
    assert listed.links[0]["aria-label"].startswith("Read it on, page 1, 9. 1 The unit")


def test_no_table_lets_a_text_be_more_than_a_text(every: dict[str, Glance]) -> None:
    places = Places(every.values())
    school = every["school"]
    group = next(one for one in glance.groups(list(every.values())) if not one.family)
    pieces = [
        ratingtables.matrix(group, places),
        ratingtables.tallies([school], places),
        ratingtables.questions(school, None, places),
        ratingtables.by_standard(school, places),
        ratingtables.listed(school.of("strength"), places),
    ]
    allowed = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "small", "a", "span",
               "ul", "li"}  # fmt: skip
    for piece in pieces:
        read = Read(piece)
        assert set(read.tags) <= allowed
        assert "<script>alert(1)" in read.text
        assert "\u202e" not in piece


# Colours


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_worked_out_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("step", charts.PAINTS)
def test_words_on_a_grade_can_be_read(step: Step) -> None:
    paint = charts.PAINTS[step]
    assert contrast(paint.ground, paint.ink) >= 4.5
    rule = f"a.rq-to.rq-step-{step} {{ background: {paint.ground}; color: {paint.ink}; }}"
    assert rule in charts.style()


@pytest.mark.parametrize(("dark", "ground"), [(False, "#fcfcfa"), (True, "#14191c")])
def test_words_and_bars_of_a_chart_stand_out_in_both_themes(dark: bool, ground: str) -> None:
    assert contrast(charts.INKS[dark], ground) >= 7
    assert contrast(charts.BARS[dark], ground) >= 3


def test_no_two_grades_share_a_shape() -> None:
    shapes = [paint.shape for paint in charts.PAINTS.values()]
    assert len(set(shapes)) == len(shapes) == len(glance.ORDER) + 1


# Pictures


def test_bars_have_the_percentages_and_what_they_were(every: dict[str, Glance]) -> None:
    one = every["leeds-2025"]
    keys = Places(every.values()).keys
    rows = charts.question_rows(one, every["leeds-2023"], keys)
    assert rows == [
        {
            "key": "4:leeds-2025", "row": 0, "question": "P 2.1 Is the assessment safe?",
            "percent": 55.0, "before": 31.0, "shown": "55%, before 31%",
        },
        {
            "key": "5:leeds-2025", "row": 1, "question": "P 2.1 Is it kind?",
            "percent": 80.0, "before": None, "shown": "80%",
        },
    ]  # fmt: skip
    chart = charts.bars(rows, dark=False).to_dict()
    assert chart["datasets"][chart["data"]["name"]] == rows
    assert chart["height"] == 2 * (2 * charts.LINE + 2 * charts.BAR + 4)
    [picked] = chart["params"]
    assert (picked["name"], picked["select"]["fields"]) == (charts.PICKED, ["key"])
    assert loads_nothing(chart)


def test_a_timeline_has_a_mark_for_each_rating(every: dict[str, Glance]) -> None:
    [line] = glance.timelines(list(every.values()))
    rows = charts.timeline_rows(line, Places(every.values()).keys)
    assert [(row["standard"], row["when"], row["grade"], row["step"]) for row in rows] == [
        ("Overall", "April 2023", "Inadequate", "inadequate"),
        ("Overall", "March 2025", "Requires\nimprovement", "improve"),
        ("P 1.1 Leadership", "April 2023", "Good", "good"),
        ("P 1.1 Leadership", "March 2025", "Requires\nimprovement", "improve"),
        ("P 1.2 Staffing", "April 2023", "Inadequate", "inadequate"),
        ("P 1.2 Staffing", "March 2025", "Good", "good"),
    ]
    assert rows[0]["key"] == "0:leeds-2023"
    chart = charts.timeline(rows, dark=True).to_dict()
    points = next(layer for layer in chart["layer"] if layer["mark"]["type"] == "point")
    assert points["encoding"]["x"]["sort"] == ["April 2023", "March 2025"]
    colours = points["encoding"]["fill"]["scale"]
    assert colours["range"][colours["domain"].index("good")] == charts.PAINTS["good"].ground
    assert loads_nothing(chart)


def test_texts_of_a_picture_end_at_one_height() -> None:
    rows: list[charts.Row] = [{"a": "one\ntwo\nthree"}, {"a": "one"}]
    assert charts._of_equal_lines(rows, "a") == (
        [{"a": "one\ntwo\nthree"}, {"a": "\n\none"}],
        3,
    )
    assert charts._of_equal_lines([], "a") == ([], 1)


def test_a_text_in_a_picture_is_cut_and_cleaned() -> None:
    long = charts.broken("word " * 100, 20)
    assert len(long) <= charts.MAX_CHARACTERS
    assert long.endswith("…")
    assert max(map(len, long.splitlines())) <= 20
    assert charts.broken("a\u202eb\x00c\nd", 20) == "abc d"


def loads_nothing(chart: Any) -> bool:
    """Return whether a chart names nothing to be fetched."""
    text = json.dumps({key: part for key, part in chart.items() if key != "$schema"})
    return "url" not in text and "http" not in text and "href" not in text


# Taking it away


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", " =", "\t=", "\r=", "\n=", "\uff1d"])
def test_no_cell_of_the_sheet_is_a_formula(sign: str) -> None:
    evil = f'{sign}cmd|"/c calc"!A1, "quoted"\nand a line'
    item = replace(said("rating", evil, evil, evil), text=evil, section=(evil,), page_label=evil)
    raw = sheet.ratings_csv([Glance(evil, evil, evil, evil, "", evil, (item,))])
    head, row = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    assert head == list(glance.HEADER)
    assert len(row) == len(head)
    texts = [cell for cell in row if "calc" in cell]
    assert len(texts) == 11
    assert all(cell.lstrip()[0] == "'" for cell in texts)
    assert row[head.index("PDF page")] == "4"


# The page


def test_the_page_shows_all_of_it_and_names_what_has_no_ratings(made: Path) -> None:
    page = opened()
    text = shown(page)
    assert page.title[0].value == strings.RATINGS_TITLE
    for said_ in (
        "Probation delivery unit: 2 reports",
        strings.NOTHING_RATED_TITLE,
        "Minutes of a meeting",
        strings.TALLIES,
        strings.TWICE_TITLE,
        "Leeds, inspection by inspection",
        CLOSED,
    ):
        assert said_ in text
    assert [tab.label for tab in page.tabs] == [strings.PICTURE_TAB, strings.TABLE_TAB] * 2
    pictures = page.get("vega_lite_chart")
    assert [one.proto.alt for one in pictures] == [
        "Ratings of Leeds at 2 inspections, a line for each standard; the table has the same",
        "Bars of the percentages of 2 key questions, Leeds, March 2025; the table has the same",
    ]
    assert all(loads_nothing(json.loads(one.proto.spec)) for one in pictures)


def test_another_report_can_be_chosen(made: Path) -> None:
    page = opened()
    assert page.selectbox(key="glance").value == "leeds-2025"
    assert "No progress" in shown(page)
    assert [one.label for one in page.expander] == [
        "Strengths, word for word (2)",
        "Areas for improvement, word for word (1)",
        "Recommendations, word for word (1)",
    ]
    page.selectbox(key="glance").select("leeds-2023").run()
    assert not page.exception
    assert "No progress" not in shown(page)
    page.selectbox(key="glance").select("school").run()
    assert not page.exception
    assert escape.html("<script>alert(1)</script>") in shown(page)
    assert "<script>" not in shown(page).replace("&lt;script&gt;", "")


def test_an_open_page_is_shown_beside_and_one_that_is_gone_is_closed(made: Path) -> None:
    page = opened()
    page.session_state["opened"] = Opened("leeds-2025", 1, 1, ((50.0, 600.0, 90.0, 612.0),))
    page.run()
    assert not page.exception
    assert strings.pages("i", 1) in shown(page)
    page.session_state["opened"] = Opened("long-gone", 1, 1, ())
    page.run()
    assert not page.exception
    assert CLOSED in shown(page)
    assert page.session_state["opened"] is None


def test_what_the_ask_page_shows_is_put_aside(made: Path) -> None:
    page = AppTest.from_function(_ratings, default_timeout=60)
    page.session_state["opened"] = asked = Opened("leeds-2025", 1, 1, ())
    page.run()
    assert not page.exception
    assert CLOSED in shown(page)
    assert page.session_state["kept_opened"] == asked


def test_no_ratings_at_all_is_a_sentence(
    library: Path, index: Path, twin_embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(library, index, embedder=twin_embedder)
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    st.cache_resource.clear()
    page = opened()
    assert strings.ALL_UNRATED_TITLE in shown(page)
    assert "Inspection of lighthouses" in shown(page)
    assert not page.selectbox
    assert not page.get("vega_lite_chart")
    st.cache_resource.clear()


def test_no_index_offers_the_way_out(
    library: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    page = opened()
    assert strings.NO_INDEX_TITLE in shown(page)
    assert not page.get("download_button")


@pytest.mark.shared
def test_the_published_reports_at_a_glance(
    shared: Path, tmp_path: Path, twin_embedder: Any
) -> None:
    names = ("fenmarsh-pdu-2023", "fenmarsh-pdu-2025", "northamptonshire-pdu-2024")
    folder = tmp_path / "three"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.pdf").write_bytes((shared / "reports" / f"{name}.pdf").read_bytes())
    build(folder, tmp_path / "index", embedder=twin_embedder)
    found = {one.report: one for one in glance.glances(open_snapshot(tmp_path / "index"))}
    [group] = glance.groups(list(found.values()))
    assert [column.label for column in group.columns] == [
        "", "P 1.1", "P 1.2", "P 1.3", "P 2.1", "P 2.2", "P 2.3", "P 2.4",
    ]  # fmt: skip
    assert [one.value for column in group.columns for one in found[names[2]].rated(column)] == [
        "Inadequate", "Requires improvement", "Inadequate", "Requires improvement",
        "Inadequate", "Inadequate", "Inadequate", "Inadequate",
    ]  # fmt: skip
    [line] = glance.timelines(list(found.values()))
    assert [track.change for track in line.tracks] == [
        "better", "better", "better", "worse", "better", "same", "better", "same",
    ]  # fmt: skip
    assert [cell[0].value for cell in line.scores] == ["4/21", "7/21"]
    rows = charts.question_rows(found[names[1]], found[names[0]], Places(found.values()).keys)
    assert [(row["percent"], row["before"]) for row in rows] == [
        (72, 58), (75, 62), (55, 31), (70, 61), (69, 66), (58, 52),
        (69, 56), (61, 47), (53, 33), (63, 54), (59, 46), (44, 29),
    ]  # fmt: skip


def test_the_examples_hold() -> None:
    done = doctest.testmod(charts)
    assert done.failed == 0
    assert done.attempted >= 1


def said(
    kind: FindingKind,
    value: str,
    label: str,
    subject: str,
    *,
    report: str = "a",
    number: int = 0,
    page: int = 4,
    rect: float = 0.0,
) -> Said:
    text = f"{label} {subject} {value}"
    return Said(
        report, number, kind, label, subject, value, None, None, text, ("Ratings",), page,
        str(page), text, ((rect, 0.0, rect + 1, 1.0),),
    )  # fmt: skip


def _ratings() -> None:
    from qa.views import ratings

    ratings.show(None)  # type: ignore[arg-type]


CLOSED = '<div class="rq-closed"></div>'


def opened() -> AppTest:
    """Return the page as a visitor finds it."""
    page = AppTest.from_function(_ratings, default_timeout=60).run()
    assert not page.exception
    return page


def shown(page: AppTest) -> str:
    """Return the HTML that the page has put on the screen."""
    return "\n".join(element.proto.body for element in page.get("html"))
