"""Files dropped on the library: unpacked, followed, held until a visitor has decided."""

from __future__ import annotations

import io
import zipfile

from indexer.errors import DuplicateReport, NotAPdf
from qa.incoming import Drop, File, received

PDF = b"%PDF-1.4"


def packed(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return target.getvalue()


def fates(drop: Drop) -> dict[str, str]:
    return {file.name: file.fate for file in drop.files()}


def test_pdfs_and_archives_come_as_one_list() -> None:
    drop = received(
        [("a.pdf", PDF), ("more.zip", packed(in__b_pdf=PDF, notes_txt=b"x"))], upload_mb=1
    )
    assert fates(drop) == {"a.pdf": "waiting", "b.pdf": "waiting", "notes.txt": "refused"}
    assert drop.sources("waiting") == [("a.pdf", PDF), ("b.pdf", PDF)]
    assert "does not end in .pdf" in drop.files("refused")[0].reason


def test_an_archive_is_known_by_its_bytes_and_a_broken_one_by_its_name() -> None:
    drop = received([("a.pdf", packed(b_pdf=PDF)), ("broken.zip", b"PK")], upload_mb=1)
    assert fates(drop) == {"b.pdf": "waiting", "broken.zip": "refused"}
    assert "is not a whole zip archive" in drop.files("refused")[0].reason


def test_all_together_are_limited() -> None:
    half = PDF + bytes(2**19)
    drop = received([("a.pdf", half), ("b.pdf", half)], upload_mb=1)
    assert fates(drop) == {"a.pdf": "refused", "b.pdf": "refused"}
    assert drop.files()[0].reason == (
        "The files have 1.0 MiB together and the limit is 1 MiB: add them a few at a time."
    )
    assert drop.files()[0].data == b""
    assert fates(received([("a.pdf", half)], upload_mb=1)) == {"a.pdf": "waiting"}


def test_of_two_of_one_name_the_second_is_refused() -> None:
    drop = received([("a.pdf", PDF), ("b.zip", packed(a_pdf=PDF + b"2"))], upload_mb=1)
    assert fates(drop) == {"a.pdf": "waiting", "a.pdf (2)": "refused"}
    assert "another file of this name" in drop.files("refused")[0].reason
    assert drop.sources("waiting") == [("a.pdf", PDF)]


def test_each_file_is_followed() -> None:
    drop = Drop([File(f"{n}.pdf", PDF) for n in "abcd"])
    drop.working_on("a")
    drop.working_on("absent")
    assert fates(drop) == {"a.pdf": "working", **{f"{n}.pdf": "waiting" for n in "bcd"}}
    drop.hear("a.pdf", None)
    drop.hear("b.pdf", NotAPdf("b.pdf is not a PDF."))
    drop.hear("c.pdf", DuplicateReport("c.pdf is there.", report="z"))
    drop.hear("d.pdf", DuplicateReport("d.pdf is newer.", report="y", kind="newer"))
    drop.hear("absent.pdf", None)
    assert [(f.fate, f.reason, f.report, len(f.data)) for f in drop.files()] == [
        ("in", "", "", 0),
        ("refused", "b.pdf is not a PDF.", "", 0),
        ("same", "c.pdf is there.", "z", 0),
        ("held", "d.pdf is newer.", "y", len(PDF)),
    ]


def held(name: str, kind: str) -> File:
    return File(name, PDF, "held", report="old", kind=kind)


def test_what_is_held_is_kept_replaced_or_left_out() -> None:
    drop = Drop([held(f"{n}.pdf", "newer") for n in "abc"])
    assert drop.files()[0].choices == ("keep", "replace", "leave")
    assert drop.decide({"a.pdf": "keep", "b.pdf": "replace"}) == {"b.pdf": "old"}
    assert fates(drop) == {"a.pdf": "waiting", "b.pdf": "waiting", "c.pdf": "left out"}
    assert drop.files("left out")[0].data == b""


def test_two_of_one_name_cannot_both_be_kept() -> None:
    drop = Drop([held("a.pdf", "name"), held("b.pdf", "name")])
    assert drop.files()[0].choices == ("leave", "replace")
    assert drop.decide({"a.pdf": "keep", "b.pdf": "replace"}) == {"b.pdf": "old"}
    assert fates(drop) == {"a.pdf": "left out", "b.pdf": "waiting"}


def test_what_had_no_turn_is_said_not_to_be_taken() -> None:
    drop = Drop([File("a.pdf", PDF), File("b.pdf", PDF, "in")])
    drop.give_up("The disk is full.")
    assert [(f.fate, f.reason) for f in drop.files()] == [
        ("refused", "The disk is full."),
        ("in", ""),
    ]
