"""Pieces of other files of the same package, as the prompt of a completion shows them.

At work Curlew's index chooses them, by what the names before the cursor mean. Here they are chosen by the rare names that a
piece shares with the text around the cursor: the same evidence, for every language at once, and fast enough for a whole corpus.
In half of the cases the hidden middle has a say too. Without that, what is shown would hardly ever hold the answer, and a model
would learn not to look.
"""

from __future__ import annotations

import collections
import random
import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_]\w{3,}")
_PIECE_LINES_MAX = 28
_PIECE_BYTES = (120, 1400)
_COMMON = 24  # a name in more pieces than this says nothing
_QUERY_BYTES = 500


@dataclass(frozen=True)
class Piece:
    path: str
    text: str


class PackageIndex:
    def __init__(self, files: list[dict]) -> None:
        self._pieces = [piece for file in files for piece in cut_pieces(file["path"], file["text"])]
        self._by_name: dict[str, list[int]] = collections.defaultdict(list)
        for index, piece in enumerate(self._pieces):
            for name in set(_NAME.findall(piece.text)):
                self._by_name[name].append(index)

    def find(self, path: str, before: str, hidden: str, count: int, draw: random.Random) -> list[Piece]:
        """The best few of other files, best last: nearest to the cursor's file, where it is read best."""
        query = before[-_QUERY_BYTES:] + (hidden if draw.random() < 0.5 else "")
        scores: collections.Counter[int] = collections.Counter()
        for name in set(_NAME.findall(query)):
            places = self._by_name.get(name, ())
            if len(places) <= _COMMON:
                for index in places:
                    scores[index] += 1 / len(places)
        best = [index for index, _ in sorted(scores.items(), key=lambda item: (-item[1], item[0]))]
        chosen = [self._pieces[index] for index in best if self._pieces[index].path != path][:count]
        if chosen and self._pieces and draw.random() < 0.2:  # retrieval errs, and a model must live with it
            chosen[-1] = draw.choice(self._pieces)
        return [piece for piece in reversed(chosen) if piece.path != path]


def cut_pieces(path: str, text: str) -> list[Piece]:
    """Whole lines, from one blank line before something at the margin to the next, joined while they are short."""
    pieces: list[Piece] = []
    lines: list[str] = []
    size = 0
    for line in text.splitlines(keepends=True):
        starts = bool(lines) and not lines[-1].strip() and line[:1] not in " \t\n})]"
        if (starts and size > _PIECE_BYTES[1] // 3) or len(lines) >= _PIECE_LINES_MAX or size > _PIECE_BYTES[1]:
            pieces.append(Piece(path, "".join(lines)))
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    pieces.append(Piece(path, "".join(lines)))
    return [piece for piece in pieces if len(piece.text.strip()) >= _PIECE_BYTES[0]]
