"""Signing in, driven in a browser: with a password, and through a small OpenID Connect provider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from qa.access import PASSWORDS_FILE, Role, add_user
from qa.views import strings
from tests.browser.conftest import ROOT, AppServer, free_port, wait_until_it_answers

if TYPE_CHECKING:
    from playwright.sync_api import Page

PASSWORD = "three plain words"


class Provider(ThreadingHTTPServer):
    """An OpenID Connect provider that lets in whoever ``email`` is, without a word."""

    email = ""
    nonce = ""

    def __init__(self) -> None:
        jwk = pytest.importorskip("joserfc.jwk", reason="`make install-team` installs joserfc")
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def identity(self) -> str:
        """Return a signed token that says who has signed in."""
        from joserfc import jwt

        now = int(time.time())
        claims = {
            "iss": self.url, "aud": "report-qa", "sub": self.email, "email": self.email,
            "email_verified": True, "nonce": self.nonce, "iat": now, "exp": now + 300,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        url = self.server.url
        if path == "/authorize":
            self.server.nonce = query["nonce"][0]
            back = {"code": "good", "state": query["state"][0]}
            self.send_response(302)
            self.send_header("Location", f"{query['redirect_uri'][0]}?{urlencode(back)}")
            self.end_headers()
        elif path == "/keys":
            self.tell({"keys": [self.server.key.as_dict(private=False)]})
        else:
            self.tell({
                "issuer": url, "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token", "jwks_uri": f"{url}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
            })  # fmt: skip

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        token = {"access_token": "x", "token_type": "Bearer", "expires_in": 300}
        self.tell({**token, "id_token": self.server.identity()})

    def tell(self, value: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider of OpenID Connect on this machine."""
    pytest.importorskip("authlib", reason="`make install-team` installs Authlib")
    server = Provider()
    yield server
    server.shutdown()
    server.server_close()


def served(folders: tuple[Path, Path], base: Path, port: int, **more: str) -> AppServer:
    """Start the app with the access folder of a test, and return it once it answers."""
    where = {
        "REPORT_QA_LIBRARY": str(folders[0]),
        "REPORT_QA_INDEX": str(folders[1]),
        "REPORT_QA_ACCESS": str(base / "access"),
        "HF_HUB_OFFLINE": "1",
    }
    with (base / "app.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=ROOT,
            env=os.environ | where | more,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = AppServer(f"http://127.0.0.1:{port}", process, base / "app.log")
    wait_until_it_answers(server)
    return server


def test_a_password_opens_the_page_for_what_one_may_do(
    folders: tuple[Path, Path], tmp_path: Path, browser_page: Page
) -> None:
    add_user(tmp_path / "access" / PASSWORDS_FILE, "jo", Role.READER, PASSWORD)
    server = served(folders, tmp_path, free_port())
    try:
        page = browser_page
        page.goto(f"{server.url}/library")
        page.get_by_label(strings.NAME).fill("jo")
        page.get_by_label(strings.PASSWORD, exact=True).fill("not the password")
        page.keyboard.press("Enter")
        page.get_by_text(strings.SIGN_IN_FAILED).wait_for()
        assert page.locator(".rq-table").count() == 0
        page.get_by_label(strings.NAME).fill("jo")
        page.get_by_label(strings.PASSWORD, exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator(".rq-table").wait_for()
        page.get_by_text(strings.READERS_ONLY).wait_for()
        assert page.get_by_text(strings.ADD_TITLE, exact=True).count() == 0
        page.get_by_role("button", name=strings.SIGN_OUT).click()
        page.get_by_label(strings.NAME).wait_for()
        assert page.locator(".rq-table").count() == 0
        assert PASSWORD not in server.log()
        assert "not the password" not in server.log()
        page.goto("about:blank")  # or it would ask for the app that is stopped next
    finally:
        server.stop()


def test_a_provider_vouches_for_an_editor_and_a_stranger_stays_out(
    folders: tuple[Path, Path], tmp_path: Path, browser_page: Page, provider: Provider
) -> None:
    port = free_port()
    (tmp_path / "access").mkdir()
    (tmp_path / "access" / "settings.toml").write_text(
        'sign_in = "openid"\neditors = ["jo@example.org"]\n'
    )
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
        'cookie_secret = "only for this test, thirty-two characters"\n'
        'client_id = "report-qa"\nclient_secret = "also only for this test"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    server = served(
        folders,
        tmp_path,
        port,
        STREAMLIT_SECRETS_FILES=str(secrets),
        AUTHLIB_INSECURE_TRANSPORT="1",
    )
    try:
        page = browser_page
        provider.email = "stranger@example.org"
        page.goto(server.url)
        page.get_by_role("button", name=strings.SIGN_IN).click()
        page.get_by_text(strings.no_role(provider.email)).wait_for()
        assert page.get_by_placeholder(strings.QUESTION_HINT).count() == 0
        page.get_by_role("button", name=strings.SIGN_OUT).click()
        provider.email = "jo@example.org"
        page.get_by_role("button", name=strings.SIGN_IN).click()
        page.get_by_text("jo@example.org, editor").wait_for()
        page.get_by_role("link", name=strings.LIBRARY, exact=True).click()
        page.get_by_role("button", name=strings.ADD_BUTTON).wait_for()
        page.reload()  # the provider's cookie lasts
        page.get_by_role("button", name=strings.ADD_BUTTON).wait_for()
        page.get_by_role("button", name=strings.SIGN_OUT).click()
        page.get_by_role("button", name=strings.SIGN_IN).wait_for()
        assert "also only for this test" not in server.log()
        page.goto("about:blank")  # or it would ask for the app that is stopped next
    finally:
        server.stop()
