"""The browser front end: ``streamlit run app.py``. Set-up and navigation; the pages are views."""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from qa.views import serving


def main() -> None:
    """Set the page up and run the view that is asked for."""
    # Not above: their caches want the server to be there, which imports this file to begin.
    from qa.views import ask, compare, gate, library, quality, ratings, strings, style
    from qa.views.guard import guarded

    st.set_page_config(page_title=strings.APP, layout="wide")
    st.html(style.STYLE)
    shelves = st.Page(
        guarded(lambda: library.show(desk)), title=strings.LIBRARY, url_path="library"
    )
    desk = st.Page(
        guarded(lambda: ask.show(shelves)), title=strings.ASK, url_path="ask", default=True
    )
    figures = st.Page(
        guarded(lambda: quality.show(desk, shelves)), title=strings.QUALITY, url_path="quality"
    )
    grades = st.Page(
        guarded(lambda: ratings.show(shelves)), title=strings.RATINGS, url_path="ratings"
    )
    side = st.Page(
        guarded(lambda: compare.show(shelves)), title=strings.COMPARE, url_path="compare"
    )
    page = st.navigation([desk, side, grades, shelves, figures], position="hidden")
    # Streamlit's own menu hides behind an arrow on a phone; a few links have room everywhere.
    if gate.may_ask():
        with st.container(horizontal=True, key="menu", vertical_alignment="center"):
            st.page_link(desk, label=strings.ASK)
            st.page_link(side, label=strings.COMPARE)
            st.page_link(grades, label=strings.RATINGS)
            st.page_link(shelves, label=strings.LIBRARY)
            st.page_link(figures, label=strings.QUALITY)
            gate.badge()
    page.run()


if __name__ == "__main__":  # Streamlit runs this file for a visitor
    main()
else:  # and imports it once, to serve it
    app = st.App(
        __file__,
        routes=serving.routes(),
        middleware=[Middleware(serving.Border)],
        lifespan=serving.begun,
    )
