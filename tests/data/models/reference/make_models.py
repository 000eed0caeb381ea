"""Writes the models of this folder's parent that networks.py is the reference of:

  python3 make_models.py ..

NAME.gguf, NAME.json and NAME.exact.npy for each network below. Random weights from fixed seeds, so
that a run changes nothing.
"""

import json
import pathlib
import sys

import numpy as np

import gguf
import networks

PROMPT_TOKENS = {"short": 8, "medium": 64, "long": 300}
GREEDY_TOKENS = 32
EXACT_ROWS_MAX = 9
FIRST_TEXT_TOKEN, VOCAB = 3 + 256, 3 + 256 + 26


def vocabulary():
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tokens += [chr(c) for c in range(ord("a"), ord("z") + 1)]
    types = [2, 3, 3] + [6] * 256 + [1] * 26
    return {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens,
            "tokenizer.ggml.scores": [-float(i) for i in range(len(tokens))],
            "tokenizer.ggml.token_type": types, "tokenizer.ggml.bos_token_id": 1,
            "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.add_bos_token": True,
            "tokenizer.ggml.add_space_prefix": False}


class Builder:
    def __init__(self, architecture, name, seed, keys):
        self.random = np.random.Generator(np.random.PCG64(seed))
        self.metadata = {"general.architecture": architecture, "general.name": name}
        self.metadata |= {f"{architecture}.{key}": value for key, value in keys.items()}
        self.metadata |= vocabulary()
        self.tensors = {}

    def matrix(self, name, *shape, kind=gguf.F16, gain=1.5):
        """shape slowest first; its last dimension is what a row takes in"""
        values = self.random.normal(0, gain / np.sqrt(shape[-1]), shape)
        self.tensors[name] = (values.astype(np.float32), kind)

    def vector(self, name, *shape, mean=0.0, spread=0.3):
        self.tensors[name] = (self.random.normal(mean, spread, shape).astype(np.float32), gguf.F32)

    def norm(self, stem, dim, bias=False):
        self.vector(stem + ".weight", dim, mean=1.0, spread=0.2)
        if bias:
            self.vector(stem + ".bias", dim, spread=0.2)

    def linear(self, stem, rows, cols, bias=False, kind=gguf.F16):
        self.matrix(stem + ".weight", rows, cols, kind=kind)
        if bias:
            self.vector(stem + ".bias", rows)

    def experts(self, stem, count, rows, cols, bias=False, kind=gguf.F16):
        self.matrix(stem + ".weight", count, rows, cols, kind=kind)
        if bias:
            self.vector(stem + ".bias", count, rows)

    def ends(self, hidden, bias=False, tied=False):
        self.matrix("token_embd.weight", VOCAB, hidden, gain=4.0)
        self.norm("output_norm", hidden, bias)
        if not tied:
            self.matrix("output.weight", VOCAB, hidden, gain=2.5)


def sizes(hidden, layers, heads, kv_heads, **more):
    return {"context_length": 1024, "embedding_length": hidden, "block_count": layers,
            "attention.head_count": heads, "attention.head_count_kv": kv_heads,
            "rope.freq_base": 10000.0} | more


def attention_maps(b, at, hidden, q, k, v, mixed, qkv_bias=False, out_bias=False):
    b.linear(at + "attn_q", q, hidden, qkv_bias)
    b.linear(at + "attn_k", k, hidden, qkv_bias)
    b.linear(at + "attn_v", v, hidden, qkv_bias)
    b.linear(at + "attn_output", hidden, mixed, out_bias)


def gated_maps(b, at, hidden, ffn, suffix="", bias=False):
    b.linear(at + "ffn_gate" + suffix, ffn, hidden, bias)
    b.linear(at + "ffn_up" + suffix, ffn, hidden, bias)
    b.linear(at + "ffn_down" + suffix, hidden, ffn, bias)


# --- The networks


def llama_bias():
    """Granite-code's shape: biases everywhere, tied; and values of another size than keys."""
    hidden, layers, heads, kv, key, value, ffn = 64, 2, 4, 2, 16, 24, 96
    b = Builder("llama", "llama-bias-t", 11, sizes(hidden, layers, heads, kv) | {
        "feed_forward_length": ffn, "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.key_length": key, "attention.value_length": value})
    b.ends(hidden, tied=True)
    for i in range(layers):
        at = f"blk.{i}."
        b.norm(at + "attn_norm", hidden)
        attention_maps(b, at, hidden, heads * key, kv * key, kv * value, heads * value, True, True)
        b.norm(at + "ffn_norm", hidden)
        gated_maps(b, at, hidden, ffn, bias=True)
    return b


def starcoder2_window():
    hidden, layers, heads, kv, dim, ffn = 64, 3, 4, 2, 16, 128
    b = Builder("starcoder2", "starcoder2-window-t", 12, sizes(hidden, layers, heads, kv) | {
        "feed_forward_length": ffn, "attention.layer_norm_epsilon": 1e-5,
        "attention.sliding_window": 40})
    b.ends(hidden, bias=True, tied=True)
    for i in range(layers):
        at = f"blk.{i}."
        b.norm(at + "attn_norm", hidden, bias=True)
        attention_maps(b, at, hidden, heads * dim, kv * dim, kv * dim, heads * dim, True, True)
        b.norm(at + "ffn_norm", hidden, bias=True)
        b.linear(at + "ffn_up", ffn, hidden, bias=True)
        b.linear(at + "ffn_down", hidden, ffn, bias=True)
    return b


def stablelm(name, seed, parallel):
    """With one norm a layer and norms by head (StableLM 2 12B), or two and biases (the small ones)."""
    hidden, layers, heads, kv, dim, ffn = 64, 3, 4, 2, 16, 96
    b = Builder("stablelm", name, seed, sizes(hidden, layers, heads, kv) | {
        "feed_forward_length": ffn, "attention.layer_norm_epsilon": 1e-5,
        "rope.dimension_count": 4, "use_parallel_residual": parallel})
    b.ends(hidden, bias=True)
    for i in range(layers):
        at = f"blk.{i}."
        b.norm(at + "attn_norm", hidden, bias=True)
        attention_maps(b, at, hidden, heads * dim, kv * dim, kv * dim, heads * dim, not parallel)
        if parallel:
            b.vector(at + "attn_q_norm.weight", heads, dim, mean=1.0)
            b.vector(at + "attn_k_norm.weight", kv, dim, mean=1.0)
        else:
            b.norm(at + "ffn_norm", hidden, bias=True)
        gated_maps(b, at, hidden, ffn)
    return b


def deepseek2_joined():
    """W_k and W_v in one tensor, a direct query (V2-Lite), and V3's gates with a selection bias."""
    hidden, layers, heads, plain, turned, value, rank = 64, 3, 4, 24, 8, 16, 32
    ffn, experts, used, expert_ffn, shared = 96, 8, 3, 32, 2
    b = Builder("deepseek2", "deepseek2-joined-t", 13, sizes(hidden, layers, heads, heads) | {
        "feed_forward_length": ffn, "attention.layer_norm_rms_epsilon": 1e-6,
        "attention.kv_lora_rank": rank, "attention.key_length": plain + turned,
        "attention.value_length": value, "rope.dimension_count": turned,
        "rope.scaling.type": "yarn", "rope.scaling.factor": 4.0,
        "rope.scaling.original_context_length": 64, "rope.scaling.yarn_log_multiplier": 0.0707,
        "leading_dense_block_count": 1, "expert_count": experts, "expert_used_count": used,
        "expert_feed_forward_length": expert_ffn, "expert_shared_count": shared,
        "expert_gating_func": 2, "expert_weights_norm": True, "expert_weights_scale": 2.5})
    b.ends(hidden)
    for i in range(layers):
        at = f"blk.{i}."
        b.norm(at + "attn_norm", hidden)
        b.linear(at + "attn_q", heads * (plain + turned), hidden)
        b.linear(at + "attn_kv_a_mqa", rank + turned, hidden)
        b.norm(at + "attn_kv_a_norm", rank)
        b.linear(at + "attn_kv_b", heads * (plain + value), rank)
        b.linear(at + "attn_output", hidden, heads * value)
        b.norm(at + "ffn_norm", hidden)
        if i == 0:
            gated_maps(b, at, hidden, ffn)
            continue
        b.matrix(at + "ffn_gate_inp.weight", experts, hidden, kind=gguf.F32)
        b.vector(at + "exp_probs_b.bias", experts)
        b.experts(at + "ffn_gate_exps", experts, expert_ffn, hidden)
        b.experts(at + "ffn_up_exps", experts, expert_ffn, hidden)
        b.experts(at + "ffn_down_exps", experts, hidden, expert_ffn)
        gated_maps(b, at, hidden, shared * expert_ffn, "_shexp")
    return b


def gpt_oss():
    hidden, layers, heads, kv, dim, ffn, experts, used = 64, 4, 4, 2, 32, 64, 8, 4
    b = Builder("gpt-oss", "gpt-oss-t", 14, sizes(hidden, layers, heads, kv) | {
        "feed_forward_length": ffn, "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.key_length": dim, "attention.value_length": dim, "attention.sliding_window": 24,
        "rope.freq_base": 150000.0, "rope.scaling.type": "yarn", "rope.scaling.factor": 8.0,
        "rope.scaling.original_context_length": 512, "expert_count": experts,
        "expert_used_count": used, "expert_feed_forward_length": ffn})
    b.ends(hidden)
    for i in range(layers):
        at = f"blk.{i}."
        b.norm(at + "attn_norm", hidden)
        attention_maps(b, at, hidden, heads * dim, kv * dim, kv * dim, heads * dim, True, True)
        b.vector(at + "attn_sinks.weight", heads, mean=1.0, spread=1.0)
        b.norm(at + "post_attention_norm", hidden)
        b.linear(at + "ffn_gate_inp", experts, hidden, bias=True, kind=gguf.F32)
        b.experts(at + "ffn_gate_exps", experts, ffn, hidden, bias=True, kind=gguf.MXFP4)
        b.experts(at + "ffn_up_exps", experts, ffn, hidden, bias=True, kind=gguf.MXFP4)
        b.experts(at + "ffn_down_exps", experts, hidden, ffn, bias=True, kind=gguf.MXFP4)
    return b


MODELS = {"llama-bias-t-F16": llama_bias, "starcoder2-window-t-F16": starcoder2_window,
          "stablelm-t-F16": lambda: stablelm("stablelm-t", 15, False),
          "stablelm-parallel-t-F16": lambda: stablelm("stablelm-parallel-t", 16, True),
          "deepseek2-joined-t-F16": deepseek2_joined, "gpt-oss-t-MXFP4": gpt_oss}


# --- Their logits


def greedy(f, ids):
    text, chosen, margins = list(ids), [], []
    for _ in range(GREEDY_TOKENS):
        last = networks.logits(f, text)[-1]
        best = np.argsort(-last, kind="stable")[:2]
        chosen.append(int(best[0]))
        margins.append(float(f"{last[best[0]] - last[best[1]]:.4g}"))
        text.append(chosen[-1])
    return chosen, margins


def difference(got, want):
    """What 8-bit activations do to the logits."""
    error = got - want
    by_position = np.abs(error).max(axis=-1)
    p, q = networks.softmax(want), networks.softmax(got)
    return {"rms": float(np.sqrt((error**2).mean())),
            "mean_kl": float((p * np.log(p / q)).sum(axis=-1).mean()),
            "max_abs_per_position_p50_p90_p95_p99": np.quantile(by_position, [0.5, 0.9, 0.95, 0.99]).tolist()}


def reference(path):
    f, rounded = networks.File(path), networks.File(path, int8=True)
    random = np.random.Generator(np.random.PCG64(1))
    rows, prompts, with_int8, without = [], [], [], []
    for name, tokens in PROMPT_TOKENS.items():
        ids = [1] + random.integers(FIRST_TEXT_TOKEN, VOCAB, tokens - 1).tolist()
        logits = networks.logits(f, ids)
        without.append(logits)
        with_int8.append(networks.logits(rounded, ids))
        positions = np.unique(np.linspace(0, tokens - 1, EXACT_ROWS_MAX).astype(int)).tolist()
        chosen, margins = greedy(f, ids)
        prompts.append({"name": name, "ids": ids, "exact_rows": [len(rows), len(rows) + len(positions)],
                        "exact_positions": positions, "greedy_ids": chosen, "greedy_margins": margins})
        rows += [logits[p] for p in positions]
    types = [gguf.TYPE_NAMES[kind] for kind in f.types.values()]
    stats = difference(np.concatenate(with_int8), np.concatenate(without))
    facts = {"n_vocab": VOCAB, "logits_exact": path.stem + ".exact.npy", "prompts": prompts,
             "tensor_types": {t: types.count(t) for t in sorted(set(types))},
             "stats": {"cpu_vs_exact": stats}}
    return facts, np.array(rows, dtype=np.float32)


def main():
    out = pathlib.Path(sys.argv[1])
    for name, build in MODELS.items():
        model, path = build(), out / (name + ".gguf")
        gguf.write(path, model.metadata, model.tensors)
        facts, rows = reference(path)
        (out / (name + ".json")).write_text(json.dumps(facts, separators=(",", ":")) + "\n")
        np.save(out / (name + ".exact.npy"), rows)
        print(f"{name:28} {path.stat().st_size:8} bytes, logits' spread {rows.std():.2f}, "
              f"by 8-bit activations {facts['stats']['cpu_vs_exact']['rms']:.1e}")


if __name__ == "__main__":
    main()
