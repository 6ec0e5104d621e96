"""The app as a process of its own, and a real browser to drive it with.

Both skip with a plain reason where they cannot be had. When a browser test fails, what the app
printed and what the page showed are part of the failure.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Locator, Page

ROOT = Path(__file__).resolve().parents[2]
REPORT = "northamptonshire-pdu-2024-digest"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses to run as root with one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ELSEWHERE = re.compile(r"^https?://(?!(127\.0\.0\.1|localhost)[:/])")
PATIENCE_S = 90.0
"""How long a page may take to show something: the first question loads the embedding model."""

START_S = 120.0
"""How long the app may take until it answers."""

PAGE = pytest.StashKey["Page"]()
SERVERS = pytest.StashKey[list["AppServer"]]()


@dataclass(frozen=True)
class AppServer:
    """A running app: where it answers, and what it has printed."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self) -> str:
        """Return what the app has printed so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End the app and all that it started, gently first."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=10)
        self.process.wait()


StartApp = Callable[[Path, Path], AppServer]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests and put them last: a plain failure should be seen first."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: here in item.path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the app's log and the page's text to the report of a failure."""
    report = yield
    if report.failed:
        for node in item.listchain():
            for server in node.stash.get(SERVERS, []):
                report.sections.append((f"what {server.url} printed", server.log()))
        page = item.stash.get(PAGE, None)
        if page is not None and call.when == "call":
            report.sections.append((f"what {page.url} showed", text_of(page)))
    return report


def text_of(page: Page) -> str:
    """Return the text that a page shows, or why it cannot be had."""
    from playwright.sync_api import Error

    try:
        return page.inner_text("body", timeout=2_000)
    except Error as error:
        return f"(no text: {error.message})"


def as_many(found: Locator, count: int) -> Locator:
    """Return what was found once there are so many: a page may be drawn part by part, or anew."""
    from playwright.sync_api import expect

    expect(found).to_have_count(count, timeout=PATIENCE_S * 1000)
    return found


def box_of(found: Locator) -> FloatRect:
    """Return where on the page something is, once it is there to stay for a moment."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found.wait_for()
        box = found.bounding_box()  # None where it was drawn anew just now
        if box is not None:
            return box
    raise AssertionError(f"{found} has no place on the page")


def find_browser() -> str | None:
    """Return the path of a Chromium, the one that REPORT_QA_CHROMIUM names before any other."""
    names = (os.environ.get("REPORT_QA_CHROMIUM", ""), *BROWSERS)
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a running browser; skip where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: `make test` installs it"
    )
    path = find_browser()
    if path is None:
        pytest.skip(
            "there is no Chromium here: install it (on Debian: apt-get install chromium) "
            "or name one in REPORT_QA_CHROMIUM"
        )
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=list(BROWSER_ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def browser_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give an empty page of a new browser profile that can reach nothing but this machine.

    When the test has ended, nothing may have tried to reach anything else, no script may have
    failed, logged an error or opened a dialog, and the page may show no exception.
    """
    wrong: list[str] = []
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_S * 1000)
        context.route(ELSEWHERE, lambda route: (wrong.append(route.request.url), route.abort()))
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on(
            "console", lambda m: wrong.append(f"console: {m.text}") if m.type == "error" else None
        )
        page.on("dialog", lambda box: (wrong.append(f"dialog: {box.message}"), box.dismiss()))
        request.node.stash[PAGE] = page
        yield page
        wrong += page.locator(".stException").all_inner_texts()
        shown = text_of(page)
    assert wrong == []
    assert "Traceback" not in shown


@pytest.fixture(scope="session")
def app_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartApp]:
    """Give a function that starts the app on a library and an index folder and waits for it."""
    servers: list[AppServer] = []
    logs = tmp_path_factory.mktemp("logs")
    request.node.stash[SERVERS] = servers

    def start(library: Path, index: Path) -> AppServer:
        server = launch(library, index, logs / f"app-{len(servers)}.log")
        servers.append(server)
        wait_until_it_answers(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A library that holds the shipped digest, and its index."""
    base = tmp_path_factory.mktemp("shelf")
    library, index = base / "library", base / "index"
    library.mkdir()
    shutil.copy(ROOT / "data" / "reports" / f"{REPORT}.pdf", library)
    where = ["--library", str(library), "--index", str(index)]
    command = [sys.executable, "-m", "indexer", "build", *where]
    built = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return library, index


@pytest.fixture(scope="session")
def address(folders: tuple[Path, Path], app_server: StartApp) -> str:
    """Where the app answers that all tests share."""
    return app_server(*folders).url


def launch(library: Path, index: Path, log_file: Path) -> AppServer:
    """Start the app on a free port, in a process group of its own, and return at once."""
    port = free_port()
    folders = {"REPORT_QA_LIBRARY": str(library), "REPORT_QA_INDEX": str(index)}
    quiet = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "NO_COLOR": "1"}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=ROOT,
            env=os.environ | quiet | folders,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return AppServer(f"http://127.0.0.1:{port}", process, log_file)


def wait_until_it_answers(server: AppServer) -> None:
    """Return when the app answers; fail when it ends or says nothing for too long."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            pytest.fail(f"the app ended with status {server.process.returncode} before it answered")
        with (
            suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    pytest.fail(f"the app did not answer at {server.url} within {START_S:.0f} seconds")


def free_port() -> int:
    """Return a port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
