"""The terms of a report's passages, kept with its shard so that nobody stems them again.

``terms.json`` of a shard holds under ``terms`` each term once, in the order of the alphabet, and
under ``passages`` a list for each passage: the place in ``terms`` of each of its terms, in order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from indexer import disk

TERMS = "terms.json"


def write(folder: Path, lists: Sequence[Sequence[str]]) -> None:
    """Write the terms of a report, a list a passage, into the folder of its shard."""
    terms = sorted(set(chain.from_iterable(lists)))
    place = {term: number for number, term in enumerate(terms)}
    content = {"terms": terms, "passages": [[place[term] for term in row] for row in lists]}
    disk.write(folder / TERMS, json.dumps(content, separators=(",", ":")).encode("ascii"))


def join(folders: Sequence[Path]) -> tuple[list[list[int]], dict[str, int]]:
    """Return the terms of all passages as numbers, a list a passage, and the number of each term.

    The terms are numbered in the order of the alphabet. The shards have been found sound.
    """
    shards = [json.loads((folder / TERMS).read_bytes()) for folder in folders]
    known = sorted(set(chain.from_iterable(shard["terms"] for shard in shards)))
    vocabulary = {term: number for number, term in enumerate(known)}
    joined: list[list[int]] = []
    for shard in shards:
        numbers = [vocabulary[term] for term in shard["terms"]]
        joined += [[numbers[place] for place in row] for row in shard["passages"]]
    return joined, vocabulary
