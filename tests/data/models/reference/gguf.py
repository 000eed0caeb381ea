"""GGUF files, as much of them as the tiny models here need: read to float64, write with numpy.

A tensor is stored with its contiguous dimension first; numpy shapes are the other way round.
"""

import struct

import numpy as np

F32, F16, Q8_0, MXFP4 = 0, 1, 8, 39
TYPE_NAMES = {F32: "F32", F16: "F16", Q8_0: "Q8_0", MXFP4: "MXFP4"}
BLOCK = 32
ALIGNMENT = 32

# Twice the values of the sixteen E2M1 codes, so that they are integers.
E2M1_TWICE = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], dtype=np.float64)

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


# --- Reading


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def unpack(self, fmt):
        value = struct.unpack_from("<" + fmt, self.data, self.at)[0]
        self.at += struct.calcsize("<" + fmt)
        return value

    def text(self):
        size = self.unpack("Q")
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8", "surrogateescape")

    def value(self, kind):
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            element, count = self.unpack("I"), self.unpack("Q")
            return [self.value(element) for _ in range(count)]
        return self.unpack(_SCALARS[kind])


def read(path):
    """(metadata, {name: float64 array}, {name: type number})"""
    with open(path, "rb") as file:
        r = Reader(file.read())
    assert r.data[:4] == b"GGUF"
    r.at = 8
    tensors, keys = r.unpack("Q"), r.unpack("Q")
    metadata = {}
    for _ in range(keys):
        key = r.text()
        metadata[key] = r.value(r.unpack("I"))
    infos = []
    for _ in range(tensors):
        name = r.text()
        dims = [r.unpack("Q") for _ in range(r.unpack("I"))]
        infos.append((name, dims[::-1], r.unpack("I"), r.unpack("Q")))
    start = (r.at + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
    arrays = {n: dequantise(r.data, start + at, shape, kind) for n, shape, kind, at in infos}
    return metadata, arrays, {name: kind for name, _, kind, _ in infos}


def dequantise(data, at, shape, kind):
    count = int(np.prod(shape))
    if kind in (F32, F16):
        values = np.frombuffer(data, "<f4" if kind == F32 else "<f2", count, at)
        return values.astype(np.float64).reshape(shape)
    if kind == Q8_0:
        blocks = np.frombuffer(data, np.dtype([("d", "<f2"), ("q", "i1", BLOCK)]), count // BLOCK, at)
        return (blocks["d"].astype(np.float64)[:, None] * blocks["q"]).reshape(shape)
    assert kind == MXFP4, f"type {kind} is not read here"
    blocks = np.frombuffer(data, np.dtype([("e", "u1"), ("q", "u1", BLOCK // 2)]), count // BLOCK, at)
    codes = np.concatenate([blocks["q"] & 15, blocks["q"] >> 4], axis=1)
    scale = np.exp2(blocks["e"].astype(np.float64) - 128)  # one less than E8M0: the codes are doubled
    return (scale[:, None] * E2M1_TWICE[codes]).reshape(shape)


# --- Writing


def quantise(values, kind):
    if kind in (F32, F16):
        return values.astype("<f4" if kind == F32 else "<f2").tobytes()
    assert kind == MXFP4, f"type {kind} is not written here"
    blocks = values.reshape(-1, BLOCK)
    largest = np.abs(blocks).max(axis=1)
    exponent = np.floor(np.log2(largest)) - 2  # the largest code is 6, in [4, 8)
    scaled = blocks / np.exp2(exponent)[:, None]
    codes = np.abs(scaled[:, :, None] - E2M1_TWICE / 2).argmin(axis=2).astype(np.uint8)
    packed = codes[:, : BLOCK // 2] | codes[:, BLOCK // 2 :] << 4
    return np.concatenate([(exponent + 127).astype(np.uint8)[:, None], packed], axis=1).tobytes()


def _text(value):
    raw = value.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(raw)) + raw


def _value(value):
    """(type number, bytes); whole numbers are u32, others f32."""
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    if isinstance(value, str):
        return _STRING, _text(value)
    element = _value(value[0])[0]
    body = b"".join(_value(v)[1] for v in value)
    return _ARRAY, struct.pack("<IQ", element, len(value)) + body


def write(path, metadata, tensors):
    """tensors: {name: (array, type number)}"""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, value in metadata.items():
        kind, raw = _value(value)
        head += _text(key) + struct.pack("<I", kind) + raw
    body = b""
    for name, (array, kind) in tensors.items():
        body += b"\0" * (-len(body) % ALIGNMENT)
        head += _text(name) + struct.pack("<I", array.ndim)
        head += b"".join(struct.pack("<Q", d) for d in array.shape[::-1])
        head += struct.pack("<IQ", kind, len(body))
        body += quantise(array, kind)
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % ALIGNMENT) + body)
