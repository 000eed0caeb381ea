"""The vocabulary's control tokens and the tokenizer as the other commands use it.

The spellings are Qwen2.5-Coder's, so that every GGUF tool knows what they are for; the cursor, edit and repair tokens are ours.
"""

from __future__ import annotations

from pathlib import Path

FIXED = ("<unk>", "<s>", "</s>", "<pad>")
CONTROL = (
    "<|endoftext|>",  # ends a middle, an answer and a file
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|im_start|>",  # turns of an instructed edit, as ChatML has them
    "<|im_end|>",
    "<|cursor|>",
    "<|edit|>",
    "<|repair|>",
)
UNK, BOS, EOS, PAD = range(len(FIXED))
END, PREFIX, SUFFIX, MIDDLE, FIM_PAD, REPO, FILE, TURN, TURN_END, CURSOR, EDIT, REPAIR = range(
    len(FIXED), len(FIXED) + len(CONTROL)
)
FIRST_BYTE = len(FIXED) + len(CONTROL)  # SentencePiece puts the 256 byte pieces behind the control tokens


def byte_id(value: int) -> int:
    return FIRST_BYTE + value


class Tokenizer:
    """SentencePiece without its conveniences: no normalisation, no blank put in front, control tokens never from text."""

    def __init__(self, path: Path) -> None:
        import sentencepiece  # imported late: what needs no tokenizer runs without it

        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        newline = self.pieces.piece_to_id("<0x0A>")
        if newline != byte_id(0x0A) or self.pieces.piece_to_id(CONTROL[0]) != END:
            raise ValueError(f"{path}: its control tokens are not this recipe's; make it again with training.tokenizer")

    def __len__(self) -> int:
        return self.pieces.get_piece_size()

    def encode(self, text: str) -> list[int]:
        return self.pieces.encode(text)

    def decode(self, ids: list[int]) -> str:
        return self.pieces.decode([int(i) for i in ids if i >= FIRST_BYTE])
