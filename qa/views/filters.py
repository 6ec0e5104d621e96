"""What a question is limited to: a compact choice, what of it is on, and a way out of nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from qa.filters import NAMES, NO_FILTERS, Catalogue, Filters, Option
from qa.views import asking, parts, strings
from qa.views.asking import Asked
from qa.views.escape import clean, markdown

ALWAYS_OFFERED = ("standards", "kinds")
"""These limit a single report too; the others have to tell two reports apart."""

state = st.session_state


def show(catalogue: Catalogue) -> None:
    """Draw what can be chosen, and a button for each filter that is on, which lifts it."""
    filters: Filters = state.get("filters", NO_FILTERS)
    offered = [name for name in NAMES if _is_offered(catalogue, filters, name)]
    if not offered:
        return
    with st.container(horizontal=True, gap="small", key="filters-row", vertical_alignment="center"):
        with st.popover(
            strings.filters(len(filters.active)), icon=":material/filter_list:", key="filters-box"
        ):
            st.html(parts.paragraph(strings.FILTERS_LEAD))
            for name in offered:
                _choice(catalogue.options[name], filters, name)
            if filters:
                st.button(strings.FILTERS_CLEAR, on_click=asking.narrow, args=(NO_FILTERS,))
        for name in filters.active:
            st.button(
                markdown(_described(catalogue, filters, name)),
                key=f"filter-off-{name}",
                icon=":material/close:",
                help=strings.FILTER_OFF_HELP,
                on_click=asking.narrow,
                args=(filters.with_(name, ()),),
            )


def _is_offered(catalogue: Catalogue, filters: Filters, name: str) -> bool:
    least = 1 if name in ALWAYS_OFFERED else 2
    return len(catalogue.options[name]) >= least or bool(filters.values(name))


def _choice(options: Sequence[Option], filters: Filters, name: str) -> None:
    """Draw the choice of one filter; values that no report has stay in it, and are called so."""
    known = {one.value: strings.with_reports(_said(name, one), one.reports) for one in options}
    chosen = filters.values(name)
    names = {value: strings.unknown_value(value) for value in chosen} | known
    key = f"filter-{name}"
    state[key] = list(chosen)
    st.multiselect(
        strings.FILTER_NAMES[name],
        [*known, *(value for value in chosen if value not in known)],
        key=key,
        format_func=lambda value: clean(names[value]),
        placeholder=strings.FILTER_ANY,
        on_change=_chosen,
        args=(name, key),
    )


def _chosen(name: str, key: str) -> None:
    filters: Filters = state.get("filters", NO_FILTERS)
    asking.narrow(filters.with_(name, state[key]))


def _said(name: str, option: Option) -> str:
    """Return a value of a filter as people call it."""
    if name == "kinds":
        return strings.FILTER_KINDS.get(option.value, option.name)
    return option.name[:1].upper() + option.name[1:]


def _described(catalogue: Catalogue, filters: Filters, name: str) -> str:
    """Return a filter that is on with the values that it lets through."""
    names = {one.value: _said(name, one) for one in catalogue.options[name]}
    said = [names.get(value, value) for value in filters.values(name)]
    return strings.filter_off(strings.FILTER_NAMES[name], said)


def tell_nothing_left(catalogue: Catalogue, asked: Asked) -> None:
    """Draw that the filters leave nothing to ask, and what there is with each of them lifted."""
    filters = asked.filters
    on = [_described(catalogue, filters, name) for name in filters.active]
    if asked.reports:
        titles = [catalogue.titles.get(report, report) for report in asked.reports]
        on.append(strings.filter_off(strings.FILTER_NAMES["reports"], titles))
    said = strings.FILTERS_NOTHING.format("; ".join(on))
    st.html(parts.notice(strings.FILTERS_NOTHING_TITLE, [said]))
    with st.container(gap="xsmall", key="filters-ways"):
        for way in catalogue.widenings(filters, asked.reports):
            name = strings.FILTER_NAMES[way.lifted] if way.lifted else ""
            st.button(
                strings.without_filter(name, way.passages),
                key=f"filter-without-{way.lifted or 'any'}",
                on_click=asking.narrow,
                args=(way.filters, way.reports),
            )
