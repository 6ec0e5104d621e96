"""The menus from which answers and comparisons are saved: Word, Markdown and CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from qa.changes import Changed
from qa.views import export, sheet, strings, word
from qa.views.asking import Told

MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be saved; ``make`` is called when somebody wants it."""

    label: str
    ending: str
    mime: str
    make: Callable[[], bytes | str]


def answers(told: Sequence[Told]) -> list[File]:
    """Return the files of answers, the first one first."""
    return [
        File(strings.DOWNLOAD_WORD, "docx", word.MIME, lambda: word.answers_document(told)),
        File(strings.DOWNLOAD_MARKDOWN, "md", MARKDOWN, lambda: export.session_markdown(told)),
        File(strings.DOWNLOAD_CSV, "csv", sheet.MIME, lambda: sheet.answers_csv(told)),
    ]


def comparison(told: Sequence[Told], changed: Changed | None, snapshot: str) -> list[File]:
    """Return the files of a comparison: what changed, what each report says, or both."""
    at = export.now()

    def document() -> bytes:
        return word.comparison_document(told, changed, snapshot=snapshot, at=at)

    def text() -> str:
        tables = export.changes_markdown(changed, snapshot) if changed else ""
        return "\n".join(filter(None, [tables, export.comparison_markdown(told)]))

    files = [
        File(strings.DOWNLOAD_WORD, "docx", word.MIME, document),
        File(strings.DOWNLOAD_MARKDOWN, "md", MARKDOWN, text),
    ]
    if changed is not None:
        table = changed
        files.append(
            File(
                strings.DOWNLOAD_CHANGES_CSV,
                "csv",
                sheet.MIME,
                lambda: sheet.changes_csv(table, snapshot, at),
            )
        )
    if told:
        files.append(File(strings.DOWNLOAD_CSV, "csv", sheet.MIME, lambda: sheet.answers_csv(told)))
    return files


def menu(label: str, files: Sequence[File], name: str, key: str) -> None:
    """Draw a button that opens the choice of files; ``name`` is what they are named after."""
    with st.popover(label, icon=":material/download:", key=f"save-{key}"):
        for turn, file in enumerate(files):
            st.download_button(
                file.label,
                file.make,
                file_name=export.file_name(name, file.ending),
                mime=file.mime,
                key=f"save-{key}-{turn}",
                type="tertiary",
                on_click="ignore",
            )
