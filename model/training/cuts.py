"""Where a middle begins and ends: as editors ask for it, and at every other kind of place as well.

Bavarian et al. 2022, arXiv:2207.14255: cuts at random characters make a model robust to any cursor; the rest teaches what
is really asked for: the rest of a line, whole lines, and nodes of the syntax (nodes.py).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import nodes

# Shares of the kinds of cut.
KINDS = {"rest of line": 0.24, "inside line": 0.08, "lines": 0.22, "node": 0.36, "characters": 0.10}
_NODE_KINDS = {"argument": 0.12, "arguments": 0.16, "expression": 0.2, "statement": 0.2, "block": 0.2, "signature": 0.12}
_TRIES = 12
_CHARACTERS_MAX = 160


@dataclass(frozen=True)
class Cut:
    kind: str
    start: int
    end: int


def choose(text: str, language: str, draw: random.Random) -> Cut | None:
    """None for a text in which nothing of the kind was found."""
    kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
    if kind == "node":
        return _node(text, language, draw)
    for _ in range(_TRIES):
        cut = _by_lines(text, kind, draw)
        if cut and text[cut.start : cut.end].strip():
            return cut
    return None


def _node(text: str, language: str, draw: random.Random) -> Cut | None:
    by_kind: dict[str, list[nodes.Span]] = {}
    for span in nodes.spans(text, language):
        if span.start >= len(text) // 12:
            by_kind.setdefault(span.kind, []).append(span)
    if not by_kind:
        return None
    kinds = sorted(by_kind)
    kind = draw.choices(kinds, [_NODE_KINDS[name] for name in kinds])[0]
    span = draw.choice(by_kind[kind])
    start = span.start
    if draw.random() < 0.3:  # the cursor stands inside: some of it is written already
        start = draw.randrange(span.start, span.end)
    return Cut(kind, start, span.end)


def _by_lines(text: str, kind: str, draw: random.Random) -> Cut | None:
    at = draw.randrange(len(text) // 12, len(text))
    if kind == "characters":
        return Cut(kind, at, min(len(text), at + draw.randint(1, _CHARACTERS_MAX)))
    line_start = text.rfind("\n", 0, at) + 1
    line_end = _line_end(text, at)
    code = line_start + len(text[line_start:line_end]) - len(text[line_start:line_end].lstrip())
    if code >= line_end:
        return None
    if kind == "lines":
        start = code if draw.random() < 0.85 else line_start
        end = line_end
        for _ in range(draw.choice((0, 0, 0, 1, 1, 2, 2, 3, 4, 6))):
            end = _line_end(text, min(end + 1, len(text)))
        return Cut(kind, start, end)
    start = max(code, min(at, line_end - 1))
    if draw.random() < 0.7:  # at the beginning of a word
        while start > code and (text[start - 1].isalnum() or text[start - 1] == "_"):
            start -= 1
    if kind == "rest of line":
        return Cut(kind, start, line_end)
    return Cut(kind, start, draw.randint(start + 1, line_end))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
