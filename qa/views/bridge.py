"""The few lines of script that the page needs: copying, and numbers that open their pages.

Streamlit's own elements do everything else, and without the script every number still leads to
its source and every source has its button. The script is a constant; texts reach it as data and
leave it for the clipboard only, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from qa.views import strings
from qa.views.pagepanel import Opened, open_page

COPY_KEY = "copy"
KEY = "bridge"

SCRIPT = """
export default function (component) {
  const { data, setTriggerValue } = component;
  const ended = new AbortController();
  const listen = (type, heard) =>
    document.addEventListener(type, heard, { capture: true, signal: ended.signal });

  listen("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const number = target.closest("a.rq-n[data-source]");
    if (number) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      remembered.rqFrom = number.dataset.source;
      remembered.rqGo = event.detail === 0 ? String(Date.now()) : "";  // by the keyboard
      setTriggerValue("source", number.dataset.source);
      setTimeout(go, 700);  // where the same page was open already
      return;
    }
    if (target.closest(".st-key-page-close button") && event.detail === 0) comeBack();
    const link = target.closest("a.rq-link");
    if (link) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      copy(link.href, "link");
      return;
    }
    if (target.closest(".st-key-" + data.copyKey + " button")) {
      event.stopPropagation();
      copy(data.text, "answer");
    }
  });

  const copy = (text, what) => {
    const clipboard = navigator.clipboard;
    (clipboard ? clipboard.writeText(text) : Promise.reject(new Error("no clipboard")))
      .then(() => setTriggerValue("copied", what), () => setTriggerValue("copied", "no " + what));
  };

  listen("keydown", (event) => {
    if (event.key !== "Escape") return;
    const at = document.activeElement;
    for (const shown of document.querySelectorAll(".rq-cite:is(:hover, :focus-within)")) {
      shown.dataset.hushed = "yes";
      for (const left of ["pointerleave", "focusout"])
        shown.addEventListener(left, () => delete shown.dataset.hushed, { once: true });
    }
    if (at && at.closest(".st-key-page-panel")) {
      document.querySelector(".st-key-page-close button")?.click();
    }
  });

  // Whoever opens a page by keyboard goes to it, and comes back to its number on closing it.
  const remembered = document.body.dataset;
  const go = () => {
    const box = document.querySelector(".st-key-page-panel .rq-scroll");
    const at = document.activeElement;
    if (!box || Date.now() - Number(remembered.rqGo || 0) > 8000) return;
    // The picture may come in two steps; whoever has gone on meanwhile is left alone.
    if (!at || at === document.body || at.matches("a.rq-n")) box.focus({ preventScroll: true });
  };
  const comeBack = () => {
    const number = remembered.rqFrom;
    remembered.rqGo = "";
    if (number) document.querySelector(`a.rq-n[data-source="${CSS.escape(number)}"]`)?.focus();
  };

  const bring = () => {
    for (const box of document.querySelectorAll(".rq-scroll:not([data-placed])")) {
      const mark = box.querySelector(".rq-target");
      box.dataset.placed = "yes";
      go();
      if (!mark) continue;
      box.scrollTop = Math.max(0, mark.offsetTop - box.clientHeight / 3);
      box.scrollLeft = Math.max(0, mark.offsetLeft - 16);
    }
  };
  const seen = new MutationObserver(bring);
  seen.observe(document.body, { childList: true, subtree: true });
  bring();
  document.body.dataset.reportQa = "ready";

  return () => { ended.abort(); seen.disconnect(); };
}
"""


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("report_qa_bridge", js=SCRIPT)


def mount(text: str, places: Mapping[str, Opened]) -> None:
    """Let "Copy" copy ``text``, and let the number of a source open its place."""

    def opened() -> None:
        place = places.get(str(_heard("source")))
        if place is not None:
            open_page(place)

    def copied() -> None:
        st.session_state["copied"] = _heard("copied")

    done = st.session_state.pop("copied", None)
    if done is not None:
        st.toast(strings.OUTCOMES_OF_COPYING.get(str(done), strings.NOT_COPIED))
    _component()(
        key=KEY,
        data={"text": text, "copyKey": COPY_KEY},
        height=1,
        on_source_change=opened,
        on_copied_change=copied,
    )


def _heard(name: str) -> object:
    """Return what the script has just said under a name."""
    return getattr(st.session_state.get(KEY), name, None)
