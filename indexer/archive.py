"""The PDFs of a zip archive, each read into memory under limits and none written under its name.

An archive is a list of claims by whoever made it: how many files it has, how large they are, where
they belong. None is believed. What is inside is named by its last part alone, and only where that
is a plain file name; what is refused is said in a sentence, and the rest is taken.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.errors import BadName, BadZip, NotAPdf, ReportRefused, TooLarge
from indexer.library import report_id

MAX_MEMBERS = 500
MAX_MEMBER_BYTES = 100 * 2**20
MAX_TOTAL_BYTES = 500 * 2**20
"""Of all files of one archive once they are unpacked."""

MAX_RATIO = 200
"""Unpacked bytes for each packed one. PDFs are packed inside already and shrink little; a bomb has
a thousand."""

RATIO_FROM_BYTES = 2**20
"""A file of no size harms nobody, however well it was packed."""

DIRECTORY_BYTES_EACH = 1024
"""Of the list of files, which is read before anything is known of them: a name and its extras."""

CHUNK = 2**18
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 0x1
END, END_SIZE, LOCATOR_SIZE = b"PK\x05\x06", 22, 20
LOCATOR_64 = b"PK\x06\x07"
MAX_COMMENT = 2**16
LITTER = {"__macosx", ".ds_store", "thumbs.db", "desktop.ini"}
"""What systems put into archives by themselves; left out without a word."""


@dataclass(frozen=True, slots=True)
class Member:
    """A PDF of an archive: a plain file name and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RefusedMember:
    """A file of an archive that was not taken, by the name that the archive gives it, and why."""

    name: str
    reason: ReportRefused


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one archive may hold; see the constants of the module."""

    members: int = MAX_MEMBERS
    member_bytes: int = MAX_MEMBER_BYTES
    total_bytes: int = MAX_TOTAL_BYTES
    ratio: int = MAX_RATIO


DEFAULT_LIMITS = Limits()


def is_zip(data: bytes) -> bool:
    """Return whether bytes begin as a zip archive does, an empty one among them."""
    return data[:4] in (b"PK\x03\x04", END)


def read_zip(
    data: bytes, name: str, *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Member | RefusedMember]:
    """Yield the files of an archive in its order, each as taken or as refused.

    Raises:
        BadZip: it cannot be opened, or says that it holds more than may be.
    """
    shown = ascii(name)
    _check_directory(data, shown, limits)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise BadZip(f"{shown} cannot be opened as a zip archive ({error}).") from error
    with archive:
        entries = archive.infolist()
        if len(entries) > limits.members:
            raise BadZip(_too_many(shown, len(entries), limits))
        left = limits.total_bytes
        seen: set[str] = set()
        for entry in entries:
            if entry.is_dir() or _is_litter(entry.filename):
                continue
            try:
                member = _member(archive, entry, seen, min(left, limits.member_bytes), limits)
            except ReportRefused as error:
                yield RefusedMember(entry.filename, error)
                continue
            left -= len(member.data)
            seen.add(member.name.casefold())
            yield member


def _check_directory(data: bytes, shown: str, limits: Limits) -> None:
    """Raise unless the end of an archive announces few files, in the form that small ones have.

    ``zipfile`` reads the whole list of files before anybody can count them, so that a list of
    millions would fill the memory.
    """
    at = len(data) - END_SIZE
    if data[at : at + 4] != END or data[-2:] != b"\0\0":
        at = data.rfind(END, max(0, len(data) - END_SIZE - MAX_COMMENT))
    if at < 0 or at + END_SIZE > len(data):
        raise BadZip(f"{shown} is not a whole zip archive: its end is missing. Make it again.")
    count, size = struct.unpack_from("<HL", data, at + 10)
    if data[max(0, at - LOCATOR_SIZE) :][:4] == LOCATOR_64:
        raise BadZip(
            f"{shown} has the form of archives over 4 GiB (ZIP64): make it again with a usual "
            "program, or add the PDFs one by one."
        )
    if count > limits.members:
        raise BadZip(_too_many(shown, count, limits))
    if size > limits.members * DIRECTORY_BYTES_EACH:
        raise BadZip(
            f"{shown} has a list of files of {size:,} bytes, and the limit is "
            f"{limits.members * DIRECTORY_BYTES_EACH:,}: add the PDFs one by one."
        )


def _too_many(shown: str, count: int, limits: Limits) -> str:
    return f"{shown} holds {count:,} files and the limit is {limits.members:,}: split it."


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").casefold().split("/")
    return parts[0] in LITTER or parts[-1] in LITTER


def _member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, seen: set[str], room: int, limits: Limits
) -> Member:
    """Return a file of an archive, or raise why it is not taken; the cheap checks come first."""
    shown = _shown(entry.filename)
    name = _plain_name(entry, shown)
    if entry.flag_bits & ENCRYPTED:
        raise NotAPdf(f"{shown} is locked with a password: unpack the archive and add the PDF.")
    if entry.compress_type not in METHODS:
        raise NotAPdf(
            f"{shown} is packed with method {entry.compress_type}, and only the usual two are read "
            "(stored, deflated): make the archive again."
        )
    if name.casefold() in seen:
        raise BadName(f"{shown} has the name of another file in the archive: rename one.")
    _check_size(shown, entry, room, limits)
    data = _unpacked(archive, entry, shown, room, limits)
    if b"%PDF-" not in data[:1024]:
        raise NotAPdf(f"{shown} is not a PDF: it does not begin with '%PDF-'.")
    return Member(name, data)


def _plain_name(entry: zipfile.ZipInfo, shown: str) -> str:
    """Return the last part of a file's name, having looked at the whole of it."""
    # Names are cut at a null character when they are read; what stood behind it is not believed.
    path = entry.orig_filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind and kind != stat.S_IFREG:
        raise NotAPdf(f"{shown} is a link or a device, not a file: pack the PDF itself.")
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\\" in path or parts[0].endswith(":"):
        raise BadName(
            f"{shown} points outside of the archive, and is not unpacked: pack the PDF under a "
            "plain name."
        )
    name = parts[-1]
    if name.lower().endswith(".zip"):
        raise NotAPdf(f"{shown} is an archive within the archive: add it by itself.")
    if not name.lower().endswith(".pdf"):
        raise NotAPdf(f"{shown} is not a PDF: its name does not end in .pdf.")
    report_id(name)
    return name


def _check_size(shown: str, entry: zipfile.ZipInfo, room: int, limits: Limits) -> None:
    """Raise where a file says of itself that it is too large, or too well packed to be a PDF."""
    if entry.file_size > room:
        raise TooLarge(_too_large(shown, room, limits))
    if entry.file_size > max(RATIO_FROM_BYTES, limits.ratio * entry.compress_size):
        raise TooLarge(
            f"{shown} grows more than {limits.ratio} times when it is unpacked, which no PDF does: "
            "add the PDF by itself."
        )


def _unpacked(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, shown: str, room: int, limits: Limits
) -> bytes:
    """Return the bytes of a file, stopping as soon as they are more than there is room for."""
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > room:
                    raise TooLarge(_too_large(shown, room, limits))
                parts.append(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise NotAPdf(f"{shown} cannot be unpacked ({error}): make the archive again.") from error
    except (RuntimeError, NotImplementedError) as error:  # forms that the list did not announce
        raise NotAPdf(f"{shown} cannot be unpacked ({error}): add the PDF by itself.") from error
    return b"".join(parts)


def _too_large(shown: str, room: int, limits: Limits) -> str:
    if room < limits.member_bytes:
        whole = f"{limits.total_bytes / 2**20:,.0f} MiB"
        return f"{shown} would make the unpacked archive larger than {whole}: split the archive."
    return f"{shown} is larger than {room / 2**20:,.0f} MiB once it is unpacked: split the file."


def _shown(name: str) -> str:
    """Return the name of a file as it can be shown, the middle of a long one left out."""
    return ascii(name if len(name) <= 120 else f"{name[:60]}…{name[-59:]}")
