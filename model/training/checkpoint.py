"""Checkpoints: at most 8 files of at most 16 MB, so that a run can be carried to a rented card and back in small pieces.

A checkpoint is a folder: state.json (progress, configuration, and where each tensor lies) and part-0.bin ... The parts are
one run of bytes, cut. Weights come first. When weights and optimiser state in full precision are too much, the optimiser's
state goes to bfloat16; when that is still too much it stays out, and then the weights are bfloat16 too: a run that is continued
from those warms up again.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

PARTS_MAX = 8
PART_BYTES = 16_000_000
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class TooLarge(ValueError):
    pass


def save(folder: Path, weights: dict[str, torch.Tensor], state: dict[str, torch.Tensor], facts: dict) -> None:
    """Replaces the folder by rename, so that a kill leaves the old checkpoint or the new one."""
    tensors = _choose(weights, state)
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    table, blob = {}, bytearray()
    for name, tensor in tensors.items():
        data = tensor.detach().cpu().contiguous().view(-1)
        table[name] = {"dtype": str(data.dtype).removeprefix("torch."), "shape": list(tensor.shape), "begin": len(blob)}
        raw = data.view(torch.int16) if data.dtype == torch.bfloat16 else data
        blob += raw.numpy().tobytes()
    for part, begin in enumerate(range(0, len(blob), PART_BYTES)):
        (new / f"part-{part}.bin").write_bytes(blob[begin : begin + PART_BYTES])
    (new / "state.json").write_text(json.dumps({**facts, "tensors": table}, indent=1))
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], dict]:
    """Weights and optimiser state (empty where it stayed out) in full precision, and the facts."""
    if not (folder / "state.json").exists() and folder.with_name(folder.name + ".old").exists():
        folder = folder.with_name(folder.name + ".old")  # killed between two renames
    facts = json.loads((folder / "state.json").read_text())
    blob = bytearray()
    for part in range(PARTS_MAX):
        path = folder / f"part-{part}.bin"
        if path.exists():
            blob += path.read_bytes()
    weights, state = {}, {}
    for name, place in facts.pop("tensors").items():
        kind, _, key = name.partition("/")
        (weights if kind == "weight" else state)[key] = _tensor(blob, place)
    return weights, state, facts


def _tensor(blob: bytearray, place: dict) -> torch.Tensor:
    dtype = _DTYPES[place["dtype"]]
    count = 1
    for extent in place["shape"]:
        count *= extent
    stored = torch.int16 if dtype == torch.bfloat16 else dtype
    raw = torch.frombuffer(blob, dtype=stored, count=count, offset=place["begin"]).clone()
    return (raw.view(torch.bfloat16).float() if dtype == torch.bfloat16 else raw).view(place["shape"])


def _choose(weights: dict[str, torch.Tensor], state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The most exact form that fits."""
    choices = (
        (torch.float32, torch.float32),
        (torch.float32, torch.bfloat16),
        (torch.bfloat16, None),
    )
    for weight_dtype, state_dtype in choices:
        chosen = {f"weight/{name}": tensor.to(weight_dtype) for name, tensor in weights.items()}
        if state_dtype is not None:
            chosen.update({f"state/{name}": tensor.to(state_dtype) for name, tensor in state.items()})
        if sum(tensor.numel() * tensor.element_size() for tensor in chosen.values()) <= PARTS_MAX * PART_BYTES:
            return chosen
    raise TooLarge(f"the weights alone are more than {PARTS_MAX} files of {PART_BYTES} bytes in bfloat16")
