"""What the server does by itself: the document of every page, its headers, and who may send files.

Streamlit draws the pages. Before it does, a browser asks for a document, which says what else
may be loaded: nothing from anywhere else. And a browser can send files that no page offers to
take; those of whoever may not change the library are turned away unread.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from qa.views import strings
from qa.views.escape import html

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGES = ("library", "quality", "ratings", "compare")
"""Where the pages are, below the address of the app, at which questions are asked."""

UPLOADS = "/_stcore/upload_file/"
MAX_SESSIONS = 10_000
HOST = re.compile(r"[\w.:\[\]-]+", re.A)
INLINE = re.compile(r"<script>(.*?)</script>", re.S)
INDEX = Path(st.__file__).parent / "static" / "index.html"
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
)
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect x="5" y="2" width="22" height="28" rx="3" fill="#1f5f7a"/>'
    '<path d="M10 9h12M10 21h12M10 25h7" stroke="#fff" stroke-width="2"/>'
    '<path d="M10 15h12" stroke="#ffe55c" stroke-width="5"/></svg>'
)
FIND_BASE = """
  // Without this, a page below the app's address asks in vain whether the app is there.
  // With what it may be told by a page around it, which is nothing, it need not ask at all.
  window.__streamlit = {
    BACKEND_BASE_URL: location.origin + location.pathname.replace(/\\/(?:%s)?\\/*$/, "/"),
    HOST_CONFIG: { allowedOrigins: [location.origin], useExternalAuthToken: false },
  };
"""


def document(text: str) -> str:
    """Return Streamlit's document with the app's name, icon and address in it."""
    icon = base64.b64encode(ICON.encode()).decode()
    script = FIND_BASE % "|".join(PAGES)
    text = text.replace('<html lang="en">', '<html lang="en-GB">', 1)
    text = re.sub(r"<title>.*?</title>", f"<title>{html(strings.APP)}</title>", text, count=1)
    text = re.sub(
        r'<link rel="shortcut icon"[^>]*>',
        f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{icon}" />',
        text,
        count=1,
    )
    return text.replace("<head>", f"<head>\n    <script>{script}</script>", 1)


def policy(text: str, host: str) -> str:
    """Return what a document may load: its own scripts, and nothing from another origin.

    ``host`` is where the browser says that the document is, or empty. Vega compiles the
    expressions of a chart, hence "unsafe-eval"; Streamlit styles its elements in place.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in INLINE.findall(text)
    )
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    allowed = (
        "default-src 'self'",
        f"script-src 'self' 'unsafe-eval' blob: {hashes}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        f"connect-src 'self'{sockets}",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
    return "; ".join(allowed)


def routes() -> Sequence[BaseRoute]:
    """Return the routes of the documents, which come before Streamlit's own."""
    from starlette.routing import Route

    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    front = f"/{base}" if base else ""
    return [Route(f"{front}/{name}", _document) for name in ("", *PAGES)]


async def _document(request: Request) -> Response:
    from starlette.responses import HTMLResponse

    text = _text()
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy(text, request.headers.get("host", "")),
    }
    return HTMLResponse(text, headers=headers)


@cache
def _text() -> str:
    return document(INDEX.read_text(encoding="utf-8"))


@asynccontextmanager
async def begun(app: st.App) -> AsyncIterator[None]:
    """Hold the app while it is served; it answers once its pages can be drawn at once."""
    del app
    _import_pages()
    yield


def _import_pages() -> None:
    import importlib

    for name in ("guard", "ask", *PAGES):
        importlib.import_module(f"qa.views.{name}")


class Senders:
    """The sessions that may send files; the one unheard of for longest is forgotten first."""

    def __init__(self, *, most: int = MAX_SESSIONS) -> None:
        self._most = most
        self._kept: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def know(self, session: str, may_send: bool) -> None:
        """Keep whether a session may send files from now on."""
        with self._lock:
            self._kept.pop(session, None)
            if may_send and session:
                self._kept[session] = None
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def __contains__(self, session: object) -> bool:
        with self._lock:
            return session in self._kept


@cache
def senders() -> Senders:
    """Return the sessions of this process that may send files."""
    return Senders()


@cache
def _assets() -> dict[str, Path]:
    """Return the files of Streamlit's own scripts and fonts by their addresses."""
    folder = INDEX.parent / "static"
    return {
        f"/static/{file.relative_to(folder).as_posix()}": file
        for file in folder.rglob("*")
        if file.is_file()
    }


@lru_cache(maxsize=512)
def asset(path: str) -> Response | None:
    """Return a script or font, read once, under the address that it has for good; else nothing.

    A page asks for nearly a hundred of them before it shows anything; from here each comes
    without a thread, a look at the disk and the sessions that only pages need.
    """
    from starlette.responses import Response

    file = _assets().get(path)
    if file is None:
        return None
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kind = "text/javascript" if file.suffix == ".js" else kind
    forever = {"Cache-Control": "public, immutable, max-age=31536000"}
    return Response(file.read_bytes(), media_type=kind, headers=forever)


class Border:
    """Adds the headers that every answer has, and turns away files of whoever may send none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        _, found, rest = scope["path"].partition(UPLOADS)
        if found and scope["method"] == "PUT" and rest.partition("/")[0] not in senders():
            from starlette.responses import PlainTextResponse

            await PlainTextResponse(strings.DENIED, 403)(scope, receive, told)
            return
        kept = scope["method"] == "GET" and scope["path"] in _assets()
        found_asset = asset(scope["path"]) if kept else None
        await (found_asset or self.app)(scope, receive, told)
