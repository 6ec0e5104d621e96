"""The page of comparisons, run by Streamlit's own harness, and the link to a citation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from indexer.build import remove
from indexer.embedding import Embedder
from indexer.snapshot import open_snapshot
from qa.answer import Asker
from qa.errors import Busy
from qa.links import link_to
from qa.records import Answer, Citation, Sentence
from qa.views import engine, strings
from tests.test_changes import write_inspections

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 120
QUESTION = "How many boats are in use in the harbour?"
EVIL = "<script>alert(1)</script> **b** :red[x] \u202e"
ALL = ["skerries-2024", "fenmarsh-2023", "fenmarsh-2025"]


@pytest.fixture(autouse=True)
def folder(
    tmp_path: Path,
    index: Path,
    monkeypatch: pytest.MonkeyPatch,
    twin_embedder: Embedder,
    tiny_pdf: Callable[..., Path],
    build_once: Callable[..., object],
) -> Iterator[Path]:
    """The page works on three inspections, two of them of one place."""
    library = write_inspections(tmp_path / "boats", tiny_pdf)
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    monkeypatch.setattr(engine, "load_embedder", lambda name: twin_embedder)
    build_once(library, index, embedder=twin_embedder)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield library
    st.cache_resource.clear()
    st.cache_data.clear()


def test_the_inspections_of_one_place_are_chosen_to_begin_with() -> None:
    page = opened()
    assert page.multiselect(key="compare_reports").value == ["fenmarsh-2023", "fenmarsh-2025"]
    assert strings.COMPARE_START in shown(page)
    assert given(page, "report") == ["fenmarsh-2023", "fenmarsh-2025"]


def test_each_report_has_a_cell_with_its_own_answer_and_pages() -> None:
    page = opened()
    page.multiselect(key="compare_reports").set_value(ALL)
    page.text_input(key="compare_question").set_value(QUESTION)
    press(page, strings.COMPARE_BUTTON)
    helpful(page)
    text = shown(page)
    for boats in ("nine", "four", "six"):
        assert f"has {boats} boats in use" in text
    assert text.count('aria-label="Answer of ') == 3
    numbers = [int(part.split('"')[0]) for part in text.split('id="source-')[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert given(page, "q") == [QUESTION]
    assert given(page, "report") == ALL
    press(page, "Show page 2")
    assert 'data-highlights="1"' in shown(page)
    press(page, strings.CLOSE)
    assert "data-highlights" not in shown(page)


def test_a_report_that_does_not_say_so_has_the_nearest_passage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Asker.ask

    def ask(self: Asker, question: str, *, reports: Sequence[str], **options: object) -> Answer:
        sure = 0.0 if reports == ("fenmarsh-2025",) else 1.01
        return real(self, question, reports=reports, threshold=sure)

    monkeypatch.setattr(Asker, "ask", ask)
    page = opened({"q": QUESTION, "report": ALL})
    text = shown(page)
    assert text.count(strings.NOT_IN_REPORT) == 2
    assert text.count('aria-label="Answer of ') == 1
    assert "which was not chosen" not in text  # the other reports speak for themselves
    assert [e.label for e in page.expander].count(strings.NEAREST_ONE) == 2


def test_no_report_is_asked_twice_while_the_page_is_only_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def ask(self: Asker, question: str, *, reports: Sequence[str], **options: object) -> Answer:
        asked.extend(reports)
        return hostile(question, reports[0])

    monkeypatch.setattr(Asker, "ask", ask)
    page = opened({"q": QUESTION, "report": ALL[1:]})
    press(page, "Show page 2")
    assert asked == ALL[1:]
    press(page, strings.COMPARE_BUTTON)
    assert asked == ALL[1:] * 2  # who asks again wants it asked again


def test_texts_of_reports_are_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(self: Asker, question: str, *, reports: Sequence[str], **options: object) -> Answer:
        return hostile(EVIL, reports[0])

    monkeypatch.setattr(Asker, "ask", ask)
    page = opened({"q": QUESTION, "report": ALL})
    assert "<script" not in shown(page)
    assert shown(page).count("&lt;script&gt;alert(1)&lt;/script&gt; **b** :red[x]") >= 3
    assert "\u202e" not in shown(page)


def test_what_has_been_asked_stays_when_it_is_no_longer_this_visitors_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ask(self: Asker, question: str, *, reports: Sequence[str], **options: object) -> Answer:
        if reports == ("fenmarsh-2025",):
            raise Busy(4, seconds=3)
        return hostile(question, reports[0])

    monkeypatch.setattr(Asker, "ask", ask)
    page = opened({"q": QUESTION, "report": ALL})
    assert "Try again in 3 seconds." in shown(page)
    assert shown(page).count('aria-label="Answer of ') == 2
    assert shown(page).count(strings.NOT_ASKED) == 1
    assert not page.get("progress")


@pytest.mark.parametrize(
    ("question", "said"),
    [("?!", "has no word in it"), ("why " * 1250, "the limit is 1,000"), ("почему", "script")],
)
def test_a_question_that_cannot_be_asked_gets_a_sentence(question: str, said: str) -> None:
    page = opened()
    page.text_input(key="compare_question").set_value(question)
    press(page, strings.COMPARE_BUTTON)
    assert strings.BAD_QUESTION_TITLE in shown(page)
    assert said in shown(page)
    assert all(len(asked) < 1_000 for asked in given(page, "q"))


def test_one_report_is_nothing_to_compare(
    folder: Path, index: Path, twin_embedder: Embedder
) -> None:
    page = opened()
    page.multiselect(key="compare_reports").set_value(["skerries-2024"])
    page.text_input(key="compare_question").set_value(QUESTION)
    press(page, strings.COMPARE_BUTTON)
    assert strings.COMPARE_TWO in shown(page)
    remove(ALL[1:], folder, index, embedder=twin_embedder)
    assert strings.COMPARE_FEW in shown(opened())


def test_an_address_with_a_report_that_is_gone_says_so() -> None:
    page = opened({"q": QUESTION, "report": [*ALL[:2], "<b>gone</b>"]})
    assert strings.COMPARE_GONE_TITLE in shown(page)
    assert "&lt;b&gt;gone&lt;/b&gt;" in shown(page)
    assert shown(page).count("rq-clamp") == 2


def test_more_than_six_reports_of_an_address_are_cut_to_six() -> None:
    page = opened({"q": QUESTION, "report": [*ALL, *(f"no-{n}" for n in range(9))]})
    assert shown(page).count("rq-clamp") == 3


# What changed


def test_what_changed_shows_both_values_and_which_way_it_went() -> None:
    page = opened()
    page.radio(key="compare_mode").set_value("changes")
    run(page)
    assert given(page, "mode") == ["changes"]
    text = shown(page)
    assert "2 ratings are better, 1 is worse and 1 is the same." in text
    row = text.split("P 1.3 Oil</th>")[1].split("</tr>")[0]
    assert "Inadequate <a" in row
    assert "Good <a" in row
    assert "▲ </span>Better" in row
    assert 'data-source="earlier-2"' in row
    assert 'data-source="later-2"' in row
    assert "cite=fenmarsh-2025&amp;page=1&amp;words=P+1.3+Oil+Good" in row
    assert strings.NOT_THERE in text.split("P 1.4 Ropes</th>")[1]


def test_both_inspections_can_be_asked_as_well() -> None:
    page = opened({"mode": "changes", "report": ["fenmarsh-2023", "fenmarsh-2025"], "q": QUESTION})
    helpful(page)
    assert "has four boats in use" in shown(page)
    assert "has six boats in use" in shown(page)
    assert "Earlier inspection" in shown(page)
    assert "▼ </span>Worse" in shown(page)
    assert strings.DOWNLOAD_CHANGES_CSV in [b.label for b in page.get("download_button")]


def test_without_two_inspections_there_is_one_way_to_compare(
    folder: Path, index: Path, twin_embedder: Embedder
) -> None:
    remove(["fenmarsh-2023"], folder, index, embedder=twin_embedder)
    page = opened({"mode": "changes"})
    assert not page.radio
    assert page.multiselect(key="compare_reports").value == ["fenmarsh-2025", "skerries-2024"]


# The link to a citation


def test_the_link_to_a_citation_opens_its_page_with_the_words(index: Path) -> None:
    said = "The harbour of Fenmarsh has six boats in use."
    link = link_to("fenmarsh-2025", 2, said)
    page = asking({"cite": link.report, "page": "2", "words": link.words})
    assert strings.CITED_TITLE in shown(page)
    assert f"<blockquote>{said}</blockquote>" in shown(page)
    assert 'data-highlights="1"' in shown(page)
    assert "Page 2 is shown" in [button.label for button in page.button]
    assert open_snapshot(index).name in shown(page)
    press(page, strings.CLOSE)
    assert "data-highlights" not in shown(page)
    page.text_input(key="question").set_value("?!")
    press(page, strings.ASK_BUTTON)
    assert strings.CITED_TITLE not in shown(page)


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ({"cite": "fenmarsh-2025", "page": "2", "words": "nine boats"}, strings.CITED_GONE_TITLE),
        ({"cite": "fenmarsh-2025", "page": "9", "words": "a"}, strings.CITED_UNKNOWN_TITLE),
        ({"cite": "<b>gone", "page": "1", "words": "a"}, strings.CITED_UNKNOWN_TITLE),
    ],
)
def test_a_link_whose_words_are_gone_says_so(link: dict[str, str], title: str) -> None:
    page = asking(dict(link))
    assert title in shown(page)
    assert 'data-highlights="1"' not in shown(page)
    assert "<b>gone" not in shown(page)


def test_every_source_of_an_answer_has_its_link_and_every_answer_its_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ask(self: Asker, question: str, **options: object) -> Answer:
        return hostile(question, "fenmarsh-2025")

    files = [strings.DOWNLOAD_WORD, strings.DOWNLOAD_MARKDOWN, strings.DOWNLOAD_CSV]
    page = asking({"q": "Which oil is it?", "caution": "strict"})
    assert strings.NO_ANSWER_TITLE in shown(page)
    assert [button.label for button in page.get("download_button")] == files
    monkeypatch.setattr(Asker, "ask", ask)
    page = asking({"q": QUESTION, "report": "fenmarsh-2025"})
    assert shown(page).count('class="rq-link" href="./?cite=fenmarsh-2025&amp;page=2') == 1
    assert [button.label for button in page.get("download_button")] == files


# What the tests look with


def hostile(text: str, report: str) -> Answer:
    cited = Citation(1, report, 2, "<i>", (text,), text, ((72.0, 750.0, 300.0, 764.0),))
    said = Sentence(f"{text} [1].", (1,))
    return Answer(text, "answered", said.text, 0.9, (said,), (cited,))


def helpful(page: AppTest) -> None:
    """Move the caution so that the little evidence of these reports is shown."""
    if page.select_slider:
        page.select_slider(key="compare_caution").set_value("helpful")
        run(page)


def _compare() -> None:
    from qa.views import compare
    from qa.views.guard import guarded

    guarded(lambda: compare.show(None))()  # type: ignore[arg-type]


def opened(query: dict[str, str | list[str]] | None = None) -> AppTest:
    """Return the page of comparisons as a visitor finds it."""
    return _with(AppTest.from_function(_compare), query or {})


def asking(query: dict[str, str]) -> AppTest:
    """Return the page of questions as a visitor finds it."""
    return _with(AppTest.from_file(str(ROOT / "app.py")), dict(query))


def _with(page: AppTest, query: dict[str, str | list[str]]) -> AppTest:
    for name, value in query.items():
        page.query_params[name] = value
    return run(page)


def run(page: AppTest) -> AppTest:
    page.run(timeout=PATIENCE_S)
    assert not page.exception
    assert strings.UNEXPECTED_TITLE not in shown(page)
    return page


def given(page: AppTest, name: str) -> list[str]:
    """Return what the address says under a name."""
    said = page.query_params.get(name, [])
    return said if isinstance(said, list) else [said]


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click()
    run(page)


def shown(page: AppTest) -> str:
    """Return the HTML that the page has put on the screen."""
    return "\n".join(element.proto.body for element in page.get("html"))
