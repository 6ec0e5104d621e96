"""Every change that an index makes to files and folders, and the names of what can go wrong.

Nothing else of the index creates, writes, renames or removes anything, and here the system is
reached by the one name ``os``: so a test can stand between an index and the disk, and break off
or fail every single call. Standard library only.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import DiskFailed

if TYPE_CHECKING:
    from typing_extensions import Buffer

BUFFER = 1 << 20
"""Bytes that are gathered before they are handed to the system."""

PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that lie in the moment: a file that cannot be read for one of these is not damaged."""

NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})
"""What a file system without locks says."""

AGAIN = "then try again"
WAYS_OUT = {
    errno.ENOSPC: f"Free some space on that disk, {AGAIN}.",
    errno.EDQUOT: f"Free some space of what you may use on that disk, {AGAIN}.",
    errno.EMFILE: f"Close other programs or raise the limit of open files (`ulimit -n`), {AGAIN}.",
    errno.ENFILE: f"Close other programs, {AGAIN}.",
    errno.ENOMEM: f"Close other programs, {AGAIN}.",
    errno.EACCES: f"Give yourself the right to change it, or name another folder, {AGAIN}.",
    errno.EPERM: f"Give yourself the right to change it, or name another folder, {AGAIN}.",
    errno.EROFS: f"Name a folder on a disk that can be written to, {AGAIN}.",
    errno.EIO: f"The disk may be failing: check it, or name a folder on another, {AGAIN}.",
}


def failed(error: OSError, path: Path, what: str = "changed") -> DiskFailed:
    """Return the error that names a file or folder, what the system says, and the way out."""
    way = WAYS_OUT.get(error.errno or 0, "Check that folder, then try again.")
    return DiskFailed(
        f"{path} cannot be {what} ({error.strerror or error}). {way} What is in service is not "
        "touched."
    )


@contextlib.contextmanager
def named(path: Path, what: str) -> Iterator[None]:
    """Have what the system says while something is done to a path raised by name.

    Raises:
        DiskFailed: in place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        raise failed(error, path, what) from error


class Writer(io.RawIOBase):
    """A new file, open for writing, which takes all that it is given or raises.

    Raises:
        DiskFailed: the system would not take it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._gathered = bytearray()
        self._written = 0
        self._handle = -1
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with named(path, "written"):
            self._handle = os.open(path, flags, 0o666)

    def writable(self) -> bool:
        """Return that the file can be written."""
        return True

    def tell(self) -> int:
        """Return how many bytes there are so far."""
        return self._written + len(self._gathered)

    def write(self, data: Buffer, /) -> int:
        """Take bytes and return their number: all of them."""
        view = memoryview(data).cast("B")
        if len(self._gathered) + len(view) > BUFFER:
            self.flush()
        if len(view) > BUFFER:
            self._put(view)
        else:
            self._gathered += view
        return len(view)

    def flush(self) -> None:
        """Hand what is gathered to the system."""
        if not self.closed and self._gathered:
            gathered, self._gathered = self._gathered, bytearray()
            self._put(memoryview(gathered))

    def close(self) -> None:
        """Hand the rest to the system and close the file, closed whatever happens."""
        if self._handle < 0:
            super().close()
            return
        try:
            self.flush()
        finally:
            handle, self._handle = self._handle, -1
            self._gathered = bytearray()
            super().close()
            with named(self._path, "written"):
                os.close(handle)

    def _put(self, view: memoryview) -> None:
        with named(self._path, "written"):
            while len(view):
                taken = os.write(self._handle, view)  # may be less than all
                if taken <= 0:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                self._written += taken
                view = view[taken:]


def write(path: Path, data: bytes) -> None:
    """Write a new file, or all of an old one anew.

    Raises:
        DiskFailed: the system would not take it.
    """
    with Writer(path) as file:
        file.write(data)


def replace(path: Path, data: bytes, *, by: Path) -> None:
    """Put a file in place of another in one step, on the disk before and after.

    Whoever reads sees the old file or the new one. ``by`` is where the new one is written first,
    on the same disk.

    Raises:
        DiskFailed: the system would not; the old file stands.
    """
    write(by, data)
    sync(by)
    with named(path, "replaced"):
        os.replace(by, path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, if they are not there, to stay after a power cut.

    Raises:
        DiskFailed: the system would not.
    """
    if path.is_dir():
        return
    if path.parent != path:
        make_folder(path.parent)
    with named(path, "made a folder"), contextlib.suppress(FileExistsError):
        os.mkdir(path)  # or somebody else has, or it is a file
    if not path.is_dir():
        raise failed(NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)), path, "used")
    sync_folder(path.parent)


def move_folder(folder: Path, target: Path) -> None:
    """Give a folder another place on the same disk, in one step.

    Raises:
        DiskFailed: the system would not, and the folder is where it was.
    """
    with named(folder, "moved"):
        os.rename(folder, target)


def move_file(path: Path, target: Path) -> None:
    """Give a file another place on the same disk, in one step; a file that is there gives way.

    Raises:
        DiskFailed: the system would not, and both files are where they were.
    """
    with named(path, "moved"):
        os.replace(path, target)


def remove_file(path: Path) -> None:
    """Remove a file if it is there.

    Raises:
        DiskFailed: the system would not.
    """
    with named(path, "removed"), contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_tree(path: Path) -> None:
    """Remove a file, or a folder with all in it, if it is there; a link goes, not its target.

    Raises:
        DiskFailed: the system would not, or not all.
    """
    with named(path, "removed"):
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(mode):
            os.unlink(path)
            return
    for inner in listed(path):
        remove_tree(inner)
    with named(path, "removed"):
        os.rmdir(path)


def listed(folder: Path) -> list[Path]:
    """Return what is in a folder, in the order of names; nothing where it is not there.

    Raises:
        DiskFailed: the system would not say.
    """
    with named(folder, "read"):
        try:
            return sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []


def sync(path: Path) -> None:
    """Return once a file, or a folder and all below it, is on the disk.

    Raises:
        DiskFailed: the system cannot say so.
    """
    if path.is_dir():
        for inner in listed(path):
            sync(inner)
    sync_folder(path)


def sync_folder(path: Path) -> None:
    """Return once the names in a folder, or the bytes of a file, are on the disk.

    Raises:
        DiskFailed: the system cannot say so.
    """
    with named(path, "written to the disk"):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def held_open(path: Path) -> Iterator[int]:
    """Hold a file open for reading and writing, made if it was not there; a handle comes.

    Raises:
        DiskFailed: the system would not open it.
    """
    with named(path, "opened"):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def held_alone(path: Path) -> Iterator[bool]:
    """Hold a file, unless others do (``held_with_others``); whether it is held comes.

    A file that is not there is held by nobody.

    Raises:
        DiskFailed: the system would not open it.
    """
    import fcntl

    with named(path, "opened"):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            handle = -1
    try:
        free = True
        if handle >= 0:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                free = False
        yield free
    finally:
        if handle >= 0:
            os.close(handle)


def held_with_others(path: Path) -> int:
    """Return a handle that holds a file, as others may too, until it is closed or its process ends.

    Raises:
        FileNotFoundError, BlockingIOError: the file has been removed, or is just being.
        OSError: it cannot be opened.
    """
    import fcntl

    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in NO_LOCKS:  # there, no build can lock an index either
                raise
        if not os.path.samestat(os.fstat(handle), os.stat(path)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except OSError:
        os.close(handle)
        raise
    return handle


def overwrite(handle: int, data: bytes, path: Path) -> None:
    """Write the few bytes of an open file anew.

    Raises:
        DiskFailed: the system would not take them.
    """
    with named(path, "written"):
        os.ftruncate(handle, 0)
        at = 0
        while at < len(data):
            taken = os.pwrite(handle, data[at:], at)
            if taken <= 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            at += taken
