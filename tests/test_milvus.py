"""What only a Milvus server can get wrong: publishing, what is left over, errors, the commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer import stores
from indexer.__main__ import main
from indexer.build import build
from indexer.errors import BadStore, IndexDamaged, StoreFailed
from indexer.milvus import MilvusStore, expression
from indexer.snapshot import open_snapshot
from indexer.stores import Address, open_searched, parse_address
from qa.__main__ import main as ask_main
from tests.conftest import HashEmbedder, make_pdf

pytest.importorskip("pymilvus", reason="needs pymilvus and milvus-lite: `make install-test`")
pytest.importorskip("milvus_lite", reason="needs milvus-lite: `make install-test`")


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Address]:
    """A Milvus Lite file of its own."""
    from milvus_lite.server_manager import server_manager_instance

    path = tmp_path / "lite.db"
    yield parse_address(f"milvus:{path}")
    server_manager_instance.release_server(str(path))


@pytest.fixture
def made(library: Path, index: Path, embedder: HashEmbedder) -> Path:
    build(library, index, embedder=embedder)
    return index


def client(address: Address) -> Any:
    from pymilvus import MilvusClient

    return MilvusClient(uri=address.uri)


# Addresses


@pytest.mark.parametrize(
    ("text", "uri", "name"),
    [
        ("milvus:http://db.example:19530", "http://db.example:19530", "report_qa"),
        ("milvus:https://db.example", "https://db.example", "report_qa"),
        ("milvus:./some where/lite.db#ofsted", "./some where/lite.db", "ofsted"),
    ],
)
def test_an_address(text: str, uri: str, name: str) -> None:
    assert parse_address(text) == Address(uri, name)
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("redis:http://x", "not the address of a store"),
        ("milvus:", "not the address of a store"),
        ("http://db:19530", "not the address of a store"),
        ("milvus:lite.sqlite", "neither a server nor a file .db"),
        ("milvus:ftp://db", "not the address of a server"),
        ("milvus:http://", "not the address of a server"),
        ("milvus:http://db:99999", "not the address of a server"),
        ("milvus:http://root:Milvus@db:19530", "holds no password"),
        ("milvus:http://db:19530#a b", "cannot be the name"),
        ("milvus:lite.db#../x", "cannot be the name"),
    ],
)
def test_what_is_no_address(text: str, said: str) -> None:
    with pytest.raises(BadStore, match=said) as caught:
        parse_address(text)
    assert "Milvus@" not in str(caught.value)


def test_a_filter_names_runs_and_where_there_are_many_rows_one_by_one() -> None:
    assert expression(None) == ""
    assert expression(np.array([4])) == "row == 4"
    assert expression(np.array([3, 4, 5, 9])) == "(row >= 3 and row <= 5) or row == 9"
    many = expression(np.arange(0, 1_000, 2))
    assert many.startswith("row in [0, 2, 4,")


# Publishing


def test_it_is_published_once(made: Path, lite: Address) -> None:
    assert stores.publish(made, lite)
    assert not stores.publish(made, lite)
    state = stores.connect(lite).state()
    assert state.snapshot == open_snapshot(made).name
    assert state.rows == len(open_snapshot(made).passages)


@pytest.mark.parametrize("broken", ["insert", "flush", "alter_alias"])
def test_a_broken_off_publication_leaves_the_old_one_in_service(
    broken: str, made: Path, library: Path, lite: Address, embedder: HashEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from pymilvus import MilvusClient, MilvusException

    stores.publish(made, lite)
    old = open_searched(made, lite)
    make_pdf(library / "new.pdf", [["# 1. Oil", "There is no oil left in the lighthouse at all."]])
    build(library, made, embedder=embedder)

    def fails(*_: object, **__: object) -> None:
        raise MilvusException(message="the disk of the server is full")

    with monkeypatch.context() as patch:
        patch.setattr(MilvusClient, broken, fails)
        with pytest.raises(StoreFailed, match="the disk of the server is full"):
            stores.publish(made, lite)
    assert stores.connect(lite).state().snapshot == old.name
    assert len(old.candidates(old.vectors[0], [], pool=2).rows) == 2
    if broken == "insert":  # else all of it is there
        behind = open_searched(made, lite)
        assert behind.searcher is None
        assert "does not hold the snapshot" in behind.warnings[-1]
        assert "Until then the folder is searched." in behind.warnings[-1]

    assert stores.publish(made, lite)
    now = open_searched(made, lite)
    assert now.searcher is not None
    assert not now.warnings
    assert stores.connect(lite).state().snapshot == now.name
    assert len(client(lite).list_collections()) == 2  # in service, and the one before


def test_two_libraries_on_one_server_leave_each_other_alone(
    made: Path, lite: Address, tmp_path: Path, embedder: HashEmbedder
) -> None:
    other_library, other = tmp_path / "other", tmp_path / "other-index"
    other_library.mkdir()
    make_pdf(other_library / "mill.pdf", [["# 1. Wind", "The mill stands still without any wind."]])
    build(other_library, other, embedder=embedder)
    second = Address(lite.uri, "second")
    stores.publish(made, lite)
    stores.publish(other, second)
    build(other_library, other, embedder=embedder)
    assert stores.connect(lite).state().snapshot == open_snapshot(made).name
    assert stores.connect(second).state().snapshot == open_snapshot(other).name
    (passage,) = open_searched(other, second).passages
    assert passage.report == "mill"


def test_an_index_without_reports_leaves_nothing(
    made: Path, library: Path, lite: Address, embedder: HashEmbedder
) -> None:
    stores.publish(made, lite)
    for file in library.glob("*.pdf"):
        file.unlink()
    build(library, made, embedder=embedder)
    assert stores.publish(made, lite)
    assert not stores.publish(made, lite)
    assert client(lite).list_collections() == []
    empty = open_searched(made, lite)
    assert (empty.searcher, empty.warnings) == (None, ())
    assert stores.connect(lite).wrong_with(empty) == []


# What is wrong


def test_a_collection_of_another_form_is_refused(made: Path, lite: Address) -> None:
    name = "report_qa_" + open_snapshot(made).name.replace("-", "_")
    client(lite).create_collection(name, dimension=4)
    with pytest.raises(IndexDamaged, match=r"has the fields id, vector and 0 dimensions"):
        open_searched(made, lite)


def test_a_changed_row_is_found(made: Path, lite: Address) -> None:
    stores.publish(made, lite)
    snapshot, there = open_snapshot(made), stores.connect(lite)
    assert there.wrong_with(snapshot) == []
    name = "report_qa_" + snapshot.name.replace("-", "_")
    row = client(lite).get(name, ids=[1], output_fields=["report", "dense", "sparse"])[0]
    changed = {"row": 1, "report": "other", "dense": row["dense"], "sparse": row["sparse"]}
    client(lite).upsert(name, [changed])
    assert there.wrong_with(snapshot) == [
        "The store has 1 passages that are not those of the folder: 1."
    ]
    client(lite).delete(name, ids=[1])
    assert "should have" in there.wrong_with(snapshot)[0]
    # A store that has lost rows is not asked, and the next build puts them back.
    assert open_searched(made, lite).searcher is None
    assert stores.publish(made, lite)
    assert there.wrong_with(snapshot) == []


def test_a_server_that_is_away(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.milvus.CONNECT_SECONDS", 0.5)
    with pytest.raises(StoreFailed, match=r"^The store milvus:http://127.0.0.1:1 cannot be opened"):
        open_searched(made, parse_address("milvus:http://127.0.0.1:1"))


def test_a_file_that_is_none_and_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="does not exist"):
        stores.connect(parse_address(f"milvus:{tmp_path}/nowhere/lite.db"))
    (tmp_path / "text.db").write_text("nothing")
    with pytest.raises(StoreFailed, match="cannot be opened"):
        stores.connect(parse_address(f"milvus:{tmp_path}/text.db"))


def test_without_its_client(lite: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(StoreFailed, match="make install-cluster"):
        MilvusStore(lite)


def test_the_page_searches_the_store_or_the_folder_and_says_so(
    made: Path, lite: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.publish(made, lite)
    monkeypatch.setenv("REPORT_QA_STORE", str(lite))
    assert stores.open_for_page(made).searcher is not None
    monkeypatch.setattr("indexer.milvus.CONNECT_SECONDS", 0.5)
    for address, said in (
        ("milvus:http://127.0.0.1:1", "cannot be opened"),
        ("nothing", "not the"),
    ):
        monkeypatch.setenv("REPORT_QA_STORE", address)
        found = stores.open_for_page(made)
        assert found.searcher is None
        assert said in found.warnings[-1]
    monkeypatch.setenv("REPORT_QA_STORE", "")
    assert stores.open_for_page(made).warnings == ()


# Commands


def test_every_command_takes_a_store(
    library: Path, index: Path, lite: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--library", str(library), "--index", str(index), "--json", "--store", str(lite)]
    assert main(["build", *folders]) == 0
    assert main(["status", *folders]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed[1]["store"] == {"snapshot": printed[0]["snapshot"], "rows": 3}
    assert main(["verify", *folders]) == 0
    new = make_pdf(
        index.parent / "oil.pdf", [["# 1. Oil", "There is no oil left in any of the lamps."]]
    )
    assert main(["add", str(new), *folders]) == 0
    assert main(["remove", "harbour", *folders]) == 0
    assert main(["verify", *folders]) == 0
    capsys.readouterr()

    asked = ["ask", "How many litres of oil did stores hold?", *folders]
    assert ask_main(asked) == 0
    there = json.loads(capsys.readouterr().out)
    assert ask_main(asked[:-2]) == 0
    here = json.loads(capsys.readouterr().out)
    for answer in (there, here):
        del answer["timings_ms"]
        for passage in answer["passages"]:
            passage["score"] = pytest.approx(passage["score"], abs=1e-4)
    assert there == here
    assert "900 litres" in here["answer"]


@pytest.mark.parametrize("command", [["build"], ["status"], ["verify"]])
def test_a_store_that_is_away_is_a_sentence(
    command: list[str], made: Path, library: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("indexer.milvus.CONNECT_SECONDS", 0.5)
    monkeypatch.setenv("REPORT_QA_STORE", "milvus:http://127.0.0.1:1")
    assert main([*command, "--library", str(library), "--index", str(made)]) == 1
    said = capsys.readouterr().err
    assert "milvus:http://127.0.0.1:1 cannot be opened" in said
    assert "Traceback" not in said


def test_what_is_no_address_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for run, command in ((main, ["status"]), (ask_main, ["ask", "Why?"])):
        with pytest.raises(SystemExit) as ended:
            run([*command, "--store", "redis:x"])
        assert ended.value.code == 2
        assert "'redis:x' is not the address of a store" in capsys.readouterr().err


def test_a_damaged_store_is_told_by_verify(
    library: Path, made: Path, lite: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--library", str(library), "--index", str(made), "--store", str(lite)]
    assert main(["verify", *arguments]) == 5
    assert "has none in service" in capsys.readouterr().err
