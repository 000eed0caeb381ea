"""Spans of code that a person would leave out: arguments, expressions, statements, blocks, signatures.

Found by a lexer that knows strings, comments and brackets, for every language of the corpus alike: what it calls a node is one
in nearly every case, costs a hundredth of a parse, and needs no grammar on the training machine. A middle is cut exactly at a
node's end, so that the model learns to stop there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .languages import HASH_COMMENTS

_STRING = r"\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n]){1,200}'|`(?:\\.|[^`\\])*`"
_SLASH = re.compile(rf"(?P<skip>//[^\n]*|/\*.*?\*/|{_STRING})|(?P<mark>[()\[\]{{}},;\n])", re.S)
_HASH = re.compile(rf"(?P<skip>\#[^\n]*|{_STRING})|(?P<mark>[()\[\]{{}},;\n])", re.S)
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_VALUE = re.compile(r"(?:(?<![=!<>+\-*/%&|^:])=(?!=)|:=|=>|\breturn\b)[ \t]*(?=\S)")
_BLOCK_BYTES_MAX = 900
_SPAN_BYTES_MAX = 600


@dataclass(frozen=True)
class Span:
    kind: str  # "argument", "arguments", "expression", "statement", "block", "signature"
    start: int
    end: int


@dataclass
class _Open:
    bracket: str
    at: int
    part: int  # where the argument begins that is being read


def spans(text: str, language: str) -> list[Span]:
    """In no particular order; none is blank, begins or ends with blanks, or is longer than a person would ask for."""
    found: list[Span] = []
    stack: list[_Open] = []
    line_start, line_depth = 0, 0  # of the logical line: one that no bracket but a block's keeps open
    for match in (_HASH if language in HASH_COMMENTS else _SLASH).finditer(text):
        mark, at = match.group("mark"), match.start()
        if mark is None:
            continue
        if mark in _CLOSER:
            if mark == "{":
                _add(found, text, "signature", line_start, at)
            stack.append(_Open(mark, at, at + 1))
        elif mark in ")]}":
            _close(found, text, stack, mark, at)
        elif mark == "," and stack and stack[-1].bracket != "{":
            _add(found, text, "argument", stack[-1].part, at)
            stack[-1].part = at + 1
        inside_line = any(one.bracket != "{" and one.at >= line_start for one in stack[-3:])
        if mark in ";\n{}" and not inside_line:
            end = at + (mark == ";")
            _line(found, text, line_start, end)
            line_start = at + 1
    if language == "python":
        found += _suites(text)
    return found


def _close(found: list[Span], text: str, stack: list[_Open], mark: str, at: int) -> None:
    """Text that does not balance (half of a #if, say) loses what stood open, and goes on."""
    while stack:
        one = stack.pop()
        if _CLOSER[one.bracket] != mark:
            continue
        if mark == "}":
            _add(found, text, "block", one.at + 1, at, _BLOCK_BYTES_MAX)
        else:
            _add(found, text, "argument", one.part, at)
            _add(found, text, "arguments", one.at + 1, at)
        return


def _line(found: list[Span], text: str, start: int, end: int) -> None:
    _add(found, text, "statement", start, end)
    value = _VALUE.search(text, start, end)
    if value:
        _add(found, text, "expression", value.end(), end - (text[end - 1] == ";"))


def _suites(text: str) -> list[Span]:
    """Python's blocks: lines that stand deeper than the one that ends with a colon above them."""
    found: list[Span] = []
    opened: list[tuple[int, int]] = []  # indentation of the header, end of its line
    end = at = 0
    for line in text.splitlines(keepends=True):
        code = line.strip()
        if code:
            indent = len(line) - len(line.lstrip())
            while opened and indent <= opened[-1][0]:
                _add(found, text, "block", opened.pop()[1], end, _BLOCK_BYTES_MAX)
            if code.endswith(":") and not code.startswith("#"):
                _add(found, text, "signature", at, at + len(line.rstrip()))
                opened.append((indent, at + len(line)))
            end = at + len(line)
        at += len(line)
    for _, start in opened:
        _add(found, text, "block", start, end, _BLOCK_BYTES_MAX)
    return found


def _add(found: list[Span], text: str, kind: str, start: int, end: int, bytes_max: int = _SPAN_BYTES_MAX) -> None:
    if end - start > bytes_max + 200:
        return
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if 2 <= end - start <= bytes_max:
        found.append(Span(kind, start, end))
