"""The page in each of its states, run by Streamlit's own harness: a sentence, never a trace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from indexer.errors import ModelMissing
from qa.answer import Asker
from qa.records import Answer, Citation, Sentence
from qa.views import engine, strings

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60
EVIL = "<script>alert(1)</script> **b** :red[x] \u202e"


@pytest.fixture(autouse=True)
def _folders(
    library: Path, index: Path, monkeypatch: pytest.MonkeyPatch, twin_embedder: object
) -> Iterator[None]:
    """The page works on the library and index of the test, with an embedder that is no model."""
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    monkeypatch.setattr(engine, "load_embedder", lambda name: twin_embedder)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def built(
    library: Path, index: Path, twin_embedder: object, build_once: Callable[..., object]
) -> Path:
    """The index of the library."""
    build_once(library, index, embedder=twin_embedder)
    return index


def test_no_index_offers_to_build_one() -> None:
    page = opened()
    assert strings.NO_INDEX_TITLE in shown(page)
    assert strings.BUILD_BUTTON in labels(page)


@pytest.mark.parametrize("view", ["ask", "library"])
def test_an_empty_library_asks_for_a_report(view: str, library: Path) -> None:
    shutil.rmtree(library)
    page = opened(view)
    assert strings.EMPTY_TITLE in shown(page)
    assert strings.BUILD_BUTTON not in labels(page)


@pytest.mark.parametrize("view", ["ask", "library"])
def test_a_damaged_index_is_named_and_can_be_rebuilt(view: str, built: Path) -> None:
    file = next(built.glob("snapshots/*/passages.arrow"))
    file.write_bytes(b"\0" * file.stat().st_size)
    page = opened(view)
    assert strings.DAMAGED_TITLE in shown(page)
    assert "passages.arrow" in shown(page)
    assert strings.REBUILD_BUTTON in labels(page)


def test_a_library_that_moved_on_is_told(
    built: Path, library: Path, tiny_pdf: Callable[..., Path]
) -> None:
    tiny_pdf(library / "new.pdf", [["A new report on the harbour."]])
    assert strings.STALE_TITLE in shown(opened())
    assert "new is new in the library" in shown(opened("library"))


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("   ", "The question is empty"),
        ("why " * 1250, "4,999 characters and the limit is 1,000"),
        ("почему персонал оценён", "another script"),
        ("?!", "has no word in it"),
    ],
)
def test_a_question_that_cannot_be_asked_gets_a_sentence(question: str, said: str) -> None:
    page = opened()
    ask(page, question)
    assert strings.BAD_QUESTION_TITLE in shown(page)
    assert said in shown(page)
    assert strings.IN_LIBRARY in shown(page)  # and there is a way on
    assert "q" not in page.query_params or len(page.query_params["q"]) < 1_000


@pytest.mark.usefixtures("built")
def test_a_link_asks_and_a_report_that_is_not_there_is_named() -> None:
    page = opened(query={"q": "How many keepers?", "report": ["lights", "<b>gone</b>"]})
    assert "There is no report &#x27;&lt;b&gt;gone&lt;/b&gt;&#x27;" in shown(page)
    assert page.text_input(key="question").value == "How many keepers?"


@pytest.mark.usefixtures("built")
def test_an_answer_its_sources_and_its_page_are_shown_as_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Asker, "ask", hostile_answer)
    page = opened()
    ask(page, EVIL)
    assert "<script" not in shown(page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **b** :red[x]" in shown(page)
    assert "\u202e" not in shown(page)
    assert "Printed page &lt;i&gt; · PDF page 2" in shown(page)
    assert 'data-highlights="1"' in shown(page)
    press(page, "Show page 2")
    assert "Page 2 is shown" in labels(page)
    press(page, strings.PREVIOUS)
    assert 'data-highlights="0"' in shown(page)
    assert "Back to page 2" in labels(page)
    press(page, strings.CLOSE)
    assert "data-highlights" not in shown(page)


@pytest.mark.usefixtures("built")
def test_what_was_asked_before_can_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Asker, "ask", hostile_answer)
    page = opened()
    for question in ("How many keepers?", "How much oil?"):
        ask(page, question)
    assert page.query_params["q"] == "How much oil?"
    press(page, "How many keepers?")
    assert page.query_params["q"] == "How many keepers?"
    assert page.text_input(key="question").value == "How many keepers?"
    page.query_params["q"] = "How much oil?"  # as the browser's Back does
    run(page)
    assert page.text_input(key="question").value == "How much oil?"
    press(page, strings.CLEAR)
    assert "q" not in page.query_params
    assert strings.IN_LIBRARY in shown(page)


@pytest.mark.usefixtures("built")
def test_a_report_that_has_left_the_library_is_still_cited_and_its_page_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, library: Path
) -> None:
    monkeypatch.setattr(Asker, "ask", hostile_answer)
    (library / "lights.pdf").unlink()
    page = opened(query={"q": "How many keepers?"})
    assert strings.PAGE_MISSING in shown(page)
    assert strings.STALE_TITLE in shown(page)


@pytest.mark.usefixtures("built")
def test_a_report_whose_file_has_changed_is_not_shown_as_what_was_cited(
    monkeypatch: pytest.MonkeyPatch, library: Path, tiny_pdf: Callable[..., Path]
) -> None:
    monkeypatch.setattr(Asker, "ask", hostile_answer)
    tiny_pdf(library / "lights.pdf", [["Another"], ["text"]])
    page = opened(query={"q": "How many keepers?"})
    assert strings.PAGE_CHANGED.replace("'", "&#x27;") in shown(page)
    assert "data-highlights" not in shown(page)


@pytest.mark.usefixtures("built")
def test_no_answer_says_so_and_lists_the_nearest_passages(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Asker.ask

    def declined(self: Asker, question: str, **options: object) -> Answer:
        hits = answered(self, question).hits
        return Answer(question, "no_answer", "The reports do not say.", 0.1, hits=hits)

    monkeypatch.setattr(Asker, "ask", declined)
    page = opened(query={"q": "How many whales?"})
    assert strings.NO_ANSWER_TITLE in shown(page)
    assert "keepers" in shown(page)
    assert strings.COPY in labels(page)  # a no is worth keeping too


@pytest.mark.usefixtures("built")
def test_a_model_that_cannot_be_loaded_is_a_sentence_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, twin_embedder: object
) -> None:
    def missing(name: str) -> object:
        raise ModelMissing("The model is not installed: install it.")

    monkeypatch.setattr(engine, "load_embedder", missing)
    page = opened(query={"q": "How many keepers?"})
    assert strings.FAILED_TITLE in shown(page)
    assert "The model is not installed" in shown(page)
    monkeypatch.setattr(engine, "load_embedder", lambda name: twin_embedder)
    ask(page, "How many keepers are there?")
    assert strings.FAILED_TITLE not in shown(page)


@pytest.mark.usefixtures("built")
def test_what_nobody_foresaw_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(self: Asker, question: str, **options: object) -> Answer:
        raise ZeroDivisionError("a detail for the terminal")

    monkeypatch.setattr(Asker, "ask", defect)
    page = opened(query={"q": "How many keepers?"})
    assert strings.UNEXPECTED_TITLE in shown(page)
    assert "a detail for the terminal" not in shown(page)
    assert "a detail for the terminal" in caplog.text


@pytest.mark.usefixtures("built")
def test_the_library_shows_how_a_report_was_read(library: Path) -> None:
    page = opened("library")
    assert "placed exactly once" not in shown(page)
    page.selectbox(key="health").set_value("lights")
    run(page)
    assert "100.00% placed exactly once" in shown(page)
    press(page, strings.HEALTH_PICTURE)
    (library / "lights.pdf").unlink()
    run(page)
    assert "placed exactly once" not in shown(page)
    assert "There is no report &#x27;lights&#x27; in the library" in shown(page)


@pytest.mark.usefixtures("built")
def test_the_library_lists_what_can_be_asked() -> None:
    assert "2 reports, 3 pages" in shown(opened("library"))


# What the tests look with


def hostile_answer(asker: Asker, question: str, **options: object) -> Answer:
    cited = Citation(1, "lights", 2, "<i>", (EVIL,), EVIL, ((72.0, 750.0, 300.0, 764.0),))
    said = Sentence(f"{EVIL} [1].", (1,))
    return Answer(question, "answered", said.text, 0.9, (said,), (cited,))


def opened(view: str = "ask", query: dict[str, str | list[str]] | None = None) -> AppTest:
    """Return the page as a visitor finds it."""
    page = AppTest.from_function(_library) if view == "library" else AppTest.from_file(APP)
    for name, value in (query or {}).items():
        page.query_params[name] = value
    return run(page)


APP = str(ROOT / "app.py")


def _library() -> None:
    from qa.views import library
    from qa.views.guard import guarded

    guarded(library.show)()


def run(page: AppTest) -> AppTest:
    page.run(timeout=PATIENCE_S)
    assert not page.exception
    return page


def ask(page: AppTest, question: str) -> None:
    page.text_input(key="question").set_value(question)
    press(page, strings.ASK_BUTTON)


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label.replace("\\", "") == label).click()
    run(page)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def shown(page: AppTest) -> str:
    """Return the HTML that the page has put on the screen."""
    return "\n".join(element.proto.body for element in page.get("html"))
