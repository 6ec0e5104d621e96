"""The cells of a comparison: what each report says, drawn one after another as it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from indexer.snapshot import Snapshot
from qa.changes import Changed, Value
from qa.choice import CAUTION
from qa.compare import Cell, cells, how_sure
from qa.labels import dated, labels_of
from qa.links import address_of, link_to
from qa.records import Answer, Citation
from qa.views import comparing, engine, export, gate, pagepanel, parts, sidebyside, strings
from qa.views.asking import Asked, Told
from qa.views.comparing import Wanted
from qa.views.engine import Folders
from qa.views.pagepanel import Opened

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


class Asking:
    """Asks one report after another, and each but once while the page is only drawn again."""

    def __init__(
        self, places: Folders, snapshot: Snapshot, wanted: Wanted, begin: Callable[[str], None]
    ) -> None:
        self._places = places
        self._snapshot = snapshot
        self._wanted = wanted
        self._begin = begin
        self.times: dict[str, str] = {}

    def ask(self, question: str, *, reports: Sequence[str], threshold: float | None) -> Answer:
        """Return the answer of one report; see ``Asker.ask``."""
        key = (self._snapshot.name, question, reports[0], self._wanted.caution)
        kept = comparing.told_before(key)
        if kept is None:
            self._begin(reports[0])
            with gate.turn():
                asker = engine.engine(self._places, self._snapshot)
                kept = asker.ask(question, reports, threshold), export.now()
            comparing.remember(key, *kept)
        answer, self.times[reports[0]] = kept
        return answer


def draw(places: Folders, snapshot: Snapshot, wanted: Wanted) -> list[Told]:
    """Draw a cell for each report, filled as the answers come in; return what they say.

    Raises:
        BadQuestion: the question cannot be asked as it stands.
        Wait: it is not this visitor's turn.
        QaError, IndexerError: it cannot be asked now.
    """
    titles = {info.id: info.title for info in snapshot.reports}
    progress = st.empty()
    slots = _slots(snapshot, wanted)
    count = len(wanted.reports)

    def begin(report: str) -> None:
        turn = wanted.reports.index(report)
        loaded = engine.load_model_soon(snapshot.model_name)
        said = strings.asking_of(turn + 1, count) if loaded else strings.LOADING_MODEL
        progress.progress(turn / count, said)
        slots[turn].html(parts.paragraph(strings.READING_NOW))

    asking = Asking(places, snapshot, wanted, begin)
    told: list[Told] = []
    found = cells(
        asking, titles, wanted.question, reports=wanted.reports, threshold=wanted.threshold
    )
    try:
        for turn, cell in enumerate(found):
            with slots[turn].container(gap="small"):
                _cell(snapshot, cell, turn)
            put = Asked(wanted.question, (cell.report,), wanted.caution)
            own = {cell.report: cell.title}
            told.append(Told(put, snapshot.name, cell.answer, own, asking.times[cell.report]))
    except Exception:  # whatever it is, the page that calls says it: here nothing waits any longer
        for slot in slots[len(told) :]:
            slot.html(parts.paragraph(strings.NOT_ASKED))
        raise
    finally:
        progress.empty()
    return told


def _slots(snapshot: Snapshot, wanted: Wanted) -> list[DeltaGenerator]:
    """Draw the head of each cell, and return the places that wait for what the reports say."""
    infos = {info.id: info for info in snapshot.reports}
    chosen = [infos[report] for report in wanted.reports]
    labels = labels_of(chosen)
    slots = []
    with st.container(key="compare-cells"):
        for turn, info in enumerate(chosen):
            with st.container(border=True, gap="small", key=f"cell-{turn}"):
                day = parts.day(dated(info))
                st.html(sidebyside.cell_head(labels[info.id], info.title, day))
                slots.append(st.empty())
                slots[-1].html(parts.paragraph(strings.WAITING))
    return slots


def _cell(snapshot: Snapshot, cell: Cell, turn: int) -> None:
    """Draw what one report says, how sure that is and where it says so, or that it does not."""
    answer = cell.answer
    if not cell.found:
        st.html(sidebyside.not_here())
        _nearest(snapshot, answer, turn)
        return
    name = strings.answer_of(cell.title)
    st.html(parts.answer("", answer.sentences, answer.citations, name=name))
    sure = how_sure(answer.confidence)
    style = "rq-unsure" if sure == "helpful" else "rq-quiet"
    st.html(parts.paragraph(strings.HOW_SURE[sure], style))
    for source in answer.citations:
        _source(source)


def _source(source: Citation) -> None:
    with st.container(gap="xsmall", key=f"cited-{source.n}"):
        st.html(parts.citation(source, ""))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            place = Opened(source.report, source.page, source.page, source.rects)
            pagepanel.opener(f"source-{source.n}", place)
            address = address_of(link_to(source.report, source.page, source.quote))
            st.html(parts.cite_link(address, source.n), width="content")


def _nearest(snapshot: Snapshot, answer: Answer, turn: int) -> None:
    """Draw the passage that is nearest to a question which its report does not answer."""
    if not answer.hits:
        return
    hit = answer.hits[0]
    first = hit.passage.pages[0]
    labels = [snapshot.page_text(hit.passage.report, n).label for n in hit.passage.pages]
    with st.expander(strings.NEAREST_ONE):
        st.html(parts.paragraph(strings.NOT_IN_REPORT_NEAR))
        st.html(parts.hit(hit, "", labels))
        lines = parts.lines_of(hit.passage, first)
        pagepanel.opener(f"near-{turn}", Opened(hit.passage.report, first, first, lines))


def caution() -> None:
    """Draw how sure an answer must be: whoever moves it has the reports asked anew."""
    st.select_slider(
        strings.CAUTION,
        list(CAUTION),
        key="compare_caution",
        format_func=strings.CAUTIONS.__getitem__,
        help=strings.CAUTION_HELP,
        on_change=comparing.choose_caution,
    )


def places_of(told: Sequence[Told]) -> dict[str, Opened]:
    """Return the place of each source by its number, for the numbers that open their pages."""
    sources = [source for one in told for source in one.answer.citations]
    return {str(s.n): Opened(s.report, s.page, s.page, s.rects) for s in sources}


def places_of_changes(changed: Changed) -> dict[str, Opened]:
    """Return the place of each value that changed, by the name that its link has."""
    found: dict[str, Value | None] = {}
    for turn, change in enumerate(changed.changes):
        found[sidebyside.key_of("earlier", turn)] = change.earlier
        found[sidebyside.key_of("later", turn)] = change.later
    for turn, item in enumerate(changed.progress):
        found[sidebyside.key_of("progress", turn)] = item.told
    return {
        key: Opened(value.report, value.page, value.page, value.rects)
        for key, value in found.items()
        if value is not None
    }
