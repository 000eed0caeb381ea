"""Writes safetensors files (https://github.com/huggingface/safetensors, "Format") in F16, without their library."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np


def write(path: Path, tensors: dict[str, np.ndarray]) -> None:
    table: dict[str, dict] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name in sorted(tensors):
        size = tensors[name].size * 2
        table[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [offset, offset + size]}
        offset += size
    head = json.dumps(table).encode()
    head += b" " * (-len(head) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for name in sorted(tensors):
            file.write(tensors[name].astype("<f2").tobytes())
