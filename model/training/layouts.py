"""Prompts as the engine lays them out (model/text/fim_prompt.cpp), in tokens with their weights in the loss.

    <|repo_name|>NAME\\n                       only before context
    <|file_sep|>PATH\\n TEXT                    each piece of context
    <|file_sep|>PATH\\n                         the file
    <|fim_prefix|><|fim_suffix|> S <|fim_middle|> P     and then the middle, <|endoftext|>    side by side: prefix and middle touch
    <|fim_prefix|> P <|fim_suffix|> S <|fim_middle|>    the same, prefix first

A next edit is laid out as the engine's family "sweep" does (model/text/next_edit_writer.cpp).

Side by side, everything but the prefix's end stays the same while the user types, and the KV cache with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .context import Piece
from .edits import NextEdit
from .shards import WEIGHT_ONE
from .tokens import END, FILE, MIDDLE, PREFIX, REPO, SUFFIX, Tokenizer

CONTEXT_WEIGHT = WEIGHT_ONE // 4  # seen often, by every file that asks for it
MIDDLE_WEIGHT = 2 * WEIGHT_ONE  # what the model is for
PATH_WEIGHT = WEIGHT_ONE // 4
_HUNK_LINES = 3  # unchanged ones around a past edit


@dataclass
class Example:
    ids: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    may_be_cut: bool = False  # plain text: can end anywhere and go on in the next row

    def add(self, ids: list[int], weight: int) -> None:
        self.ids += ids
        self.weights += [weight] * len(ids)


def header(tokenizer: Tokenizer, path: str, repository: str, pieces: list[Piece], tokens_max: int) -> Example:
    """Context and the file's path. Pieces that do not fit are left out, from the front: the best stand last."""
    blocks: list[list[int]] = []
    left = tokens_max
    for piece in reversed(pieces):
        block = [FILE] + tokenizer.encode(f"{piece.path}\n{piece.text.rstrip(chr(10))}\n")
        if len(block) <= left:
            blocks.insert(0, block)
            left -= len(block)
    example = Example()
    if blocks and repository:
        example.add([REPO] + tokenizer.encode(repository + "\n"), CONTEXT_WEIGHT)
    for block in blocks:
        example.add(block, CONTEXT_WEIGHT)
    if path:
        example.add([FILE] + tokenizer.encode(path + "\n"), PATH_WEIGHT)
    return example


def fill_in(
    tokenizer: Tokenizer, head: Example, prefix: str, middle: str, suffix: str, side_by_side: bool, tokens_max: int
) -> Example | None:
    """None where the middle alone is too much. The prefix is cut at its start and the suffix at its end, at lines."""
    answer = tokenizer.encode(middle)
    room = tokens_max - len(head.ids) - len(answer) - 4
    if room < 16:
        return None
    behind = fit_lines(tokenizer, suffix, room // 3, from_end=False)
    before = fit_lines(tokenizer, prefix, room - len(behind), from_end=True)
    example = Example(list(head.ids), list(head.weights))
    if side_by_side:
        example.add([PREFIX, SUFFIX], 0)
        example.add(behind, WEIGHT_ONE)
        example.add([MIDDLE], 0)
        example.add(before, WEIGHT_ONE)
    else:
        example.add([PREFIX], 0)
        example.add(before, WEIGHT_ONE)
        example.add([SUFFIX], 0)
        example.add(behind, WEIGHT_ONE)
        example.add([MIDDLE], 0)
    example.add(answer + [END], MIDDLE_WEIGHT)
    return example


def plain(tokenizer: Tokenizer, head: Example, text: str, is_end: bool) -> Example:
    example = Example(list(head.ids), list(head.weights), may_be_cut=True)
    example.add(tokenizer.encode(text) + ([END] if is_end else []), WEIGHT_ONE)
    return example


def fit_lines(tokenizer: Tokenizer, text: str, tokens_max: int, from_end: bool) -> list[int]:
    """The most whole lines, from one end of the text, that fit; of a longer line the tokens that do."""
    ids = tokenizer.encode(text)
    if len(ids) <= tokens_max:
        return ids
    newline = tokenizer.pieces.piece_to_id("<0x0A>")
    ids = ids[-tokens_max:] if from_end else ids[:tokens_max]
    feeds = [i for i, one in enumerate(ids) if one == newline]
    if not feeds or tokens_max == 0:
        return ids if tokens_max else []
    return ids[feeds[0] + 1 :] if from_end else ids[: feeds[-1] + 1]


def next_edit(tokenizer: Tokenizer, head: Example, path: str, edit: NextEdit, tokens_max: int) -> Example | None:
    """What the user did as a block of its own, then the region as it was and as it is; the answer is the region to be."""
    before, after = hunk(edit.original, edit.current)
    blocks = (
        f"{path}.diff\noriginal:\n{before}updated:\n{after}",
        f"original/{path}\n{edit.original}",
        f"current/{path}\n{edit.current}",
    )
    example = Example(list(head.ids), list(head.weights))
    for block in blocks:
        example.add([FILE] + tokenizer.encode(block), CONTEXT_WEIGHT)
    example.add([FILE] + tokenizer.encode(f"updated/{path}"), 0)
    example.add(tokenizer.encode("\n" + edit.updated.removesuffix("\n")) + [END], WEIGHT_ONE)
    return example if len(example.ids) <= tokens_max else None


def hunk(old: str, new: str) -> tuple[str, str]:
    """The lines that differ, before and after, with a few unchanged ones around both (model/text/recent_edit.cpp)."""
    old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    shorter = min(len(old_lines), len(new_lines))
    same = next((i for i in range(shorter) if old_lines[i] != new_lines[i]), shorter)
    rest = shorter - same
    end = next((i for i in range(rest) if old_lines[-1 - i] != new_lines[-1 - i]), rest)
    first = max(0, same - _HUNK_LINES)
    last = max(0, end - _HUNK_LINES)
    return "".join(old_lines[first : len(old_lines) - last]), "".join(new_lines[first : len(new_lines) - last])
