"""The buttons over a page that is shown: forward and back, larger and smaller, and closing it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from qa.views import strings
from qa.views.opened import Opened, open_page, show_again

SMALLEST, LARGEST = -1, 3
"""Steps of the zoom; 0 is what suits the screen: the width of the column, on a phone larger."""


def show(opened: Opened, pages: int) -> None:
    """Draw the buttons for a page of a report that has so many pages."""
    with st.container(horizontal=True, gap="small", key="page-tools"):
        back, on = opened.page - 1, opened.page + 1
        _turn(strings.PREVIOUS, "previous", opened, back, "chevron_left", disabled=back < 1)
        _turn(strings.NEXT, "next", opened, on, "chevron_right", disabled=on > pages)
        if opened.page != opened.cited:
            _turn(strings.back_to(opened.cited), "back", opened, opened.cited)
        _zoom(strings.ZOOM_OUT, "out" if opened.zoom else "out-first", opened, -1, "zoom_out")
        _zoom(strings.ZOOM_IN, "in", opened, 1, "zoom_in")
        close()


def _turn(
    label: str, key: str, opened: Opened, page: int, icon: str = "", *, disabled: bool = False
) -> None:
    st.button(
        label,
        key=f"page-{key}",
        icon=f":material/{icon}:" if icon else None,
        icon_position="right" if key == "next" else "left",
        disabled=disabled,
        on_click=open_page,
        args=(replace(opened, page=page),),
    )


def _zoom(label: str, key: str, opened: Opened, step: int, icon: str) -> None:
    zoom = opened.zoom + step
    st.button(
        label,
        key=f"page-zoom-{key}",
        icon=f":material/{icon}:",
        disabled=not SMALLEST <= zoom <= LARGEST,
        on_click=show_again,
        args=(replace(opened, zoom=zoom),),
    )


def close() -> None:
    """Draw the button that closes the page."""
    st.button(strings.CLOSE, key="page-close", on_click=open_page, args=(None,), type="tertiary")
