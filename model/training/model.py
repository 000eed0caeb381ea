"""The network: a stock Llama (RMSNorm, rotary positions, grouped queries, SwiGLU, tied embeddings): every GGUF tool runs it.

Touvron et al. 2023, arXiv:2302.13971; grouped queries: Ainslie et al. 2023, arXiv:2305.13245; tied embeddings: Press and
Wolf 2017, arXiv:1608.05859. One source for a CPU with PyTorch 1.13 and for CUDA with PyTorch 2: only attention and the loss
have two ways, because the fast one is another on each.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

_QUERY_BLOCK = 256  # of attention on a CPU: keys beyond a block are not looked at, and its scores stay in the cache
_LOSS_ROWS = 512  # of logits at once on a CPU


@dataclass(frozen=True)
class ModelConfig:
    vocab: int = 16_384
    width: int = 256
    layers: int = 8
    heads: int = 4
    kv_heads: int = 2
    hidden: int = 704
    context: int = 1024
    rope_theta: float = 100_000.0
    norm_eps: float = 1e-5

    @property
    def head_dim(self) -> int:
        return self.width // self.heads

    def as_dict(self) -> dict:
        return asdict(self)

    def flops_per_token(self, length: int) -> float:
        """Forward and backward: 6 a parameter that is multiplied, 6 * width * length a layer of causal attention."""
        attention = 2 * self.width * (self.width + self.kv_heads * self.head_dim)
        matrices = self.layers * (attention + 3 * self.width * self.hidden) + self.vocab * self.width
        return 6.0 * matrices + 6.0 * self.layers * self.width * length


# Sizes that were tried or are planned; --size of training.train.
SIZES = {
    "rehearsal": ModelConfig(vocab=2048, width=64, layers=2, heads=2, kv_heads=1, hidden=192, context=512),
    "cpu": ModelConfig(vocab=8192, layers=10),
    "gpu": ModelConfig(vocab=24_576, width=512, layers=12, heads=8, kv_heads=4, hidden=1408, context=4096),
}


class RmsNorm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scale = torch.rsqrt(x.float().square().mean(-1, keepdim=True) + self.eps)
        return (x * scale).to(x.dtype) * self.weight.to(x.dtype)


def rotary_table(length: int, head_dim: int, theta: float) -> tuple[torch.Tensor, torch.Tensor]:
    frequency = theta ** (-torch.arange(0, head_dim, 2).float() / head_dim)
    angle = torch.arange(length).float()[:, None] * frequency[None]
    return torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Halves, not neighbours, form the pairs: the order of safetensors. Export permutes for GGUF."""
    first, second = x.chunk(2, -1)
    return x * cos.to(x.dtype) + torch.cat([-second, first], -1) * sin.to(x.dtype)


def causal_attention_in_blocks(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """For a CPU: [batch, heads, length, head_dim] each; the query heads of one key head are multiplied together."""
    batch, heads, length, dim = q.shape
    groups, shared = k.shape[1], heads // k.shape[1]
    q = (q * dim**-0.5).reshape(batch * groups, shared, length, dim)
    k, v = k.reshape(batch * groups, length, dim), v.reshape(batch * groups, length, dim)
    out = []
    for start in range(0, length, _QUERY_BLOCK):
        end = min(length, start + _QUERY_BLOCK)
        rows = q[:, :, start:end].reshape(batch * groups, shared * (end - start), dim)
        scores = torch.bmm(rows, k[:, :end].transpose(1, 2)).view(batch * groups, shared, end - start, end)
        mask = torch.full((end - start, end), -math.inf).triu(1 + start)
        weights = torch.softmax(scores + mask, -1).view(batch * groups, -1, end)
        out.append(torch.bmm(weights, v[:, :end]).view(batch * groups, shared, end - start, dim))
    return torch.cat(out, 2).view(batch, heads, length, dim)


def causal_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    if not q.is_cuda:
        return causal_attention_in_blocks(q, k, v)
    shared = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class Block(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        kv_width = config.kv_heads * config.head_dim
        self.attention_norm = RmsNorm(config.width, config.norm_eps)
        self.q = nn.Linear(config.width, config.width, bias=False)
        self.k = nn.Linear(config.width, kv_width, bias=False)
        self.v = nn.Linear(config.width, kv_width, bias=False)
        self.o = nn.Linear(config.width, config.width, bias=False)
        self.hidden_norm = RmsNorm(config.width, config.norm_eps)
        self.gate = nn.Linear(config.width, config.hidden, bias=False)
        self.up = nn.Linear(config.width, config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        normed = self.attention_norm(x)

        def heads(projected: torch.Tensor, count: int) -> torch.Tensor:
            return projected.view(batch, length, count, self.config.head_dim).transpose(1, 2)

        q = rotate(heads(self.q(normed), self.config.heads), cos, sin)
        k = rotate(heads(self.k(normed), self.config.kv_heads), cos, sin)
        v = heads(self.v(normed), self.config.kv_heads)
        x = x + self.o(causal_attention(q, k, v).transpose(1, 2).reshape(batch, length, width))
        normed = self.hidden_norm(x)
        return x + self.down(F.silu(self.gate(normed)) * self.up(normed))


class Model(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab, config.width)
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = RmsNorm(config.width, config.norm_eps)
        cos, sin = rotary_table(config.context, config.head_dim, config.rope_theta)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        """Normal, by the inputs; what is added to the residual stream is smaller by its number of terms (GPT-2)."""
        residual = 1 / math.sqrt(2 * self.config.layers)
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            if name == "embedding.weight":
                nn.init.normal_(parameter, 0.0, 0.02)
                continue
            scale = residual if name.endswith(("o.weight", "down.weight")) else 1.0
            nn.init.normal_(parameter, 0.0, scale / math.sqrt(parameter.shape[1]))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """ids [batch, length] -> what the embedding is multiplied with, [batch, length, width]."""
        length = ids.shape[1]
        cos, sin = self.cos[:length], self.sin[:length]
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.norm(x)

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        return self(ids) @ self.embedding.weight.t()

    def loss(self, ids: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum over the positions of weight * nats, and the nats of each [batch * length]."""
        hidden = self(ids).reshape(-1, self.config.width)
        targets, weights = targets.reshape(-1), weights.reshape(-1)
        if hidden.is_cuda:
            nats = F.cross_entropy(hidden @ self.embedding.weight.to(hidden.dtype).t(), targets, reduction="none").float()
            return (nats * weights).sum(), nats.detach()
        return LossInRows.apply(hidden, self.embedding.weight, targets, weights)


class LossInRows(torch.autograd.Function):
    """Cross entropy over a tied embedding without ever keeping the logits: their gradient is taken row block by row block
    while they are still in the cache. For a CPU, where the logits of a batch would be the largest tensor by far."""

    @staticmethod
    def forward(ctx, hidden, embedding, targets, weights):
        hidden_grad, embedding_grad = torch.empty_like(hidden), torch.zeros_like(embedding)
        nats = torch.empty(len(targets))
        for start in range(0, len(targets), _LOSS_ROWS):
            rows = slice(start, start + _LOSS_ROWS)
            logits = hidden[rows] @ embedding.t()
            logits -= logits.amax(-1, keepdim=True)
            wanted = logits.gather(1, targets[rows, None]).squeeze(1)
            total = logits.exp_().sum(-1, keepdim=True)
            nats[rows] = total.squeeze(1).log() - wanted
            logits *= weights[rows, None] / total
            logits[torch.arange(len(wanted)), targets[rows]] -= weights[rows]
            torch.mm(logits, embedding, out=hidden_grad[rows])
            embedding_grad.addmm_(logits.t(), hidden[rows])
        ctx.save_for_backward(hidden_grad, embedding_grad)
        ctx.mark_non_differentiable(nats)
        return (nats * weights).sum(), nats

    @staticmethod
    def backward(ctx, grad, _):
        hidden_grad, embedding_grad = ctx.saved_tensors
        return hidden_grad * grad, embedding_grad * grad, None, None
