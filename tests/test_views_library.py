"""The library's page: what comes in and leaves, for whoever may, with a way back from each."""

from __future__ import annotations

import io
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from indexer.build import build
from indexer.details import Details, read_details
from indexer.embedding import model_identity
from indexer.store import in_service
from indexer.trash import Trash
from qa.access import PASSWORDS_FILE, Role, add_user
from qa.views import engine, strings
from tests.conftest import OTHER_PAGES, PAGES, HashEmbedder, make_pdf

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 120
PASSWORD = "three plain words"
MakePdf = Callable[..., Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the library that every test has, made once."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "library").mkdir()
    make_pdf(folder / "library" / "lights.pdf", PAGES, title="Inspection of lighthouses")
    make_pdf(folder / "library" / "harbour.pdf", OTHER_PAGES)
    build(folder / "library", folder / "index", embedder=HashEmbedder(model_identity()))
    return folder / "index"


@pytest.fixture(autouse=True)
def _folders(
    made: Path,
    library: Path,
    index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    twin_embedder: Any,
) -> Iterator[None]:
    """The page works on the library and index of the test, with an embedder that is no model."""
    monkeypatch.setenv("REPORT_QA_LIBRARY", str(library))
    monkeypatch.setenv("REPORT_QA_INDEX", str(index))
    monkeypatch.setenv("REPORT_QA_ACCESS", str(tmp_path / "access"))
    monkeypatch.setattr(engine, "load_embedder", lambda name: twin_embedder)
    monkeypatch.setattr("indexer.build.load_embedder", lambda name: twin_embedder)
    st.cache_resource.clear()
    st.cache_data.clear()
    shutil.copytree(made, index)
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


# What comes in


def test_files_and_archives_are_taken_and_each_is_told(
    library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    boats = tiny_pdf(tmp_path / "boats.pdf", [["A report on boats and masts."]]).read_bytes()
    page = opened()
    upload(
        page,
        ("boats.pdf", boats),
        ("copy.pdf", (library / "lights.pdf").read_bytes()),
        ("more.zip", packed(("../evil.pdf", boats), ("quay.pdf", boats + b"\n%"))),
        ("<b>.txt", b"no"),
    )
    said = shown(page)
    assert "✓ boats.pdf" in said
    assert "Added, and can be asked now: 1 page, " in said
    assert "= copy.pdf" in said
    assert "in the library already as &#x27;lights&#x27;" in said
    assert "! ../evil.pdf" in said
    assert "points outside of the archive" in said
    assert "✓ quay.pdf" in said
    assert "! &lt;b&gt;.txt" in said
    assert ids(index) == ["boats", "harbour", "lights", "quay"]
    assert {path.name for path in library.iterdir()} == {
        "boats.pdf",
        "harbour.pdf",
        "lights.pdf",
        "quay.pdf",
    }


def test_another_file_of_a_name_replaces_only_when_told_to(
    library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    old = (library / "lights.pdf").read_bytes()
    new = tiny_pdf(tmp_path / "lights.pdf", [["A newer report on lamps."]]).read_bytes()
    page = opened()
    upload(page, ("lights.pdf", new))
    assert "? lights.pdf" in shown(page)
    assert (library / "lights.pdf").read_bytes() == old
    assert page.radio(key="decide-0").value == "leave"
    page.radio(key="decide-0").set_value("replace")
    press(page, strings.DECIDE_BUTTON)
    settle(page)
    assert (library / "lights.pdf").read_bytes() == new
    assert [entry.path.read_bytes() for entry in Trash(library).removed()] == [old]


def test_a_later_inspection_of_the_same_place_is_said_and_both_are_kept(
    library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    title = "Inspection of services in Fenmarsh"
    one, two = (
        tiny_pdf(
            tmp_path / "x.pdf", [["Fenmarsh.", f"Published: {when}"]], title=f"{title}, {when}"
        ).read_bytes()
        for when in ("June 2023", "March 2025")
    )
    page = opened()
    upload(page, ("fen-2025.pdf", two), ("fen-2023.pdf", one))
    assert "✓ fen-2025.pdf" in shown(page)
    assert "? fen-2023.pdf" in shown(page)
    assert "has an earlier date than the report &#x27;fen-2025&#x27;" in shown(page)
    assert ids(index) == ["fen-2025", "harbour", "lights"]
    assert page.radio(key="decide-0").value == "keep"
    press(page, strings.DECIDE_BUTTON)
    settle(page)
    assert ids(index) == ["fen-2023", "fen-2025", "harbour", "lights"]
    assert Trash(library).removed() == []


def test_nothing_chosen_is_a_sentence() -> None:
    page = opened()
    press(page, strings.ADD_BUTTON)
    assert strings.ADD_NOTHING in shown(page)


def test_what_is_too_large_together_is_refused(tmp_path: Path, index: Path, library: Path) -> None:
    (tmp_path / "access").mkdir()
    (tmp_path / "access" / "settings.toml").write_text('sign_in = "open"\nupload_mb = 1\n')
    page = opened()
    upload(page, ("big.pdf", b"%PDF-" + bytes(2**20)))
    assert "the limit is 1 MiB" in shown(page)
    assert ids(index) == ["harbour", "lights"]


# What leaves


def test_a_report_is_removed_and_the_removal_undone(library: Path, index: Path) -> None:
    page = opened()
    page.multiselect(key="to_remove").select("harbour")
    run(page)
    press(page, strings.REMOVE_BUTTON)
    settle(page)
    assert not (library / "harbour.pdf").exists()
    assert ids(index) == ["lights"]
    assert "1 report has been removed" in shown(page)
    press(page, strings.UNDO)
    settle(page)
    assert ids(index) == ["harbour", "lights"]
    assert "has been removed" not in shown(page)


def test_removed_reports_are_deleted_only_after_a_second_word(library: Path) -> None:
    Trash(library).put(library / "lights.pdf", "lights")
    page = opened()
    press(page, strings.DELETE)
    assert "Delete 1 removed report (0.1 MB)?" in shown(page)
    press(page, strings.DELETE_KEEP)
    assert len(Trash(library).removed()) == 1
    press(page, strings.DELETE)
    press(page, strings.DELETE_SURE)
    assert Trash(library).removed() == []


# One report


def test_details_are_guessed_changed_and_taken_back(library: Path, index: Path) -> None:
    page = opened()
    page.selectbox(key="health").set_value("lights")
    run(page)
    title, place, day = page.text_input
    assert title.value == "Inspection of lighthouses"
    assert (place.value, day.value) == ("", "")
    title.set_value("Of lamps")
    place.set_value("Whitby")
    day.set_value("July")
    press(page, strings.DETAILS_SAVE)
    assert "must be a day, a month or a year" in shown(page)
    page.text_input[2].set_value("2024-07")
    press(page, strings.DETAILS_SAVE)
    settle(page)
    assert read_details(library) == {"lights": Details("Of lamps", "Whitby", "2024-07")}
    assert "Of lamps" in shown(page)
    assert "July 2024" in shown(page)
    page.text_input[0].set_value("")
    page.text_input[1].set_value("")
    page.text_input[2].set_value("")
    press(page, strings.DETAILS_SAVE)
    settle(page)
    assert read_details(library) == {}
    assert in_service(index)[1].reports[1].title == "Inspection of lighthouses"


def test_the_index_is_described() -> None:
    said = shown(opened())
    assert "<dt>Model</dt>" in said
    assert "<dt>Size</dt><dd>0.1 MB</dd>" in said


# Roles


def _act() -> None:
    """Call one acting function, as a page that a browser has taken over would."""
    import streamlit

    from indexer.details import Details
    from indexer.trash import Trash
    from qa.incoming import Drop, File
    from qa.views import engine, gate, onereport, removed, states, upload, watching

    if not streamlit.session_state.get("begun"):
        gate.show()
        return
    places = engine.folders()
    drop = Drop([File("a.pdf", b"%PDF-", "held", report="lights", kind="name")])
    streamlit.session_state["decide-0"] = "replace"
    streamlit.session_state["follow"] = True
    keys = tuple(entry.key for entry in Trash(places.library).removed())
    act = {
        "upload": lambda: upload.take(places, [("b.pdf", b"%PDF-")]),
        "decide": lambda: upload.decide(places, drop),
        "remove": lambda: removed.take_out(places, ("lights",)),
        "restore": lambda: removed.bring_back(places, keys),
        "delete": lambda: removed.delete_all(places),
        "details": lambda: onereport.save(places, "lights", Details("Changed")),
        "rebuild": lambda: states.rebuild(places),
        "begin": lambda: states.begin(places, lambda listen: 1 / 0),  # type: ignore[arg-type,return-value]
        "watch": lambda: watching._switch(watching.follower(places)),
    }[streamlit.session_state["act"]]
    act()
    streamlit.session_state["was_denied"] = streamlit.session_state.get("denied", False)


ACTING = ["upload", "decide", "remove", "restore", "delete", "details", "rebuild", "begin", "watch"]


@pytest.mark.parametrize("act", ACTING)
@pytest.mark.parametrize("who", ["nobody", "reader", "editor"])
def test_only_an_editor_changes_anything_by_any_route(
    act: str, who: str, library: Path, index: Path, tmp_path: Path
) -> None:
    passwords = tmp_path / "access" / PASSWORDS_FILE
    add_user(passwords, "reader", Role.READER, PASSWORD)
    user = add_user(passwords, "editor", Role.EDITOR, PASSWORD)
    users = {"editor": user.secret, "reader": passwords.read_text().split()[2]}
    Trash(library).put(library / "harbour.pdf", "harbour")
    before = {path.name: path.read_bytes() for path in library.iterdir()}
    page = AppTest.from_function(_act)
    page.session_state["begun"] = True
    page.session_state["act"] = act
    if who != "nobody":
        page.session_state["signed_in"] = (who, users[who])
    run(page)
    assert page.session_state["was_denied"] is (who != "editor")
    desk_work = _desk(index).work
    if who == "editor":
        assert act == "delete" or act == "watch" or desk_work is not None
        _wait(index)
        return
    assert desk_work is None
    assert {path.name: path.read_bytes() for path in library.iterdir()} == before
    assert len(Trash(library).removed()) == 1
    assert "drop" not in page.session_state


@pytest.mark.parametrize(("name", "edits"), [("reader", False), ("editor", True)])
def test_the_page_offers_to_each_what_they_may_do(name: str, edits: bool, tmp_path: Path) -> None:
    user = add_user(tmp_path / "access" / PASSWORDS_FILE, name, Role[name.upper()], PASSWORD)
    page = AppTest.from_function(_library)
    page.session_state["signed_in"] = (user.name, user.secret)
    run(page)
    assert "2 reports, 3 pages" in shown(page)
    for label in (strings.ADD_BUTTON, strings.REMOVE_BUTTON, strings.REBUILD_BUTTON):
        assert (label in labels(page)) is edits
    assert (strings.READERS_ONLY in shown(page)) is not edits


def test_a_page_that_is_denied_says_so(tmp_path: Path) -> None:
    """An editor whose page is open becomes a reader: the next press does nothing, and is told."""
    passwords = tmp_path / "access" / PASSWORDS_FILE
    user = add_user(passwords, "jo", Role.EDITOR, PASSWORD)
    page = AppTest.from_function(_library)
    page.session_state["signed_in"] = (user.name, user.secret)
    run(page)
    passwords.write_text(passwords.read_text().replace(" editor ", " reader "))
    press(page, strings.REBUILD_BUTTON)
    assert strings.DENIED_TITLE in shown(page)
    assert strings.REBUILD_BUTTON not in labels(page)


# What the tests look with


def packed(*files: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


def ids(index: Path) -> list[str]:
    return [report.id for report in in_service(index)[1].reports]


def opened() -> AppTest:
    return run(AppTest.from_function(_library))


def _library() -> None:
    from qa.views import library
    from qa.views.guard import guarded

    guarded(library.show)()


def run(page: AppTest) -> AppTest:
    page.run(timeout=PATIENCE_S)
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click()
    run(page)


def upload(page: AppTest, *files: tuple[str, bytes]) -> None:
    page.file_uploader[0].set_value([(name, data, "") for name, data in files])
    press(page, strings.ADD_BUTTON)
    settle(page)


def settle(page: AppTest) -> None:
    """Wait until the work has ended, and draw the page as it is then."""
    _wait(engine.folders().index)
    run(page)


def _wait(index: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while _desk(index).busy:
        assert time.monotonic() < end, "the work does not end"
        time.sleep(0.02)


def _desk(index: Path) -> Any:
    from qa.views import work

    return work.desk(str(index))


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))
