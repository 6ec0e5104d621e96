"""Workers on other machines, by Dask: the only file that imports ``distributed``.

A scheduler without TLS lets anyone who reaches its port run any code on every worker, and on
whoever is connected: it belongs into a network of its own, or has to be given as ``tls://`` with
the certificates that Dask's own settings name.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from indexer.errors import ClusterFailed
from indexer.remote import Workers

CONNECT_SECONDS = 15.0
WORKER_SECONDS = 30.0
"""How long the scheduler may take to answer, and the first worker to come."""


@contextlib.contextmanager
def workers(address: str) -> Iterator[Workers]:
    """Give the workers of a Dask scheduler, as long as they are needed.

    Raises:
        ClusterFailed: the scheduler does not answer or has no worker, or ``distributed`` is not
            installed.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise ClusterFailed(
            f"A cluster needs the package distributed, which is not installed ({error}): run "
            "`make install-cluster`."
        ) from error
    for name in ("distributed", "distributed.client"):  # it has a level of its own for each
        logging.getLogger(name).setLevel(logging.CRITICAL)  # ours is one sentence
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise ClusterFailed(
            f"The scheduler {address} does not answer ({said}): start it with `dask scheduler`, or "
            "see that the address is right."
        ) from error
    try:
        _wait_for_one(client, address)
        yield Workers(
            client.get_executor(pure=False),
            slots=max(1, sum(client.nthreads().values())),
            alive=lambda: _alive(client),
            lost=(KilledWorker,),
        )
    finally:
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            client.close(timeout=CONNECT_SECONDS)


def _wait_for_one(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError as error:
        raise ClusterFailed(
            f"The scheduler {address} has no worker: start some with `dask worker {address} "
            "--nthreads 1`."
        ) from error


def _alive(client: Any) -> int:
    """Return how many workers the scheduler knows, 0 where it has gone itself."""
    if client.status != "running":
        return 0
    try:
        return len(client.nthreads())
    except (OSError, RuntimeError, TimeoutError):
        return 0
