"""Makes the training mix: the corpus in, shards of token rows and the validation windows out.

    python3 -m training.prepare --work WORK --length 1024

Every file is cut into windows; each becomes one example: plain text, or fill in the middle (cuts.py), with or without pieces of
its package before it (context.py), laid out as at work (layouts.py). Examples are shuffled and packed into rows. Files are dealt
to shards by a hash of their name, so that each shard is a fair sample, can be made alone, and is the same on every machine.
A shard that is there is not made again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from . import corpus, cuts, edits, layouts, shards
from .context import PackageIndex
from .languages import SIDE_LANGUAGES
from .layouts import Example
from .log import Log, stop
from .tokens import END, FILE, PAD, Tokenizer

_WINDOW_BYTES_MIN = 500
_BYTES_PER_TOKEN = 3.0  # about; windows are cut before they are encoded
_VALIDATION_BYTES = 2400
_CUT_TOKENS_MIN = 48  # of plain text at a row's end; less is padding
_LOOK_AHEAD = 32
_SHARD_BYTES_OF_TEXT = 45_000_000  # makes some 17 million tokens with headers and context


@dataclass(frozen=True)
class Mix:
    """Shares of the windows."""

    fill_in: float = 0.62
    with_context: float = 0.3
    side_by_side: float = 0.85  # of those filled in; the rest has the prefix first
    next_edits: float = 0.0  # instead; for models that are large enough to copy well, or for a run's decay
    no_suffix: float = 0.1  # of those filled in: the end of a file that is being written
    long_window: float = 0.35


class ExampleMaker:
    def __init__(self, tokenizer: Tokenizer, mix: Mix, length: int, seed: int) -> None:
        self._tokenizer, self._mix, self._length, self._seed = tokenizer, mix, length, seed

    def examples(self, file: dict, index: PackageIndex) -> Iterator[Example]:
        draw = random.Random(f"{self._seed}:{file['package']}/{file['path']}")
        text, at = file["text"], 0
        while at < len(text):
            end = self._window_end(text, at, draw)
            yield self._example(file, index, at, end, draw)
            at = end

    def _window_end(self, text: str, at: int, draw: random.Random) -> int:
        most = int(self._length * _BYTES_PER_TOKEN)
        size = most if draw.random() < self._mix.long_window else draw.randint(_WINDOW_BYTES_MIN, most)
        if len(text) - at - size < _WINDOW_BYTES_MIN:
            return len(text)
        return text.find("\n", at + size) + 1 or len(text)

    def _example(self, file: dict, index: PackageIndex, at: int, end: int, draw: random.Random) -> Example:
        mix, text = self._mix, file["text"][at:end]
        if draw.random() < mix.next_edits:
            edit = edits.make(text, file["language"], draw)
            example = edit and layouts.next_edit(self._tokenizer, Example(), file["path"], edit, self._length)
            if example:
                return example
        cut = cuts.choose(text, file["language"], draw) if draw.random() < mix.fill_in else None
        pieces = []
        if draw.random() < mix.with_context:
            before, hidden = (text[: cut.start], text[cut.start : cut.end]) if cut else ("", text[:500])
            pieces = index.find(file["path"], before, hidden, draw.choice((1, 2, 3)), draw)
        repository = file["package"].removeprefix("deb:") if draw.random() < 0.7 else ""
        path = file["path"] if draw.random() < 0.9 else ""
        head = layouts.header(self._tokenizer, path, repository, pieces, int(self._length * 0.4))
        if cut:
            # Where nothing follows, a middle that ends inside a line would teach to stop anywhere.
            is_whole = cut.kind not in ("characters", "inside line")
            suffix = "" if is_whole and draw.random() < mix.no_suffix else text[cut.end :]
            example = layouts.fill_in(
                self._tokenizer, head, text[: cut.start], text[cut.start : cut.end], suffix,
                draw.random() < mix.side_by_side, self._length,
            )  # fmt: skip
            if example:
                return example
        return layouts.plain(self._tokenizer, head, text, end == len(file["text"]))


def pack(examples: list[Example], length: int) -> Iterator[shards.Row]:
    """Fills rows in order; where the next example does not fit, one of the next few that does, or the head of plain text."""
    queue = deque(examples)
    ids: list[int] = []
    weights: list[int] = []
    while queue:
        room = length + 1 - len(ids)
        example = _next_fitting(queue, room)
        if example is None:
            yield _row(ids, weights, length)
            ids, weights = [], []
            continue
        ids += example.ids
        weights += [0, *example.weights[1:]]  # nothing before it says how an example begins
    if len(ids) > length // 2:
        yield _row(ids, weights, length)


def _next_fitting(queue: deque[Example], room: int) -> Example | None:
    for i in range(min(_LOOK_AHEAD, len(queue))):
        example = queue[i]
        if len(example.ids) <= room:
            del queue[i]
            return example
        if example.may_be_cut and room >= _CUT_TOKENS_MIN:
            rest = Example(example.ids[room:], example.weights[room:], may_be_cut=True)
            queue[i] = rest
            return Example(example.ids[:room], example.weights[:room])
    return None


def _row(ids: list[int], weights: list[int], length: int) -> shards.Row:
    missing = length + 1 - len(ids)
    return shards.Row(ids + [PAD] * missing, (weights + [0] * missing)[1:])


def share(key: str) -> float:
    """In [0, 1), by a hash."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big") / (1 << 48)


class Selection:
    """Which files, and in which shard: of a language with too much text a fixed share of its files."""

    def __init__(self, manifest: dict, language_bytes_max: float) -> None:
        totals = manifest["bytes"]["train"]
        self._keep = {}
        for language, size in totals.items():
            most = language_bytes_max / (8 if language in SIDE_LANGUAGES else 1)
            self._keep[language] = min(1.0, most / max(1, size))
        used = sum(size * self._keep[language] for language, size in totals.items())
        self.shard_count = max(1, round(used / _SHARD_BYTES_OF_TEXT + 0.5))

    def shard_of(self, file: dict) -> int | None:
        name = f"{file['package']}/{file['path']}"
        if share("keep " + name) >= self._keep[file["language"]]:
            return None
        return int(share("shard " + name) * self.shard_count)


def make_shard(work: Path, number: int, selection: Selection, maker: ExampleMaker, length: int, seed: int) -> list[shards.Row]:
    examples: list[Example] = []
    for files in corpus.read_split(work, "train"):
        mine = [file for file in files if selection.shard_of(file) == number]
        if mine:
            index = PackageIndex(files)
            for file in mine:
                examples += maker.examples(file, index)
    random.Random(f"{seed}:{number}").shuffle(examples)
    return list(pack(examples, length))[: shards.rows_max(length)]


def write_validation(work: Path, folder: Path, tokenizer: Tokenizer, length: int, seed: int) -> int:
    """Plain windows of held-out files, languages in turn; their tokens, their bytes, and the language."""
    by_language: dict[str, list[dict]] = {}
    for files in corpus.read_split(work, "held"):
        for file in files:
            if len(file["text"]) > _VALIDATION_BYTES // 2:
                by_language.setdefault(file["language"], []).append(file)
    draw = random.Random(seed)
    for files in by_language.values():
        draw.shuffle(files)
    windows = []
    for turn in range(60):
        for language in sorted(by_language):
            if turn < len(by_language[language]):
                windows.append(_validation_window(by_language[language][turn], tokenizer, length, draw))
    (folder / "validation.jsonl").write_text("".join(json.dumps(window) + "\n" for window in windows))
    return len(windows)


def _validation_window(file: dict, tokenizer: Tokenizer, length: int, draw: random.Random) -> dict:
    text = file["text"]
    at = draw.randrange(0, max(1, len(text) - _VALIDATION_BYTES)) if draw.random() < 0.5 else 0
    at = text.rfind("\n", 0, at) + 1
    ids = tokenizer.encode(text[at : at + _VALIDATION_BYTES])[:length]
    # The path stands before it, as at work, and is not counted: it is predicted, but its bytes are not the text's.
    return {"language": file["language"], "bytes": len(tokenizer.decode(ids).encode()), "ids": [FILE, *ids]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--shards", default="shards", help="folder in WORK: another one for another mix or length")
    parser.add_argument("--length", type=int, default=1024, help="tokens a row")
    parser.add_argument("--language-megabytes", type=float, default=40.0, help="of one language; of prose and data an eighth")
    parser.add_argument("--next-edits", type=float, default=0.0, help="share of the windows that become next edits")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model_path, manifest_path = options.work / "tokenizer" / "tokenizer.model", options.work / "corpus" / "manifest.json"
    for path, command in ((manifest_path, "corpus"), (model_path, "tokenizer")):
        if not path.exists():
            stop(f"{path} is missing; run training.{command} first")
    tokenizer = Tokenizer(model_path)
    selection = Selection(json.loads(manifest_path.read_text()), options.language_megabytes * 1e6)
    maker = ExampleMaker(tokenizer, Mix(next_edits=options.next_edits), options.length, options.seed)
    folder = options.work / options.shards
    folder.mkdir(parents=True, exist_ok=True)
    log = Log(options.work / "logs" / "prepare.jsonl")
    windows = write_validation(options.work, folder, tokenizer, options.length, options.seed)
    facts = {"length": options.length, "vocab": len(tokenizer), "seed": options.seed, "shards": selection.shard_count}
    (folder / "shards.json").write_text(json.dumps(facts) + "\n")
    log.write("begin", validation_windows=windows, **facts)
    for number in range(selection.shard_count):
        path = folder / f"{number:04d}.tokens"
        if path.exists():
            continue
        rows = make_shard(options.work, number, selection, maker, options.length, options.seed)
        shards.write_shard(path, rows)
        log.write("shard", name=path.name, rows=len(rows), tokens=len(rows) * options.length,
                  padding=round(padding_share(rows), 4), endings=sum(row.ids.count(END) for row in rows))  # fmt: skip


def padding_share(rows: list[shards.Row]) -> float:
    return sum(row.ids.count(PAD) for row in rows) / max(1, sum(len(row.ids) for row in rows))


if __name__ == "__main__":
    main()
