"""Where the candidates for a question are found: in the snapshot itself, or on a server.

A snapshot folder always holds everything. A store is a second home of its vectors and weights of
words, on a server that many can ask, so that no asker has to hold the vectors in memory: texts,
pages, findings, token vectors and the counts of terms are read from the folder. Both give the same
candidates, and ``tests/test_stores.py`` holds them to it.

An address is ``milvus:URI``, or ``milvus:URI#NAME`` where one server has several libraries. Each
kind of store is one file, imported when it is used.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from indexer import store
from indexer.errors import BadStore, StoreBehind, StoreFailed

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot

STORE_VARIABLE = "REPORT_QA_STORE"
TOKEN_VARIABLE = "REPORT_QA_STORE_TOKEN"
"""A secret is not given on the command line, which every user of the machine can read."""

DEFAULT_NAME = "report_qa"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
LITE_ENDING = ".db"
"""By this ending the client of Milvus knows a file, which it serves itself."""

FORMS = (
    "as milvus:http://HOST:19530, milvus:https://HOST or milvus:FILE.db, and with #NAME at the "
    "end where one server has several libraries"
)

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Near:
    """Rows near a question, int64 [n] in ascending order, and two scores of each, float32 [n].

    ``dense`` is the cosine similarity and ``lexical`` the BM25 score, 0 where no term occurs.
    """

    rows: Int64
    dense: Float32
    lexical: Float32


def best_rows(lexical: Float32, allowed: Int64 | None, most: int) -> Int64:
    """Return the rows with the highest BM25 scores above 0, at most so many of them.

    ``lexical`` holds the score of every row; ``allowed`` limits the rows, None stands for all. Of
    equal ones at the end the first are taken, as a store does: which are left out decides what the
    lowest score of all candidates is, and so moves those above.

    >>> best_rows(np.array([1, 3, 2, 2, 0, 2], np.float32), None, 3)
    array([1, 2, 3])
    """
    rows = np.arange(len(lexical), dtype=np.int64) if allowed is None else allowed
    rows = rows[lexical[rows] > 0]
    if len(rows) <= most:
        return rows
    scores = lexical[rows]
    last = np.partition(scores, len(rows) - most)[len(rows) - most]
    above = rows[scores > last]
    return np.sort(np.concatenate([above, np.sort(rows[scores == last])[: most - len(above)]]))


class Searcher(Protocol):
    """What retrieval needs of an index; a ``Snapshot`` is one, and so is a store's."""

    def candidates(
        self, vector: Float32, terms: Sequence[str], *, pool: int, rows: Int64 | None = None
    ) -> Near:
        """Return the ``pool`` rows nearest by vector and the ``pool`` best by BM25, together.

        ``terms`` are those of ``indexer.lexical.terms``; one that comes twice counts twice.
        ``rows`` limits the search; None stands for all.

        Raises:
            ModelMismatch: the vector has another dimension than the index.
            StoreFailed: a server does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoreState:
    """The snapshot that a store has in service, empty where it has none, and its rows."""

    snapshot: str
    rows: int


class Store(Protocol):
    """A server that holds the vectors and the weights of words of an index's snapshots.

    Every method raises ``StoreFailed`` where the server does not answer or refuses.
    """

    def publish(self, snapshot: Snapshot, *, on_progress: Progress | None = None) -> bool:
        """Put a snapshot in service in one step; return whether there was anything to do.

        Until that step the one before is served, and it stays for those who have it open.
        """
        ...

    def state(self) -> StoreState:
        """Return what is in service."""
        ...

    def searcher(self, snapshot: Snapshot) -> Searcher:
        """Return what finds candidates for a snapshot.

        Raises:
            StoreBehind: the store does not have this snapshot, or not all of it.
            IndexDamaged: what it has under that name is something else.
        """
        ...

    def wrong_with(self, snapshot: Snapshot) -> list[str]:
        """Return a sentence for each thing of a snapshot that is not as in its folder."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is: the URI its client takes, and the name under which the index goes there."""

    uri: str
    name: str = DEFAULT_NAME

    def __str__(self) -> str:
        """Return the address as a user writes it."""
        return f"milvus:{self.uri}" + ("" if self.name == DEFAULT_NAME else f"#{self.name}")


def parse_address(text: str) -> Address:
    """Return the address that a user has written.

    Raises:
        BadStore: it is none.
    """
    kind, _, rest = text.strip().partition(":")
    uri, _, name = rest.partition("#")
    if kind != "milvus" or not uri:
        raise BadStore(f"{text!r} is not the address of a store: write it {FORMS}.")
    if name and not NAME.fullmatch(name):
        raise BadStore(
            f"{name!r} cannot be the name of an index on a store: it is a letter and up to 60 "
            "letters, digits and underscores."
        )
    if "://" in uri:
        _check_server(uri)
    elif not uri.endswith(LITE_ENDING):
        raise BadStore(f"{uri!r} is neither a server nor a file {LITE_ENDING}: write it {FORMS}.")
    return Address(uri, name or DEFAULT_NAME)


def _check_server(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise BadStore(f"{uri!r} is not the address of a server: write it {FORMS}.")
    if parts.username or parts.password:
        raise BadStore(
            "The address of a store holds no password, for every user of the machine can read it: "
            f"put it into the environment variable {TOKEN_VARIABLE}, as USER:PASSWORD."
        )


def add_store_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """Let a command take ``--store``, by default what ``REPORT_QA_STORE`` names."""

    def address(text: str) -> Address | None:
        try:
            return parse_address(text) if text.strip() else None
        except BadStore as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    parser.add_argument(
        "--store", type=address, default=os.environ.get(STORE_VARIABLE, ""), metavar="ADDRESS",
        help=f"{what}: milvus:http://HOST:19530 or milvus:FILE.db ({STORE_VARIABLE})",
    )  # fmt: skip


def cluster_address(text: str) -> str:
    """Return the address of a scheduler, for a command line.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("tcp", "tls") and bool(parts.hostname and parts.port)
    except ValueError:
        whole = False
    if not whole or parts.path or parts.query or parts.username:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not the address of a Dask scheduler: write it as tcp://HOST:8786 or "
            "tls://HOST:8786"
        )
    return text


def connect(address: Address) -> Store:
    """Return a store, found to answer.

    Raises:
        StoreFailed: it does not, or its client is not installed.
    """
    from indexer.milvus import MilvusStore

    return MilvusStore(address, token=os.environ.get(TOKEN_VARIABLE, ""))


def from_environment() -> Address | None:
    """Return the address that ``REPORT_QA_STORE`` names, None where it names none.

    Raises:
        BadStore: it is not an address.
    """
    text = os.environ.get(STORE_VARIABLE, "")
    return parse_address(text) if text.strip() else None


def open_searched(index: Path, address: Address | None) -> Snapshot:
    """Return the snapshot in service, its candidates found by a store where one is given.

    Where the store has not got this snapshot, the snapshot's own folder is searched, which gives
    the same, and a warning says so.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: there is no sound snapshot, or the store holds something else.
        StoreFailed: the store does not answer.
    """
    from indexer.snapshot import open_snapshot

    snapshot = open_snapshot(index)
    if address is None or not len(snapshot.passages):
        return snapshot
    try:
        snapshot.searcher = connect(address).searcher(snapshot)
    except StoreBehind as error:
        snapshot.warnings = (*snapshot.warnings, f"{error} Until then the folder is searched.")
    return snapshot


def open_for_page(index: Path) -> Snapshot:
    """Return the snapshot in service, its candidates found by the store of the environment.

    Where that does not answer or has a wrong address, the folder is searched and a warning says
    so: a page that many use is not to end with a server.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: there is no sound snapshot, or the store holds something else.
    """
    from indexer.snapshot import open_snapshot

    try:
        return open_searched(index, from_environment())
    except (BadStore, StoreFailed) as error:
        snapshot = open_snapshot(index)
        snapshot.warnings = (*snapshot.warnings, f"{error} Until then the folder is searched.")
        return snapshot


def publish(index: Path, address: Address, *, on_progress: Progress | None = None) -> bool:
    """Make a store match the index; return whether there was anything to do.

    Raises:
        BuildLocked: another process is building.
        IndexMissing: there is no index.
        StoreFailed: the store does not answer; what it had in service stays so.
    """
    from indexer.snapshot import open_snapshot

    there = connect(address)
    with store.lock(index):
        return there.publish(open_snapshot(index), on_progress=on_progress)
