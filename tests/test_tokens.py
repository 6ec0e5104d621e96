"""Token vectors, one file a report: shared by snapshots, read without a handle, never missing."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from indexer import checked, disk, store, tokens
from indexer.build import build
from indexer.errors import DiskFailed, IndexDamaged
from indexer.snapshot import Snapshot, open_snapshot, verify
from tests.conftest import HashEmbedder, make_pdf
from tests.crash.faults import Fault, Faulty

PAGES = {
    "lamps": [["# 1. Oil", "The lamp burns oil."], ["It is kept dry."]],
    "boats": [["# 1. Boats", "One of the boats needs a mast."]],
}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A library of two reports and its index."""
    library, index = tmp_path / "library", tmp_path / "index"
    library.mkdir()
    for name, pages in PAGES.items():
        make_pdf(library / f"{name}.pdf", pages)
    run(library, index)
    time.sleep(checked.REST_NS / 1e9)
    return library, index


def run(library: Path, index: Path) -> None:
    build(library, index, embedder=HashEmbedder())


def manifest_of(index: Path) -> store.Manifest:
    return store.in_service(index)[1]


def files_of(index: Path) -> dict[str, Path]:
    """Return the file of each report."""
    manifest = manifest_of(index)
    records = manifest.token_files
    return {r.id: index / tokens.name_of(records[r.shard]) for r in manifest.reports}


def spare(index: Path, report: str) -> Path:
    (shard,) = (r.shard for r in manifest_of(index).reports if r.id == report)
    return index / "shards" / shard / "tokens.npy"


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


def all_tokens(snapshot: Snapshot) -> list[list[list[float]]]:
    return [snapshot.token_vectors(row)[0].tolist() for row in range(len(snapshot.passages))]


def test_each_file_is_the_shards_and_called_by_its_hash(pair: tuple[Path, Path]) -> None:
    index = pair[1]
    for report, path in files_of(index).items():
        assert path.read_bytes() == spare(index, report).read_bytes()
        assert path.name == f"{checked.file_sha256(path)}.npy"
    assert sorted(files_of(index).values()) == sorted((index / "tokens").iterdir())


def test_rows_come_from_the_file_of_their_report(pair: tuple[Path, Path]) -> None:
    snapshot = open_snapshot(pair[1])
    embedder = HashEmbedder()
    for row, passage in enumerate(snapshot.passages):
        from indexer.embedding import passage_input

        text, units = passage_input(passage, "")
        wanted = embedder.encode_passages([text], [units])
        found, owners = snapshot.token_vectors(row)
        np.testing.assert_array_equal(found, wanted.tokens)
        np.testing.assert_array_equal(owners, wanted.token_units)


def test_a_file_is_checked_by_its_name_where_no_manifest_can_name_it(
    pair: tuple[Path, Path],
) -> None:
    index = pair[1]
    path = files_of(index)["lamps"]
    for manifest in (index / "snapshots").glob("*/manifest.json"):
        path_bytes, manifest_bytes = path.read_bytes(), manifest.read_bytes()
        path.write_bytes(manifest_bytes)
        manifest.write_bytes(path_bytes)
    wrong = " ".join(verify(index))
    assert "manifest.json" in wrong
    assert f"tokens/{path.name}" in wrong


def test_one_more_report_writes_one_more_file(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, index = pair
    before = {path: checked.state_of(path) for path in files_of(index).values()}
    make_pdf(library / "masts.pdf", [["# 1. Masts", "Two masts were lost in May."]])
    hashed: list[Path] = []
    real = checked.file_sha256
    monkeypatch.setattr(checked, "file_sha256", lambda path: hashed.append(path) or real(path))
    run(library, index)
    assert {path: checked.state_of(path) for path in before} == before
    assert not before.keys() & set(hashed)
    (new,) = set(files_of(index).values()) - before.keys()
    assert new.parent == index / "tokens"


def test_reports_of_the_same_tokens_share_a_file(tmp_path: Path) -> None:
    library, index = tmp_path / "library", tmp_path / "index"
    library.mkdir()
    make_pdf(library / "one.pdf", PAGES["lamps"])
    make_pdf(library / "two.pdf", PAGES["lamps"], title="Another file of the same words")
    run(library, index)
    assert len(manifest_of(index).token_files) == 2
    assert len(list((index / "tokens").iterdir())) == 1
    snapshot = open_snapshot(index)
    found = all_tokens(snapshot)
    assert found[: len(found) // 2] == found[len(found) // 2 :]
    assert verify(index) == []


def test_what_no_snapshot_needs_is_removed(pair: tuple[Path, Path]) -> None:
    library, index = pair
    gone = files_of(index)["boats"]
    (library / "boats.pdf").unlink()
    run(library, index)
    assert gone.exists()  # the snapshot before has it
    make_pdf(library / "lamps.pdf", [["# 1. Oil", "Another edition."]])
    run(library, index)
    assert not gone.exists()
    assert set(checked.noted(index, tokens.NOTE, tokens.NOTE)) == {
        path.stem for path in (index / "tokens").iterdir()
    }


@pytest.mark.parametrize("how", ["flip", "cut", "remove"])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_damaged_file_is_named_replaced_and_mended(
    pair: tuple[Path, Path], how: str, is_open: bool
) -> None:
    library, index = pair
    snapshot = open_snapshot(index)
    right = all_tokens(snapshot)
    path = files_of(index)["lamps"]
    if how == "flip":
        flip(path)
    elif how == "cut":
        os.truncate(path, 200)
    else:
        path.unlink()
    if not is_open:
        snapshot = open_snapshot(index)
        assert f"The file tokens/{path.name} of the index" in snapshot.warnings[0]
        assert snapshot.warnings[0].endswith("Until then another copy of it is read.")
        assert len(snapshot.warnings) == 1
    assert all_tokens(snapshot) == right
    (wrong,) = verify(index)
    assert f"The file tokens/{path.name} of the index" in wrong
    del snapshot
    build(library, index, read=nothing_is_read, embedder=HashEmbedder())
    assert verify(index) == []
    assert open_snapshot(index).warnings == ()
    assert all_tokens(open_snapshot(index)) == right


def nothing_is_read(path: Path) -> object:
    raise AssertionError(f"{path} was read")


def test_without_any_sound_copy_the_snapshot_before_stands_in_or_it_is_refused(
    pair: tuple[Path, Path],
) -> None:
    library, index = pair
    make_pdf(library / "masts.pdf", [["# 1. Masts", "Two masts were lost in May."]])
    run(library, index)
    opened = open_snapshot(index)
    new = files_of(index)["masts"]
    flip(spare(index, "masts"))
    flip(new)
    old = open_snapshot(index)
    assert old.name.startswith("000001-")
    assert new.name in old.warnings[0]
    with pytest.raises(IndexDamaged, match=rf"The file tokens/{new.name} of the index has changed"):
        all_tokens(opened)
    path = files_of(index)["lamps"]
    flip(spare(index, "lamps"))
    flip(path)
    with pytest.raises(IndexDamaged, match=r"The file tokens/\w+\.npy of the index is damaged"):
        open_snapshot(index)
    run(library, index)
    assert verify(index) == []
    assert len(open_snapshot(index).reports) == 3


def test_two_files_that_change_places_are_noticed(pair: tuple[Path, Path]) -> None:
    index = pair[1]
    right = all_tokens(open_snapshot(index))
    one, other = files_of(index).values()
    between = index / "between"
    one.rename(between)
    other.rename(one)
    between.rename(other)
    snapshot = open_snapshot(index)
    assert len(snapshot.warnings) == 2
    assert all_tokens(snapshot) == right
    assert len(verify(index)) == 2


def test_no_file_is_held_open(pair: tuple[Path, Path]) -> None:
    snapshot = open_snapshot(pair[1])
    all_tokens(snapshot)
    held = {os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
            if os.path.lexists(f"/proc/self/fd/{n}")}  # fmt: skip
    assert not any("/tokens/" in path for path in held)
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert f"{pair[1]}/tokens" not in maps


def test_a_file_is_hashed_once_where_nothing_is_noted(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = pair[1]
    manifest = manifest_of(index)
    disk.remove_tree(index / checked.FOLDER)
    hashed: list[int] = []
    real = tokens._sha256
    monkeypatch.setattr(tokens, "_sha256", lambda h, size: hashed.append(size) or real(h, size))
    shards = [report.shard for report in manifest.reports]
    files = tokens.TokenFiles(index, shards, manifest.token_files)
    first = files.read(0, 128, 16)
    assert files.read(0, 128, 16) == first
    assert hashed == [manifest.token_files[shards[0]].size]


def test_a_file_that_cannot_be_opened_just_now_is_no_damage(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = open_snapshot(pair[1])
    monkeypatch.setattr(tokens, "os", Faulty(Fault("EMFILE", at=1)))
    with pytest.raises(DiskFailed, match=r"Too many open files.*raise the limit of open files"):
        snapshot.token_vectors(0)
    assert len(snapshot.token_vectors(0)[0]) > 0


def test_a_damaged_shard_makes_no_file(pair: tuple[Path, Path], tmp_path: Path) -> None:
    index = pair[1]
    manifest = manifest_of(index)
    key, record = next(iter(manifest.token_files.items()))
    flip(tokens.spare_of(index, key))
    (index / tokens.name_of(record)).unlink()
    building = store.building_path(index, "tokens")
    with pytest.raises(IndexDamaged, match=rf"The file tokens.npy of shard {key} is damaged"):
        tokens.keep(index, {key: record}, building)
    assert not (index / tokens.name_of(record)).exists()


def test_a_copied_index_is_sound(pair: tuple[Path, Path], tmp_path: Path) -> None:
    right = all_tokens(open_snapshot(pair[1]))
    shutil.copytree(pair[1], tmp_path / "copy")
    shutil.rmtree(pair[1])
    assert all_tokens(open_snapshot(tmp_path / "copy")) == right
    assert open_snapshot(tmp_path / "copy").warnings == ()


def test_no_path_is_made_of_a_name_that_is_none(pair: tuple[Path, Path]) -> None:
    raw = manifest_of(pair[1]).to_bytes()
    sha = next(iter(manifest_of(pair[1]).token_files.values())).sha256
    for bad in (b"../" + sha[3:].encode(), sha.upper().encode() + b"Z"):
        with pytest.raises(IndexDamaged, match=r"manifest\.json cannot be read"):
            store.manifest_from(raw.replace(sha.encode(), bad))
