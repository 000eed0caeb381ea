"""Writes GGUF files, version 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.

Matrices in F16 or Q8_0 (blocks of 32 with an F16 scale: x = scale * q), vectors in F32, as every reader expects.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy as np

_ALIGNMENT = 32
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_PLAIN = {_UINT32: "<I", _INT32: "<i", _FLOAT32: "<f", _BOOL: "<?"}
_F32, _F16, _Q8_0 = 0, 1, 8
BLOCK = 32


@dataclass(frozen=True)
class Float:
    """A value that is to be 32-bit floating point though it may look whole."""

    value: float


@dataclass(frozen=True)
class Signed:
    """A list that is to be of signed integers."""

    values: Sequence[int]


def write(path: Path, metadata: dict[str, Any], tensors: dict[str, np.ndarray], quantised: bool) -> None:
    table, data, offset = b"", [], 0
    for name, array in tensors.items():
        kind, raw = _encode(array, quantised)
        table += _string(name) + struct.pack("<I", array.ndim)
        table += struct.pack(f"<{array.ndim}Q", *reversed(array.shape))  # fastest first
        table += struct.pack("<IQ", kind, offset)
        raw += bytes(-len(raw) % _ALIGNMENT)
        data.append(raw)
        offset += len(raw)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))
    head += b"".join(_string(key) + _value(value) for key, value in metadata.items()) + table
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(head + bytes(-len(head) % _ALIGNMENT))
        file.writelines(data)
    partial.rename(path)


def to_q8_0(array: np.ndarray) -> bytes:
    """Rows must be whole blocks."""
    if array.shape[-1] % BLOCK:
        raise ValueError(f"rows of {array.shape[-1]} cannot be cut into blocks of {BLOCK}")
    blocks = array.astype(np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(1) / 127
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    scaled = blocks * inverse[:, None]
    rounded = np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int8)  # halves away from zero, as ggml does
    out = np.empty((len(blocks), 2 + BLOCK), np.uint8)
    out[:, :2] = scale.astype("<f2").view(np.uint8).reshape(-1, 2)
    out[:, 2:] = rounded.view(np.uint8)
    return out.tobytes()


def _encode(array: np.ndarray, quantised: bool) -> tuple[int, bytes]:
    if array.ndim == 1:
        return _F32, array.astype("<f4").tobytes()
    return (_Q8_0, to_q8_0(array)) if quantised else (_F16, array.astype("<f2").tobytes())


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Any) -> bytes:
    if isinstance(value, Signed):
        return _array(_INT32, value.values)
    if isinstance(value, (list, tuple)):
        kind = _STRING if isinstance(value[0], str) else _FLOAT32
        return _array(kind, value)
    kind, plain = _typed(value)
    return struct.pack("<I", kind) + _scalar(kind, plain)


def _typed(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return _BOOL, value
    if isinstance(value, int):
        return _UINT32, value
    if isinstance(value, Float):
        return _FLOAT32, value.value
    return _STRING, str(value)


def _array(kind: int, values: Sequence[Any]) -> bytes:
    head = struct.pack("<IIQ", _ARRAY, kind, len(values))
    return head + b"".join(_scalar(kind, value) for value in values)


def _scalar(kind: int, value: Any) -> bytes:
    return _string(value) if kind == _STRING else struct.pack(_PLAIN[kind], value)
