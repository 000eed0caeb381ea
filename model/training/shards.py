"""Token shards: rows of one length, ready to be trained on.

A shard NAME.tokens is little-endian uint16 ids, [rows, length + 1]: a row's inputs are its first `length` ids and its
targets the last. NAME.weights has one byte a target: its weight in the loss in sixteenths, 0 for padding. So a shard of
60 MB holds about 20 million tokens. Both are mapped, not read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BYTES_MAX = 60_000_000
WEIGHT_ONE = 16


@dataclass
class Row:
    ids: list[int]  # length + 1
    weights: list[int]  # length


class Shard:
    def __init__(self, path: Path, length: int) -> None:
        self.tokens = np.memmap(path, dtype="<u2", mode="r").reshape(-1, length + 1)
        self.weights = np.memmap(path.with_suffix(".weights"), dtype=np.uint8, mode="r").reshape(-1, length)
        if len(self.tokens) != len(self.weights):
            raise ValueError(f"{path}: {len(self.tokens)} rows of tokens and {len(self.weights)} of weights")

    def __len__(self) -> int:
        return len(self.tokens)


def rows_max(length: int) -> int:
    return BYTES_MAX // (2 * (length + 1) + length)


def write_shard(path: Path, rows: list[Row]) -> None:
    """Whole or not at all: a shard that is there is complete."""
    weights = path.with_suffix(".weights")
    np.array([row.weights for row in rows], dtype=np.uint8).tofile(weights)
    partial = path.with_suffix(".partial")
    np.array([row.ids for row in rows], dtype="<u2").tofile(partial)
    partial.rename(path)


class Batches:
    """Rows of all shards in a fixed random order, pass after pass; where it stands is one number: the rows given so far.

    Rows are shuffled within a shard and shards within a pass, both by the seed and the number of the pass.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.facts = json.loads((folder / "shards.json").read_text())
        self.length: int = self.facts["length"]
        self.shards = [Shard(path, self.length) for path in sorted(folder.glob("*.tokens"))]
        if not self.shards:
            raise ValueError(f"{folder} has no shards; run training.prepare first")
        self.rows = sum(len(shard) for shard in self.shards)
        self._seed = seed
        self._pass, self._order = -1, np.empty((0, 2), dtype=np.int64)

    def batch(self, first: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows first, first + 1, ... of the endless order: inputs, targets [count, length], weights as floats."""
        picked = [self._row(first + i) for i in range(count)]
        tokens = np.stack([self.shards[shard].tokens[row] for shard, row in picked]).astype(np.int64)
        weights = np.stack([self.shards[shard].weights[row] for shard, row in picked])
        return tokens[:, :-1], tokens[:, 1:], weights.astype(np.float32) / WEIGHT_ONE

    def _row(self, number: int) -> tuple[int, int]:
        if number // self.rows != self._pass:
            self._pass = number // self.rows
            self._order = self._shuffled(self._pass)
        shard, row = self._order[number % self.rows]
        return int(shard), int(row)

    def _shuffled(self, turn: int) -> np.ndarray:
        draw = np.random.default_rng((self._seed, turn))
        parts = []
        for shard in draw.permutation(len(self.shards)):
            rows = draw.permutation(len(self.shards[shard]))
            parts.append(np.stack([np.full_like(rows, shard), rows], axis=1))
        return np.concatenate(parts)
