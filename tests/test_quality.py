"""Runs of a set: what is asked, what is kept, and what the page shows of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from indexer.build import build
from indexer.errors import UnknownReport
from indexer.snapshot import open_snapshot
from qa import quality
from qa.errors import BadQuestion, NotKept
from qa.evaluate import Gold, GoldEvidence, load_gold, summarise
from qa.evaluate_html import plots
from qa.feedback import OwnSet, Verdict, key_of
from qa.quality import SHIPPED_REPORT, Plan, Run
from qa.records import Answer, Citation, Sentence
from qa.views import engine, figures, running, strings

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 120
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
KEEPERS = "The lighthouse has four keepers and one vacancy."
PAGES = {"lights": [KEEPERS, "Stores held 900 litres."], "harbour": ["Three boats."]}
EVIL = "<script>alert(1)</script> **b** :red[x] \u202e"


def gold(id: str = "q1", question: str = "How many keepers?", **more: Any) -> Gold:
    known = {"type": "answerable", "evidence": (GoldEvidence(KEEPERS, "lights"),)}
    return Gold(id=id, question=question, **{**known, "needs_all": False, **more})


def told(question: str, reports: Sequence[str] = ()) -> Answer:
    """Answer what has keepers in it and decline the rest."""
    if "keepers" not in question:
        return Answer(question, "no_answer", "The reports do not say.", 0.2)
    cited = Citation(1, "lights", 1, "1", ("1. Keepers",), KEEPERS, ())
    said = Sentence("The lighthouse has four keepers [1].", (1,))
    return Answer(question, "answered", said.text, 0.9, (said,), (cited,))


def own_file(path: Path, *questions: Gold) -> Path:
    records = [
        {
            "id": one.id,
            "question": one.question,
            "type": one.type,
            "evidence": [e.text for e in one.evidence],
            "evidence_reports": [e.report for e in one.evidence],
            "evidence_all": one.needs_all,
            "filter": list(one.reports),
        }
        for one in questions
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


# What is asked


def test_the_shipped_questions_need_their_report() -> None:
    asked = [gold("a"), gold("b")]
    assert quality.plan("shipped", asked, ["leeds"]) == Plan((), (SHIPPED_REPORT,), 2)
    assert quality.plan("shipped", asked, []) == Plan((), (SHIPPED_REPORT,), 2)
    assert quality.plan("shipped", asked, [SHIPPED_REPORT]) == Plan(tuple(asked))


def test_among_other_reports_the_shipped_questions_are_put_to_their_own_alone() -> None:
    planned = quality.plan("shipped", [gold("a")], ["leeds", SHIPPED_REPORT])
    assert planned == Plan((gold("a", reports=(SHIPPED_REPORT,)),), limited=True)


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        (gold(), ()),
        (gold(reports=("lights", "gone")), ("gone",)),
        (gold(evidence=(GoldEvidence(KEEPERS, "gone"),)), ("gone",)),
        # Any one is enough, and the other report is there.
        (gold(evidence=(GoldEvidence("a", "gone"), GoldEvidence("b", "lights"))), ()),
        (
            gold(evidence=(GoldEvidence("a", "gone"), GoldEvidence("b", "lights")), needs_all=True),
            ("gone",),
        ),
        (gold(evidence=(GoldEvidence("a"),)), ()),
        (gold(type="unanswerable", evidence=()), ()),
    ],
)
def test_a_visitors_question_is_left_out_where_its_report_is_not_there(
    question: Gold, absent: tuple[str, ...]
) -> None:
    planned = quality.plan("own", [question, gold("other")], ["lights", "harbour"])
    kept = (gold("other"),) if absent else (question, gold("other"))
    assert planned == Plan(kept, absent, len(absent))


# A run


def run_of(path: Path, **more: Any) -> Run:
    return quality.run_set("own", path, told, PAGES, snapshot="000001-ab", now=NOON, **more)


def test_a_run_says_what_was_asked_of_what_and_when(tmp_path: Path) -> None:
    path = own_file(
        tmp_path / "own.jsonl",
        gold("right"),
        gold("wrong", "Who has the boats?"),
        gold("no", "Who is king?", type="unanswerable", evidence=()),
        gold("gone", reports=("gone",)),
    )
    heard: list[tuple[int, int]] = []
    run = run_of(path, on_progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]
    assert (run.name, run.snapshot, run.ran) == ("own", "000001-ab", "2026-05-04T12:00:00Z")
    assert run.questions == quality.file_digest(path) != ""
    assert (run.absent, run.left_out, run.limited) == (("gone",), 1, False)
    assert [one.gold.id for one in run.scores] == ["right", "wrong", "no"]
    evaluation = summarise(run.scores)
    assert [one.gold.id for one in evaluation.failures] == ["wrong"]
    shown = {one.name: round(one.figure.value, 3) for one in quality.main_figures(evaluation)}
    assert shown == {
        "evidence quoted": 0.5,
        "citation precision": 1.0,
        "citation recall": 0.5,
        "page hit": 0.0,  # no passages were found
        "answered": 0.5,
        "unanswerable declined": 1.0,
        "AUROC": 0.75,  # .9 and .2 against .2: one above, one tie
    }
    assert [one.name for one in quality.main_figures(evaluation) if not one.share] == ["AUROC"]
    assert quality.counts_by_type(evaluation) == {"answerable": 2, "unanswerable": 1}


@pytest.mark.parametrize(
    "error", [BadQuestion("No word in it."), UnknownReport("There is no report 'x'.")]
)
def test_a_question_that_cannot_be_asked_does_not_cost_the_others(
    tmp_path: Path, error: Exception
) -> None:
    def ask(question: str, reports: Sequence[str]) -> Answer:
        if question == "?!":
            raise error
        return told(question)

    path = own_file(tmp_path / "own.jsonl", gold("bad", "?!"), gold("good"))
    run = quality.run_set("own", path, ask, PAGES, snapshot="s")
    assert [one.status for one in run.scores] == ["no_answer", "answered"]
    assert run.scores[0].answer == str(error)


def test_a_set_of_which_nothing_can_be_asked_is_a_sentence(tmp_path: Path) -> None:
    path = own_file(tmp_path / "own.jsonl", gold(reports=("gone",)))
    with pytest.raises(NotKept, match="it needs gone, which the index does not have"):
        run_of(path)


def test_the_shipped_set_can_be_loaded_and_is_about_its_report() -> None:
    assert len(load_gold(quality.SHIPPED)) == 50
    assert (ROOT / "data" / "reports" / f"{SHIPPED_REPORT}.pdf").is_file()


# Keeping


def test_a_run_is_kept_beside_the_index_and_read_as_it_was(tmp_path: Path) -> None:
    asked = [
        gold("a", facts=(("four", "4"), ("keepers",)), note="n", section="s"),
        gold("b", "Who is king? “é”", type="unanswerable", evidence=()),
    ]
    path = own_file(tmp_path / "own.jsonl", *asked)
    run = run_of(path)
    run = replace(run, scores=(replace(run.scores[0], gold=asked[0]), *run.scores[1:]))
    file = quality.run_path(tmp_path / "index", "own")
    assert file == tmp_path / "index-quality" / "own.json"
    assert quality.load_run(file) is None
    quality.save_run(file, run)
    assert quality.load_run(file) == run
    assert [one.name for one in file.parent.iterdir()] == ["own.json"]
    evaluation, again = summarise(run.scores), summarise(quality.load_run(file).scores)  # type: ignore[union-attr]
    assert (evaluation, plots(evaluation)) == (again, plots(again))


def test_an_index_named_by_a_dot_has_its_runs_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert quality.runs_folder(Path(".")) == tmp_path.with_name(f"{tmp_path.name}-quality")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-20],
        lambda text: "[]",
        lambda text: text.replace('"status": "answered"', '"status": "no_answer"'),
        lambda text: text.replace('"form": 1', '"form": 2'),
        lambda text: '{"content": 3, "sha256": ""}',
    ],
)
def test_a_run_that_is_not_what_was_written_is_a_sentence(
    tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    run = run_of(own_file(tmp_path / "own.jsonl", gold()))
    file = tmp_path / "r.json"
    quality.save_run(file, run)
    file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(NotKept, match="Run the questions again"):
        quality.load_run(file)


def test_a_run_that_cannot_be_written_or_read_is_a_sentence(tmp_path: Path) -> None:
    run = run_of(own_file(tmp_path / "own.jsonl", gold()))
    (tmp_path / "file").write_text("")
    with pytest.raises(NotKept, match="cannot be kept in"):
        quality.save_run(tmp_path / "file" / "r.json", run)
    with pytest.raises(NotKept, match="cannot be read"):
        quality.load_run(tmp_path)


def test_a_file_of_questions_that_is_not_there_has_no_digest(tmp_path: Path) -> None:
    assert quality.file_digest(tmp_path / "gone") == ""


# A run in the background


def test_a_run_says_how_far_it_is_and_can_be_stopped() -> None:
    asked: list[int] = []
    halfway = threading.Event()

    def job(listen: running.Progress) -> None:
        for number in range(1, 101):
            asked.append(number)
            listen(number, 100)
            if number == 50:
                halfway.set()

    desk = running.Desk()
    assert desk.begin("own", job)
    assert not desk.begin("shipped", job)
    run = desk.run
    assert run is not None
    assert halfway.wait(60)
    run.stop()
    run._thread.join(60)
    assert not desk.busy
    assert run.problem == strings.RUN_STOPPED
    assert 50 <= len(asked) < 100
    assert run.share() == len(asked) / 100 or run.share() == (len(asked) - 1) / 100
    assert run.text().startswith(f"{round(run.share() * 100)} of 100 questions asked")
    assert desk.begin("own", lambda listen: None)


@pytest.mark.parametrize(
    ("error", "problem"),
    [(NotKept("No room."), "No room."), (ZeroDivisionError("secret"), strings.UNEXPECTED)],
)
def test_a_run_that_fails_ends_in_a_sentence(
    error: Exception, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(listen: running.Progress) -> None:
        raise error

    run = running.Running("own", fail)
    run._thread.join(60)
    assert run.problem == problem
    assert ("secret" in caplog.text) == isinstance(error, ZeroDivisionError)


# Pieces of the page


def test_figures_are_told_in_words_and_whatever_they_say_is_text(tmp_path: Path) -> None:
    asked = gold(EVIL, f"{EVIL} boats?", type=EVIL, evidence=(GoldEvidence(EVIL, "lights"),))
    run = run_of(own_file(tmp_path / "own.jsonl", asked, gold("b")))
    evaluation = summarise(run.scores)
    own = OwnSet(tmp_path / "verdicts.jsonl")
    own.keep(Verdict(EVIL, (EVIL,), "wrong", (GoldEvidence(EVIL, EVIL),) * 5))
    pieces = [
        figures.main_table(quality.main_figures(evaluation)),
        figures.promise_table(evaluation),
        figures.type_table(evaluation),
        *(figures.failure(one, {"lights": EVIL}) for one in evaluation.failures),
        *(figures.own_question(one, {}) for one in own.questions().values()),
        *(figures.plot(one, EVIL) for one in plots(evaluation)),
        figures.status(EVIL),
    ]
    for piece in pieces:
        assert "<script" not in piece
        assert "\u202e" not in piece
    assert "<strong>50 %</strong>" in pieces[0]
    assert "✓ kept" in pieces[1]
    assert any("and 2 more" in piece for piece in pieces)
    assert "data:image/svg+xml;base64," in pieces[-2]


# The page, and the buttons under an answer


@pytest.fixture
def place(
    library: Path,
    index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    twin_embedder: object,
    build_once: Callable[..., object],
) -> Iterator[Path]:
    """The file of a visitor's own questions, with an index that can be asked."""
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    monkeypatch.setenv("REPORT_QA_GOLD", str(tmp_path / "own.jsonl"))
    monkeypatch.setenv("REPORT_QA_ACCESS", str(tmp_path / "access"))
    monkeypatch.setattr(engine, "load_embedder", lambda name: twin_embedder)
    monkeypatch.setattr(engine.Engine, "ask", fake_ask)
    build_once(library, index, embedder=twin_embedder)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield tmp_path / "own.jsonl"
    st.cache_resource.clear()
    st.cache_data.clear()


def fake_ask(self: engine.Engine, question: str, *rest: Any, **more: Any) -> Answer:
    found = self._asker.ask("How many keepers are there?")
    return replace(told(question), hits=found.hits)


def test_right_keeps_the_quotes_of_an_answer(place: Path) -> None:
    page = asked("How many keepers?")
    press(page, strings.RIGHT)
    (only,) = load_gold(place)
    assert (only.question, only.evidence) == (
        "How many keepers?",
        (GoldEvidence(KEEPERS, "lights"),),
    )
    assert "You said: right. Kept on this machine with 1 quote" in shown(page)
    press(page, strings.VERDICT_UNDO)
    assert load_or_none(place) == []
    assert "You said" not in shown(page)


def test_right_to_a_no_keeps_a_question_that_the_reports_do_not_answer(place: Path) -> None:
    page = asked("Who is the queen?")
    assert strings.NO_ANSWER_TITLE in shown(page)
    press(page, strings.RIGHT)
    (only,) = load_gold(place)
    assert (only.question, only.answerable, only.evidence) == ("Who is the queen?", False, ())
    press(page, strings.WRONG)  # and then: what does answer? Not "nothing", which was the answer.
    assert "none" not in page.radio(key="wrong-choice").options
    assert strings.WRONG_NONE not in page.radio(key="wrong-choice").options


def test_wrong_keeps_the_passage_that_does_answer(place: Path) -> None:
    page = asked("How many keepers?")
    press(page, strings.WRONG)
    choice = page.radio(key="wrong-choice")
    oil = next(n for n, label in enumerate(choice.options) if label.startswith("Stores held"))
    choice.set_value(str(oil + 1))
    press(page, strings.WRONG_KEEP)
    (only,) = load_gold(place)
    assert only.evidence == (
        GoldEvidence("Stores held 900 litres of oil at the end of the winter.", "lights"),
    )
    assert "You said: wrong." in shown(page)
    assert strings.WRONG_KEEP not in labels(page)


def test_wrong_takes_a_sentence_that_stands_in_a_report_and_no_other(place: Path) -> None:
    page = asked("How many keepers?")
    press(page, strings.WRONG)
    press(page, strings.WRONG_KEEP)
    assert "Nothing was chosen." in shown(page)
    page.text_area(key="wrong-sentence").set_value("Two keepers left in June.")
    press(page, strings.WRONG_KEEP)
    assert "is on no page of the reports that were asked" in shown(page)
    assert not place.exists()
    assert page.text_area(key="wrong-sentence").value == "Two keepers left in June."
    page.text_area(key="wrong-sentence").set_value("Two keepers left in May.")
    press(page, strings.WRONG_KEEP)
    (only,) = load_gold(place)
    assert only.evidence == (GoldEvidence("Two keepers left in May.", "lights"),)


def test_wrong_can_say_that_the_reports_do_not_answer_and_can_be_cancelled(place: Path) -> None:
    page = asked("How many keepers?")
    press(page, strings.WRONG)
    press(page, strings.CANCEL)
    assert strings.WRONG_KEEP not in labels(page)
    press(page, strings.WRONG)
    page.radio(key="wrong-choice").set_value("none")
    press(page, strings.WRONG_KEEP)
    (only,) = load_gold(place)
    assert only.type == "unanswerable"


def test_a_verdict_that_cannot_be_kept_is_a_sentence(place: Path) -> None:
    place.mkdir()
    page = asked("How many keepers?")
    assert strings.OWN_BROKEN_TITLE in shown(page)
    place.rmdir()
    place.write_text("not json", encoding="utf-8")
    page.run(timeout=PATIENCE_S)
    assert "line 1 is not JSON" in shown(page)
    assert strings.RIGHT not in labels(page)


def test_filters_that_choose_reports_are_kept_as_reports_and_others_take_no_verdict(
    place: Path,
) -> None:
    page = asked("How many keepers?", year="2031")
    assert strings.RIGHT not in labels(page)  # no report is of that year
    page = asked("How many keepers?", kind="rating")
    assert strings.RIGHT not in labels(page)
    page = asked("How many keepers?", place="Boats")  # as its title has it
    press(page, strings.RIGHT)
    page = asked("How many keepers?", report="lights")
    press(page, strings.RIGHT)
    assert [one.reports for one in load_gold(place)] == [("harbour",), ("lights",)]


@pytest.mark.usefixtures("place")
def test_a_reader_is_not_asked_for_a_verdict_and_cannot_run_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from qa.views import gate

    monkeypatch.setattr(gate, "may_edit", lambda: False)
    page = asked("How many keepers?")
    assert strings.RIGHT not in labels(page)
    assert strings.WRONG not in labels(page)
    page = quality_page()
    assert not any(label.startswith("Run the") for label in labels(page))


def test_the_page_says_that_the_shipped_report_is_not_there_and_shows_no_zeros(
    place: Path,
) -> None:
    page = quality_page()
    assert strings.ABSENT_TITLE in shown(page)
    assert SHIPPED_REPORT in shown(page)
    assert "0 %" not in shown(page)
    assert strings.NEVER_RUN in shown(page)
    assert not any(label.startswith("Run the") for label in labels(page))


def test_the_page_says_how_to_begin_a_set_of_ones_own(place: Path) -> None:
    page = quality_page(own=True)
    assert strings.OWN_EMPTY_TITLE in shown(page)


def test_a_visitors_questions_are_run_shown_and_asked(place: Path, index: Path) -> None:
    own = OwnSet(place)
    own.keep(Verdict("How many keepers?", (), "right", (GoldEvidence(KEEPERS, "lights"),)))
    own.keep(Verdict("Who has **boats**?", (), "wrong", (GoldEvidence(KEEPERS, "lights"),)))
    own.keep(Verdict("Who is the queen?", (), "right"))
    page = quality_page(own=True)
    assert strings.NEVER_RUN in shown(page)
    press(page, "Run the 3 questions")
    wait_for_run(index)
    page.run(timeout=PATIENCE_S)
    assert "2 of 3 questions with nothing wrong" in shown(page)
    assert "1 question with something wrong" in shown(page)
    assert strings.DOUBTS_TITLE not in shown(page)
    assert shown(page).count("data:image/svg+xml") == 2
    assert "3 questions of your own" in shown(page)
    own.keep(Verdict("One more?", (), "wrong"))
    page.run(timeout=PATIENCE_S)
    assert strings.QUESTIONS_CHANGED in shown(page)


def test_a_run_on_another_index_is_said_to_be_so(
    place: Path, library: Path, index: Path, twin_embedder: Any
) -> None:
    OwnSet(place).keep(Verdict("Who is the queen?", (), "right"))
    first = open_snapshot(index).name
    page = quality_page(own=True)
    press(page, "Run the 1 question")
    wait_for_run(index)
    (library / "harbour.pdf").unlink()
    build(library, index, embedder=twin_embedder)
    second = open_snapshot(index).name
    page.run(timeout=PATIENCE_S)
    assert strings.other_snapshot(first, second) in shown(page)
    assert "1 of 1 question with nothing wrong" in shown(page)


def test_a_result_that_is_damaged_is_a_sentence(place: Path, index: Path) -> None:
    OwnSet(place).keep(Verdict("Who is the queen?", (), "right"))
    file = quality.run_path(index, "own")
    file.parent.mkdir()
    file.write_text("{}", encoding="utf-8")
    page = quality_page(own=True)
    assert strings.RESULT_BROKEN in shown(page)
    assert "Run the 1 question" in labels(page)


def test_a_question_of_ones_own_can_be_removed_and_put_back(place: Path) -> None:
    own = OwnSet(place)
    own.keep(Verdict("Who is the queen?", (), "right"))
    own.keep(Verdict("Who is the king?", ("lights",), "wrong"))
    page = quality_page(own=True)
    press(page, "Remove question 1")  # the latest is the first
    assert list(own.questions()) == [key_of("Who is the queen?", ())]
    press(page, strings.PUT_BACK)
    assert list(own.questions())[-1] == key_of("Who is the king?", ["lights"])
    assert strings.OWN_REMOVED not in shown(page)


def test_a_failing_question_is_asked_on_the_page_of_questions(place: Path) -> None:
    OwnSet(place).keep(Verdict("How many keepers?", ("lights",), "right"))
    page = AppTest.from_function(_both)
    page.run(timeout=PATIENCE_S)
    page.radio(key="quality-set").set_value("own")
    page.run(timeout=PATIENCE_S)
    press(page, "How many keepers?")
    assert page.text_input(key="question").value == "How many keepers?"
    assert KEEPERS in shown(page)


# What the tests look with


def asked(question: str, **limits: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"))
    for name, value in {"q": question, **limits}.items():
        page.query_params[name] = value
    page.run(timeout=PATIENCE_S)
    assert not page.exception
    return page


def quality_page(*, own: bool = False) -> AppTest:
    page = AppTest.from_function(_quality)
    page.run(timeout=PATIENCE_S)
    if own:
        page.radio(key="quality-set").set_value("own")
        page.run(timeout=PATIENCE_S)
    assert not page.exception
    return page


def _quality() -> None:
    import streamlit as st

    from qa.views import quality
    from qa.views.guard import guarded

    def empty() -> None:
        st.write("")

    desk = st.Page(empty, title="Ask", url_path="ask", default=True)
    shelves = st.Page(empty, title="Library", url_path="library")
    st.navigation([desk, shelves], position="hidden")
    guarded(lambda: quality.show(desk, shelves))()


def _both() -> None:
    import streamlit as st

    from qa.views import ask, library, quality

    shelves = st.Page(library.show, title="Library", url_path="library")
    desk = st.Page(lambda: ask.show(shelves), title="Ask", url_path="ask")
    first = st.Page(
        lambda: quality.show(desk, shelves), title="Quality", url_path="quality", default=True
    )
    st.navigation([first, desk, shelves], position="hidden").run()


def wait_for_run(index: Path) -> None:
    run = running.desk(str(index)).run
    assert run is not None
    run._thread.join(PATIENCE_S)
    assert run.problem == ""


def load_or_none(path: Path) -> list[Gold]:
    return load_gold(path) if path.read_bytes() else []


def press(page: AppTest, label: str) -> None:
    next(one for one in page.button if one.label.replace("\\", "") == label).click()
    page.run(timeout=PATIENCE_S)
    assert not page.exception


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))
