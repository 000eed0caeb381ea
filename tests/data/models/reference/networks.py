"""Logits of decoder networks in float64, one function an architecture, as their papers and model
cards describe them. No cache, no batching, no absorbed matrices: every head's keys and values are
made, every score is computed, and masked ones are set to minus infinity.

Sources: RoPE arXiv:2104.09864; YaRN arXiv:2309.00071; StarCoder 2 arXiv:2402.19173; StableLM's model
cards (stablelm-3b-4e1t, stablelm-2-12b); Qwen3 arXiv:2505.09388; DeepSeek-V2 arXiv:2405.04434;
DeepSeek-V3 arXiv:2412.19437 (sigmoid gates, selection bias); gpt-oss arXiv:2508.10925; Llama
arXiv:2302.13971.
"""

import numpy as np

import gguf


class File:
    """A model file: its keys without the architecture's name, its tensors, its layer at work."""

    def __init__(self, path, int8=False):
        self.metadata, self.tensors, self.types = gguf.read(path)
        self.architecture = self.metadata["general.architecture"]
        self.int8 = int8  # round what meets quantised weights to 8 bits, as fast programs do
        self.layer = None

    def key(self, name, default=None):
        return self.metadata.get(f"{self.architecture}.{name}", default)

    def get(self, name):
        name = name if self.layer is None else f"blk.{self.layer}.{name}"
        return self.tensors.get(name)

    def is_quantised(self, name):
        name = name if self.layer is None else f"blk.{self.layer}.{name}"
        return self.types[name] not in (gguf.F32, gguf.F16)

    def linear(self, x, stem, expert=None):
        weight, bias = self.get(stem + ".weight"), self.get(stem + ".bias")
        if expert is not None:
            weight, bias = weight[expert], None if bias is None else bias[expert]
        if self.int8 and self.is_quantised(stem + ".weight"):
            x = rounded_to_int8(x)
        y = x @ weight.T
        return y if bias is None else y + bias


def rounded_to_int8(x):
    blocks = x.reshape(*x.shape[:-1], -1, gguf.BLOCK)
    scale = np.abs(blocks).max(axis=-1, keepdims=True) / 127
    return (np.round(blocks / np.where(scale == 0, 1, scale)) * scale).reshape(x.shape)


# --- Parts


def rms_norm(x, weight, eps):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps) * weight


def layer_norm(x, weight, bias, eps):
    rest = x - x.mean(axis=-1, keepdims=True)
    y = rest / np.sqrt((rest * rest).mean(axis=-1, keepdims=True) + eps) * weight
    return y if bias is None else y + bias


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(x):
    return x * sigmoid(x)


def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def frequencies(f, dim, yarn_rounded=True):
    """(inverse frequencies [dim / 2], factor on the rotated vectors)"""
    base = f.key("rope.freq_base", 10000.0)
    plain = base ** (-2.0 * np.arange(dim // 2) / dim)
    if f.key("rope.scaling.type") != "yarn":
        return plain, 1.0
    factor, original = f.key("rope.scaling.factor"), f.key("rope.scaling.original_context_length")

    def pair_turning(times):
        return dim * np.log(original / (times * 2 * np.pi)) / (2 * np.log(base))

    low, high = pair_turning(32.0), pair_turning(1.0)
    if yarn_rounded:
        low, high = np.floor(low), np.ceil(high)
    low, high = max(low, 0.0), min(high, dim - 1.0)
    keep = 1 - np.clip((np.arange(dim // 2) - low) / max(high - low, 0.001), 0, 1)
    return plain * keep + plain / factor * (1 - keep), 1 + 0.1 * np.log(factor)


def rotate(x, inv_freq, factor, adjacent):
    """x [tokens, heads, dim]: its first 2 * len(inv_freq) elements turn with the position."""
    n = len(inv_freq)
    angle = np.arange(len(x))[:, None] * inv_freq[None, :]
    cos, sin = factor * np.cos(angle)[:, None, :], factor * np.sin(angle)[:, None, :]
    first = slice(0, 2 * n, 2) if adjacent else slice(0, n)
    second = slice(1, 2 * n, 2) if adjacent else slice(n, 2 * n)
    y = x.copy()
    y[..., first] = x[..., first] * cos - x[..., second] * sin
    y[..., second] = x[..., first] * sin + x[..., second] * cos
    return y


def attend(q, k, v, scale, window=0, sinks=None):
    """q [tokens, heads, dim], k, v [tokens, kv heads, ...] -> [tokens, heads * value dim]"""
    tokens, heads = q.shape[:2]
    group = heads // k.shape[1]
    i, j = np.arange(tokens)[:, None], np.arange(tokens)[None, :]
    seen = j <= i if window == 0 else (j <= i) & (j > i - window)
    out = []
    for h in range(heads):
        scores = np.where(seen, q[:, h] @ k[:, h // group].T * scale, -np.inf)
        if sinks is not None:
            scores = np.concatenate([scores, np.full((tokens, 1), sinks[h])], axis=1)
        out.append(softmax(scores)[:, :tokens] @ v[:, h // group])
    return np.concatenate(out, axis=-1)


def heads_of(x, heads):
    return x.reshape(len(x), heads, -1)


def grouped_attention(f, n, adjacent, head_norm=None, window=0, yarn_rounded=True):
    heads = f.key("attention.head_count")
    kv_heads = f.key("attention.head_count_kv", heads)
    q, k = heads_of(f.linear(n, "attn_q"), heads), heads_of(f.linear(n, "attn_k"), kv_heads)
    v = heads_of(f.linear(n, "attn_v"), kv_heads)
    if head_norm is not None:
        q, k = head_norm(q, f.get("attn_q_norm.weight")), head_norm(k, f.get("attn_k_norm.weight"))
    dim = q.shape[-1]
    inv_freq, factor = frequencies(f, f.key("rope.dimension_count", dim), yarn_rounded)
    q, k = rotate(q, inv_freq, factor, adjacent), rotate(k, inv_freq, factor, adjacent)
    sinks = f.get("attn_sinks.weight")
    return f.linear(attend(q, k, v, 1 / np.sqrt(dim), window, sinks), "attn_output")


def gated(f, n, suffix="", activation=silu):
    return f.linear(activation(f.linear(n, "ffn_gate" + suffix)) * f.linear(n, "ffn_up" + suffix),
                    "ffn_down" + suffix)


def mixture(f, n, choose, expert):
    """choose(router logits of a token) -> [(expert, weight)]; expert(rows, index) -> rows"""
    router = f.linear(n, "ffn_gate_inp")
    out = np.zeros_like(n)
    for t in range(len(n)):
        for index, weight in choose(router[t]):
            out[t] += weight * expert(n[t : t + 1], index)[0]
    return out


def silu_expert(f):
    def run(x, e):
        a = silu(f.linear(x, "ffn_gate_exps", e)) * f.linear(x, "ffn_up_exps", e)
        return f.linear(a, "ffn_down_exps", e)

    return run


def top(scores, count):
    return np.argsort(-scores, kind="stable")[:count]


def output(f, x, norm):
    f.layer = None
    head = "output" if f.get("output.weight") is not None else "token_embd"
    return f.linear(norm(x, "output_norm"), head)


def layers(f):
    for layer in range(f.key("block_count")):
        f.layer = layer
        yield layer


def embed(f, ids):
    f.layer = None
    return f.get("token_embd.weight")[ids].copy()


def rms_of(f):
    eps = f.key("attention.layer_norm_rms_epsilon")
    return lambda x, stem: rms_norm(x, f.get(stem + ".weight"), eps)


def layer_norm_of(f):
    eps = f.key("attention.layer_norm_epsilon")
    return lambda x, stem: layer_norm(x, f.get(stem + ".weight"), f.get(stem + ".bias"), eps)


# --- Networks


def llama(f, ids):
    norm, x = rms_of(f), embed(f, ids)
    for _ in layers(f):
        x += grouped_attention(f, norm(x, "attn_norm"), adjacent=True)
        x += gated(f, norm(x, "ffn_norm"))
    return output(f, x, norm)


def qwen3(f, ids):
    norm, x = rms_of(f), embed(f, ids)
    eps = f.key("attention.layer_norm_rms_epsilon")
    experts, used = f.key("expert_count", 0), f.key("expert_used_count", 0)

    def choose(logits):
        p = softmax(logits)
        chosen = top(p, used)
        return zip(chosen, p[chosen] / p[chosen].sum())

    for _ in layers(f):
        x += grouped_attention(f, norm(x, "attn_norm"), adjacent=False,
                               head_norm=lambda h, w: rms_norm(h, w, eps))
        n = norm(x, "ffn_norm")
        x += mixture(f, n, choose, silu_expert(f)) if experts else gated(f, n)
    return output(f, x, norm)


def starcoder2(f, ids):
    norm, x = layer_norm_of(f), embed(f, ids)
    for _ in layers(f):
        x += grouped_attention(f, norm(x, "attn_norm"), adjacent=False,
                               window=f.key("attention.sliding_window", 0))
        x += f.linear(gelu_tanh(f.linear(norm(x, "ffn_norm"), "ffn_up")), "ffn_down")
    return output(f, x, norm)


def stablelm(f, ids):
    norm, x = layer_norm_of(f), embed(f, ids)
    eps = f.key("attention.layer_norm_epsilon")
    for _ in layers(f):
        n = norm(x, "attn_norm")
        by_head = f.get("attn_q_norm.weight") is not None
        a = grouped_attention(f, n, adjacent=False,
                              head_norm=(lambda h, w: layer_norm(h, w, None, eps)) if by_head else None)
        if f.key("use_parallel_residual"):
            x = x + a + gated(f, n)
        else:
            x = x + a
            x = x + gated(f, norm(x, "ffn_norm"))
    return output(f, x, norm)


def deepseek2(f, ids):
    norm, x = rms_of(f), embed(f, ids)
    eps = f.key("attention.layer_norm_rms_epsilon")
    heads, rank = f.key("attention.head_count"), f.key("attention.kv_lora_rank")
    rotated = f.key("rope.dimension_count")
    dim = f.key("attention.key_length_mla", f.key("attention.key_length"))
    value_dim = f.key("attention.value_length_mla", f.key("attention.value_length"))
    plain = dim - rotated
    inv_freq, factor = frequencies(f, rotated)
    scale = 1 / np.sqrt(dim)
    if f.key("rope.scaling.yarn_log_multiplier"):  # the stretch stands in the scale, not in the rotation
        stretch = 1 + f.key("rope.scaling.yarn_log_multiplier") * np.log(f.key("rope.scaling.factor"))
        scale, factor = scale * stretch**2, 1.0

    def keys_and_values(c):
        """c [tokens, rank] -> the unrotated part of every head's key, and its value"""
        joined = f.get("attn_kv_b.weight")
        if joined is not None:
            both = heads_of(c @ joined.T, heads)
            return both[..., :plain], both[..., plain:]
        k_b, v_b = f.get("attn_k_b.weight"), f.get("attn_v_b.weight")  # [heads, rank, plain], [heads, value, rank]
        return np.einsum("tr,hrp->thp", c, k_b), np.einsum("tr,hvr->thv", c, v_b)

    def attention(n):
        if f.get("attn_q.weight") is not None:
            q = f.linear(n, "attn_q")
        else:
            q = f.linear(rms_norm(f.linear(n, "attn_q_a"), f.get("attn_q_a_norm.weight"), eps), "attn_q_b")
        q = heads_of(q, heads)
        down = f.linear(n, "attn_kv_a_mqa")
        k, v = keys_and_values(rms_norm(down[:, :rank], f.get("attn_kv_a_norm.weight"), eps))
        k_turned = rotate(down[:, None, rank:], inv_freq, factor, adjacent=True)
        q_turned = rotate(q[..., plain:], inv_freq, factor, adjacent=True)
        q = np.concatenate([q[..., :plain], q_turned], axis=-1)
        k = np.concatenate([k, np.repeat(k_turned, heads, axis=1)], axis=-1)
        assert v.shape[-1] == value_dim
        return f.linear(attend(q, k, v, scale), "attn_output")

    def choose(logits):
        p = sigmoid(logits) if f.key("expert_gating_func", 1) == 2 else softmax(logits)
        bias = f.get("exp_probs_b.bias")
        chosen = top(p if bias is None else p + bias, f.key("expert_used_count"))
        weights = p[chosen]
        if f.key("expert_weights_norm", False):
            weights = weights / weights.sum()
        return zip(chosen, weights * (f.key("expert_weights_scale", 0.0) or 1.0))

    for layer in layers(f):
        x += attention(norm(x, "attn_norm"))
        n = norm(x, "ffn_norm")
        if layer < f.key("leading_dense_block_count"):
            x += gated(f, n)
        else:
            x += mixture(f, n, choose, silu_expert(f))
            if f.key("expert_shared_count", 0):
                x += gated(f, n, "_shexp")
    return output(f, x, norm)


def gpt_oss(f, ids):
    norm, x = rms_of(f), embed(f, ids)
    alpha, limit = 1.702, 7.0

    def choose(logits):
        chosen = top(logits, f.key("expert_used_count"))
        return zip(chosen, softmax(logits[chosen]))

    def expert(row, e):
        gate = np.minimum(f.linear(row, "ffn_gate_exps", e), limit)
        up = np.clip(f.linear(row, "ffn_up_exps", e), -limit, limit)
        return f.linear(gate * sigmoid(alpha * gate) * (up + 1), "ffn_down_exps", e)

    for layer in layers(f):
        window = f.key("attention.sliding_window") if layer % 2 == 0 else 0
        x += grouped_attention(f, norm(x, "attn_norm"), adjacent=False, window=window, yarn_rounded=False)
        x += mixture(f, norm(x, "post_attention_norm"), choose, expert)
    return output(f, x, norm)


NETWORKS = {"llama": llama, "qwen3": qwen3, "qwen3moe": qwen3, "starcoder2": starcoder2,
            "stablelm": stablelm, "deepseek2": deepseek2, "gpt-oss": gpt_oss}


def logits(f, ids):
    return NETWORKS[f.architecture](f, np.asarray(ids))
