"""How two lists of lines differ."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    kind: str  # "keep", "add" or "drop"
    line: str


def common_lengths(old, new):
    """lengths[i][j]: of the longest common subsequence of old[i:] and new[j:]."""
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            if old[i] == new[j]:
                lengths[i][j] = lengths[i + 1][j + 1] + 1
            else:
                lengths[i][j] = max(lengths[i + 1][j], lengths[i][j + 1])
    return lengths


def steps(old, new):
    """What makes `new` of `old`; drops come before adds."""
    lengths = common_lengths(old, new)
    result = []
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            result.append(Step("keep", old[i]))
            i += 1
            j += 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            result.append(Step("drop", old[i]))
            i += 1
        else:
            result.append(Step("add", new[j]))
            j += 1
    result.extend(Step("drop", line) for line in old[i:])
    result.extend(Step("add", line) for line in new[j:])
    return result


def patch(old, changes):
    """`new` again; ValueError where `old` is not what the steps were made for."""
    result = []
    at = 0
    for step in changes:
        if step.kind == "add":
            result.append(step.line)
            continue
        if at >= len(old) or old[at] != step.line:
            raise ValueError(f"line {at + 1} is not {step.line!r}")
        if step.kind == "keep":
            result.append(step.line)
        at += 1
    return result + list(old[at:])


def distance(a, b):
    """Letters to insert, delete or replace."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            cost = diagonal + (left != right)
            diagonal = row[j]
            row[j] = min(cost, row[j] + 1, row[j - 1] + 1)
    return row[-1]


def closest(word, words, limit=2):
    near = [(distance(word, each), each) for each in words]
    near = [pair for pair in near if pair[0] <= limit]
    return min(near)[1] if near else None
