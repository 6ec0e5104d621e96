"""Two builds at once: one builds, the other says who does and since when."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer import store
from indexer.errors import BuildLocked
from tests.crash import scenes
from tests.crash.test_torture import ROOT

pytestmark = [pytest.mark.crash, pytest.mark.slow]

SCRIPT = """
import sys
from pathlib import Path
from indexer.errors import BuildLocked
from tests.crash import scenes
print("ready", flush=True)
sys.stdin.readline()
try:
    print(scenes.run(Path(sys.argv[1]), Path(sys.argv[2])).snapshot)
except BuildLocked as error:
    print(error)
"""
SINCE = re.compile(
    r"is being built by process (\d+) since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\. Wait until that "
    r"has ended, then try again\.$"
)


def test_of_builds_begun_together_each_ends_or_names_the_one_at_work(tmp_path: Path) -> None:
    library, index = tmp_path / "library", tmp_path / "index"
    library.mkdir()
    for number in range(3):
        scenes.make_pdf(library / f"light-{number}.pdf", scenes.pages(number))
    builds = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(library), str(index)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for build in builds:
        assert build.stdout is not None
        assert build.stdout.readline() == "ready\n"
    for build in builds:
        assert build.stdin is not None
        build.stdin.write("\n")
        build.stdin.flush()
    said = [build.communicate(timeout=300)[0].splitlines()[-1] for build in builds]
    assert [build.returncode for build in builds] == [0, 0, 0]
    ended = [text for text in said if store.SNAPSHOT_NAME.fullmatch(text)]
    refused = [match for text in said if (match := SINCE.search(text))]
    assert len(ended) + len(refused) == 3, said
    assert len(set(ended)) == 1, "those that came after found nothing left to do"
    for match in refused:
        assert int(match[1]) in {build.pid for build in builds}
        age = time.time() - time.mktime(time.strptime(match[2], "%Y-%m-%dT%H:%M:%SZ"))
        assert -90_000 < age < 90_000  # in UTC, whatever the clock here shows
    assert scenes.leftovers(index) == []


def test_who_holds_the_lock_is_said_though_it_was_another_before(tmp_path: Path) -> None:
    """The name of whoever held it last stands there until the new one has been written."""
    with store.lock(tmp_path):
        path = tmp_path / "LOCK"
        mine = json.loads(path.read_text())
        path.write_text(json.dumps({"pid": 2**22 + 1, "since": "2020-01-01T00:00:00Z"}))
        began = time.perf_counter()
        with pytest.raises(BuildLocked, match="another process, after process 4194305 since 2020"):
            _lock(tmp_path)
        assert time.perf_counter() - began < 2
        path.write_text(json.dumps(mine))
        with pytest.raises(BuildLocked, match=rf"by process {mine['pid']} since {mine['since']}"):
            _lock(tmp_path)


def _lock(index: Path) -> None:
    with store.lock(index):
        raise AssertionError("the lock is held")
