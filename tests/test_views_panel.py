"""The page beside the answer, the search in it and the filters, by Streamlit's own harness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from qa.answer import Asker
from qa.filters import Filters
from qa.records import Answer, Citation, Hit, Sentence
from qa.views import engine, first, strings
from qa.views.escape import WORD_JOINER

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60
KEEPERS = [
    ["# 1. Keepers", "The lighthouse has four keepers.", "Two keepers left in May."],
    ["# 2. Oil", "Stores held 900 litres of oil."],
    ["# 3. Plans", "New keepers, and more oil, are wanted."],
]


@pytest.fixture(autouse=True)
def _folders(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch, twin_embedder: object,
    tiny_pdf: Callable[..., Path], build_once: Callable[..., object],
) -> Iterator[None]:  # fmt: skip
    """The page works on two reports, with an embedder that is no model, and always cites page 1."""
    library = tmp_path / "shelf"
    library.mkdir()
    tiny_pdf(library / "lights-2023.pdf", KEEPERS, title="Inspection of Fenmarsh lights, May 2023")
    tiny_pdf(library / "boats-2024.pdf", [["Nothing on boats."]], title="Inspection of Leeds boats")
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    monkeypatch.setattr(engine, "load_embedder", lambda name: twin_embedder)
    st.cache_resource.clear()
    st.cache_data.clear()
    build_once(library, index, embedder=twin_embedder)
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What each question was limited to; the answer cites the third line of page 1."""
    heard: list[dict[str, object]] = []

    def answer(asker: Asker, question: str, **options: object) -> Answer:
        heard.append(options)
        # The line stands at 734 points; its letters are 11 points high.
        cited = Citation(1, "lights-2023", 1, "", ("1. Keepers",), "q", ((72, 731, 200, 744),))
        return Answer(question, "answered", "A [1].", 0.9, (Sentence("A [1].", (1,)),), (cited,))

    monkeypatch.setattr(Asker, "ask", answer)
    return heard


# The page


@pytest.mark.usefixtures("asked")
def test_the_highlighted_words_stand_beside_the_picture_as_text() -> None:
    page = opened()
    assert "<b>1 line highlighted</b> <q>Two keepers left in May.</q>" in shown(page)
    press(page, strings.NEXT)
    assert "<q>" not in shown(page)
    press(page, "Back to page 1")
    assert "<q>Two keepers left in May.</q>" in shown(page)


@pytest.mark.usefixtures("asked")
def test_a_page_is_made_larger_and_smaller_within_limits() -> None:
    page = opened()
    for step in (1, 2, 3):
        press(page, strings.ZOOM_IN)
        assert f'class="rq-picture rq-zoom{step}"' in shown(page)
    assert button(page, strings.ZOOM_IN).disabled
    for _ in range(4):
        press(page, strings.ZOOM_OUT)
    assert 'class="rq-picture rq-zoom-1"' in shown(page)
    assert button(page, strings.ZOOM_OUT).disabled


# Words looked for in it


@pytest.mark.usefixtures("asked")
def test_words_are_found_on_the_page_and_in_the_report() -> None:
    page = opened()
    find(page, "keepers")
    assert "Hit 1 of 4 for “keepers”, 3 of them on this page." in shown(page)
    assert shown(page).count('class="rq-hit"') == 2
    assert shown(page).count('class="rq-hit rq-hit-now"') == 1
    assert "3 hits marked" in shown(page)
    for place in (2, 3):
        press(page, strings.HIT_AFTER)
        assert f"Hit {place} of 4" in shown(page)
    press(page, strings.HIT_AFTER)  # on page 3: page 2 has none
    assert "Hit 4 of 4 for “keepers”, 1 of them on this page." in shown(page)
    assert "PDF page 3" in shown(page)
    press(page, strings.HIT_AFTER)  # from the end to the beginning
    assert "Hit 1 of 4" in shown(page)
    press(page, strings.HIT_BEFORE)
    assert "Hit 4 of 4" in shown(page)


@pytest.mark.usefixtures("asked")
def test_words_that_are_elsewhere_or_nowhere_are_told_so() -> None:
    page = opened()
    find(page, "OIL")
    assert "“OIL” is not on this page, and 3 times on 2 other pages." in shown(page)
    assert 'class="rq-hit' not in shown(page)
    press(page, strings.HIT_AFTER)
    assert "Hit 1 of 3 for “OIL”, 2 of them on this page." in shown(page)
    find(page, "<b>whales</b>")
    assert "“&lt;b&gt;whales&lt;/b&gt;” is not in this report." in shown(page)
    assert button(page, strings.HIT_AFTER).disabled
    find(page, "–")
    assert strings.HIT_AFTER not in labels(page)


@pytest.mark.usefixtures("asked")
def test_another_page_is_opened_for_its_own_words_and_not_for_a_hit() -> None:
    page = opened()
    find(page, "keepers")
    press(page, "Show page 1")
    assert "“keepers” is 3 times on this page and 4 times in the report." in shown(page)
    assert "rq-hit rq-hit-now" not in shown(page)


# Filters


def test_a_filter_limits_the_question_and_stands_in_its_address(
    asked: list[dict[str, object]],
) -> None:
    page = opened()
    assert asked[-1]["reports"] == ()
    page.multiselect(key="filter-places").select("Fenmarsh")
    run(page)
    assert asked[-1]["reports"] == ("lights-2023",)
    assert page.query_params["place"] == "Fenmarsh"
    assert strings.filters(1) in popovers(page)
    press(page, "Place: Fenmarsh")
    assert asked[-1]["reports"] == ()
    assert "place" not in page.query_params
    assert strings.filters(0) in popovers(page)


def test_an_address_brings_its_filters(asked: list[dict[str, object]]) -> None:
    page = opened(place="Fenmarsh", year="2023")
    assert asked[-1]["reports"] == ("lights-2023",)
    assert page.multiselect(key="filter-years").value == ["2023"]
    assert strings.filters(2) in popovers(page)
    press(page, strings.FILTERS_CLEAR)
    assert asked[-1]["reports"] == ()


def test_filters_that_leave_nothing_say_so_and_how_to_go_on(
    asked: list[dict[str, object]],
) -> None:
    page = opened(place="Fenmarsh", year="2024")
    assert asked == []
    assert strings.FILTERS_NOTHING_TITLE in shown(page)
    assert "Place: Fenmarsh; Year: 2024" in shown(page)
    press(page, "Without “Place”: 1 passage")
    assert asked[-1]["reports"] == ("boats-2024",)
    assert "place" not in page.query_params
    assert page.query_params["year"] == "2024"


def test_a_value_that_no_report_has_is_shown_as_such(asked: list[dict[str, object]]) -> None:
    page = opened(place="<b>Atlantis</b>")
    assert asked == []
    choice = page.multiselect(key="filter-places")
    assert choice.value == ["<b>Atlantis</b>"]
    assert "<b>Atlantis</b> · not in this library" in choice.options
    assert "<b>Atlantis" not in shown(page)


def test_a_filter_set_before_a_question_limits_it(asked: list[dict[str, object]]) -> None:
    page = run(AppTest.from_file(str(ROOT / "app.py")))
    page.multiselect(key="filter-places").select("Leeds")
    run(page)
    assert asked == []
    page.text_input(key="question").set_value("How many boats?")
    press(page, strings.ASK_BUTTON)
    assert asked[-1]["reports"] == ("boats-2024",)
    assert page.session_state["history"][0].asked.filters == Filters(places=("Leeds",))


# First evidence


def test_the_nearest_passages_are_drawn_before_the_answer_and_then_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[tuple[int, str]] = []
    told = first.parts.first_evidence

    def listen(found: list[tuple[Hit, str, list[str]]]) -> str:
        drawn.append((len(found), found[0][1]))
        return told(found)

    monkeypatch.setattr(first.parts, "first_evidence", listen)
    page = opened()
    assert (3, "Inspection of Fenmarsh lights, May 2023") in drawn
    assert strings.NEAREST_SO_FAR not in shown(page)


# What the tests look with


def opened(**parameters: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"))
    page.query_params["q"] = "How many keepers?"
    for name, value in parameters.items():
        page.query_params[name] = value
    return run(page)


def run(page: AppTest) -> AppTest:
    page.run(timeout=PATIENCE_S)
    assert not page.exception
    return page


def find(page: AppTest, words: str) -> None:
    page.text_input(key="page-find-words").set_value(words)
    run(page)


def button(page: AppTest, label: str) -> st.testing.v1.element_tree.Button:
    return next(one for one in page.button if plain(one.label).startswith(label))


def plain(label: str) -> str:
    """Return a label without what keeps its signs from being Markdown."""
    return label.replace("\\", "").replace(WORD_JOINER, "")


def press(page: AppTest, label: str) -> None:
    button(page, label).click()
    run(page)


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.button]


def popovers(page: AppTest) -> list[str]:
    return [block.proto.popover.label for block in page.get("popover")]


def shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))
