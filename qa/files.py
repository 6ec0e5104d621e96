"""Small files that are changed in one step, by one at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file against every other process and thread; the system lets go if this one dies.

    Raises:
        OSError: the lock, a hidden file beside it, cannot be written.
    """
    import fcntl

    with path.with_name(f".{path.name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in place in one step, on the disk before and after; who may read it stays.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as stream:
            with contextlib.suppress(FileNotFoundError):
                shutil.copymode(path, new)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
