"""What is taken out of a zip archive, and every trick that an archive can play."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from indexer.archive import DEFAULT_LIMITS, Limits, Member, RefusedMember, is_zip, read_zip
from indexer.errors import BadZip

PDF = b"%PDF-1.4 one page"


def packed(
    *files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


def taken(data: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    return {m.name: m.data for m in read_zip(data, "a.zip", limits=limits) if isinstance(m, Member)}


def refused(data: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, str]:
    found = read_zip(data, "a.zip", limits=limits)
    return {m.name: str(m.reason) for m in found if isinstance(m, RefusedMember)}


def test_pdfs_are_taken_under_the_last_part_of_their_names() -> None:
    data = packed(("2024/leeds.pdf", PDF), ("York.PDF", PDF + b"2"))
    assert is_zip(data)
    assert taken(data) == {"leeds.pdf": PDF, "York.PDF": PDF + b"2"}
    assert refused(data) == {}


def test_folders_and_the_litter_of_systems_are_left_out_without_a_word() -> None:
    data = packed(("in/", b""), ("__MACOSX/._a.pdf", b"x"), ("in/.DS_Store", b"x"), ("a.pdf", PDF))
    assert taken(data) == {"a.pdf": PDF}
    assert refused(data) == {}


@pytest.mark.parametrize(
    "name",
    [
        "../a.pdf",
        "in/../../a.pdf",
        "/etc/a.pdf",
        "C:/a.pdf",
        "..\\a.pdf",
        "in\\a.pdf",
        "\\\\host\\a.pdf",
    ],
)
def test_a_name_that_points_outside_is_refused_and_the_good_one_kept(name: str) -> None:
    data = packed((name, PDF), ("good.pdf", PDF))
    assert taken(data) == {"good.pdf": PDF}
    (reason,) = refused(data).values()
    assert "points outside of the archive" in reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("notes.docx", "its name does not end in .pdf"),
        ("more.zip", "an archive within the archive"),
        ("in/.pdf", "begins with a dot"),
        ("turned\u202efdp.pdf", "control character"),
        ("x" * 130 + ".pdf", "the limit is 120"),
    ],
)
def test_what_cannot_be_a_report_by_its_name_is_refused(name: str, reason: str) -> None:
    data = packed((name, PDF), ("good.pdf", PDF))
    assert taken(data) == {"good.pdf": PDF}
    (said,) = refused(data).values()
    assert reason in said
    assert said.isprintable()


def test_what_calls_itself_a_pdf_and_is_none_is_refused() -> None:
    assert "does not begin with '%PDF-'" in refused(packed(("a.pdf", b"MZ")))["a.pdf"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_a_link_or_a_device_is_refused(kind: int) -> None:
    link = zipfile.ZipInfo("passwd.pdf")
    link.create_system = 3
    link.external_attr = (kind | 0o777) << 16
    data = packed((link, b"/etc/passwd"), ("good.pdf", PDF))
    assert taken(data) == {"good.pdf": PDF}
    assert "is a link or a device" in refused(data)["passwd.pdf"]


def test_a_file_with_the_mode_of_a_file_is_taken() -> None:
    file = zipfile.ZipInfo("a.pdf")
    file.external_attr = (stat.S_IFREG | 0o644) << 16
    assert taken(packed((file, PDF))) == {"a.pdf": PDF}


def test_a_locked_file_is_refused() -> None:
    data = bytearray(packed(("a.pdf", PDF), ("b.pdf", PDF)))
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + flags] |= 0x1
    assert "locked with a password" in refused(bytes(data))["a.pdf"]
    assert taken(bytes(data)) == {"b.pdf": PDF}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_can_take_any_memory_is_refused(method: int) -> None:
    assert f"method {method}" in refused(packed(("a.pdf", PDF), method=method))["a.pdf"]


def test_two_files_of_one_name_are_one() -> None:
    data = packed(("x/a.pdf", PDF), ("y/A.pdf", PDF + b"2"))
    assert taken(data) == {"a.pdf": PDF}
    assert "the name of another file" in refused(data)["y/A.pdf"]


# Bombs


def test_too_many_files_are_refused_as_a_whole() -> None:
    data = packed(*((f"{n}.pdf", PDF) for n in range(4)))
    assert len(taken(data, Limits(members=4))) == 4
    with pytest.raises(BadZip, match=r"'a.zip' holds 4 files and the limit is 3: split it"):
        taken(data, Limits(members=3))


def test_an_archive_that_lies_about_its_count_is_counted() -> None:
    data = bytearray(packed(*((f"{n}.pdf", PDF) for n in range(4))))
    struct.pack_into("<HH", data, len(data) - 14, 1, 1)
    with pytest.raises(BadZip, match="4 files"):
        taken(bytes(data), Limits(members=3))


def test_a_list_of_files_that_is_too_long_is_not_read() -> None:
    entry = zipfile.ZipInfo("a.pdf")
    entry.comment = b"x" * 3000
    with pytest.raises(BadZip, match=r"list of files of 3,051 bytes, and the limit is 2,048"):
        taken(packed((entry, PDF)), Limits(members=2))


def test_the_form_for_giants_is_refused() -> None:
    data = packed(("a.pdf", PDF))
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, 0, 1)
    with pytest.raises(BadZip, match="ZIP64"):
        taken(data[:-22] + locator + data[-22:])


def test_what_grows_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = PDF + bytes(4 * 2**20)  # a thousandth of it when packed
    data = packed(("bomb.pdf", bomb), ("good.pdf", PDF))
    assert taken(data) == {"good.pdf": PDF}
    assert "grows more than 200 times" in refused(data)["bomb.pdf"]
    assert taken(data, Limits(ratio=2000))["bomb.pdf"] == bomb


def test_a_file_that_lies_about_its_size_gives_no_more_than_it_said() -> None:
    data = bytearray(packed(("a.pdf", PDF + bytes(2**16))))
    for sign, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(sign) + size, 100)
    found = refused(bytes(data))
    assert "cannot be unpacked" in found["a.pdf"]  # the checksum is that of the whole


def test_a_file_that_is_too_large_is_refused_and_the_next_one_taken() -> None:
    big = PDF + bytes(range(256)) * 8  # 2,065 bytes
    data = packed(("big.pdf", big), ("good.pdf", PDF), method=zipfile.ZIP_STORED)
    limits = Limits(member_bytes=2**11)
    assert taken(data, limits) == {"good.pdf": PDF}
    assert "larger than 0 MiB once it is unpacked" in refused(data, limits)["big.pdf"]


def test_all_together_are_limited_too() -> None:
    data = packed(*((f"{n}.pdf", PDF) for n in range(3)), method=zipfile.ZIP_STORED)
    limits = Limits(total_bytes=2 * len(PDF))
    assert set(taken(data, limits)) == {"0.pdf", "1.pdf"}
    assert "would make the unpacked archive larger" in refused(data, limits)["2.pdf"]


def test_files_that_lie_over_each_other_are_not_all_unpacked() -> None:
    """Many entries of the list that share one packed file, as in bombs without any nesting."""
    data = packed(("a.pdf", PDF))
    start = struct.unpack_from("<L", data, len(data) - 6)[0]
    entry = data[start:-22]
    twin = entry.replace(b"a.pdf", b"b.pdf")
    end = bytearray(data[-22:])
    struct.pack_into("<HHL", end, 8, 2, 2, 2 * len(entry))
    found = list(read_zip(data[:start] + entry + twin + bytes(end), "a.zip"))
    assert sum(isinstance(member, Member) for member in found) <= 1
    assert sum(isinstance(member, RefusedMember) for member in found) >= 1


# Damage


def test_a_damaged_file_is_refused_and_the_next_one_taken() -> None:
    data = bytearray(packed(("a.pdf", PDF), ("b.pdf", PDF), method=zipfile.ZIP_STORED))
    data[data.index(PDF) + 8] ^= 0xFF
    assert "cannot be unpacked" in refused(bytes(data))["a.pdf"]
    assert taken(bytes(data)) == {"b.pdf": PDF}


@pytest.mark.parametrize("cut", range(0, 130, 7))
def test_a_broken_archive_is_a_sentence(cut: int) -> None:
    with pytest.raises(BadZip, match=r"'a\.zip'"):
        taken(packed(("a.pdf", PDF))[:cut])


def test_any_wrong_byte_is_a_sentence_or_does_no_harm() -> None:
    data = packed(("a.pdf", PDF), ("b.pdf", PDF + b"2"))
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0xFF
        try:
            for name, content in taken(bytes(damaged)).items():
                assert "/" not in name
                assert content in (PDF, PDF + b"2")
        except BadZip:
            pass


def test_an_empty_archive_holds_nothing() -> None:
    data = packed()
    assert is_zip(data)
    assert list(read_zip(data, "a.zip")) == []


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    taken(packed(("in/a.pdf", PDF), ("../b.pdf", PDF)))
    assert list(tmp_path.rglob("*")) == []
