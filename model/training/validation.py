"""Bits per byte on held-out code: the one figure that can be compared between tokenizers.

Windows of plain text, the same ones in every run, from every language in turn; the first half of a row is a file's start as
often as not. The sum of the nats of all tokens, over the bytes that they spell.
"""

from __future__ import annotations

import collections
import json
import math
from pathlib import Path

import torch

from .model import Model


class Validation:
    def __init__(self, shards: Path, windows: int) -> None:
        lines = (shards / "validation.jsonl").read_text().splitlines()
        self._windows = [json.loads(line) for line in lines[:windows]]

    @torch.no_grad()
    def measure(self, model: Model) -> dict:
        """{"bits_per_byte": of all, "by_language": {...}}"""
        device = model.embedding.weight.device
        nats: collections.Counter[str] = collections.Counter()
        size: collections.Counter[str] = collections.Counter()
        for window in self._windows:
            ids = torch.tensor(window["ids"], device=device)[None]
            _, each = model.loss(ids[:, :-1], ids[:, 1:], torch.ones_like(ids[:, 1:], dtype=torch.float32))
            nats[window["language"]] += float(each.sum())
            size[window["language"]] += window["bytes"]
        by_language = {name: round(nats[name] / math.log(2) / size[name], 4) for name in sorted(size)}
        return {
            "bits_per_byte": round(sum(nats.values()) / math.log(2) / max(1, sum(size.values())), 4),
            "by_language": by_language,
        }
