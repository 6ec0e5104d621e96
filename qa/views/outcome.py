"""What came of the last run of a set: figures, plots, and each question with something wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from qa import quality
from qa.errors import QaError
from qa.evaluate import Evaluation, summarise
from qa.evaluate_html import plots, to_html
from qa.quality import SHIPPED_REPORT, Run
from qa.views import figures, parts, strings
from qa.views.ownlist import ask_button

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

SHOWN = 20
"""Questions with something wrong that are shown at first."""

state = st.session_state


def show(
    file: Path, current: str, questions: Path, titles: Mapping[str, str], desk: StreamlitPage
) -> None:
    """Draw the run that a file keeps, or that there is none.

    ``current`` is the name of the snapshot in service, empty for none; ``questions`` is the file
    of the set.
    """
    try:
        stat = file.stat()
        run, evaluation = _evaluated(str(file), stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        st.html(parts.paragraph(strings.NEVER_RUN))
        return
    except (QaError, OSError) as error:
        st.html(parts.notice(strings.RESULT_BROKEN, [str(error)], kind="bad"))
        return
    doubts = _doubts(run, current, questions)
    if doubts:
        st.html(parts.notice(strings.DOUBTS_TITLE, doubts, listed=len(doubts) > 1))
    wrong = len(evaluation.failures)
    total = len(evaluation.scores)
    st.html(parts.heading(strings.right_of(total - wrong, total)))
    st.html(parts.facts(strings.run_facts(parts.day(run.ran), run.ran, run.snapshot, run.seconds)))
    st.download_button(
        strings.REPORT_DOWNLOAD,
        lambda: to_html(evaluation, title=_title(questions, run)),
        file_name=f"quality-{run.name}.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
    )
    st.html(figures.main_table(quality.main_figures(evaluation)))
    st.html(figures.promise_table(evaluation))
    st.html(figures.type_table(evaluation))
    drawn = zip(plots(evaluation), strings.PLOTS, strict=False)
    pictures = "".join(figures.plot(one, called) for one, called in drawn)
    if pictures:
        st.html(parts.heading(strings.PLOTS_TITLE) + f'<div class="rq-plots">{pictures}</div>')
    _failures(evaluation, titles, desk)


@st.cache_resource(max_entries=4, show_spinner=False)
def _evaluated(file: str, changed: int, size: int) -> tuple[Run, Evaluation]:
    del changed, size  # these decide only whether what is held still holds
    run = quality.load_run(Path(file))
    if run is None:
        raise FileNotFoundError(file)
    return run, summarise(run.scores)


def _doubts(run: Run, current: str, questions: Path) -> list[str]:
    """Return why a run may not say how questions would be answered now."""
    found = []
    if current and run.snapshot != current:
        found.append(strings.other_snapshot(run.snapshot, current))
    if run.questions != quality.file_digest(questions):
        found.append(strings.QUESTIONS_CHANGED)
    if run.left_out:
        found.append(strings.left_out(run.left_out, run.absent))
    if run.limited:
        found.append(strings.limited_to(SHIPPED_REPORT))
    return found


def _failures(evaluation: Evaluation, titles: Mapping[str, str], desk: StreamlitPage) -> None:
    failing = evaluation.failures
    st.html(parts.heading(strings.failures(len(failing))))
    if not failing:
        return
    st.html(parts.paragraph(strings.FAILURES_LEAD))
    shown = len(failing) if state.get("all-failures") else SHOWN
    for number, one in enumerate(failing[:shown]):
        with st.container(gap="xsmall", key=f"failing-{number}"):
            ask_button(one.gold, f"ask-failing-{number}", desk)
            st.html(figures.failure(one, titles))
    if len(failing) > shown:
        st.button(strings.show_all(len(failing)), on_click=_show_all)


def _show_all() -> None:
    state["all-failures"] = True


def _title(questions: Path, run: Run) -> str:
    return strings.report_title(questions.name, parts.day(run.ran), run.snapshot)
