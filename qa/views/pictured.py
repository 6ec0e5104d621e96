"""A picture of figures whose marks open their pages, and the same as a table of links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from qa.views import charts, pagepanel, strings
from qa.views.escape import clean
from qa.views.ratingtables import Places

if TYPE_CHECKING:
    from altair import LayerChart

state = st.session_state
"""``<key>-before`` holds the marks of a picture that are turned over, as they were drawn last."""


def show(drawn: LayerChart | None, said: str, table: str, key: str, places: Places) -> None:
    """Draw a picture, of which each mark opens its page, and the same as a table of links."""
    if drawn is None:
        st.html(table)
        return
    picture, same = st.tabs([strings.PICTURE_TAB, strings.TABLE_TAB], key=f"tabs-{key}")
    with picture:
        chosen = st.altair_chart(
            drawn, key=key, alt=clean(said), on_select=lambda: _pick(key, places)
        )
        state[f"{key}-before"] = _keys(chosen)
    with same:
        st.html(table)


def _pick(key: str, places: Places) -> None:
    """Open the place of the mark that was clicked, which the click has turned over."""
    for name in _keys(state[key]) ^ state.get(f"{key}-before", frozenset()):
        if name in places.opened:
            pagepanel.open_page(places.opened[name])


def _keys(chosen: Any) -> frozenset[str]:
    """Return the keys of the marks that are turned over in a picture."""
    return frozenset(str(mark.get("key")) for mark in chosen.selection.get(charts.PICKED) or ())


def is_dark() -> bool:
    """Return whether the page is dark."""
    return st.context.theme.type == "dark"
