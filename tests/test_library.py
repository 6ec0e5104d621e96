"""The folder of PDFs: what is listed, what is let in and what is turned away."""

from __future__ import annotations

import doctest
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer import library as library_module
from indexer.checked import file_sha256
from indexer.errors import (
    BadName,
    DuplicateReport,
    EncryptedPdf,
    IndexerError,
    NotAPdf,
    ReportRefused,
    UnknownReport,
)
from indexer.library import DEFAULT_LIBRARY, MAX_NAME, Library, report_id

MakePdf = Callable[..., Path]


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_library_of_the_project_is_the_default() -> None:
    assert Path(__file__).resolve().parents[1] / "data" / "reports" == DEFAULT_LIBRARY


def test_a_report_is_listed_with_its_id_hash_size_and_date(library: Path) -> None:
    os.utime(library / "harbour.pdf", (86_400, 86_400))
    harbour, lights = Library(library).reports()
    raw = (library / "harbour.pdf").read_bytes()
    assert (harbour.id, lights.id) == ("harbour", "lights")
    assert harbour.path == library / "harbour.pdf"
    assert harbour.sha256 == hashlib.sha256(raw).hexdigest()
    assert harbour.size == len(raw)
    assert harbour.modified == "1970-01-02T00:00:00Z"
    assert harbour.refusal == ""


def test_only_pdfs_of_the_folder_itself_are_listed(library: Path) -> None:
    (library / "README.md").write_text("notes")
    (library / ".hidden.pdf").write_bytes(b"%PDF-")
    (library / "folder.pdf").mkdir()
    (library / "inner").mkdir()
    (library / "inner" / "deep.pdf").write_bytes(b"%PDF-")
    (library / "UPPER.PDF").write_bytes(b"%PDF-")
    os.mkfifo(library / "pipe.pdf")  # would block whoever opens it
    assert [file.id for file in Library(library).reports()] == ["UPPER", "harbour", "lights"]


def test_a_library_that_is_not_there_is_named() -> None:
    with pytest.raises(IndexerError, match=r"no library folder /nowhere: make it .* --library"):
        Library(Path("/nowhere")).reports()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../up.pdf", "has path parts"),
        ("in/side.pdf", "has path parts"),
        ("C:\\report.pdf", "has path parts"),
        ("bell\x07.pdf", r"has the control character '\\x07'"),
        ("line\nbreak.pdf", r"has the control character '\\n'"),
        ("null\x00.pdf", r"has the control character '\\x00'"),
        ("turned\u202egnp.pdf", r"has the control character '\\u202e'"),
        (".hidden.pdf", "begins with a dot"),
        (".pdf", "begins with a dot"),
        ("", "does not end in .pdf"),
        ("   .pdf", "has nothing in front of .pdf"),
        ("report.docx", "does not end in .pdf"),
        ("report", "does not end in .pdf"),
        (
            "a" * (MAX_NAME - 3) + ".pdf",
            f"has {MAX_NAME + 1} characters and the limit is {MAX_NAME}",
        ),
        ("\N{OLD ITALIC LETTER A}" * 70 + ".pdf", "characters and the limit"),
    ],
)
def test_a_bad_name_is_refused_and_said_why(
    library: Path, tiny_pdf: MakePdf, tmp_path: Path, name: str, reason: str
) -> None:
    before = listing(library)
    raw = tiny_pdf(tmp_path / "new.pdf", [["Words of a new report."]]).read_bytes()
    with pytest.raises(BadName, match=reason) as caught:
        Library(library).add(raw, name)
    assert str(caught.value).isprintable()
    assert "rename the file" in str(caught.value)
    assert listing(library) == before
    assert listing(tmp_path) == ["library", "new.pdf"]


def test_a_good_name_becomes_the_id() -> None:
    assert report_id("Größe & Maß (2024).PDF") == "Größe & Maß (2024)"
    assert report_id("a" * (MAX_NAME - 4) + ".pdf") == "a" * (MAX_NAME - 4)
    assert report_id("cafe\N{COMBINING ACUTE ACCENT}.pdf") == "café"


def test_a_file_with_a_bad_name_in_the_folder_is_listed_with_the_reason(library: Path) -> None:
    (library / "bad\x1b[2J.pdf").write_bytes(b"%PDF-")
    (library / os.fsdecode(b"not-\xff-unicode.pdf")).write_bytes(b"%PDF-")
    refused = [file for file in Library(library).reports() if file.refusal]
    assert len(refused) == 2
    for file in refused:
        assert "has the control character" in file.refusal
        file.id.encode()  # can be printed
        assert file.sha256 == ""


def test_of_two_files_with_one_id_the_second_is_refused(library: Path) -> None:
    (library / "lights.PDF").write_bytes(b"%PDF-")
    first, second = (file for file in Library(library).reports() if file.id == "lights")
    assert first.path.name == "lights.PDF"
    assert first.refusal == ""
    assert "another file of the library has the report id 'lights'" in second.refusal


def test_a_report_is_added_from_a_file_and_from_bytes(
    library: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    one = tiny_pdf(tmp_path / "one.pdf", [["The first new report."]])
    two = tiny_pdf(tmp_path / "x.pdf", [["The second new report."]]).read_bytes()
    added = Library(library).add(one, one.name)
    assert (added.id, added.path) == ("one", library / "one.pdf")
    assert Library(library).add(two, "two.pdf").id == "two"
    assert (library / "one.pdf").read_bytes() == one.read_bytes()
    assert (library / "two.pdf").read_bytes() == two
    assert listing(library) == ["harbour.pdf", "lights.pdf", "one.pdf", "two.pdf"]


def test_a_library_is_made_by_the_first_report(tiny_pdf: MakePdf, tmp_path: Path) -> None:
    pdf = tiny_pdf(tmp_path / "one.pdf", [["The first new report."]])
    Library(tmp_path / "a" / "library").add(pdf, "one.pdf")
    assert listing(tmp_path / "a" / "library") == ["one.pdf"]


def test_the_same_content_under_another_name_is_refused(library: Path) -> None:
    raw = (library / "lights.pdf").read_bytes()
    with pytest.raises(DuplicateReport, match="same report is in the library already as 'lights'"):
        Library(library).add(raw, "copy.pdf")
    assert listing(library) == ["harbour.pdf", "lights.pdf"]


def test_another_report_of_the_same_name_needs_replace(
    library: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    old = (library / "lights.pdf").read_bytes()
    new = tiny_pdf(tmp_path / "lights.pdf", [["A newer inspection."]])
    with pytest.raises(DuplicateReport, match=r"name 'lights' is in the library.*--replace"):
        Library(library).add(new, "lights.pdf")
    assert (library / "lights.pdf").read_bytes() == old
    Library(library).add(new, "lights.PDF", replace=True)
    assert listing(library) == ["harbour.pdf", "lights.PDF"]
    assert (library / "lights.PDF").read_bytes() == new.read_bytes()


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [
        (b"", NotAPdf, r"bad.pdf is empty \(0 bytes\)"),
        (b"<html>no</html>", NotAPdf, "bad.pdf is not a PDF"),
        (b"%PDF-1.4\nnothing more", ReportRefused, "bad.pdf .*cannot be opened"),
    ],
)
@pytest.mark.parametrize("as_bytes", [True, False])
def test_what_cannot_be_read_leaves_no_trace(
    library: Path,
    tmp_path: Path,
    content: bytes,
    error: type[ReportRefused],
    reason: str,
    as_bytes: bool,
) -> None:
    path = tmp_path / "bad.pdf"
    path.write_bytes(content)
    with pytest.raises(error, match=reason):
        Library(library).add(content if as_bytes else path, "bad.pdf")
    assert listing(library) == ["harbour.pdf", "lights.pdf"]


def test_a_pdf_without_pages_and_one_with_a_password_are_refused(
    library: Path, tmp_path: Path, tiny_pdf: MakePdf
) -> None:
    import pypdf

    tiny_pdf(tmp_path / "empty.pdf", [])
    locked = pypdf.PdfWriter(clone_from=tiny_pdf(tmp_path / "open.pdf", [["A secret."]]))
    locked.encrypt("secret", algorithm="AES-256")
    locked.write(tmp_path / "locked.pdf")
    with pytest.raises(ReportRefused, match=r"^empty.pdf "):
        Library(library).add(tmp_path / "empty.pdf", "empty.pdf")
    with pytest.raises(EncryptedPdf, match=r"locked.pdf needs a password"):
        Library(library).add(tmp_path / "locked.pdf", "locked.pdf")
    assert listing(library) == ["harbour.pdf", "lights.pdf"]


def test_a_source_that_is_no_file_is_refused(library: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAPdf, match="There is no file"):
        Library(library).add(tmp_path / "absent.pdf", "absent.pdf")
    with pytest.raises(NotAPdf, match="is a folder"):
        Library(library).add(tmp_path, "folder.pdf")


def test_a_report_is_found_and_removed_by_its_id(library: Path) -> None:
    assert Library(library).path_of("lights") == library / "lights.pdf"
    Library(library).remove("lights")
    assert listing(library) == ["harbour.pdf"]


@pytest.mark.parametrize("report", ["light", "../lights", "lights.pdf", ""])
def test_an_unknown_id_is_answered_with_those_that_are_near(library: Path, report: str) -> None:
    for ask in (Library(library).path_of, Library(library).remove):
        with pytest.raises(UnknownReport, match=r"(Did you mean|It has) .*'lights'"):
            ask(report)
    assert listing(library) == ["harbour.pdf", "lights.pdf"]


def test_a_copy_that_was_broken_off_is_cleared_later(
    library: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    for name, age in (("old", 2 * 86_400), ("young", 0)):
        folder = library / f".incoming-{name}"
        folder.mkdir()
        (folder / "half.pdf").write_bytes(b"%PDF-")
        stamp = folder.stat().st_mtime - age
        os.utime(folder, (stamp, stamp))
    Library(library).add(tiny_pdf(tmp_path / "one.pdf", [["A report."]]), "one.pdf")
    assert listing(library) == [".incoming-young", "harbour.pdf", "lights.pdf", "one.pdf"]


def test_a_file_is_hashed_once_for_each_state_it_is_in(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def sha256(path: Path) -> str:
        hashed.append(path.name)
        return file_sha256(path)

    monkeypatch.setattr(library_module, "file_sha256", sha256)
    monkeypatch.setattr(library_module, "REST_NS", -1)
    shelf = Library(library)
    first = shelf.reports()
    assert hashed == ["harbour.pdf", "lights.pdf"]
    assert shelf.reports() == first
    assert len(hashed) == 2
    stat = (library / "lights.pdf").stat()
    raw = bytearray((library / "lights.pdf").read_bytes())
    raw[-1] ^= 1
    time.sleep(0.02)
    (library / "lights.pdf").write_bytes(raw)  # of the same size, and with the same time:
    os.utime(library / "lights.pdf", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    changed = shelf.reports()
    assert hashed[2:] == ["lights.pdf"]
    assert changed[0] == first[0]
    assert changed[1].sha256 == hashlib.sha256(raw).hexdigest()


def test_the_hash_of_a_file_that_changed_just_now_is_not_trusted(library: Path) -> None:
    shelf = Library(library)
    shelf.reports()
    assert shelf._hashed == {}


def test_the_examples_in_its_docstrings_are_true() -> None:
    found = doctest.testmod(library_module)
    assert (found.attempted, found.failed) == (2, 0)


def test_what_is_remembered_need_not_be_hashed_again(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in library.iterdir():
        os.utime(path, (10**9, 10**9))
    monkeypatch.setattr(library_module, "REST_NS", -(10**18))  # as if left alone for long
    first = Library(library)
    files = first.reports()
    known = first.remembered(files)
    assert sorted(known) == ["harbour.pdf", "lights.pdf"]
    hashed: list[str] = []
    real = file_sha256
    monkeypatch.setattr(library_module, "file_sha256", lambda p: hashed.append(p.name) or real(p))
    assert Library(library, known=known).reports() == files
    assert hashed == []
    stat = (library / "lights.pdf").stat()
    raw = (library / "lights.pdf").read_bytes()
    (library / "lights.pdf").write_bytes(raw[:-1] + b"!")  # of the same size
    os.utime(library / "lights.pdf", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    changed = Library(library, known=known).reports()
    assert hashed == ["lights.pdf"]
    assert changed[1].sha256 != files[1].sha256
    assert Library(library).remembered(files) == {}
