"""What holds for the project as a whole: who imports whom, what is pinned, what is promised."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from indexer.stores import STORE_VARIABLE, TOKEN_VARIABLE

ROOT = Path(__file__).resolve().parents[1]

# A question is read with the words and the folding that the reports were read with, or they would
# not meet: hence lexical and text beside the index itself. Filters name a report's family as
# reading does, by the same data files. What a visitor drops is unpacked before anything is taken.
# The embedding model and the reader run by one library, which has one home.
QA_MAY_IMPORT = {
    "indexer.archive",
    "indexer.embedding",
    "indexer.errors",
    "indexer.families",
    "indexer.lexical",
    "indexer.onnx_runtime",
    "indexer.records",
    "indexer.snapshot",
    "indexer.stores",
    "indexer.text",
}
# The pages build the index and change the library, and draw pages of PDFs with their one reader.
VIEWS_MAY_IMPORT = QA_MAY_IMPORT | {
    "indexer.build",
    "indexer.details",
    "indexer.inspect",
    "indexer.library",
    "indexer.reading",
    "indexer.sandbox",
    "indexer.trash",
    "indexer.watch",
}
# The command line warns of a stale index, and says things as the other command line says them.
MAIN_MAY_IMPORT = QA_MAY_IMPORT | {
    "indexer.build",
    "indexer.library",
    "indexer.store",
    "indexer.terminal",
}

# Slow to import or hard to replace: each has one home.
HOMES = {
    "bm25s": {"indexer/bm25.py"},
    "distributed": {"indexer/cluster.py"},
    "docx": {"qa/views/word.py"},
    "faiss": {"indexer/dense.py"},
    "onnxruntime": {"indexer/onnx_runtime.py"},
    "pymilvus": {"indexer/milvus.py"},
    "pypdf": {"indexer/reading.py"},
    "pypdfium2": {"indexer/reading.py"},
    "sentence_transformers": {"indexer/embedding.py"},
    "torch": {"indexer/embedding.py"},
}
HEAVY = {*HOMES, "pandas", "PIL", "pyarrow", "scipy", "sklearn", "streamlit", "transformers"}


# Imports


def sources() -> list[Path]:
    """Return every Python file of the product, relative to the root."""
    files = [ROOT / "app.py", *ROOT.glob("indexer/**/*.py"), *ROOT.glob("qa/**/*.py")]
    return sorted(file.relative_to(ROOT) for file in files)


def imported(code: str, package: str) -> set[str]:
    """Return the dotted names that the code of a package's module imports, late ones too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level]
            prefix = ".".join([*(base if node.level else []), *filter(None, [node.module])])
            names.add(prefix)
            names.update(f"{prefix}.{alias.name}" for alias in node.names)
    return names


@cache
def imports_of(file: Path) -> frozenset[str]:
    """Return the dotted names that a file of the product imports."""
    package = ".".join(file.parent.parts)
    return frozenset(imported((ROOT / file).read_text(encoding="utf-8"), package))


def submodules(names: frozenset[str], package: str) -> set[str]:
    """Return the modules of a package among imported names, each once."""
    parts = (name.split(".") for name in names)
    return {".".join(part[:2]) for part in parts if part[0] == package and len(part) > 1}


def test_imports_are_found_wherever_and_however_they_are_written() -> None:
    code = (
        "import numpy as np\nfrom indexer import records\n"
        "def late():\n    from . import views\n    from ..indexer.errors import NoText\n"
    )
    assert imported(code, "qa.sub") == {
        "numpy",
        "indexer",
        "indexer.records",
        "qa.sub",
        "qa.sub.views",
        "qa.indexer.errors",
        "qa.indexer.errors.NoText",
    }


@pytest.mark.parametrize("file", sources(), ids=str)
def test_imports_run_one_way(file: Path) -> None:
    names = imports_of(file)
    tops = {name.partition(".")[0] for name in names}
    place = file.as_posix()
    assert place == "app.py" or "app" not in tops
    if place.startswith("indexer/"):
        assert tops.isdisjoint({"qa", "streamlit"})
    elif place.startswith("qa/views/"):
        assert submodules(names, "indexer") <= VIEWS_MAY_IMPORT
    elif place.startswith("qa/training/"):
        # Makes what the product ships and runs by itself: it may read and build as it needs.
        assert "streamlit" not in tops
        assert "qa.views" not in submodules(names, "qa")
    elif place.startswith("qa/"):
        assert "streamlit" not in tops
        assert "qa.views" not in submodules(names, "qa")
        may_import = MAIN_MAY_IMPORT if place == "qa/__main__.py" else QA_MAY_IMPORT
        assert submodules(names, "indexer") <= may_import
    else:
        assert submodules(names, "qa") <= {"qa.views"}
        assert "indexer" not in tops


def test_nothing_of_the_product_needs_what_trains_it() -> None:
    users = {
        file.as_posix()
        for file in sources()
        if "training" not in file.parts and "qa.training" in submodules(imports_of(file), "qa")
    }
    assert users == set()


@pytest.mark.parametrize("module", sorted(HOMES))
def test_a_heavy_library_is_imported_in_its_own_file_and_nowhere_else(module: str) -> None:
    users = {
        file.as_posix()
        for file in sources()
        if "training" not in file.parts
        and any(name.partition(".")[0] == module for name in imports_of(file))
    }
    assert users == HOMES[module]


@pytest.mark.parametrize("package", ["indexer", "qa"])
def test_a_command_starts_without_any_heavy_library(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", package, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert f"{package}.errors" in loaded, "the listing of imports was not understood"
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()


@pytest.mark.parametrize("package", ["qa", "qa/views"])
def test_a_package_says_in_one_line_what_it_is(package: str) -> None:
    code = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(code))
    assert said, f"{package}/__init__.py has no docstring"
    assert "\n" not in said


# Versions


def project() -> dict[str, Any]:
    """Return the project table of pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


def requirements() -> list[Requirement]:
    """Return what the project and its extras ask for."""
    table = project()
    extras = [line for lines in table["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in [*table["dependencies"], *extras]]


def pins() -> dict[str, Version]:
    """Return the version of each package that constraints.txt pins."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    pinned = {str(canonicalize_name(name)): Version(version) for name, version in pairs}
    assert len(pinned) == len(pairs), "constraints.txt names a package twice"
    return pinned


def closure() -> set[str]:
    """Return every installed package that the project brings, its own requirements included."""
    waiting = [(need, extra) for need in requirements() for extra in ["", *need.extras]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        need, extra = waiting.pop()
        name = canonicalize_name(need.name)
        if (name, extra) in seen:
            continue
        try:
            further = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # an extra that is not installed here
            continue
        seen.add((name, extra))
        for line in further:
            inner = Requirement(line)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                waiting += [(inner, each) for each in ["", *inner.extras]]
    return {name for name, _ in seen}


@pytest.mark.parametrize("need", requirements(), ids=lambda need: need.name)
def test_a_requirement_is_pinned_to_a_version_that_it_allows(need: Requirement) -> None:
    pinned = pins()
    assert canonicalize_name(need.name) in pinned
    assert pinned[canonicalize_name(need.name)] in need.specifier


def test_everything_installed_for_the_project_is_at_its_pinned_version() -> None:
    pinned = pins()
    installed = {name: Version(metadata.version(name)).public for name in closure()}
    assert {"torch", "streamlit", "cryptography", "tokenizers"} <= installed.keys()
    wanted = {name: str(pinned.get(name, "not pinned")) for name in installed}
    assert installed == wanted, "run `make test`, or renew constraints.txt as it says"


def test_the_version_has_an_entry_in_the_changelog() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(project()['version'])}\b", changes, re.MULTILINE)


# The page's settings


def settings() -> dict[str, Any]:
    """Return the page's settings."""
    with (ROOT / ".streamlit" / "config.toml").open("rb") as file:
        return tomllib.load(file)


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the options of a table under their dotted names, its inner tables' too."""
    options: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        options.update(flat(value, f"{name}.") if isinstance(value, dict) else {name: repr(value)})
    return options


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two #rrggbb colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_the_page_is_for_this_machine_only_and_tells_nobody() -> None:
    config = settings()
    server = config["server"]
    assert (server["address"], server["port"]) == ("127.0.0.1", 8501)
    assert server["enableXsrfProtection"] is True
    assert server["enableCORS"] is True
    assert server["allowedHosts"] == ["localhost", "127.0.0.1"]
    assert 0 < server["maxUploadSize"] <= 200
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"


def test_streamlit_knows_each_setting() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert shown.returncode == 0, shown.stderr[-2000:]
    assert "not a valid config option" not in shown.stdout + shown.stderr
    in_force = tomllib.loads(shown.stdout[shown.stdout.index("[global]") :])
    wanted = flat(settings())
    assert wanted.items() <= flat(in_force).items()


def test_contrast_of_colours_whose_ratio_is_known() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_colours_can_be_read(mode: str) -> None:
    theme = settings()["theme"][mode]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], ground) >= 7
        assert contrast(theme["linkColor"], ground) >= 4.5
        assert contrast(theme["primaryColor"], ground) >= 3
    assert contrast(theme["borderColor"], theme["backgroundColor"]) >= 3
    assert contrast(theme["primaryColor"], "#ffffff") >= 4.5


# What the Makefile and the README promise


@cache
def make_targets() -> frozenset[str]:
    """Return the targets of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([a-z][a-z-]*):(?!=)", text, re.MULTILINE))


def console_commands(markdown: str) -> list[str]:
    """Return the commands of the ```console blocks, one that is continued below as one."""
    blocks = re.findall(r"^```console\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)
    joined = "".join(blocks).replace("\\\n", " ")
    return [line[2:].strip() for line in joined.splitlines() if line.startswith("$ ")]


def readme_commands() -> list[str]:
    """Return the commands of README.md, or none while there is no README.md."""
    readme = ROOT / "README.md"
    return console_commands(readme.read_text(encoding="utf-8")) if readme.is_file() else []


@cache
def help_of(*words: str) -> str:
    """Return the help of `python -m WORDS`, failing when there is no such command."""
    done = subprocess.run(
        [sys.executable, "-m", *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"python -m {' '.join(words)} --help: {done.stderr[-2000:]}"
    return done.stdout


def check_make(words: list[str]) -> None:
    """Assert that `make WORDS` asks for targets and variables that the Makefile has."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        name, is_variable, _ = word.partition("=")
        if is_variable:
            assert re.search(rf"^{re.escape(name)} \?=", text, re.MULTILINE), f"no variable {name}"
        else:
            assert name in make_targets(), f"no target {name}"


def check_module(words: list[str]) -> None:
    """Assert that `python -m WORDS` is a command that has each option that is used."""
    package, command, *rest = words
    known = help_of(package, command)
    for word in rest:
        if word.startswith("--"):
            option = word.partition("=")[0]
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", known), f"no option {option}"


VARIABLES = {STORE_VARIABLE, TOKEN_VARIABLE}
"""What the README has a reader export; the names are those that the code reads."""


def check_command(command: str) -> None:
    """Assert that a command of the README exists."""
    words = shlex.split(command, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    program = words[0].removeprefix(".venv/bin/")
    if program == "make":
        check_make(words[1:])
    elif program == "python" and words[1] == "-m" and words[2] in {"indexer", "qa", "qa.access"}:
        check_module(words[2:])
    elif program == "python":
        assert (ROOT / words[1]).is_file(), f"no file {words[1]}"
    elif program == "streamlit":
        assert words[1] == "run"
        assert (ROOT / words[2]).is_file(), f"no file {words[2]}"
    elif program == "export":
        assert all(re.fullmatch(r"REPORT_QA_[A-Z_]+=\S+", word) for word in words[1:])
        assert all(word.partition("=")[0] in VARIABLES for word in words[1:])
    elif program == "dask":
        assert words[1] in {"scheduler", "worker"}, f"no command {words[1]}"
    else:
        known = {"cd", "cp", "curl", "docker", "git", "sudo"}
        assert program in known, f"a command nobody checks: {command}"


def test_console_blocks_are_read_as_a_reader_types_them() -> None:
    text = (
        "Text\n```console\n$ make run\noutput\n$ python -m qa ask \\\n  'why?' --json\n```\n"
        "```python\n$ not this\n```\n```console\n$ make test\n```\n"
    )
    assert console_commands(text) == ["make run", "python -m qa ask    'why?' --json", "make test"]


@pytest.mark.parametrize(
    "command", ["make nothing", "make run COLOUR=red", "python absent.py", "rm -rf /"]
)
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    with pytest.raises(AssertionError, match=r"no |nobody"):
        check_command(command)


def test_the_readme_shows_both_commands_of_the_set_up() -> None:
    assert {"make run", "make test"} <= set(readme_commands())


@pytest.mark.parametrize("command", readme_commands())
def test_a_command_of_the_readme_exists(command: str) -> None:
    check_command(command)


def test_make_has_what_is_promised() -> None:
    assert {"install", "run", "test", "index", "lint", "digest"} <= make_targets()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")
@pytest.mark.parametrize("target", sorted(make_targets()))
def test_make_can_read_each_target(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_the_check_of_every_change_is_the_readers_own() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run cannot be executed"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert "make test" in lines
