"""Trains the tokenizer, and measures what a larger vocabulary is worth.

    python3 -m training.tokenizer --work WORK --pieces 16384
    python3 -m training.tokenizer --work WORK --measure 8192,12288,16384,24576,32768 --width 256

Byte-pair encoding by SentencePiece: byte fallback, no normalisation, runs of blanks are pieces, every digit is one, line
feeds and tabs are bytes. Trained on files of every language in turn, so that none crowds out the others.

A vocabulary of V pieces costs V * width parameters, and as much work a token; it saves tokens. --measure says for each size
how many bytes a token holds on held-out code, and so what the embedding costs a byte.
"""

from __future__ import annotations

import argparse
import random
import shutil
from pathlib import Path

from . import corpus
from .log import Log, stop
from .tokens import BOS, CONTROL, EOS, PAD, UNK, Tokenizer

_LINE_BYTES_MAX = 16_384  # SentencePiece skips longer "sentences"
_PROBE = "def f(x):\n\treturn  x[1234]  # ünï ✓\n    if (a && b) { foo_bar(); }\n\n<|endoftext|>"


def sample_texts(work: Path, split: str, bytes_max: int, seed: int) -> list[str]:
    """Texts of every language in turn, in random order, up to so many bytes."""
    by_language: dict[str, list[str]] = {}
    for files in corpus.read_split(work, split):
        for file in files:
            by_language.setdefault(file["language"], []).append(file["text"])
    draw = random.Random(seed)
    for texts in by_language.values():
        draw.shuffle(texts)
    sample, used = [], 0
    while by_language and used < bytes_max:
        for language in sorted(by_language):
            text = by_language[language].pop()
            sample.append(text)
            used += len(text.encode())
            if not by_language[language]:
                del by_language[language]
    return sample


def train(texts: list[str], prefix: Path, pieces: int) -> None:
    """Writes PREFIX.model and PREFIX.vocab."""
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_paragraphs(texts)),
        model_prefix=str(prefix),
        model_type="bpe",
        vocab_size=pieces,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
        character_coverage=0.9995,
        max_sentencepiece_length=24,
        max_sentence_length=_LINE_BYTES_MAX,
        num_threads=2,
        unk_id=UNK,
        bos_id=BOS,
        eos_id=EOS,
        pad_id=PAD,
        pad_piece="<pad>",
        control_symbols=list(CONTROL),
        minloglevel=1,
    )


def _paragraphs(texts: list[str]) -> list[str]:
    """Lines: line feeds never join pieces. Indentation stays, for runs of blanks are to become pieces."""
    return [line for text in texts for line in text.split("\n") if line and len(line) < _LINE_BYTES_MAX // 4]


def bytes_per_token(tokenizer: Tokenizer, texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / sum(len(tokenizer.encode(text)) for text in texts)


def check_round_trip(tokenizer: Tokenizer, texts: list[str]) -> None:
    for text in [_PROBE, *texts[:50]]:
        ids = tokenizer.encode(text)
        if tokenizer.decode(ids) != text or min(ids) < len(CONTROL) + 4:
            stop("the tokenizer does not give its text back, or made a control token of it")


def measure(work: Path, sizes: list[int], width: int, texts: list[str], held: list[str], log: Log) -> None:
    folder = work / "tokenizer" / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        train(texts, folder / str(size), size)
        density = bytes_per_token(Tokenizer(folder / f"{size}.model"), held)
        log.write(
            "vocabulary",
            pieces=size,
            bytes_per_token=round(density, 4),
            embedding_parameters=size * width,
            embedding_parameters_per_byte=round(size * width / density),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=16_384)
    parser.add_argument("--measure", type=str, default="", help="sizes, separated by commas: measure and keep none")
    parser.add_argument("--width", type=int, default=256, help="of the model, for --measure")
    parser.add_argument("--sample-megabytes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    texts = sample_texts(options.work, "train", int(options.sample_megabytes * 1e6), options.seed)
    held = sample_texts(options.work, "held", 2_000_000, options.seed)
    if not texts or not held:
        stop(f"{options.work}/corpus has no files; run training.corpus first")
    log = Log(options.work / "logs" / "tokenizer.jsonl")
    folder = options.work / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    if options.measure:
        measure(options.work, [int(size) for size in options.measure.split(",")], options.width, texts, held, log)
        return
    train(texts, folder / "new", options.pieces)
    tokenizer = Tokenizer(folder / "new.model")
    check_round_trip(tokenizer, held)
    shutil.move(folder / "new.model", folder / "tokenizer.model")
    density = round(bytes_per_token(tokenizer, held), 4)
    log.write("tokenizer", pieces=len(tokenizer), bytes_per_token=density, texts=len(texts))


if __name__ == "__main__":
    main()
