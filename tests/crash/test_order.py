"""The same library gives the same bytes, in whatever order it came together."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest

from indexer import store
from tests.crash import scenes

pytestmark = pytest.mark.crash

NAMES = ("alpha", "beta", "gamma")


def bytes_of(index: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files of all shards, and the hashes in the manifest of the snapshot in service."""
    shards = {
        path.relative_to(index).as_posix(): path.read_bytes()
        for path in (index / "shards").rglob("*")
        if path.is_file()
    }
    names, wrong = store.published(index)
    assert wrong == []
    manifest = store.read_manifest(index, names[0])
    return shards, {name: record.sha256 for name, record in manifest.files.items()}


def test_order_of_files_and_of_builds_changes_no_byte(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number, name in enumerate(NAMES):
        scenes.make_pdf(source / f"{name}.pdf", scenes.pages(number), title=f"Light {name}")
    found = []
    for at, order in enumerate(itertools.permutations(NAMES)):
        library, index = tmp_path / f"library-{at}", tmp_path / f"index-{at}"
        library.mkdir()
        for number, name in enumerate(order):
            copy = shutil.copyfile(source / f"{name}.pdf", library / f"{name}.pdf")
            os.utime(copy, (10**9 + number, 10**9 - number))
            if at % 2:  # one build after each, or one for all
                scenes.run(library, index)
        scenes.run(library, index)
        found.append(bytes_of(index))
    assert len(found[0][0]) >= 3 * 8
    assert all(other == found[0] for other in found)
    manifests = [
        store.read_manifest(
            tmp_path / f"index-{at}", store.published(tmp_path / f"index-{at}")[0][0]
        )
        for at in range(6)
    ]
    assert len({(m.reports, m.refused, m.recipe, m.tokens) for m in manifests}) == 1


def test_the_way_to_a_library_leaves_no_trace_in_it(tmp_path: Path) -> None:
    straight, crooked = tmp_path / "straight", tmp_path / "crooked"
    library = tmp_path / "library"
    library.mkdir()
    scenes.make_pdf(library / "alpha.pdf", scenes.pages(1, 2))
    scenes.make_pdf(library / "beta.pdf", scenes.pages(2))
    scenes.run(library, straight)
    for path in library.iterdir():
        path.unlink()
    scenes.make_pdf(library / "alpha.pdf", scenes.pages(1))  # an older edition
    scenes.make_pdf(library / "else.pdf", scenes.pages(2))  # under another name
    scenes.make_pdf(library / "gone.pdf", scenes.pages(3))
    scenes.run(library, crooked)
    scenes.make_pdf(library / "alpha.pdf", scenes.pages(1, 2))
    (library / "else.pdf").rename(library / "beta.pdf")
    (library / "gone.pdf").unlink()
    scenes.run(library, crooked)
    assert bytes_of(crooked)[1] == bytes_of(straight)[1]
    assert scenes.seen(crooked) == scenes.seen(straight)
