"""Measure the page as people meet it: a Chromium at the real app, and many askers at once.

    python benchmarks/page.py [--library DIR] [--index DIR] [--only PART]...

``shell``: from the server's first answer to the page's heading, in a browser that has nothing of
it; ``questions``: from Enter to the first evidence, to the answer and to the picture of its page;
``crowd``: 20 people at once; ``memory``: what the server holds over 1,000 questions. The last two
speak Streamlit's own protocol, so that 20 browsers do not compete with what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
GOLD = ROOT / "data" / "eval" / "digest.jsonl"
PARTS = ("shell", "questions", "crowd", "memory")
PEOPLE = 20
TOTAL = 1_000
START_S = 120.0

# In the page: when the first evidence and the answer of a question are drawn, by its own clock.
WATCH = """
question => {
  const began = performance.now(), told = { first: null, answer: null };
  window.told = told;
  const look = () => {
    const now = performance.now() - began;
    const asked = [...document.querySelectorAll("h2.rq-asked")].some(
      one => one.textContent === question);
    const near = document.querySelector(".rq-first");
    if (told.first === null && (near || asked)) told.first = now;
    if (asked && told.answer === null) { told.answer = now; watching.disconnect(); }
  };
  const watching = new MutationObserver(look);
  watching.observe(document.body, { childList: true, subtree: true, characterData: true });
}
"""
PICTURE = """
() => new Promise(done => {
  const began = performance.now();
  const image = () => document.querySelector(".rq-picture img");
  const before = image()?.src;
  const watching = new MutationObserver(() => {
    const now = image();
    if (!now || now.src === before) return;
    watching.disconnect();
    now.decode().then(() => requestAnimationFrame(() => done(performance.now() - began)));
  });
  watching.observe(document.body, { childList: true, subtree: true, attributes: true });
  document.querySelector(".st-key-page-next button, [class*=st-key-page-next] button").click();
})
"""


def main() -> int:
    """Measure what is asked for, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--library", type=Path, default=ROOT / "data" / "reports", metavar="DIR")
    parser.add_argument("--index", type=Path, default=ROOT / "data" / "index", metavar="DIR")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART")
    options = parser.parse_args()
    asked = [json.loads(line)["question"] for line in GOLD.read_text("utf-8").splitlines() if line]
    parts = options.only or PARTS
    with app(options.library, options.index) as (address, process):
        if "shell" in parts:
            shell(address)
        if "questions" in parts:
            questions(address, asked)
        if "crowd" in parts:
            asyncio.run(crowd(address, asked))
        if "memory" in parts:
            asyncio.run(memory(address, asked, process.pid))
    return 0


@contextmanager
def app(library: Path, index: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the app and give its address and process once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = {"REPORT_QA_LIBRARY": str(library), "REPORT_QA_INDEX": str(index)}
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
        cwd=ROOT,
        env=os.environ | where | {"HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    began = time.monotonic()
    try:
        while time.monotonic() - began < START_S:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.02)
        print(f"the server answers after {time.monotonic() - began:.2f} s", flush=True)
        yield address, process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def browser() -> Iterator[Any]:
    """Give a running Chromium."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("REPORT_QA_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


def shell(address: str) -> None:
    """Print how long the heading and the box take, at first and in later browsers."""
    with browser() as running:
        running.new_context().new_page().goto("data:text/html,<h1>")  # Chromium's own start
        for name in ("the first visitor", "the second", "the third", "the fourth"):
            page = running.new_context().new_page()
            began = time.monotonic()
            page.goto(address, wait_until="commit")
            page.get_by_role("heading", name="Ask the reports").wait_for()
            page.get_by_label("Your question").wait_for()
            print(f"shell, {name}: {time.monotonic() - began:.2f} s", flush=True)
            page.context.close()


def questions(address: str, asked: Sequence[str]) -> None:
    """Print how long first evidence, answer and picture take once all is loaded."""
    first, answers, pictures = [], [], []
    with browser() as running:
        page = running.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/?{urlencode({'q': 'What is the overall rating?'})}")
        page.locator(".rq-picture img").wait_for()
        page.wait_for_timeout(2_000)
        box = page.get_by_label("Your question")
        for question in dict.fromkeys(asked):
            box.fill(question)
            page.evaluate(WATCH, question)
            box.press("Enter")
            page.wait_for_function("window.told.answer !== null")
            told = page.evaluate("window.told")
            first.append(told["first"])
            answers.append(told["answer"])
            page.wait_for_timeout(700)  # until the rest is drawn
            if len(pictures) < 20 and page.locator(".rq-picture img").count():
                pictures.append(page.evaluate(PICTURE))
                page.wait_for_timeout(300)
    tell("first evidence", first)
    tell("the answer", answers)
    tell("the picture of another page", pictures)


async def ask(address: str, question: str, socket_: Any = None) -> tuple[float, bool]:
    """Ask as a browser does; return the milliseconds to the end of it and if it was answered."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = BackMsg()
    message.rerun_script.query_string = urlencode({"q": question})
    began, answered = time.perf_counter(), False
    await socket_.send(message.SerializeToString())
    while True:
        data = await asyncio.wait_for(socket_.recv(), 60)
        told = ForwardMsg()
        told.ParseFromString(data)
        answered |= b"rq-asked" in data
        if told.WhichOneof("type") == "script_finished":
            return (time.perf_counter() - began) * 1000, answered


def visitor(address: str) -> Any:
    """Return the connection of one visitor."""
    from websockets.asyncio.client import connect

    return connect(
        f"{address.replace('http', 'ws')}/_stcore/stream",
        origin=address,
        subprotocols=["streamlit"],
        max_size=None,
    )


async def crowd(address: str, asked: Sequence[str]) -> None:
    """Print how long 20 people wait who ask at once, a question each, three times over."""
    taken, failed = [], 0
    async with visitor(address) as one:
        await ask(address, asked[0], one)  # so that all is loaded
    for turn in range(3):
        sockets = [await visitor(address).__aenter__() for _ in range(PEOPLE)]
        wanted = [asked[(turn * PEOPLE + n) % len(asked)] for n in range(PEOPLE)]
        told = await asyncio.gather(
            *(ask(address, q, s) for q, s in zip(wanted, sockets, strict=True))
        )
        taken += [ms for ms, _ in told]
        failed += sum(not answered for _, answered in told)
        for socket_ in sockets:
            await socket_.close()
    tell(f"{PEOPLE} at once", taken)
    print(f"{PEOPLE} at once: {failed} of {len(taken)} without an answer", flush=True)


async def memory(address: str, asked: Sequence[str], pid: int) -> None:
    """Print what the server holds while 1,000 questions are asked in 20 sessions."""
    done = failed = 0
    print(f"before any question: {resident(pid)} MiB", flush=True)
    while done < TOTAL:
        async with visitor(address) as one:
            for _ in range(TOTAL // PEOPLE):
                _, answered = await ask(address, asked[done % len(asked)], one)
                failed += not answered
                done += 1
                if done in (1, 50, 200, 400, 600, 800, 1_000):
                    print(f"after {done}: {resident(pid)} MiB", flush=True)
    print(f"{failed} of {done} without an answer", flush=True)


def resident(pid: int) -> int:
    """Return the MiB of memory that a process holds, without its children's."""
    line = next(
        one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in one
    )
    return int(line.split()[1]) // 1024


def tell(name: str, taken: Sequence[float]) -> None:
    """Print median, 95th percentile and the longest of milliseconds."""
    if len(taken) < 2:
        print(f"{name}: not enough to tell")
        return
    p95 = statistics.quantiles(taken, n=20)[18]
    print(
        f"{name}: p50 {statistics.median(taken):.0f} ms, p95 {p95:.0f} ms, "
        f"longest {max(taken):.0f} ms, of {len(taken)}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
