"""The border of the page: what nobody foresaw is a sentence there and a trace in the terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from qa.views import gate, parts, serving, strings

log = logging.getLogger("report_qa")


def guarded(view: Callable[[], None]) -> Callable[[], None]:
    """Return a view for whoever may ask, that says in a sentence, and logs, what nobody foresaw.

    Streamlit's own signals, to stop or to run anew, are no ``Exception`` and pass.
    """

    def run() -> None:
        try:
            serving.senders().know(gate.session(), gate.may_edit())
            if gate.may_ask():
                gate.tell_denied()
                view()
            else:
                gate.show()
        except Exception:  # the border: a visitor reads a sentence, the terminal gets the trace
            log.exception("a page could not be drawn")
            st.html(parts.notice(strings.UNEXPECTED_TITLE, [strings.UNEXPECTED], kind="bad"))

    return run
