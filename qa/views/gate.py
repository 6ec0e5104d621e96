"""Who a visitor is and what they may do, and the page on which they sign in.

Every function that changes the library, the index or the gold questions asks here when it acts,
whatever the page has drawn: a browser can send what no page offers.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from qa import access
from qa.access import Role, Settings
from qa.errors import BadAccessFile, Wait
from qa.limits import FREE_FAILURES, Buckets, Places, SlowDown
from qa.views import parts, strings

P = ParamSpec("P")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
"""Headers by which a proxy says that the visitor is not at this machine."""

PEOPLE_BEHIND_ONE_ADDRESS = 4
GUESSES_OF_ONE_ADDRESS = 20
GUESSES_AT_ONCE = 2
"""A hash takes 32 MiB and a tenth of a second."""

PATIENCE_S = 10
log = logging.getLogger("report_qa")
state = st.session_state
"""``signed_in`` is name and password hash of whoever has signed in with a password, ``denied``
whether the last action was not allowed."""


def settings() -> Settings:
    """Return how people sign in here.

    Raises:
        BadAccessFile: the settings cannot be used.
    """
    return access.read_settings(access.access_folder(), has_openid=_has_openid())


def role() -> Role:
    """Return what this visitor may do, looked up anew: who is taken out is out at once."""
    try:
        found = settings()
        if found.sign_in == "open":
            return Role.EDITOR
        if found.sign_in == "local":
            return Role.EDITOR if _is_this_machine() else Role.READER
        if found.sign_in == "openid":
            email, verified = _email()
            return access.role_of_email(found, email, verified=verified)
        return _role_by_password()
    except BadAccessFile as error:
        log.error("nobody is let in: %s", error)
        return Role.NOBODY


def may_ask() -> bool:
    """Return whether this visitor may ask and read."""
    return role() >= Role.READER


def may_edit() -> bool:
    """Return whether this visitor may change the library, the index and the gold questions."""
    return role() >= Role.EDITOR


def editor(action: Callable[P, None]) -> Callable[P, None]:
    """Return an action that does nothing but say so where this visitor may not edit."""

    @functools.wraps(action)
    def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        if may_edit():
            action(*args, **kwargs)
        else:
            state["denied"] = True
            log.warning("not allowed for %s: %s", who() or "a visitor", action.__name__)

    return checked


def tell_denied() -> None:
    """Draw that the last action was not allowed, where it was not."""
    if state.pop("denied", False):
        st.html(parts.notice(strings.DENIED_TITLE, [strings.DENIED], kind="bad"))


def who() -> str:
    """Return the name under which this visitor has signed in; empty for whoever has not."""
    if state.get("signed_in"):
        return str(state["signed_in"][0])
    return _email()[0] if _has_openid() else ""


# Limits


@contextmanager
def turn() -> Iterator[None]:
    """Hold a place among the answers that are worked out at once, if it is this visitor's turn.

    Raises:
        Wait: too many questions were asked, or too many people are asking; it says for how long.
        BadAccessFile: the settings cannot be used.
    """
    found = settings()
    if found.sign_in != "local" or not _is_this_machine():
        buckets = _buckets(found.questions_a_minute)
        buckets.take(who() or session())
        if st.context.ip_address:
            _buckets(PEOPLE_BEHIND_ONE_ADDRESS * found.questions_a_minute).take(
                st.context.ip_address
            )
    with _places(found.answers_at_once, found.patience_s).taken():
        yield


@st.cache_resource(show_spinner=False)
def _buckets(a_minute: int) -> Buckets:
    return Buckets(a_minute)


@st.cache_resource(show_spinner=False)
def _places(size: int, patience_s: int) -> Places:
    return Places(size, patience_s=patience_s)


@st.cache_resource(show_spinner=False)
def _slow_down(kind: str, free: int) -> SlowDown:
    del kind  # names and addresses are counted apart
    return SlowDown(free=free)


# Signing in


def show() -> None:
    """Draw the way in, or why there is none."""
    with st.container(key="gate"):
        st.title(strings.APP, anchor=False)
        try:
            found = settings()
        except BadAccessFile:
            st.html(parts.notice(strings.CLOSED_TITLE, [strings.CLOSED], kind="bad"))
            return
        if found.sign_in == "openid":
            _show_openid()
        else:
            _show_form()


def _show_openid() -> None:
    email, _ = _email()
    if email:
        st.html(parts.notice(strings.NO_ROLE_TITLE, [strings.no_role(email)], kind="bad"))
        st.button(strings.SIGN_OUT, key="sign-out", on_click=sign_out)
    elif _has_openid():
        st.html(parts.paragraph(strings.SIGN_IN_LEAD, "rq-lead"))
        st.button(strings.SIGN_IN, key="sign-in", type="primary", on_click=st.login)
    else:
        st.html(parts.notice(strings.CLOSED_TITLE, [strings.CLOSED], kind="bad"))


def _show_form() -> None:
    st.html(parts.paragraph(strings.SIGN_IN_LEAD, "rq-lead"))
    problem = state.pop("sign_in_problem", "")
    if problem:
        st.html(parts.notice(strings.SIGN_IN_FAILED, [problem], kind="bad"))
    with st.form("sign-in-form", border=False):
        name = st.text_input(strings.NAME, key="sign-in-name", autocomplete="username")
        password = st.text_input(
            strings.PASSWORD,
            type="password",
            key="sign-in-password",
            autocomplete="current-password",
        )
        sent = st.form_submit_button(strings.SIGN_IN, type="primary")
    if sent:
        del state["sign-in-password"]  # not a moment longer than it is needed
        problem = _try(name, password)
        if problem:
            state["sign_in_problem"] = problem
        st.rerun()


def _try(name: str, password: str) -> str:
    """Sign a visitor in, or return why not."""
    name = name.strip().casefold()
    slow = (
        (_slow_down("name", FREE_FAILURES), name),
        (_slow_down("address", GUESSES_OF_ONE_ADDRESS), st.context.ip_address or "this machine"),
    )
    seconds = max(counter.wait(key) for counter, key in slow)
    if seconds > 0:
        return strings.sign_in_later(seconds)
    try:
        users = access.read_users(access.access_folder() / access.PASSWORDS_FILE)
    except BadAccessFile as error:
        log.error("nobody is let in: %s", error)
        return strings.CLOSED
    try:
        with _places(GUESSES_AT_ONCE, PATIENCE_S).taken():
            user = access.signed_in(users, name, password)
    except Wait as error:
        return strings.sign_in_later(error.seconds)
    for counter, key in slow:
        if user is None:
            counter.failed(key)
        else:
            counter.succeeded(key)
    if user is None:
        log.warning("a sign-in failed")  # the name may be a password typed into the wrong box
        return strings.SIGN_IN_WRONG
    state["signed_in"] = (user.name, user.secret)
    return ""


def sign_out() -> None:
    """Forget who this visitor is, and all that this session has of theirs."""
    openid = _has_openid() and bool(_email()[0])
    for key in list(state):
        del state[key]
    if openid:
        st.logout()


def badge() -> None:
    """Draw who has signed in and the way out, where anybody has."""
    name = who()
    if name:
        st.html(parts.paragraph(strings.signed_in(name, may_edit()), "rq-quiet"))
        st.button(strings.SIGN_OUT, key="sign-out", type="tertiary", on_click=sign_out)


def _role_by_password() -> Role:
    name, secret = state.get("signed_in") or ("", "")
    if not name:
        return Role.NOBODY
    user = access.read_users(access.access_folder() / access.PASSWORDS_FILE).get(name)
    # Another password since then signs out whoever came in with the old one.
    return user.role if user is not None and user.secret == secret else Role.NOBODY


def _has_openid() -> bool:
    return bool(st.secrets.load_if_toml_exists() and st.secrets.get("auth"))


def _email() -> tuple[str, bool]:
    """Return the address under which the provider knows this visitor, and if it vouches for it."""
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return "", False
    return str(user.get("email") or ""), user.get("email_verified", True) is True


def _is_this_machine() -> bool:
    """Return whether the page is served to this machine only, and by no proxy."""
    headers = st.context.headers
    served = st.get_option("server.address") in LOOPBACK
    return served and not any(headers.get(name) for name in FORWARDED)


def session() -> str:
    """Return the name of this visitor's session; empty where there is none, as in a test."""
    context = get_script_run_ctx()
    return context.session_id if context is not None else ""
