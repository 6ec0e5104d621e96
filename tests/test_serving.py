"""What the server does by itself: its documents, their policy, and files that it turns away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from qa.views import serving
from qa.views.serving import Senders

UPLOAD = "/_stcore/upload_file/one/a-file"


async def kept(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"kept {len(await request.body())} bytes")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """An app behind the border that keeps whatever reaches it; session "one" may send."""
    senders = Senders()
    senders.know("one", True)
    monkeypatch.setattr(serving, "senders", lambda: senders)
    path = "/_stcore/upload_file/{session}/{file}"
    return TestClient(
        Starlette(
            routes=[
                *serving.routes(),
                Route(path, kept, methods=["PUT", "DELETE"]),
                Route(f"/base{path}", kept, methods=["PUT"]),
            ],
            middleware=[Middleware(serving.Border)],
        )
    )


def test_files_of_who_may_send_none_are_turned_away_unread(client: TestClient) -> None:
    assert client.put(UPLOAD, content=b"abc").text == "kept 3 bytes"
    assert client.put(UPLOAD.replace("one", "two"), content=b"abc").status_code == 403
    assert client.put(f"/base{UPLOAD.replace('one', 'two')}", content=b"abc").status_code == 403
    assert client.put(f"/base{UPLOAD}", content=b"abc").status_code == 200
    assert client.delete(UPLOAD.replace("one", "two")).status_code == 200  # leaves no bytes here
    serving.senders().know("one", False)
    assert client.put(UPLOAD, content=b"abc").status_code == 403


def test_the_oldest_session_is_forgotten_first() -> None:
    senders = Senders(most=2)
    for session in ("a", "b", "a", "c"):
        senders.know(session, True)
    assert [session in senders for session in ("a", "b", "c", "", None)] == [
        True, False, True, False, False,
    ]  # fmt: skip
    senders.know("", True)
    assert "" not in senders


@pytest.mark.parametrize("path", ["/", "/library", "/quality", "/ratings", "/compare"])
def test_each_page_has_a_document_that_loads_nothing_from_elsewhere(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == client.head(path).status_code == 200
    assert "<title>Report QA</title>" in answer.text
    assert '<html lang="en-GB">' in answer.text
    assert 'rel="shortcut icon"' not in answer.text
    assert re.findall(r'(?:src|href)="(?!\./|data:|_stcore)[^"]*"', answer.text) == []
    rules = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert rules["default-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://testserver wss://testserver"
    assert rules["script-src"].count("'sha256-") == answer.text.count("<script>") >= 1
    assert "unsafe-inline" not in rules["script-src"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_document_is_that_of_streamlit_with_one_script_more() -> None:
    text = serving.INDEX.read_text("utf-8")
    made = serving.document(text)
    assert made.count("<script>") == text.count("<script>") + 1
    assert made.index("BACKEND_BASE_URL") < made.index('type="module"')
    assert serving.document("<p>of another Streamlit</p>") == "<p>of another Streamlit</p>"


@pytest.mark.parametrize(
    ("path", "base"),
    [("/", "/"), ("/library", "/"), ("/library/", "/"), ("/a/b/ratings", "/a/b/"), ("/a/", "/a/")],
)
def test_the_script_finds_where_the_app_is(path: str, base: str) -> None:
    found = re.search(r"replace\(/(.*)/, \"/\"\)", serving.FIND_BASE % "|".join(serving.PAGES))
    assert found is not None
    assert re.sub(found.group(1).replace(r"\/", "/"), "/", path, count=1) == base


@pytest.mark.parametrize("host", ["", "a.test; script-src *", "a.test evil.test", "é"])
def test_a_strange_host_adds_nothing_to_the_policy(host: str) -> None:
    assert "connect-src 'self';" in serving.policy("", host)


def test_the_app_is_served_and_run_from_one_file() -> None:
    from streamlit.web.server.app_discovery import discover_asgi_app

    found = discover_asgi_app(Path(__file__).resolve().parents[1] / "app.py")
    assert found.import_string == "app:app"


def test_scripts_come_from_memory_as_they_are_on_disk(client: TestClient) -> None:
    script = next((serving.INDEX.parent / "static" / "js").glob("index.*.js"))
    answer = client.get(f"/static/js/{script.name}")
    assert answer.content == script.read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/js/../../index.html").status_code == 404
    assert client.get("/static/%2e%2e/index.html").status_code == 404
