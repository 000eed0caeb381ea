"""Turns a checkpoint into files that engines load: GGUF in F16 and Q8_0, and safetensors with its configuration.

    python3 -m training.export --work WORK --checkpoint WORK/runs/NAME/checkpoint --name curlew-code [--average DIR ...]
    python3 -m training.export ... --verify build/release/editors/cli/curlew --text FILE

--average takes the mean of several checkpoints' weights. --verify has the engine and PyTorch predict the same text and
compares: the F16 file must agree within 0.002 nats a token, and the Q8_0 file tells what its quantisation costs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import checkpoint, gguf, safetensors
from .log import stop
from .model import Model, ModelConfig
from .tokens import BOS, END, FILE, FIM_PAD, MIDDLE, PAD, PREFIX, REPO, SUFFIX, UNK, Tokenizer

_NATS_TOLERANCE = 0.002
_VERIFY_WINDOW = 512  # tokens, at most
_TYPE_NORMAL, _TYPE_UNKNOWN, _TYPE_CONTROL, _TYPE_BYTE = 1, 2, 3, 6
_LAYER = (  # in the checkpoint, in safetensors, in GGUF
    ("attention_norm", "input_layernorm", "attn_norm"),
    ("q", "self_attn.q_proj", "attn_q"),
    ("k", "self_attn.k_proj", "attn_k"),
    ("v", "self_attn.v_proj", "attn_v"),
    ("o", "self_attn.o_proj", "attn_output"),
    ("hidden_norm", "post_attention_layernorm", "ffn_norm"),
    ("gate", "mlp.gate_proj", "ffn_gate"),
    ("up", "mlp.up_proj", "ffn_up"),
    ("down", "mlp.down_proj", "ffn_down"),
)


def average(folders: list[Path]) -> tuple[dict[str, torch.Tensor], dict]:
    """The mean of the weights, and the facts of the last."""
    total: dict[str, torch.Tensor] = {}
    facts: dict = {}
    for folder in folders:
        weights, _, facts = checkpoint.load(folder)
        for name, tensor in weights.items():
            total[name] = total[name] + tensor if name in total else tensor
    return {name: tensor / len(folders) for name, tensor in total.items()}, facts


def neighbours_from_halves(matrix: np.ndarray, heads: int) -> np.ndarray:
    """Rotary pairs: PyTorch's (i, i + half) become GGUF's (2i, 2i + 1)."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def gguf_tensors(weights: dict[str, np.ndarray], config: ModelConfig) -> dict[str, np.ndarray]:
    tensors = {"token_embd.weight": weights["embedding.weight"], "output_norm.weight": weights["norm.weight"]}
    heads = {"q": config.heads, "k": config.kv_heads}
    for layer in range(config.layers):
        for ours, _, theirs in _LAYER:
            matrix = weights[f"blocks.{layer}.{ours}.weight"]
            if ours in heads:
                matrix = neighbours_from_halves(matrix, heads[ours])
            tensors[f"blk.{layer}.{theirs}.weight"] = matrix
    return tensors


def safetensors_tensors(weights: dict[str, np.ndarray], config: ModelConfig) -> dict[str, np.ndarray]:
    tensors = {"model.embed_tokens.weight": weights["embedding.weight"], "model.norm.weight": weights["norm.weight"]}
    for layer in range(config.layers):
        for ours, theirs, _ in _LAYER:
            tensors[f"model.layers.{layer}.{theirs}.weight"] = weights[f"blocks.{layer}.{ours}.weight"]
    return tensors


def metadata(name: str, config: ModelConfig, tokenizer: Tokenizer, facts: dict, quantised: bool) -> dict[str, Any]:
    size = sum(parameter.numel() for parameter in Model(config).parameters())
    return {
        "general.architecture": "llama",
        "general.name": name,
        "general.description": f"code model, {size / 1e6:.1f}M parameters, {facts['tokens'] / 1e6:.0f}M training tokens",
        "general.license": "apache-2.0",
        "general.file_type": 7 if quantised else 1,
        "general.quantization_version": 2,
        "llama.context_length": config.context,
        "llama.embedding_length": config.width,
        "llama.block_count": config.layers,
        "llama.feed_forward_length": config.hidden,
        "llama.attention.head_count": config.heads,
        "llama.attention.head_count_kv": config.kv_heads,
        "llama.attention.layer_norm_rms_epsilon": gguf.Float(config.norm_eps),
        "llama.rope.dimension_count": config.head_dim,
        "llama.rope.freq_base": gguf.Float(config.rope_theta),
        "llama.vocab_size": config.vocab,
        "curlew.fim.order": "spm-side",
        **vocabulary(tokenizer, config.vocab),
    }


def vocabulary(tokenizer: Tokenizer, size: int) -> dict[str, Any]:
    """The tokenizer's keys. A model's vocabulary may be rounded up: the rest is control tokens that nothing becomes."""
    pieces = tokenizer.pieces
    spare = range(len(tokenizer), size)
    kinds = [_piece_type(pieces, i) for i in range(len(tokenizer))]
    key = "tokenizer.ggml."
    return {
        key + "model": "llama",
        key + "pre": "default",
        key + "tokens": [pieces.id_to_piece(i) for i in range(len(tokenizer))] + [f"<|spare_{i}|>" for i in spare],
        key + "scores": [float(pieces.get_score(i)) for i in range(len(tokenizer))] + [0.0 for _ in spare],
        key + "token_type": gguf.Signed(kinds + [_TYPE_CONTROL for _ in spare]),
        key + "bos_token_id": BOS,
        key + "eos_token_id": END,
        key + "eot_token_id": END,
        key + "unknown_token_id": UNK,
        key + "padding_token_id": PAD,
        key + "fim_pre_token_id": PREFIX,
        key + "fim_suf_token_id": SUFFIX,
        key + "fim_mid_token_id": MIDDLE,
        key + "fim_pad_token_id": FIM_PAD,
        key + "fim_rep_token_id": REPO,
        key + "fim_sep_token_id": FILE,
        key + "add_bos_token": False,
        key + "add_eos_token": False,
        key + "add_space_prefix": False,
        key + "remove_extra_whitespaces": False,
    }


def _piece_type(pieces: Any, piece: int) -> int:
    if pieces.is_unknown(piece):
        return _TYPE_UNKNOWN
    if pieces.is_control(piece):
        return _TYPE_CONTROL
    return _TYPE_BYTE if pieces.is_byte(piece) else _TYPE_NORMAL


def hf_config(config: ModelConfig) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": config.width,
        "intermediate_size": config.hidden,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rope_theta,
        "vocab_size": config.vocab,
        "max_position_embeddings": config.context,
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "torch_dtype": "float16",
        "bos_token_id": BOS,
        "eos_token_id": END,
        "pad_token_id": PAD,
    }


def write_all(folder: Path, name: str, weights: dict[str, torch.Tensor], facts: dict, tokenizer_path: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config, tokenizer = ModelConfig(**facts["model"]), Tokenizer(tokenizer_path)
    arrays = {key: tensor.numpy() for key, tensor in weights.items()}
    tensors = gguf_tensors(arrays, config)
    for kind, quantised in (("f16", False), ("q8_0", True)):
        path = folder / f"{name}-{kind}.gguf"
        gguf.write(path, metadata(name, config, tokenizer, facts, quantised), tensors, quantised)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    safetensors.write(folder / "model.safetensors", safetensors_tensors(arrays, config))
    (folder / "config.json").write_text(json.dumps(hf_config(config), indent=1) + "\n")
    shutil.copyfile(tokenizer_path, folder / "tokenizer.model")


@torch.no_grad()
def nats_per_token(weights: dict[str, torch.Tensor], config: ModelConfig, ids: list[int]) -> float:
    """As `curlew perplexity` counts: windows that overlap by half, every token but the first predicted once."""
    model = Model(config)
    model.load_state_dict(weights)
    room = verify_window(config)
    total, done, begin = 0.0, 1, 0
    while done < len(ids):
        window = torch.tensor(ids[begin : begin + room])[None]
        _, nats = model.loss(window[:, :-1], window[:, 1:], torch.ones(1, window.shape[1] - 1))
        total += float(nats[done - begin - 1 :].sum())
        done = begin + window.shape[1]
        begin = done - room // 2
    return total / (len(ids) - 1)


def verify_window(config: ModelConfig) -> int:
    return min(_VERIFY_WINDOW, config.context)


def verify(folder: Path, name: str, weights: dict[str, torch.Tensor], facts: dict, curlew: Path, text: Path) -> None:
    """Ends with an error when the engine does not see what was trained."""
    config = ModelConfig(**facts["model"])
    ids = Tokenizer(folder / "tokenizer.model").encode(text.read_text())
    wanted = nats_per_token(weights, config, ids)
    for kind in ("f16", "q8_0"):
        command = [str(curlew), "perplexity", "--json", "--context", str(verify_window(config)), "--model",
                   str(folder / f"{name}-{kind}.gguf"), "--file", str(text)]  # fmt: skip
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            stop(f"{' '.join(command)}: {result.stderr.strip()}")
        got = json.loads(result.stdout)
        difference = got["nats_per_token"] - wanted
        print(f"{kind}: {got['nats_per_token']:.5f} nats a token, PyTorch {wanted:.5f}; {got['bits_per_byte']:.4f} bits a byte")
        if got["scored_tokens"] != len(ids) - 1:
            stop(f"{kind}: the engine makes {got['scored_tokens'] + 1} tokens of {text}, SentencePiece {len(ids)}")
        if kind == "f16" and abs(difference) > _NATS_TOLERANCE:
            stop(f"f16: the engine differs from PyTorch by {difference:.5f} nats a token; at most {_NATS_TOLERANCE} expected")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--average", type=Path, nargs="*", default=[], help="with these checkpoints")
    parser.add_argument("--name", default="curlew-code")
    parser.add_argument("--out", type=Path, help="WORK/export unless given")
    parser.add_argument("--verify", type=Path, help="the curlew program")
    parser.add_argument("--text", type=Path, help="to predict, for --verify")
    options = parser.parse_args()
    if options.verify and not options.text:
        stop("--verify needs a --text to predict")
    folder = options.out or options.work / "export"
    weights, facts = average([*options.average, options.checkpoint])
    write_all(folder, options.name, weights, facts, options.work / "tokenizer" / "tokenizer.model")
    if options.verify:
        verify(folder, options.name, weights, facts, options.verify, options.text)


if __name__ == "__main__":
    main()
