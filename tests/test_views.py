"""The pieces of the page, with values worked out by hand; whatever a text says, it stays a text."""

from __future__ import annotations

import doctest
import importlib
import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from indexer.errors import BuildLocked, IndexerError
from indexer.events import BuildResult, Event, ReportStatus
from indexer.records import Passage, TextWord
from qa.records import Answer, Citation, Hit, Sentence
from qa.views import escape, examples, export, parts, picture, strings, work
from qa.views.asking import Asked, Told

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></div><style>*{display:none}</style>",
    "**bold** _it_ `code` # head [a](http://elsewhere.test) ![i](http://elsewhere.test/i.png)",
    ":red[x] :material/check: -> <- $x^2$ www.elsewhere.test ~~s~~ | a | b |",
    "a\x00b\x1b[31mc\u202ed\u2066e\ud800f",
    "&lt;b&gt; &amp; {{x}} ${y}",
)


# Escaping


@pytest.mark.parametrize("text", HOSTILE)
def test_html_has_no_tag_and_says_the_same(text: str) -> None:
    read = Read(escape.html(text))
    assert read.tags == []
    assert read.text == escape.clean(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_leaves_no_sign_that_means_anything(text: str) -> None:
    said = escape.markdown(text)
    assert "\n" not in said
    for place, sign in enumerate(said):
        if sign in "*_`#[]()!<>|$~:{}":
            assert said[place - 1] == "\\"
    for sign in (":", "<", ">", "-", "~"):
        assert said.count(sign) == said.count(sign + escape.WORD_JOINER)
    plain = said.replace("\\", "").replace(escape.WORD_JOINER, "")
    assert plain == " ".join(escape.clean(text).split())


def test_clean_keeps_lines_tabs_and_letters_of_every_script() -> None:
    assert escape.clean("a\tb\nc Ünïcode Ж 中 \u0301") == "a\tb\nc Ünïcode Ж 中 \u0301"
    assert escape.clean(HOSTILE[5]) == "ab[31mcdef"


# Pictures


@pytest.mark.parametrize(
    ("rect", "box"),
    [
        ((10, 20, 30, 40), (17, 117, 63, 163)),  # 8.5, 58.5, 31.5 and 81.5 points from top left
        ((-10, -10, 5, 5), (0, 187, 13, 199)),  # cut off at two edges
        ((300, 300, 310, 310), None),  # outside
        ((10, 20, 10, 40), None),  # no width
        ((10, 40, 30, 20), None),  # upside down
    ],
)
def test_points_from_the_bottom_left_become_pixels_from_the_top_left(
    rect: picture.Rect, box: picture.Box | None
) -> None:
    assert picture.boxes([rect], (200, 100), (400, 200)) == ([box] if box else [])


def test_a_page_of_no_size_has_no_boxes() -> None:
    assert picture.boxes([(1, 1, 2, 2)], (0, 100), (400, 200)) == []


def test_a_highlight_is_yellow_under_dark_words_with_an_edge_and_nothing_beside_it() -> None:
    page = Image.new("RGB", (400, 200), "white")
    page.putpixel((40, 140), (0, 0, 0))
    marked = picture.highlight(page, [(10, 20, 30, 40)], (200, 100))
    assert marked.getpixel((41, 140)) == (255, 229, 92)
    assert marked.getpixel((40, 140)) == (0, 0, 0)
    assert marked.getpixel((17, 117)) == marked.getpixel((63, 163)) == (176, 112, 0)
    assert marked.getpixel((16, 117)) == marked.getpixel((64, 163)) == (255, 255, 255)
    assert page.getpixel((41, 140)) == (255, 255, 255)  # what was given is left as it was


def test_a_highlight_shows_on_a_dark_ground() -> None:
    page = Image.new("RGB", (400, 200), "black")
    marked = picture.highlight(page, [(10, 20, 30, 40)], (200, 100))
    assert marked.getpixel((41, 140)) == pytest.approx((102, 92, 37), abs=1)  # 0.4 of the yellow


def test_the_picture_of_a_page_has_two_pixels_a_point(
    tmp_path: Path, tiny_pdf: Callable[..., Path]
) -> None:
    path = tiny_pdf(tmp_path / "a.pdf", [["The lighthouse has four keepers."]])
    data = picture.page_picture(path, 1, [(72, 766, 300, 780)], (595, 842))
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    assert shown.size == (1190, 1684)
    red, green, blue = pixel(shown, 590, 2 * (842 - 778))
    assert red > 240
    assert green > 210
    assert blue < 140
    assert pixel(shown, 700, 900) == (255, 255, 255)
    assert picture.data_address(b"ab") == "data:image/webp;base64,YWI="


# Pieces of the page


@pytest.mark.parametrize("text", HOSTILE)
def test_no_piece_of_the_page_lets_a_text_be_more_than_a_text(text: str) -> None:
    shown = escape.clean(text)
    passage = passage_of(text, section=(text, text), context=text)
    cited = Citation(1, text, 10, text, (text, text), text, ())
    report = ReportStatus(text, text, 1, 2, text, text)
    pieces = [
        parts.heading(text),
        parts.paragraph(text),
        parts.bullets([text]),
        parts.notice(text, [text], kind="bad", listed=True),
        parts.asked(text),
        parts.answer(text, [Sentence(f"{text} [1].", (1,))], [cited]),
        parts.citation(cited, text),
        parts.hit(Hit(1, passage, 0.5), text, [text]),
        parts.picture(b"", text, lines=1, target=(0.5, 0.5)),
        parts.pdf_links(text, 3, text),
        parts.quoted(text, 2),
        parts.status(text),
        parts.first_evidence([(Hit(1, passage, 0.0), text, [text])]),
        parts.library_table([report]),
        parts.report_list([(text, text)]),
    ]
    for piece in pieces:
        read = Read(piece)
        assert {"script", "style"}.isdisjoint(read.tags)
        assert read.tags.count("img") == ("data:image/webp" in piece)
        assert not any(name.startswith("on") for name in read.attributes)
        assert shown in read.text or shown in read.values
        assert read.open == []


def test_a_sentence_ends_with_links_to_its_own_sources_only() -> None:
    cited = Citation(2, "lights", 3, "iii", (), "Two keepers left in May.", ())
    piece = parts.answer("Who left?", [Sentence("Note [1] says two left [2].", (2,))], [cited])
    assert (
        'says two left\N{NO-BREAK SPACE}<span class="rq-cite"><a class="rq-n" href="#source-2" '
        'data-source="2" aria-label="Source 2, Printed page iii · PDF page 3" '
        'aria-describedby="quote-2">2</a><span class="rq-tip"' in piece
    )
    assert '<span id="quote-2">Two keepers left in May.</span>' in piece
    assert "<p>Note [1] says" in piece
    assert piece.endswith("</span></span></span>.</p></section>")


@pytest.mark.parametrize(
    "sentence", [Sentence("Two left [3].", (2,)), Sentence("Two left.", (2,)), Sentence("[", ())]
)
def test_a_marker_that_is_not_the_answers_stays_text(sentence: Sentence) -> None:
    assert f"<p>{sentence.text}</p>" in parts.answer("Who left?", [sentence])


def test_several_sentences_are_a_list() -> None:
    piece = parts.answer("Who?", [Sentence("A [1].", (1,)), Sentence("B [1] [2].", (1, 2))])
    assert piece.count("<li>") == 2


def test_what_is_bad_is_announced_at_once_and_not_by_colour_alone() -> None:
    bad, note = parts.notice("Oh", kind="bad"), parts.notice("Well")
    assert 'role="alert"' in bad
    assert ">! Oh<" in bad
    assert 'role="status"' in note
    assert ">Well<" in note


def test_a_report_without_a_date_says_so() -> None:
    dated = ReportStatus("a", "A", 1_200, 2, "2024-07-05T08:00:00Z", "2026-01-01T00:00:00Z")
    undated = ReportStatus("b", "B", 1, 2, "", "2026-01-01T00:00:00Z")
    table = Read(parts.library_table([dated, undated])).text
    assert "5 July 2024" in table
    assert "1,200" in table
    assert "not given" in table
    assert "2026" not in table


def test_the_first_highlight_is_where_the_picture_opens() -> None:
    piece = parts.picture(b"", "a page", lines=1, target=(0.125, 0.5), zoom=2)
    assert 'style="left: 12.5%; top: 50.0%"' in piece
    assert 'class="rq-picture rq-zoom2"' in piece
    assert "rq-target" not in parts.picture(b"", "a page", lines=0, target=None)


def test_hits_are_drawn_over_the_picture_and_the_one_looked_at_differs() -> None:
    marks = [((0.1, 0.25, 0.2, 0.01), False), ((0.5, 0.75, 0.123456, 0.01), True)]
    piece = parts.picture(b"", "a page", lines=0, target=None, marks=marks)
    place = "left: 10.00%; top: 25.00%; width: 20.00%; height: 1.00%"
    assert f'<span class="rq-hit" style="{place}"></span>' in piece
    place = "left: 50.00%; top: 75.00%; width: 12.35%; height: 1.00%"
    assert f'<span class="rq-hit rq-hit-now" style="{place}"></span>' in piece


@pytest.mark.parametrize(
    ("rect", "box"),
    [
        ((50, 20, 100, 40), (0.25, 0.6, 0.25, 0.2)),
        ((-10, -10, 20, 10), (0.0, 0.9, 0.1, 0.1)),  # cut off at two edges
        ((0, 0, 200, 100), (0.0, 0.0, 1.0, 1.0)),
    ],
)
def test_a_place_on_a_page_as_shares_of_it(
    rect: picture.Rect, box: tuple[float, float, float, float]
) -> None:
    assert picture.box_of(rect, (200, 100)) == pytest.approx(box)


def test_a_report_can_be_opened_at_a_page_and_kept() -> None:
    piece = parts.pdf_links("/media/ab.pdf", 10, "leeds 2023.pdf")
    assert '<a href="/media/ab.pdf#page=10" target="_blank" rel="noopener">' in piece
    assert '<a href="/media/ab.pdf" download="leeds 2023.pdf">Download the PDF</a>' in piece


def test_passages_that_are_not_scored_yet_have_no_score() -> None:
    found = Hit(1, passage_of("Two keepers left."), 0.5)
    assert "score 0.50" in parts.hit(found, "Lights", ["1"])
    first = parts.first_evidence([(found, "Lights", ["1"])])
    assert "score" not in first
    assert "Two keepers left." in first


# Example questions

TABLE = [
    ("P 1.1 Leadership", "Requires improvement"),
    ("P 1.2 Staffing", "Inadequate"),
    ("P 1.3 Services", "Good"),
    ("Overall rating", "Inadequate"),
]


def report_passages() -> list[Passage]:
    """The passages of a report: a table of ratings and four headed paragraphs."""
    rows = [
        Passage(
            "leeds", number, "row", ("Ratings",), f"{label} {grade}", ((0, 9),), word_on(2),
            cells=((0, len(label)), (len(label) + 1, len(label) + 1 + len(grade))),
        )
        for number, (label, grade) in enumerate(TABLE)
    ]  # fmt: skip
    headed = [
        ("Tests of software", 1),  # on the title page
        ("Recommendations", 3),
        ("P 1.2. Staffing", 4),
        ("Leeds should:", 4),
        ("Feedback from people on probation", 5),
        ("Jo Smith", 6),
        ("Diversity and inclusion", 7),
    ]
    return rows + [
        passage_of("There was too little staffing.", section=(heading,), page=page)
        for heading, page in headed
    ]


def test_examples_begin_with_the_worst_rating_and_leave_titles_names_and_lead_ins_out() -> None:
    assert list(examples.questions_from(report_passages())) == [
        "Why was staffing rated Inadequate?",
        "What is the overall rating?",
        "What are the recommendations?",
        "What does the report say about “Feedback from people on probation”?",
        "What does the report say about “Diversity and inclusion”?",
    ]


def test_follow_ups_go_on_from_the_cited_section_and_never_ask_the_same_again() -> None:
    cited = Citation(1, "leeds", 4, "4", ("P 1.2. Staffing",), "q", ())
    answer = Answer("why was staffing rated inadequate", "answered", "a", 0.9, citations=(cited,))
    assert [one.question for one in examples.follow_ups(index_of(report_passages()), answer)] == [
        "What does the report say about “Feedback from people on probation”?",
        "What does the report say about “Diversity and inclusion”?",
        "What is the overall rating?",
    ]


def test_no_citation_no_follow_up() -> None:
    answer = Answer("q", "no_answer", "The reports do not say.", 0.1)
    assert examples.follow_ups(index_of(report_passages()), answer) == []


def test_examples_of_two_reports_take_turns_and_repeat_nothing() -> None:
    found = examples.examples(index_of(report_passages(), "leeds", "york"))
    assert [one.question for one in found] == [
        "Why was staffing rated Inadequate?",
        "What is the overall rating?",
        "What are the recommendations?",
        "What does the report say about “Feedback from people on probation”?",
    ]
    assert {one.report for one in found} == {"leeds"}


# Answers as text

ANSWER = Answer(
    "Who left?",
    "answered",
    "Two keepers left in May [1].",
    0.9,
    sentences=(Sentence("Two keepers left in May [1].", (1,)),),
    citations=(
        Citation(1, "lights", 3, "iii", ("1. Keepers", "Staff"), "Two keepers\nleft in May.", ()),
    ),
)
TOLD = Told(Asked("Who left?"), "000001-ab", ANSWER, {"lights": "Of lighthouses"})


def test_an_answer_as_text() -> None:
    assert export.as_text(TOLD) == (
        "Who left?\n\nTwo keepers left in May [1].\n\nWhere it says so\n"
        "[1] Of lighthouses (lights), 1. Keepers › Staff, Printed page iii · PDF page 3\n"
        "    “Two keepers left in May.”\n\n"
        "Index 000001-ab. Asked of all reports. Filters: none. Caution: Balanced.\n"
    )


def test_an_answer_as_markdown() -> None:
    assert export.session_markdown([TOLD]) == (
        "## Who left?\n\nTwo keepers left in May \\[1\\].\n\n### Where it says so\n\n"
        "**\\[1\\]** Of lighthouses (lights), 1. Keepers › Staff, Printed page iii · PDF page 3\n\n"
        "> Two keepers left in May.\n\n"
        "_Index 000001-ab. Asked of all reports. Filters: none. Caution: Balanced._\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_from_a_hostile_report_has_no_markup_of_its_own(text: str) -> None:
    said = export.escaped(text)
    for place, sign in enumerate(said):
        if sign in "<>*_`[]#|~$&!":
            assert said[place - 1] == "\\"


def test_no_answer_is_exported_too() -> None:
    answer = Answer("Who left?", "no_answer", "The reports do not say.", 0.1)
    said = export.session_markdown([replace(TOLD, answer=answer)])
    assert said.startswith("## Who left?\n\nThe reports do not say.\n\n_Index 000001-ab. Asked of")


# Work


@pytest.mark.parametrize(
    ("event", "share"),
    [
        (Event("reading", "a", 5, 10, number=1, count=2), 0.0625),  # half of a quarter of a half
        (Event("reading", "a", 0, 0, number=1, count=1), 0.0),
        (Event("embedding", "a", 0, 0, number=1, count=4), 0.0625),
        (Event("embedding", "a", 3, 4, number=2, count=2), 0.90625),  # (1 + .25 + .75 * .75) / 2
        (Event("embedding", "a", 9, 4, number=1, count=1), 0.98),
        (Event("publishing", "", 0, 0, number=0, count=0), 0.98),
    ],
)
def test_how_much_of_a_build_is_done(event: Event, share: float) -> None:
    assert work.share_done(event) == pytest.approx(share)


def test_progress_never_falls_and_names_the_report_harmlessly() -> None:
    done = work.Work(lambda listen: RESULT)
    done.event = Event("embedding", "**a** <b>", 3, 4, number=2, count=2)
    assert done.share() == pytest.approx(0.90625)
    said = work.progress_text(done)
    assert said.startswith("Indexing \\*\\*a\\*\\* \\<")
    assert "report 2 of 2 · 3 of 4 passages" in said
    done.event = Event("reading", "a", 0, 1, number=1, count=2)
    assert done.share() == pytest.approx(0.90625)


def test_a_desk_does_one_piece_of_work_at_a_time() -> None:
    go_on = threading.Event()

    def wait(listen: Callable[[Event], None]) -> BuildResult:
        assert go_on.wait(30)
        return RESULT

    desk = work.Desk()
    first = desk.begin(wait)
    assert first is not None
    assert desk.busy
    assert desk.begin(wait) is None
    go_on.set()
    wait_for(first)
    assert first.outcome == work.Outcome(RESULT)
    assert not desk.busy
    assert desk.begin(lambda listen: RESULT) is not None


@pytest.mark.parametrize(
    ("error", "title", "problem"),
    [
        (BuildLocked("Another build runs."), strings.LOCKED_TITLE, "Another build runs."),
        (IndexerError("No such folder."), strings.FAILED_TITLE, "No such folder."),
        (ZeroDivisionError("secret"), strings.UNEXPECTED_TITLE, strings.UNEXPECTED),
    ],
)
def test_work_that_fails_ends_in_a_sentence(
    error: Exception, title: str, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(listen: Callable[[Event], None]) -> BuildResult:
        raise error

    failed = work.Work(fail)
    wait_for(failed)
    assert failed.outcome == work.Outcome(None, title, problem)
    assert ("secret" in caplog.text) == isinstance(error, ZeroDivisionError)


# What the docstrings say


@pytest.mark.parametrize(
    "name", ["escape", "examples", "export", "parts", "picture", "strings", "work"]
)
def test_what_the_docstrings_say_is_so(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"qa.views.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


# What the tests look with

RESULT = BuildResult("000001-ab", (), 0, 0.1, "hash@0", changed=True)
VOID = {"img", "br", "hr"}


class Read(HTMLParser):
    """What a browser makes of HTML: its tags, the names and values of attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.values = ""
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += " ".join(value or "" for _, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def word_on(page: int) -> tuple[TextWord, ...]:
    return (TextWord(0, 1, page, (72.0, 700.0, 90.0, 712.0)),)


def passage_of(
    text: str, *, section: tuple[str, ...] = (), page: int = 1, context: str = ""
) -> Passage:
    return Passage(
        "leeds", 0, "text", section, text, ((0, len(text)),), word_on(page), context=context
    )


def index_of(passages: Sequence[Passage], *reports: str) -> Any:
    """Return what looks like a snapshot whose reports all have the same passages."""
    return SimpleNamespace(
        reports=[SimpleNamespace(id=name) for name in reports or ("leeds",)],
        passages=passages,
        rows_of=lambda report: range(len(passages)),
    )


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    red, green, blue = image.crop((x, y, x + 1, y + 1)).tobytes()
    return red, green, blue


def wait_for(piece: work.Work) -> None:
    piece._thread.join(30)
    assert not piece.running


def test_a_quote_that_was_read_by_ocr_says_so() -> None:
    plain = Citation(1, "scan", 3, "3", (), "Two keepers left.", ())
    read = Citation(1, "scan", 3, "3", (), "Two keepers left.", (), ocr=True)
    assert strings.READ_BY_OCR not in parts.citation(plain, "Scan")
    assert f"PDF page 3 · {strings.READ_BY_OCR}" in parts.citation(read, "Scan")


def test_facts_are_shown_as_text() -> None:
    assert parts.facts([("Pages", "<b>3</b>")]) == (
        '<dl class="rq-facts"><dt>Pages</dt><dd>&lt;b&gt;3&lt;/b&gt;</dd></dl>'
    )
