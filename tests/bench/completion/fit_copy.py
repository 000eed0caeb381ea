#!/usr/bin/env python3
"""Fits the weights of model/copy/copy_confidence.cpp.

  make_cases.py -n 6000 --seed 5 --kinds line,rest,word train/* > train.jsonl
  make_cases.py -n 1500 --seed 11 --kinds line,rest,word held/* > held.jsonl
  make_cases.py -n 3000 --seed 6 --kinds line,rest,word --window 400,200 train/* > short.jsonl
  copy_features train.jsonl --features alone.features
  copy_features train.jsonl train --features open.features      (the same for held.jsonl)
  copy_features short.jsonl --features short.features
  fit_copy.py alone.features open.features short.features --held held.features

A conditional logit: of the candidates of one case and "none of them", exactly one is right. Prints
the table of weights, and on the held-out cases the log loss, the exact matches of the likeliest
candidate and how its chance compares with what came true.
"""
import argparse
import json

import numpy as np


def read_cases(path, width):
    """[n, width, features] padded, [n, width] real, and the right one's index (width: none)."""
    rows = [json.loads(line) for line in open(path)]
    n_features = max(len(f) for r in rows for f in r["features"][:1] or [[]])
    x = np.zeros((len(rows), width, n_features))
    real = np.zeros((len(rows), width), bool)
    right = np.full(len(rows), width)
    for i, row in enumerate(rows):
        for j, features in enumerate(row["features"][:width]):
            x[i, j], real[i, j] = features, True
            if row["right"][j] and right[i] == width:
                right[i] = j
    return x, real, right


def chances(x, real, w):
    scores = np.where(real, x @ w, -1e9)
    scores = np.concatenate([scores, np.zeros((len(x), 1))], axis=1)
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores)
    return p / p.sum(axis=1, keepdims=True)


def loss(x, real, right, w, ridge):
    p = chances(x, real, w)[np.arange(len(x)), right]
    return -np.log(np.maximum(p, 1e-300)).sum() + ridge / 2 * w @ w


def fit(x, real, right, ridge):
    """Newton's method with halved steps; the loss is convex."""
    n, width, k = x.shape
    w = np.zeros(k)
    padded = np.concatenate([x, np.zeros((n, 1, k))], axis=1)
    target = padded[np.arange(n), right].sum(axis=0)
    now = loss(x, real, right, w, ridge)
    while True:
        p = chances(x, real, w)
        mean = np.einsum("nw,nwk->nk", p, padded)
        flat, weight = padded.reshape(-1, k), p.reshape(-1, 1)
        hessian = flat.T @ (flat * weight) - mean.T @ mean + ridge * np.eye(k)
        step = np.linalg.solve(hessian, mean.sum(axis=0) - target + ridge * w)
        while (then := loss(x, real, right, w - step, ridge)) > now and np.abs(step).max() > 1e-6:
            step /= 2
        if now - then < 1e-6 * now:
            return w
        w, now = w - step, then


def report(name, x, real, right, w):
    p = chances(x, real, w)
    n, width = real.shape
    best = p[:, :width].argmax(axis=1)
    confidence = p[np.arange(n), best]
    correct = (best == right) & real.any(axis=1)
    print(f"{name}: n {n}, log loss {-np.log(p[np.arange(n), right]).mean():.4f}, "
          f"exact {100 * correct.mean():.1f}%, any candidate right {100 * (right < width).mean():.1f}%")
    print("  chance said   cases   came true")
    for low, high in zip([0, .05, .1, .2, .3, .5, .7, .9], [.05, .1, .2, .3, .5, .7, .9, 1.01]):
        here = (confidence >= low) & (confidence < high)
        if here.any():
            print(f"  {low:4.2f}-{min(high, 1):4.2f}   {here.sum():5d}   {100 * correct[here].mean():5.1f}%"
                  f"   (mean said {100 * confidence[here].mean():.1f}%)")


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("train", nargs="+")
    options.add_argument("--held", required=True)
    options.add_argument("--ridge", type=float, default=1.0)
    args = options.parse_args()
    parts = [read_cases(path, 32) for path in args.train]
    x, real, right = (np.concatenate(p) for p in zip(*parts))
    w = fit(x, real, right, args.ridge)
    print("constexpr CopyFeatures kWeights = {" + ", ".join(f"{v:.3f}f" for v in w) + "};")
    report("fitted on", x, real, right, w)
    report("held out", *read_cases(args.held, 32), w)


if __name__ == "__main__":
    main()
