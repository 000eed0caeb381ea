#!/usr/bin/env python3
"""Fits the constants of model_confidence in lsp/assist/choose.cpp.

  measure held.jsonl MODEL.gguf --trees held --rows held.rows
  fit_model.py held.rows

Logistic regression of "the model's line is right" on the probabilities of its tokens. The bundled
model has seen every package but the held-out ones, so it is fitted on half of those (by package)
and reported on the other half; the printed constants come from all of them.
"""
import json
import sys

import numpy as np

RIDGE = 0.5
NAMES = ["kBias", "kMeanLogprob", "kSumLogprob", "kMinLogprob", "kUnended"]


def features(row):
    logprobs = row["logprobs"] or [0.0]
    ended = row["finish"] not in ("length", "deadline")
    return [1, sum(logprobs) / len(logprobs), sum(logprobs), min(logprobs), 0.0 if ended else 1.0]


def fit(x, y):
    w = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        hessian = x.T @ (x * (p * (1 - p))[:, None]) + RIDGE * np.eye(len(w))
        step = np.linalg.solve(hessian, x.T @ (p - y) + RIDGE * w)
        w -= step * min(1.0, 1.0 / np.abs(step).max())
    return w


def report(name, x, y, w):
    p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
    loss = -np.mean(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p + 1e-9))
    print(f"{name}: n {len(y)}, right {100 * y.mean():.1f}%, log loss {loss:.4f}")
    for low, high in zip([0, .02, .05, .1, .2, .4, .6], [.02, .05, .1, .2, .4, .6, 1.01]):
        here = (p >= low) & (p < high)
        if here.any():
            print(f"  said {low:.2f}-{min(high, 1):.2f}: {here.sum():5d} cases, "
                  f"came true {100 * y[here].mean():.1f}%, mean said {100 * p[here].mean():.1f}%")


def main():
    rows = [json.loads(line) for path in sys.argv[1:] for line in open(path)]
    rows = [row for row in rows if row["model"]]
    x = np.array([features(row) for row in rows])
    y = np.array([float(row["model_right"]) for row in rows])
    trees = sorted({row["tree"] for row in rows})
    half = np.array([trees.index(row["tree"]) % 2 == 0 for row in rows])
    w = fit(x[half], y[half])
    report("fitted half", x[half], y[half], w)
    report("other half", x[~half], y[~half], w)
    for name, value in zip(NAMES, fit(x, y)):
        print(f"constexpr float {name} = {value:.3f}f;")


if __name__ == "__main__":
    main()
