"""The learning rate by tokens: warm-up, a plateau of any length, and a decay to zero that can begin at any time.

Hu et al. 2024 (MiniCPM), arXiv:2404.06395, section 4; that the decay is best linear and a fifth of the run: Haegele et al.
2024, arXiv:2405.18392. So a run can go on for as long as there are hours, and a release can be cut whenever one is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    peak: float
    warmup_tokens: int
    decay_start: int | None = None  # None: still on the plateau
    decay_tokens: int = 0

    def rate(self, tokens: int) -> float:
        """At a number of tokens seen."""
        warm = min(1.0, (tokens + 1) / max(1, self.warmup_tokens))
        if self.decay_start is None or tokens < self.decay_start:
            return self.peak * warm
        left = 1 - (tokens - self.decay_start) / max(1, self.decay_tokens)
        return self.peak * warm * max(0.0, left)

    def is_over(self, tokens: int) -> bool:
        return self.decay_start is not None and tokens >= self.decay_start + self.decay_tokens
