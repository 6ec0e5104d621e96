"""``python -m qa.training.embedder``: the graph of the packaged MiniLM, without its weights.

The graph is traced from the model itself by ``torch.onnx.export``. Every weight is then replaced
by its name in the package's ``model.safetensors``, from which it is read when the model is loaded:
what ships is the shape of the computation, an eighth of a megabyte in place of ninety. Needs the
extra ``train``.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

from indexer.embedding import model_path
from indexer.onnx_embedding import GRAPH, mapped_weights

OPSET = 17
SMALLEST_NORM = 1e-9


class Embedder(nn.Module):  # type: ignore[misc]
    """MiniLM with what sentence-transformers does after it: the mean over tokens, unit length."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return unit vectors of texts [b, d] and of their tokens [b, t, d]."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        counted = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * counted).sum(1) / counted.sum(1).clamp(min=SMALLEST_NORM)
        return nn.functional.normalize(mean, dim=-1), nn.functional.normalize(hidden, dim=-1)


def export(model: Path) -> bytes:
    """Return the graph of the model in a folder, every weight a name."""
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(
        str(model), attn_implementation="eager", add_pooling_layer=False
    )
    example = (torch.ones(2, 16, dtype=torch.long), torch.ones(2, 16, dtype=torch.long))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing remarks on each branch that it does not follow
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            Embedder(encoder).eval(), example, str(whole),
            input_names=["ids", "mask"], output_names=["vectors", "tokens"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("ids", "mask", "tokens")}
            | {"vectors": {0: "texts"}},
            opset_version=OPSET, dynamo=False,
            do_constant_folding=False,  # a folded weight would be another than the package's
        )  # fmt: skip
        return _without_weights(onnx.load(str(whole)), model / "model.safetensors")


def _without_weights(graph: Any, weights: Path) -> bytes:
    """Return a graph as bytes, its weights being named as in the file that has them."""
    shapes = {name: list(array.shape) for name, array in mapped_weights(weights)[1].items()}
    names = {one.name: one.name.removeprefix("encoder.") for one in graph.graph.initializer}
    for one in graph.graph.initializer:
        one.name = names[one.name]
        if shapes.pop(one.name, None) != list(one.dims):
            raise SystemExit(f"{one.name} is not a weight of {weights.name}.")
        one.ClearField("raw_data")
        one.data_location = onnx.TensorProto.EXTERNAL
        place = one.external_data.add()
        place.key, place.value = "location", weights.name
    if shapes:
        raise SystemExit(f"The graph does not use {min(shapes)}.")
    for node in graph.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.doc_string = ""  # where in which file torch found it
    return bytes(graph.SerializeToString(deterministic=True))


def main() -> int:
    """Write the graph and print its sha256, which ``indexer.onnx_embedding`` names."""
    graph = export(model_path())
    GRAPH.write_bytes(graph)
    print(f"{GRAPH.name}, {len(graph):,} bytes, sha256 {hashlib.sha256(graph).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
