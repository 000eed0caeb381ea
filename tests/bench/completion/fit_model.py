#!/usr/bin/env python3
"""Fits the weights of model_confidence in lsp/assist/choose.cpp.

  measure_completion fit.jsonl MODEL.gguf --trees fit --mix off --rows plain.rows
  measure_completion fit.jsonl MODEL.gguf --trees fit --mix on --rows mixed.rows
  fit_model.py plain.rows mixed.rows            (and the same for held.jsonl, with --held)

Logistic regression of "the model's line is right" on the probabilities of its tokens, over the cases
where the model is asked and does not say what the copy predictor says: there the chance decides.
One row of weights for the rows of each file, which are all plain or all mixed.
"""
import argparse
import json

import numpy as np

RIDGE = 0.5
SURE_COPY = 0.5  # lsp/assist/choose.h


def features(row):
    logprobs = row["mixed_logprobs"] or row["logprobs"] or [0.0]
    ended = row["finish"] not in ("length", "deadline")
    return [1, sum(logprobs) / len(logprobs), sum(logprobs), min(logprobs), 0.0 if ended else 1.0]


def load(path):
    """Features and truth of the cases where the model's own line is at stake."""
    rows = [json.loads(line) for line in open(path)]
    rows = [row for row in rows if row["model"] and row["copy_confidence"] < SURE_COPY
            and row["model"].rstrip() != row["copy"].rstrip()]
    return np.array([features(row) for row in rows]), np.array([float(row["model_right"]) for row in rows])


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
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", nargs="+", help="what measure_completion --rows wrote")
    options.add_argument("--held", nargs="*", default=[], help="rows to report on, in the same order")
    args = options.parse_args()
    for number, path in enumerate(args.rows):
        x, y = load(path)
        w = fit(x, y)
        report(path, x, y, w)
        if number < len(args.held):
            report(args.held[number], *load(args.held[number]), w)
        print("    {" + ", ".join(f"{value:.3f}f" for value in w) + "},")


if __name__ == "__main__":
    main()
