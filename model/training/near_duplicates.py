"""Near-duplicate texts, by MinHash over word shingles and locality-sensitive hashing.

Broder 1997, "On the resemblance and containment of documents"; the banding is that of Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", chapter 3. Two texts of likeness J share a band of R rows with chance J^R, and one of B
bands with 1 - (1 - J^R)^B: with 16 bands of 4 rows it is 0.5 at J = 0.46 and 0.98 at 0.68. What shares a band is then
compared by its whole signature, so that the threshold is sharp.
"""

from __future__ import annotations

import re
import zlib

import numpy as np

BANDS, ROWS = 16, 4
SHINGLE_WORDS = 5
LIKENESS_MIN = 0.7
_SHINGLES_MAX = 4000  # of the smallest hashes: bounds the cost of a long text, and stays a fair sample
_WORD = re.compile(r"\w+|[^\w\s]")
_PRIME = np.uint64((1 << 61) - 1)


class NearDuplicates:
    """Remembers texts by a key; tells which earlier one a text is a near copy of."""

    def __init__(self, seed: int = 1) -> None:
        draw = np.random.default_rng(seed)
        self._factors = draw.integers(1, 1 << 29, BANDS * ROWS, dtype=np.uint64)
        self._offsets = draw.integers(0, 1 << 60, BANDS * ROWS, dtype=np.uint64)
        self._buckets: dict[tuple[int, bytes], int] = {}
        self._signatures: list[np.ndarray] = []
        self._keys: list[str] = []

    def signature(self, text: str) -> np.ndarray | None:
        """None for a text with too few words to say anything about."""
        words = [zlib.crc32(word.encode()) for word in _WORD.findall(text)]
        if len(words) < 4 * SHINGLE_WORDS:
            return None
        hashes = np.array(words, dtype=np.uint64)
        shingles = np.zeros(len(hashes) - SHINGLE_WORDS + 1, dtype=np.uint64)
        for i in range(SHINGLE_WORDS):  # wraps around in 64 bits: a polynomial hash
            shingles = shingles * np.uint64(1_000_003) + hashes[i : i + len(shingles)]
        shingles = np.unique(shingles ^ (shingles >> np.uint64(33)))[:_SHINGLES_MAX] & np.uint64((1 << 32) - 1)
        permuted = (shingles[None, :] * self._factors[:, None] + self._offsets[:, None]) % _PRIME
        return permuted.min(axis=1)

    def find_or_add(self, key: str, signature: np.ndarray) -> str | None:
        """The key of an earlier near copy; the text is remembered only when there is none."""
        bands = [(b, signature[b * ROWS : (b + 1) * ROWS].tobytes()) for b in range(BANDS)]
        for band in bands:
            other = self._buckets.get(band)
            if other is not None and np.mean(self._signatures[other] == signature) >= LIKENESS_MIN:
                return self._keys[other]
        index = len(self._signatures)
        self._signatures.append(signature)
        self._keys.append(key)
        for band in bands:
            self._buckets.setdefault(band, index)
        return None
