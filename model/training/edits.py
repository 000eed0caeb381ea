"""Next edits, made from finished code by undoing part of it.

The finished code is the answer. Undoing one change everywhere gives the text as it was (`original`); doing it again in one place is
what the user has just done (`current`); what is left to do is the next edit. Two kinds: a rename and an argument that calls
got. In a third of the examples nothing is left to do: a model must be able to keep quiet.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from . import nodes

LINES_AROUND = 10  # of the cursor's line, above and below: the region that may change
_QUIET = 0.33
_TRIES = 6
_NAME = re.compile(r"\b[A-Za-z_]\w{3,30}\b")
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|_+")
_CALL = re.compile(r"\b([A-Za-z_]\w{2,})\(")
_COMMON_WORDS = frozenset(
    "auto bool boolean break case catch char class const continue default delete double else enum except extends extern final "
    "finally float from func function implements import include instanceof interface lambda long match namespace none null "
    "nullptr override package pass private protected public raise return self short signed sizeof static string struct "
    "super switch template this throw throws true false try type typedef typename union unsigned using virtual void "
    "volatile while with yield async await None True False elif".split()
)


@dataclass(frozen=True)
class NextEdit:
    """Regions of whole lines, each ended by a line feed, all before the first still to be changed place alike."""

    original: str
    current: str
    updated: str


def make(text: str, language: str, draw: random.Random) -> NextEdit | None:
    """None where the text has nothing that fits."""
    lines = text.splitlines(keepends=True)
    if len(lines) < LINES_AROUND:
        return None
    for _ in range(_TRIES):
        cursor = draw.randrange(len(lines))
        region = "".join(lines[max(0, cursor - LINES_AROUND) : cursor + LINES_AROUND + 1])
        if not region.endswith("\n"):
            continue
        changes = _rename(region, text, draw) if draw.random() < 0.65 else _argument(region, language, draw)
        if len(changes) >= 2:
            return _undone(region, changes, draw)
    return None


@dataclass(frozen=True)
class _Change:
    """Bytes of the finished code, and what stood there before."""

    start: int
    end: int
    before: str


def _undone(region: str, changes: list[_Change], draw: random.Random) -> NextEdit:
    """The user did the first change; a quiet example has no other left."""
    original = _with(region, changes)
    if draw.random() < _QUIET:
        one = [draw.choice(changes)]
        return NextEdit(_with(region, one), region, region)
    return NextEdit(original, _with(region, changes[1:]), region)


def _with(region: str, changes: list[_Change]) -> str:
    for change in reversed(changes):
        region = region[: change.start] + change.before + region[change.end :]
    return region


def _rename(region: str, text: str, draw: random.Random) -> list[_Change]:
    places: dict[str, list[re.Match[str]]] = {}
    for match in _NAME.finditer(region):
        if match.group() not in _COMMON_WORDS:
            places.setdefault(match.group(), []).append(match)
    names = sorted(name for name, found in places.items() if 2 <= len(found) <= 6)
    if not names:
        return []
    name = draw.choice(names)
    old = _other_name(name, draw)
    if not old or re.search(rf"\b{old}\b", text):
        return []
    return [_Change(match.start(), match.end(), old) for match in places[name]]


def _other_name(name: str, draw: random.Random) -> str:
    """What a programmer may have called it first: a word less, a word's beginning, another word. "" for none."""
    words = _WORDS.findall(name)
    solid = [i for i, word in enumerate(words) if word.strip("_")]
    if not solid:
        return ""
    i = draw.choice(solid)
    kind = draw.random()
    if kind < 0.4 and len(solid) > 1:
        del words[i]
    elif kind < 0.7 and len(words[i]) > 4:
        words[i] = words[i][: draw.randint(1, 3)]
    else:
        other = draw.choice(("value", "item", "result", "data", "count", "index", "name", "node", "buffer", "state", "old", "tmp"))
        words[i] = other.capitalize() if words[i][:1].isupper() else other
    old = "".join(words).strip("_") if not name.startswith("_") else "".join(words).rstrip("_")
    return old if old != name and len(old) > 1 and not old[0].isdigit() and old not in _COMMON_WORDS else ""


def _argument(region: str, language: str, draw: random.Random) -> list[_Change]:
    """The last of two or more arguments of a function that is called more than once, gone from every call."""
    ends = {span.start: span.end for span in nodes.spans(region, language) if span.kind == "arguments"}
    calls: dict[str, list[_Change]] = {}
    for match in _CALL.finditer(region):
        end = ends.get(match.end())
        inside = region[match.end() : end] if end else ""
        comma = inside.rfind(",")
        if comma > 0 and inside.count("(", comma) == inside.count(")", comma) and match.group(1) not in _COMMON_WORDS:
            calls.setdefault(match.group(1), []).append(_Change(match.end() + comma, match.end() + len(inside), ""))
    names = sorted(name for name, changes in calls.items() if 2 <= len(changes) <= 5)
    return calls[draw.choice(names)] if names else []
