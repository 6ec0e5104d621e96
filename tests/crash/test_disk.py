"""What is noted of checked files, what a reader notices, and the one way to the disk."""

from __future__ import annotations

import ast
import errno
import gc
import json
import os
import resource
import time
from pathlib import Path

import pytest

from indexer import checked, disk, store, tokens
from indexer.__main__ import main
from indexer.errors import DiskFailed, IndexDamaged, IndexerError, IndexMissing
from indexer.snapshot import open_snapshot, verify
from tests.crash import scenes
from tests.crash.faults import Fault, Faulty, in_child

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.crash


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """A library and its index, of which there are two snapshots."""
    library, index = tmp_path / "library", tmp_path / "index"
    library.mkdir()
    scenes.make_pdf(library / "light.pdf", scenes.pages(1))
    scenes.run(library, index)
    scenes.make_pdf(library / "light.pdf", scenes.pages(1, 2))
    scenes.run(library, index)
    time.sleep(checked.REST_NS / 1e9)
    return library, index


def served(index: Path) -> Path:
    return index / "snapshots" / (index / "CURRENT").read_text().strip()


def token_file(index: Path) -> Path:
    """Return the file of token vectors that the snapshot in service reads from."""
    (record,) = store.read_manifest(index, served(index).name).token_files.values()
    return index / tokens.name_of(record)


def flip(path: Path, *, quietly: bool = False) -> None:
    """Change a bit in the middle of a file, in place; quietly is with its time as it was."""
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(stat.st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    if quietly:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


# What was hashed, and what has to be again


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are hashed."""
    names: list[str] = []
    real = checked.file_sha256

    def count(path: Path) -> str:
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(checked, "file_sha256", count)
    return names


def test_what_a_build_has_hashed_is_not_hashed_to_open_it(
    two: tuple[Path, Path], hashed: list[str]
) -> None:
    open_snapshot(two[1])
    assert hashed == []
    assert verify(two[1]) == []
    assert token_file(two[1]).name in hashed  # verify takes nobody's word


@pytest.mark.parametrize("file", ["vectors.npy", "passages.arrow", "bm25/data.csc.index.npy"])
def test_a_bit_changed_with_the_time_put_back_is_noticed_on_opening(
    two: tuple[Path, Path], file: str
) -> None:
    at = served(two[1])
    flip(at / file, quietly=True)
    snapshot = open_snapshot(two[1])
    assert snapshot.name.startswith("000001-")
    assert f"The file {file} of snapshot {at.name} is damaged" in snapshot.warnings[0]


def test_a_copy_is_hashed_once(two: tuple[Path, Path], tmp_path: Path, hashed: list[str]) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(two[1], copy)
    name = open_snapshot(copy).name
    manifest = store.read_manifest(copy, name)
    shared = [f"{record.sha256}.npy" for record in manifest.token_files.values()]
    assert sorted(hashed) == sorted([*(Path(file).name for file in manifest.files), *shared])
    hashed.clear()
    open_snapshot(copy)
    assert hashed == []


def test_damage_below_the_file_system_is_found_by_verify_and_then_by_all(
    two: tuple[Path, Path],
) -> None:
    """As if the disk had changed a bit: the state of the file is the one that was noted."""
    library, index = two
    at = served(index)
    flip(at / "vectors.npy")
    note = index / "checked" / at.name
    _, _, body = note.read_bytes().partition(b"\n")
    noted = json.loads(body)
    noted["states"]["vectors.npy"] = checked.state_of(at / "vectors.npy")
    forged = json.dumps(noted).encode()
    note.write_bytes(checked.bytes_sha256(forged).encode() + b"\n" + forged)
    assert open_snapshot(index).name == at.name
    (wrong,) = verify(index)
    assert f"The file vectors.npy of snapshot {at.name} is damaged" in wrong
    assert open_snapshot(index).name.startswith("000001-")
    assert scenes.built(library, index) == {"refused": 0, "read": 0, "left": []}
    assert verify(index) == []


def test_a_file_changed_at_once_is_noticed_too(tmp_path: Path) -> None:
    """Two changes within one tick of the clock look like one, so no note is made before it."""
    index, folder = tmp_path, tmp_path / "snapshots" / "s"
    folder.mkdir(parents=True)
    for number in range(20):
        (folder / "a").write_bytes(b"right")
        files = checked.records_of(folder)
        assert checked.wrong_files(folder, files) == []
        (folder / "a").write_bytes(b"wrong")
        assert len(checked.wrong_files(folder, files)) == 1, number
    assert not (index / "checked" / "s").exists()


def test_files_from_the_future_are_hashed_each_time(
    tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "snapshots" / "s"
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"right")
    files = checked.records_of(folder)
    now = time.time_ns()
    monkeypatch.setattr(checked.time, "time_ns", lambda: now - 10**12)
    hashed.clear()
    for _ in range(2):
        assert checked.wrong_files(folder, files) == []
    assert hashed == ["a", "a"]


def test_an_index_that_may_only_be_read_is_opened_all_the_same(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = two[1]
    disk.remove_tree(index / "checked")
    faulty = Faulty(Fault("EACCES", at=1, lasting=True))
    monkeypatch.setattr(disk, "os", faulty)
    assert open_snapshot(index).warnings == ()
    assert faulty.calls == ["mkdir", "mkdir", "open"]  # two notes, and the manifest that is held
    assert not (index / "checked").exists()


@pytest.mark.parametrize("text", ["", "{}", "x" * 64 + "\n{}", "[" * 100_000])
def test_a_note_that_is_none_is_damage_and_helps_nobody(
    two: tuple[Path, Path], hashed: list[str], text: str
) -> None:
    library, index = two
    note = index / "checked" / served(index).name
    note.write_text(text)
    assert verify(index) == [f"The file checked/{note.name} is damaged."]
    hashed.clear()
    assert open_snapshot(index).warnings == ()
    assert "vectors.npy" in hashed
    assert scenes.built(library, index)["left"] == []
    assert verify(index) == []


# While it is open


@pytest.mark.parametrize("ask_first", [False, True])
@pytest.mark.parametrize("how", ["flip", "cut"])
@pytest.mark.parametrize("file", ["vectors.npy", "passages.arrow", "pages.arrow", "findings.arrow"])
def test_a_mapped_file_that_changes_is_an_error_and_no_end(
    two: tuple[Path, Path], file: str, how: str, ask_first: bool
) -> None:
    index = two[1]
    path = served(index) / file

    def work() -> str:
        snapshot = open_snapshot(index)
        if ask_first:
            scenes.answers(snapshot, scenes.QUESTIONS[0])
        flip(path) if how == "flip" else os.truncate(path, 10)
        try:
            return scenes.seen_in(snapshot)
        except IndexDamaged as error:
            return str(error)

    ended = in_child(work)
    assert ended.code == 0
    named = f"The file {file} of snapshot {path.parent.name} has changed since it was opened. "
    assert ended.said.startswith(named)
    assert open_snapshot(index).name.startswith("000001-")


def test_what_is_loaded_late_is_loaded_by_its_hash(two: tuple[Path, Path]) -> None:
    index = two[1]
    snapshot = open_snapshot(index)
    flip(served(index) / "bm25" / "indices.csc.index.npy", quietly=True)
    with pytest.raises(IndexDamaged, match=r"bm25/indices.csc.index.npy of snapshot .* is dam"):
        snapshot.lexical_scores(["oil"])


def test_a_page_that_is_open_falls_back_too(two: tuple[Path, Path]) -> None:
    from qa.views import engine

    places = engine.Folders(*two)
    first = engine.snapshot(places)
    assert engine.snapshot(places) is first
    at = served(places.index)
    os.utime(at / "vectors.npy")  # touched: opened anew, and found to be sound
    touched = engine.snapshot(places)
    assert (touched.name, touched.warnings, touched is first) == (first.name, (), False)
    flip(at / "vectors.npy")
    fallen = engine.snapshot(places)
    assert fallen.name.startswith("000001-")
    assert "vectors.npy" in fallen.warnings[0]
    assert scenes.built(*two)["left"] == []
    assert engine.snapshot(places).warnings == ()


def test_builds_leave_a_snapshot_that_is_open_and_remove_it_once_it_is_closed(
    two: tuple[Path, Path],
) -> None:
    library, index = two
    snapshot = open_snapshot(index)
    shared = token_file(index)
    right = scenes.seen(index)
    for edition in (3, 4, 5):
        scenes.make_pdf(library / "light.pdf", scenes.pages(1, edition))
        assert scenes.built(library, index)["left"] == []
    names = sorted(path.name[:6] for path in (index / "snapshots").iterdir())
    assert names == ["000002", "000004", "000005"]
    assert scenes.seen_in(snapshot) == right  # it was not asked before
    assert verify(index) == []
    del snapshot
    assert shared.exists()
    scenes.built(library, index)
    names = sorted(path.name[:6] for path in (index / "snapshots").iterdir())
    assert names == ["000004", "000005"]
    assert not shared.exists()


def test_a_reader_that_is_killed_holds_nothing(two: tuple[Path, Path]) -> None:
    library, index = two

    def work() -> None:
        kept = open_snapshot(index)
        os.kill(os.getpid(), 9)
        del kept

    assert in_child(work).code == -9
    for edition in (3, 4):
        scenes.make_pdf(library / "light.pdf", scenes.pages(1, edition))
        scenes.run(library, index)
    assert len(list((index / "snapshots").iterdir())) == 2


def test_a_snapshot_that_is_just_being_removed_is_not_opened(two: tuple[Path, Path]) -> None:
    index = two[1]
    at = served(index)
    with disk.held_alone(at / store.MANIFEST) as free:
        assert free
        with pytest.raises(BlockingIOError):
            store.pin(index, at.name)
    disk.move_folder(at, index / "elsewhere")
    with pytest.raises(FileNotFoundError):
        store.pin(index, at.name)
    with disk.held_alone(at / store.MANIFEST) as free:
        assert free  # nobody can have what is not there


def test_a_snapshot_that_is_let_go_lets_its_files_go(two: tuple[Path, Path]) -> None:
    def handles() -> int:
        return len(os.listdir("/proc/self/fd"))

    for _ in range(2):  # what a process opens once and keeps is open then
        scenes.answers(open_snapshot(two[1]), scenes.QUESTIONS[0])
    gc.collect()  # what earlier tests left open would be closed on the way, and not be counted
    before = handles()
    for _ in range(5):
        snapshot = open_snapshot(two[1])
        scenes.answers(snapshot, scenes.QUESTIONS[0])
        assert handles() > before
        del snapshot
        assert handles() == before  # at once, not when rubbish is next collected


def test_who_answers_from_a_snapshot_lets_it_go_too(two: tuple[Path, Path]) -> None:
    from qa.answer import Asker
    from qa.reader import Reader
    from tests.conftest import HashEmbedder

    reader = Reader()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        asker = Asker(open_snapshot(two[1]), HashEmbedder(), reader=reader)
        asker.ask(scenes.QUESTIONS[0], threshold=0.0)
        assert len(os.listdir("/proc/self/fd")) > before
        del asker
        assert len(os.listdir("/proc/self/fd")) == before


# The system's own refusals


def limited(work: object, *, files: int) -> object:
    """Run in a child that may have only so many more files open than it has."""

    def within() -> object:
        assert callable(work)
        now = max(map(int, os.listdir("/proc/self/fd"))) + 1
        while os.dup(0) < now:  # numbers between those that are taken, which would be left
            pass
        now += 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (now + files, now + files))
        try:
            return work()
        except IndexerError as error:
            return f"{type(error).__name__}: {error}"

    ended = in_child(within)
    assert ended.code == 0
    assert not (isinstance(ended.said, dict) and "trace" in ended.said), ended.said
    return ended.said


def test_too_few_files_may_be_open_to_ask(two: tuple[Path, Path]) -> None:
    """That is no damage: neither another snapshot nor a false alarm is the answer to it."""
    index = two[1]
    right = scenes.seen(index)
    said = [limited(lambda: scenes.seen(index), files=files) for files in range(24)]
    assert said[-1] == right
    for text in said:
        assert text == right or str(text).startswith("DiskFailed: "), text
    assert any("Too many open files" in str(text) for text in said)
    assert any("raise the limit of open files (`ulimit -n`)" in str(text) for text in said)


def test_no_room_for_larger_files_is_named(two: tuple[Path, Path]) -> None:
    """The system itself cuts a write short and then refuses the rest."""
    library, index = two
    scenes.make_pdf(library / "second.pdf", scenes.pages(2))
    right = scenes.seen(index)

    def work() -> list[str]:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        try:
            scenes.run(library, index)
        except DiskFailed as error:
            return [str(error)]
        return []

    (said,) = in_child(work).said
    assert "cannot be written (File too large)" in said
    assert said.endswith("What is in service is not touched.")
    assert (scenes.seen(index), verify(index)) == (right, [])
    assert not (index / ".building").exists()
    assert scenes.built(library, index)["left"] == []


@pytest.mark.parametrize(
    ("number", "way"),
    [
        (errno.ENOSPC, "Free some space on that disk, then try again."),
        (errno.EMFILE, "Close other programs or raise the limit of open files (`ulimit -n`)"),
        (errno.EACCES, "Give yourself the right to change it, or name another folder"),
        (errno.EIO, "The disk may be failing: check it, or name a folder on another"),
        (errno.ELOOP, "Check that folder, then try again."),
    ],
)
def test_each_error_has_its_value_and_its_way_out(number: int, way: str, tmp_path: Path) -> None:
    said = str(disk.failed(OSError(number, os.strerror(number)), tmp_path / "a", "written"))
    assert said.startswith(f"{tmp_path}/a cannot be written ({os.strerror(number)}). ")
    assert way in said


# Files and folders


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Faulty:
    """The system takes half of what it is given, as a disk that fills up does."""
    faulty = Faulty(Fault("short", at=1))
    monkeypatch.setattr(disk, "os", faulty)
    return faulty


def test_short_writes_are_gone_on_with(short: Faulty, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20
    disk.write(tmp_path / "a", data)
    assert (tmp_path / "a").read_bytes() == data
    assert short.calls.count("write") > 10


def test_a_writer_gathers_small_parts_and_hands_on_large_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = Faulty(Fault("none"))
    monkeypatch.setattr(disk, "os", faulty)
    large = os.urandom(disk.BUFFER + 1)
    with disk.Writer(tmp_path / "a") as file:
        for number in range(1000):
            assert file.write(b"%03d" % number) == 3
        assert file.tell() == 3000
        file.write(large)
        file.write(b"end")
        assert file.tell() == 3003 + len(large)
    content = b"".join(b"%03d" % n for n in range(1000)) + large + b"end"
    assert (tmp_path / "a").read_bytes() == content
    assert faulty.calls == ["open", "write", "write", "write"]
    with pytest.raises(DiskFailed, match=r"nowhere/a cannot be written \(No such file"):
        disk.Writer(tmp_path / "nowhere" / "a")


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("mine")
    (tmp_path / "tree" / "inner").mkdir(parents=True)
    (tmp_path / "tree" / "inner" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "tree" / "file-link").symlink_to(tmp_path / "kept" / "file")
    disk.remove_tree(tmp_path / "tree")
    disk.remove_tree(tmp_path / "absent")
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "file").read_text() == "mine"
    (tmp_path / "CURRENT.tmp").symlink_to(tmp_path / "kept" / "file")
    with pytest.raises(DiskFailed, match=r"CURRENT\.tmp cannot be written"):
        disk.write(tmp_path / "CURRENT.tmp", b"theirs")
    assert (tmp_path / "kept" / "file").read_text() == "mine"


CHANGES = set(
    """
    chmod copy copyfile copytree fsync ftruncate hardlink_to link makedirs mkdir mkdtemp move
    open_memmap OSFile pwrite remove removedirs rename renames rmdir rmtree savez symlink_to
    touch truncate unlink write_bytes write_text
    """.split()
)


@pytest.mark.parametrize(
    "file",
    ["store.py", "snapshot.py", "arrow.py", "termlists.py", "checked.py", "tokens.py"],
)
def test_nothing_else_of_the_index_changes_the_disk(file: str) -> None:
    tree = ast.parse((ROOT / "indexer" / file).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {node.func.attr for node in calls if isinstance(node.func, ast.Attribute)}
    assert names & CHANGES == set()
    for node in calls:
        opens = isinstance(node.func, ast.Attribute) and node.func.attr == "open"
        if opens and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            assert node.args[0].value == "rb"
        if isinstance(node.func, ast.Attribute) and node.func.attr == "save":
            assert ast.unparse(node.args[0]) == "file"  # a stream of indexer.disk


# What is said


@pytest.mark.parametrize("command", ["status", "verify"])
def test_an_index_that_is_a_file_is_said_in_a_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "index").write_text("mine")
    assert main([command, "--index", str(tmp_path / "index")]) == 4
    out, err = capsys.readouterr()
    assert (out, err) == (
        "", f"{tmp_path}/index is a file; name a folder for the index with --index.\n",
    )  # fmt: skip
    with pytest.raises(IndexMissing):
        open_snapshot(tmp_path / "index")


def test_verify_says_once_what_is_to_be_done(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    index = two[1]
    flip(served(index) / "manifest.json")
    shard = next((index / "shards").iterdir())
    flip(shard / "passages.arrow")
    assert main(["verify", "--index", str(index)]) == 5
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert sum("Run `python -m indexer build`" in line for line in lines) == 1
    assert lines[-1] == "Run `python -m indexer build` to repair it."


def test_verify_names_every_file_that_is_damaged(two: tuple[Path, Path]) -> None:
    index = two[1]
    shard = next((index / "shards").iterdir())
    for folder in (shard, served(index)):
        for file in ("passages.arrow", "vectors.npy"):
            flip(folder / file)
    found = sorted(sentence.partition(" is damaged")[0] for sentence in verify(index))
    assert found == sorted(
        f"The file {file} of {kind} {folder.name}"
        for kind, folder in (("shard", shard), ("snapshot", served(index)))
        for file in ("passages.arrow", "vectors.npy")
    )


def test_a_note_on_what_is_damaged_too_is_named(two: tuple[Path, Path]) -> None:
    index = two[1]
    shard = next((index / "shards").iterdir())
    flip(shard / "vectors.npy")
    (index / "checked" / shard.name).write_bytes(b"\x93NUMPY")
    wrong = verify(index)
    assert wrong[-1] == f"The file checked/{shard.name} is damaged."
    assert len(wrong) == 2


def test_a_first_snapshot_that_was_not_published_is_not_served(tmp_path: Path) -> None:
    library, index = tmp_path / "library", tmp_path / "index"
    library.mkdir()
    scenes.make_pdf(library / "light.pdf", scenes.pages(1))
    scenes.run(library, index)
    (index / "CURRENT").write_bytes(store.NOTHING_YET)  # as when it was killed just before
    with pytest.raises(IndexMissing, match="There is no index in"):
        open_snapshot(index)
    assert scenes.built(library, index) == {"refused": 0, "read": 0, "left": []}


@pytest.mark.parametrize("change", [b"", b"\x0b", b"\n\n", b" \n", b"\r\n"])
def test_current_is_read_to_the_byte(two: tuple[Path, Path], change: bytes) -> None:
    index = two[1]
    name = served(index).name
    (index / "CURRENT").write_bytes(name.encode() + change)
    snapshot = open_snapshot(index)
    assert snapshot.name == name
    assert "The file CURRENT of the index is damaged" in snapshot.warnings[0]
    assert len(verify(index)) == 1


def test_two_shards_that_change_places_are_noticed(two: tuple[Path, Path]) -> None:
    library, index = two
    one, other = sorted((index / "shards").iterdir())
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)
    wrong = verify(index)
    assert len(wrong) == 2
    assert all("is damaged: it is that of another shard" in sentence for sentence in wrong)
    scenes.make_pdf(library / "more.pdf", scenes.pages(7))
    assert scenes.built(library, index) == {"refused": 0, "read": 2, "left": []}
    assert verify(index) == []


def test_shards_made_again_are_counted(two: tuple[Path, Path]) -> None:
    from indexer.build import build
    from tests.conftest import HashEmbedder

    library, index = two
    scenes.make_pdf(library / "more.pdf", scenes.pages(7))
    scenes.run(library, index)
    for shard in (index / "shards").iterdir():
        flip(shard / "vectors.npy")
    flip(served(index) / "vectors.npy")
    events: list[tuple[str, int, int]] = []
    build(
        library, index, read=scenes.READER, embedder=HashEmbedder(),
        on_event=lambda e: events.append((e.stage, e.number, e.count)),
    )  # fmt: skip
    reading = [(number, count) for stage, number, count in events if stage == "reading"]
    assert list(dict.fromkeys(reading)) == [(1, 2), (2, 2)]
