"""Run one rival in its own environment and print what it found, and how fast, as one JSON object.

    python -P _child.py RIVAL.py WAY MODEL (build|open) FOLDER QUESTIONS.json [PDF]...

``build`` reads the PDFs, answers the first question and then keeps its index in FOLDER; ``open``
starts from what lies there. Then every question is asked once. Times are seconds of the system's
monotonic clock, which the process that started this one reads too, so the start of the interpreter
counts. This file imports nothing but the standard library, and runs with ``-P``: beside it lie
files with the names of the libraries that they use.
"""

import importlib.util
import json
import os
import resource
import sys
import time
from pathlib import Path

TOP = 10


def main() -> None:
    """Measure as the arguments say."""
    began = time.monotonic()
    file, way, model, mode, folder, questions_file, *pdfs = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not run into the JSON
    questions = json.loads(Path(questions_file).read_text(encoding="utf-8"))
    rival = _loaded(Path(file)).Rival(way, model)
    imported = time.monotonic()
    if mode == "build":
        rival.build([Path(pdf) for pdf in pdfs])
    else:
        rival.load(Path(folder))
    ready = time.monotonic()
    rival.search(questions[0]["question"], TOP)
    first = time.monotonic()
    if mode == "build":
        Path(folder).mkdir(parents=True, exist_ok=True)
        rival.save(Path(folder))
    answers = []
    for one in questions:
        asked = time.monotonic()
        passages = rival.search(one["question"], TOP)
        seconds = time.monotonic() - asked
        answers.append({"id": one["id"], "seconds": seconds, "passages": passages[:TOP]})
    record = {
        "began": began,
        "import_s": imported - began,
        "ready_s": ready - imported,
        "first": first,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "answers": answers,
    }
    json.dump(record, out)
    out.close()
    # Some libraries leave threads that would keep the process alive.
    os._exit(0)


def _loaded(file: Path):  # noqa: ANN202 - any module that has a class Rival
    spec = importlib.util.spec_from_file_location(f"rival_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
