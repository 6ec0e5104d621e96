"""The reader's network, how it is trained, and how it becomes the file that ships.

all-MiniLM-L6-v2 reads a question and one passage together and gives, in one pass, a score for
each sentence, bullet or row of the passage and one for the passage as a whole; a span of the
answer is learned beside them, since to point at the words sharpens both. With one pass for a
passage instead of one for a sentence, a laptop processor can train it in an hour and ask it in a
fraction of a second.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from indexer.embedding import model_path
from qa.reader import MAX_UNITS
from qa.training.samples import Sample

WORST = -1e4


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the reader is trained; the defaults are those of the weights that ship."""

    rate: float = 1e-4
    head_rate: float = 5e-4
    warmup: float = 0.06
    batch_tokens: int = 4_096
    decay: float = 0.01
    seed: int = 20_240_711
    threads: int = 2
    span_weight: float = 0.3
    passage_weight: float = 0.5
    positive_weight: float = 1.5


DEFAULT_RECIPE = Recipe()
SECOND_RECIPE = Recipe(rate=6e-5, head_rate=3e-4)


class Reader(nn.Module):  # type: ignore[misc]
    """MiniLM with three small heads: units, passage, span."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        size = int(encoder.config.hidden_size)
        self.drop = nn.Dropout(0.1)
        self.unit = nn.Sequential(nn.Linear(2 * size, size), nn.GELU(), nn.Linear(size, 1))
        self.salience = nn.Linear(size, 1)
        self.passage = nn.Sequential(nn.Linear(size, size), nn.Tanh(), nn.Linear(size, 1))
        self.span = nn.Linear(size, 2)

    def forward(
        self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor, owner: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits of units [b, u], of passages [b] and of span ends [b, t, 2].

        ``owner`` [b, t] holds 1 + the number of the unit in which a token stands, 0 for none.
        """
        out = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask)
        hidden = self.drop(out.last_hidden_state)
        numbers = torch.arange(1, MAX_UNITS + 1, device=ids.device)
        inside = (owner[:, None, :] == numbers[None, :, None]).to(hidden.dtype)
        counts = inside.sum(-1, keepdim=True).clamp(min=1.0)
        mean = inside @ hidden / counts
        first = hidden[:, :1].expand(-1, MAX_UNITS, -1)
        salience = self.salience(hidden).squeeze(-1)[:, None, :]
        peak = (salience * inside + WORST * (1.0 - inside)).amax(-1)
        peak = torch.where(inside.sum(-1) > 0, peak, torch.zeros_like(peak))
        units = self.unit(torch.cat([mean, first], -1)).squeeze(-1) + peak
        passage = self.passage(hidden[:, 0]).squeeze(-1)
        return units, passage, self.span(hidden)


def new_reader() -> Reader:
    """Return a reader on the packaged MiniLM's weights with untrained heads."""
    from transformers import AutoModel

    return Reader(AutoModel.from_pretrained(str(model_path()), attn_implementation="sdpa"))


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sample as tokens, with what is to be learned from it; ``group`` numbers its question."""

    ids: list[int]
    types: list[int]
    owner: list[int]
    labels: list[int]
    answers: float
    start: int
    end: int
    span_known: bool
    weight: float
    group: int = 0


def encode(samples: Sequence[Sample], tokenizer: Any) -> list[Encoded]:
    """Return samples as tokens; those with no unit within the limit of tokens are left out."""
    from qa.reader import encode_pair

    done = []
    for sample in samples:
        pair = encode_pair(tokenizer, sample.question, sample.text, sample.units)
        present = max(pair.owner, default=0)
        if present == 0:
            continue
        labels = list(sample.labels[:present])
        start = end = 0
        known = not sample.answers
        if sample.span is not None and any(labels):
            inside = [
                k for k, (a, b) in enumerate(pair.spans)
                if b > a and a < sample.span[1] and sample.span[0] < b
            ]  # fmt: skip
            if inside:
                start, end, known = inside[0], inside[-1], True
        done.append(
            Encoded(
                pair.ids, pair.types, pair.owner, labels, float(any(labels)),
                start, end, known, sample.weight,
            )
        )  # fmt: skip
    return done


def batches(encoded: Sequence[Encoded], recipe: Recipe, epoch: int) -> Iterator[list[Encoded]]:
    """Yield batches of about equally long samples, in random order, the same for an epoch."""
    draw = random.Random(recipe.seed + epoch)
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids) + 8 * draw.random())
    groups: list[list[Encoded]] = [[]]
    for i in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(encoded[i].ids) > recipe.batch_tokens:
            groups.append([])
        groups[-1].append(encoded[i])
    draw.shuffle(groups)
    yield from groups


def tensors(batch: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    """Return a batch as padded tensors."""
    longest = max(len(one.ids) for one in batch)

    def padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
        return torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])

    labels = torch.zeros(len(batch), MAX_UNITS)
    present = torch.zeros(len(batch), MAX_UNITS)
    for row, one in enumerate(batch):
        present[row, : len(one.labels)] = 1.0
        labels[row, : len(one.labels)] = torch.tensor(one.labels, dtype=torch.float)
    return {
        "ids": padded([one.ids for one in batch]),
        "types": padded([one.types for one in batch]),
        "mask": padded([[1] * len(one.ids) for one in batch]),
        "owner": padded([one.owner for one in batch]),
        "labels": labels,
        "present": present,
        "answers": torch.tensor([one.answers for one in batch]),
        "start": torch.tensor([one.start for one in batch]),
        "end": torch.tensor([one.end for one in batch]),
        "known": torch.tensor([float(one.span_known) for one in batch]),
        "weight": torch.tensor([one.weight for one in batch]),
    }


def loss_of(
    out: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    batch: dict[str, torch.Tensor],
    recipe: Recipe,
) -> torch.Tensor:
    """Return the weighted mean loss of a batch: units, passage and span together."""
    units, passage, span = (part.float() for part in out)
    weight = batch["weight"]
    each = nn.functional.binary_cross_entropy_with_logits(
        units, batch["labels"], reduction="none",
        pos_weight=torch.tensor(recipe.positive_weight),
    )  # fmt: skip
    # The sum over a passage's units, damped, so that long passages do not drown short ones.
    unit_loss = (each * batch["present"]).sum(-1) / batch["present"].sum(-1).sqrt()
    passage_loss = nn.functional.binary_cross_entropy_with_logits(
        passage, batch["answers"], reduction="none"
    )
    span = span + WORST * (1.0 - batch["mask"].float())[..., None]
    span_loss = nn.functional.cross_entropy(
        span[..., 0], batch["start"], reduction="none"
    ) + nn.functional.cross_entropy(span[..., 1], batch["end"], reduction="none")
    total = (
        unit_loss
        + recipe.passage_weight * passage_loss
        + recipe.span_weight * batch["known"] * span_loss
    )
    return (total * weight).sum() / weight.sum()


def train(
    reader: Reader,
    encoded: Sequence[Encoded],
    *,
    epochs: int,
    checkpoint: Path,
    recipe: Recipe = DEFAULT_RECIPE,
    say: Callable[[str], None] = print,
    every: int = 100,
    seconds: float = math.inf,
    validate: Callable[[Reader], str] | None = None,
) -> None:
    """Train a reader, writing a checkpoint every ``every`` steps and going on from one.

    The learning rate rises over the first part ``recipe.warmup`` of the steps and then falls in a
    straight line. After ``seconds`` training ends early, the rate being brought down on the way.
    """
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    heads = [p for n, p in reader.named_parameters() if not n.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [
            {"params": list(reader.encoder.parameters()), "lr": recipe.rate},
            {"params": heads, "lr": recipe.head_rate},
        ],
        weight_decay=recipe.decay,
    )
    steps = sum(sum(1 for _ in batches(encoded, recipe, e)) for e in range(epochs))
    base = [group["lr"] for group in optimiser.param_groups]
    begin = 0
    spent = 0.0
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        reader.load_state_dict(state["reader"])
        optimiser.load_state_dict(state["optimiser"])
        begin, spent = int(state["step"]), float(state["spent"])
        say(f"going on from step {begin}")
    say(json.dumps({"samples": len(encoded), "steps": steps, "recipe": asdict(recipe)}))
    started = time.monotonic() - spent
    step, total, seen = 0, 0.0, 0
    for epoch in range(epochs):
        for group in batches(encoded, recipe, epoch):
            step += 1
            if step <= begin:
                continue
            done = max(step / steps, (time.monotonic() - started) / seconds)
            if done >= 1.0:
                break
            factor = min(done / recipe.warmup, (1.0 - done) / (1.0 - recipe.warmup), 1.0)
            for parameters, rate in zip(optimiser.param_groups, base, strict=True):
                parameters["lr"] = rate * max(factor, 0.01)
            reader.train()
            batch = tensors(group)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                out = reader(batch["ids"], batch["types"], batch["mask"], batch["owner"])
            loss = loss_of(out, batch, recipe)
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            total, seen = total + float(loss.detach()), seen + 1
            if step % every == 0:
                spent = time.monotonic() - started
                say(f"step {step} of {steps}, loss {total / seen:.4f}, {spent:,.0f} s")
                total, seen = 0.0, 0
                _keep(checkpoint, reader, optimiser, step, spent)
            if validate is not None and step % (10 * every) == 0:
                say(validate(reader))
    _keep(checkpoint, reader, optimiser, step, time.monotonic() - started)
    if validate is not None:
        say(validate(reader))


def _keep(checkpoint: Path, reader: Reader, optimiser: Any, step: int, spent: float) -> None:
    """Write a checkpoint in one step, so that a killed run leaves a whole one."""
    state = {
        "reader": reader.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent": spent,
    }
    temporary = checkpoint.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(checkpoint)


def scores(reader: Reader, encoded: Sequence[Encoded]) -> list[tuple[Any, float, float]]:
    """Return for each sample its units' logits, its passage's logit and its best span's margin.

    The margin is that of the best answer span over "no span", as for SQuAD 2.0.
    """
    reader.eval()
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
    found: dict[int, tuple[Any, float, float]] = {}
    for at in range(0, len(order), 32):
        part = order[at : at + 32]
        batch = tensors([encoded[i] for i in part])
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            units, passage, span = reader(
                batch["ids"], batch["types"], batch["mask"], batch["owner"]
            )
        for row, i in enumerate(part):
            own = torch.tensor(encoded[i].owner) > 0
            ends = span[row, : len(encoded[i].ids)].float()
            margin = float(ends[own, 0].max() + ends[own, 1].max() - ends[0].sum())
            logits = units[row, : len(encoded[i].labels)].float().numpy()
            found[i] = (logits, float(passage[row]), margin)
    return [found[i] for i in range(len(encoded))]


def measure(reader: Reader, encoded: Sequence[Encoded]) -> dict[str, float]:
    """Return figures on samples, those of one question in one group.

    ``units@1`` is the share of answerable questions whose best unit is evidence; ``auroc`` tells
    answerable questions from the others by the best unit's logit, ``auroc_passage`` by the best
    passage's.
    """
    from sklearn.metrics import roc_auc_score

    best: dict[int, tuple[float, bool]] = {}
    passages: dict[int, float] = {}
    answerable: dict[int, bool] = {}
    found = scores(reader, encoded)
    for one, (logits, passage, _) in zip(encoded, found, strict=True):
        group = one.group
        top = int(np.argmax(logits))
        if group not in best or logits[top] > best[group][0]:
            best[group] = (float(logits[top]), bool(one.labels[top]))
        passages[group] = max(passages.get(group, -math.inf), passage)
        answerable[group] = answerable.get(group, False) or one.answers > 0
    yes = [g for g in best if answerable[g]]
    figures = {"units@1": float(np.mean([best[g][1] for g in yes]))}
    if len(yes) < len(best):
        wanted = [answerable[g] for g in best]
        figures["auroc"] = float(roc_auc_score(wanted, [best[g][0] for g in best]))
        figures["auroc_passage"] = float(roc_auc_score(wanted, [passages[g] for g in best]))
    return figures


def export(reader: Reader, target: Path) -> None:
    """Write the reader as an ONNX file with weights of eight bits, no more than 30 MB."""
    import tempfile

    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    model = reader.eval()
    example = (
        torch.ones(2, 16, dtype=torch.long),
        torch.zeros(2, 16, dtype=torch.long),
        torch.ones(2, 16, dtype=torch.long),
        torch.ones(2, 16, dtype=torch.long),
    )
    names = ["ids", "types", "mask", "owner"]
    with tempfile.TemporaryDirectory() as folder:
        whole, ready = Path(folder) / "whole.onnx", Path(folder) / "ready.onnx"
        torch.onnx.export(
            model, example, str(whole), input_names=names,
            output_names=["units", "passage", "span"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names}
            | {"units": {0: "batch"}, "passage": {0: "batch"}, "span": {0: "batch", 1: "tokens"}},
            opset_version=17, dynamo=False,
        )  # fmt: skip
        quant_pre_process(str(whole), str(ready), skip_symbolic_shape=True)
        quantize_dynamic(
            str(ready), str(target), weight_type=QuantType.QInt8, per_channel=True,
            extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip


def write_checksum(model: Path) -> None:
    """Write the sha256 of a model's file beside it; it is not loaded without."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    model.with_suffix(".sha256").write_text(f"{digest}  {model.name}\n", "ascii")
