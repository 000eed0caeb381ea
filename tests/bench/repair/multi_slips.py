"""Slips that take more than a token to undo."""

import re

from compile_slips import misspelt_member, misspelt_name, missing_mark
from source import Change
from test_slips import arithmetic, comparison, logical, lost_negation, min_max, number_by_one


def _statements(source):
    """Numbers of lines that are whole statements."""
    if source.language in ("python", "go"):
        pattern = re.compile(r"[ \t]+(?!if |for |while |return|def |class |else|elif |case |raise |try|\w+ = None$|func |//|#|\")"
                             r"[\w.\[\]*(]+.*[^,:{(\[&|+]")
    else:
        pattern = re.compile(r" +(?!return|use |static |public|private|//)[\w.\[\]*+(:<>]+.*;")
    return [i for i, (start, end) in enumerate(source.lines) if pattern.fullmatch(source.line_text(i))
            and source.line_text(i).count("(") == source.line_text(i).count(")")
            and source.line_text(i).count("{") == source.line_text(i).count("}")]


def deleted_statement(source):
    return [Change(source.lines[i][0], source.lines[i][1] + 1, "") for i in _statements(source)]


def _whole(source, first, last, text):
    return Change(source.lines[first][0], source.lines[last][1], text)


def _indent(line):
    return len(line) - len(line.lstrip())


def swapped_lines(source):
    whole = set(_statements(source))
    return [_whole(source, i, i + 1, source.line_text(i + 1) + "\n" + source.line_text(i)) for i in sorted(whole)
            if i + 1 in whole and _indent(source.line_text(i)) == _indent(source.line_text(i + 1))]


def doubled_line(source):
    return [_whole(source, i, i, source.line_text(i) + "\n" + source.line_text(i)) for i in _statements(source)]


def moved_out_of_block(source):
    """The last statement of a block, behind it."""
    changes = []
    for i in _statements(source):
        line, below = source.line_text(i), source.line_text(i + 1)
        if source.language == "python":
            if below.strip() and 0 < _indent(below) < _indent(line):
                changes.append(_whole(source, i, i, " " * _indent(below) + line.lstrip()))
        elif below.strip() == "}" and _indent(below) > 0:
            changes.append(_whole(source, i, i + 1, below + "\n" + below[: _indent(below)] + line.lstrip()))
    return changes


def deleted_guard(source):
    """An early return with its condition."""
    one = re.compile(r"[ \t]+if .*(?:return|continue|throw|break).*[;}]")
    head = re.compile(r"[ \t]+if .*[:{]")
    leave = re.compile(r"\s+(?:return|raise|continue|break|throw)\b.*")
    changes = []
    for i in range(len(source.lines)):
        if one.fullmatch(source.line_text(i)):
            changes.append(Change(source.lines[i][0], source.lines[i][1] + 1, ""))
        elif head.fullmatch(source.line_text(i)) and leave.fullmatch(source.line_text(i + 1)):
            last = i + 1 if source.language == "python" else i + 2
            if source.language == "python" or source.line_text(last).strip() == "}":
                changes.append(Change(source.lines[i][0], source.lines[last][1] + 1, ""))
    return changes


def _both(source, kinds):
    """Two changes of such kinds, between four and thirty lines apart."""
    changes = []
    for found in (kind(source) for kind in kinds):
        changes += source.rng.sample(found, min(4, len(found)))
    source.rng.shuffle(changes)
    pairs = []
    for a, b in zip(changes, changes[1:]):
        a, b = sorted((a, b), key=lambda c: c.start)
        lines = source.text.count("\n", a.start, b.start)
        if a.end <= b.start and 1 <= lines <= 30:
            pairs.append(Change(a.start, b.end, a.text + source.text[a.end:b.start] + b.text))
    return pairs


def two_misspelt(source):
    return _both(source, [misspelt_name, misspelt_member, missing_mark({")", ";", ","})])


def two_slips(source):
    return _both(source, [comparison, arithmetic, logical, number_by_one, lost_negation, min_max])


MULTI = {  # checked by the tests, but for two_misspelt
    "deleted statement": deleted_statement, "swapped lines": swapped_lines, "doubled line": doubled_line,
    "moved out of block": moved_out_of_block, "deleted guard": deleted_guard, "two slips": two_slips,
    "two misspelt": two_misspelt,
}
