"""The way in: who may do what under each way of signing in, and the page that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from qa import access
from qa.access import PASSWORDS_FILE, Role, add_user, remove_user
from qa.errors import Busy, TooManyQuestions
from qa.limits import FREE_FAILURES
from qa.views import gate, strings

PATIENCE_S = 120
PASSWORD = "three plain words"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder with passwords and settings, which is not there yet."""
    monkeypatch.setenv("REPORT_QA_ACCESS", str(tmp_path / "access"))
    # The cost of a guess is tested with the hashes; here it would only be waited for.
    monkeypatch.setattr(access, "SCRYPT_COST", 2**4)
    st.cache_resource.clear()
    yield tmp_path / "access"
    st.cache_resource.clear()


def settings(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "settings.toml").write_text(text)


def visitor(monkeypatch: pytest.MonkeyPatch, address: str | None, **headers: str) -> None:
    """Let whoever comes have an address and headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    monkeypatch.setattr(st, "context", SimpleNamespace(headers=named, ip_address=address))


def known_as(monkeypatch: pytest.MonkeyPatch, **user: Any) -> None:
    """Let a provider of OpenID Connect be set up, and know the visitor."""
    secrets = SimpleNamespace(load_if_toml_exists=lambda: True, get=lambda name: {"a": "b"})
    monkeypatch.setattr(st, "secrets", secrets)
    monkeypatch.setattr(st, "user", SimpleNamespace(to_dict=lambda: user))


# Out of the box


def test_this_machine_is_open() -> None:
    page = opened()
    assert role(page) == Role.EDITOR
    assert "inside" in shown(page)


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_Ip"])
def test_whoever_comes_through_a_proxy_only_reads(
    header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor(monkeypatch, None, **{header: "192.0.2.1"})
    assert role(opened()) == Role.READER


def test_a_page_that_is_served_to_others_is_only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    option = st.get_option
    monkeypatch.setattr(
        st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else option(name)
    )
    assert role(opened()) == Role.READER


def test_open_to_all_has_to_be_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(folder, 'sign_in = "open"')
    visitor(monkeypatch, "192.0.2.1", X_Forwarded_For="192.0.2.1")
    assert role(opened()) == Role.EDITOR


@pytest.mark.parametrize("text", ["sign_in = ", 'sign_in = "anybody"', "upload = 3"])
def test_settings_in_doubt_let_nobody_in_and_tell_no_visitor_why(
    folder: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings(folder, text)
    page = opened()
    assert role(page) == Role.NOBODY
    assert strings.CLOSED_TITLE in shown(page)
    assert "inside" not in shown(page)
    assert "settings.toml" not in shown(page)
    assert "settings.toml" in caplog.text


# Passwords


def test_a_password_lets_in_as_what_the_file_says(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    add_user(folder / PASSWORDS_FILE, "jo", Role.READER, PASSWORD)
    page = opened()
    assert role(page) == Role.NOBODY
    assert "inside" not in shown(page)
    sign_in(page, "jo", "a wrong password")
    assert strings.SIGN_IN_WRONG in shown(page)
    assert role(page) == Role.NOBODY
    sign_in(page, " Jo ", PASSWORD)
    assert role(page) == Role.READER
    assert "inside" in shown(page)
    assert "jo, reader" in shown(page)
    kept = repr(page.session_state)
    assert "signed_in" in kept
    for secret in (PASSWORD, "a wrong password"):
        assert secret not in kept
        assert secret not in caplog.text
    press(page, strings.SIGN_OUT)
    assert role(page) == Role.NOBODY
    assert "inside" not in shown(page)


@pytest.mark.parametrize("change", ["removed", "another password", "another role", "damage"])
def test_a_change_of_the_file_counts_at_the_next_step(folder: Path, change: str) -> None:
    path = folder / PASSWORDS_FILE
    add_user(path, "jo", Role.EDITOR, PASSWORD)
    page = opened()
    sign_in(page, "jo", PASSWORD)
    assert role(page) == Role.EDITOR
    if change == "removed":
        remove_user(path, "jo")
    elif change == "another password":
        add_user(path, "jo", Role.EDITOR, "three other words")
    elif change == "another role":
        path.write_text(path.read_text().replace(" editor ", " reader "))
    else:
        path.write_text(path.read_text() + "nonsense\n")
    assert role(run(page)) == (Role.READER if change == "another role" else Role.NOBODY)


def test_guessing_has_to_wait_and_then_the_right_password_too(folder: Path) -> None:
    add_user(folder / PASSWORDS_FILE, "jo", Role.READER, PASSWORD)
    page = opened()
    sign_in(page, "jo", "a wrong password")
    assert strings.SIGN_IN_WRONG in shown(page)
    for _ in range(8):
        gate._slow_down("name", FREE_FAILURES).failed("jo")
    for password in ("a wrong password", PASSWORD):
        sign_in(page, "jo", password)
        assert "There were too many tries. Try again in" in shown(page)
        assert role(page) == Role.NOBODY
    other = opened()  # another session of the same visitor's waits as well
    sign_in(other, "jo", PASSWORD)
    assert role(other) == Role.NOBODY


def test_guessing_at_many_names_from_one_address_has_to_wait_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor(monkeypatch, "192.0.2.1")
    add_user(folder / PASSWORDS_FILE, "jo", Role.READER, PASSWORD)
    slow = gate._slow_down("address", gate.GUESSES_OF_ONE_ADDRESS)
    for _ in range(gate.GUESSES_OF_ONE_ADDRESS + 6):  # one wait of 64 seconds, cut to 60
        slow.failed("192.0.2.1")
    page = opened()
    sign_in(page, "jo", PASSWORD)
    assert "There were too many tries" in shown(page)


def test_what_a_session_claims_is_looked_up(folder: Path) -> None:
    add_user(folder / PASSWORDS_FILE, "jo", Role.EDITOR, PASSWORD)
    for claim in (("jo", ""), ("jo", "scrypt$"), ("al", ""), ("", "")):
        page = AppTest.from_function(_page)
        page.session_state["signed_in"] = claim
        assert role(run(page)) == Role.NOBODY


# OpenID Connect


@pytest.mark.parametrize(
    ("email", "verified", "expected"),
    [
        ("jo@example.org", True, Role.EDITOR),
        ("al@example.org", True, Role.READER),
        ("jo@example.org", False, Role.NOBODY),
        ("jo@elsewhere.test", True, Role.NOBODY),
    ],
)
def test_an_address_that_a_provider_vouches_for_has_its_role(
    folder: Path, monkeypatch: pytest.MonkeyPatch, email: str, verified: bool, expected: Role
) -> None:
    settings(folder, 'editors = ["jo@example.org"]\nreaders = ["*@example.org"]')
    known_as(monkeypatch, is_logged_in=True, email=email, email_verified=verified)
    page = opened()
    assert role(page) == expected
    assert ("inside" in shown(page)) is (expected > Role.NOBODY)
    if expected == Role.NOBODY:
        assert f"{email} is on no list of this page." in shown(page)


def test_whoever_has_not_signed_in_is_sent_to_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, is_logged_in=False)
    page = opened()
    assert role(page) == Role.NOBODY
    assert [button.label for button in page.button] == [strings.SIGN_IN]


def test_openid_without_a_provider_lets_nobody_in(folder: Path) -> None:
    settings(folder, 'sign_in = "openid"\nreaders = ["*@example.org"]')
    page = opened()
    assert role(page) == Role.NOBODY
    assert strings.CLOSED_TITLE in shown(page)


# Limits


def test_a_session_that_asks_too_much_waits_and_this_machine_never(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(folder, "questions_a_minute = 2")
    for _ in range(20):
        with gate.turn():
            pass
    visitor(monkeypatch, None, X_Forwarded_For="192.0.2.1")
    for _ in range(2):
        with gate.turn():
            pass
    with pytest.raises(TooManyQuestions), gate.turn():
        pass


def test_all_sessions_of_one_address_have_a_limit_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(folder, 'sign_in = "open"\nquestions_a_minute = 2')
    visitor(monkeypatch, "192.0.2.1")
    for number in range(8):
        monkeypatch.setattr(gate, "session", lambda number=number: str(number // 2))
        with gate.turn():
            pass
    monkeypatch.setattr(gate, "session", lambda: "another")
    with pytest.raises(TooManyQuestions, match="At most 8 questions"), gate.turn():
        pass
    visitor(monkeypatch, "192.0.2.2")
    with gate.turn():
        pass


def test_no_more_answers_at_once_than_there_may_be(folder: Path) -> None:
    settings(folder, "answers_at_once = 1\npatience_s = 0")
    with gate.turn(), pytest.raises(Busy, match="at most 1 answers"), gate.turn():
        pass


# What the tests look with


def _page() -> None:
    import streamlit

    from qa.views import gate
    from qa.views.guard import guarded

    def inside() -> None:
        streamlit.html("inside")
        gate.badge()

    guarded(inside)()
    streamlit.session_state["role"] = int(gate.role())


def opened() -> AppTest:
    return run(AppTest.from_function(_page))


def run(page: AppTest) -> AppTest:
    page.run(timeout=PATIENCE_S)
    assert not page.exception
    return page


def role(page: AppTest) -> Role:
    return Role(page.session_state["role"])


def sign_in(page: AppTest, name: str, password: str) -> None:
    page.text_input(key="sign-in-name").set_value(name)
    page.text_input(key="sign-in-password").set_value(password)
    press(page, strings.SIGN_IN)


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click()
    run(page)


def shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))
