#!/usr/bin/env python3
"""Fits the weights of likely symbols (kWeights in indexer/rank.h).

  retrieval_features tune.jsonl tune tune.features
  retrieval_features held.jsonl held held.features
  fit_rank.py tune.features --held held.features

A conditional logit: of the symbols in reach of a place and "none of them", one is what the hidden
line uses. A sampled symbol stands for several (its offset). Prints the table, and how often the
answer is among the first 5, 20 and 50 symbols; needs numpy.
"""
import argparse

import numpy as np

NAMES = """seen near near_and_rare near_and_plain uses recent only_imported
kind_function kind_method kind_type kind_constant kind_variable kind_constructor
seen_function seen_method seen_type seen_constant seen_variable seen_constructor
declaration seen_declaration plain_word underscore member definers
import counterpart folder second open named
seen_import seen_counterpart seen_folder seen_second seen_open seen_named
order file_size likeness seen_likeness hidden test_file
owner seen_owner signature seen_signature piece_near pieces_near
used_by seen_used_by users used_alike seen_used_alike
file_near file_seen owner_seen neighbour_seen first_piece popular seen_popular second_piece
root_used_alike root_used_by two_users
near_function near_method near_type near_constant very_near much_used seen_file_size""".split()


def read(path):
    data, at, cases = np.fromfile(path, np.float32), 0, []
    while at < len(data):
        rows, features, first = int(data[at]), int(data[at + 1]), bool(data[at + 2])
        at += 3
        block = data[at:at + rows * (features + 2)].reshape(rows, features + 2)
        at += block.size
        cases.append((block[:, 0] > 0, block[:, 1], block[:, 2:].astype(np.float64), first))
    return cases


def loss(w, cases, decay):
    total, gradient = 0.0, np.zeros_like(w)
    for right, offset, x, _ in cases:
        s = x @ w + offset
        top = max(s.max(initial=0), 0)
        e = np.exp(s - top)
        all_ = e.sum() + np.exp(-top)
        p = e / all_
        if right.any():
            share = p[right].sum()
            q = np.where(right, p / (share + 1e-30), 0)
            total -= np.log(share + 1e-30)
            gradient += x.T @ (p - q)
        else:
            total -= np.log(np.exp(-top) / all_)
            gradient += x.T @ p
    n = len(cases)
    return total / n + decay * (w @ w), gradient / n + 2 * decay * w


def fit(cases, decay, rounds):
    """L-BFGS with ten pairs and a backtracking line search."""
    w = np.zeros(cases[0][2].shape[1])
    value, gradient = loss(w, cases, decay)
    pairs = []
    for _ in range(rounds):
        d = gradient.copy()
        alphas = []
        for s, y in reversed(pairs):
            a = (s @ d) / (s @ y)
            alphas.append(a)
            d -= a * y
        if pairs:
            s, y = pairs[-1]
            d *= (s @ y) / (y @ y)
        for (s, y), a in zip(pairs, reversed(alphas)):
            d += s * (a - (y @ d) / (s @ y))
        step = 1.0 if pairs else 0.5
        while step > 1e-6:
            new = w - step * d
            new_value, new_gradient = loss(new, cases, decay)
            if new_value < value - 1e-4 * step * (gradient @ d):
                break
            step /= 2
        else:
            break
        s, y = new - w, new_gradient - gradient
        if s @ y > 1e-12:
            pairs = (pairs + [(s, y)])[-10:]
        if value - new_value < 1e-6:
            w = new
            break
        w, value, gradient = new, new_value, new_gradient
    return w


def report(name, w, cases):
    ranks = {True: [], False: []}
    for right, offset, x, first in cases:
        s = x @ w
        better = np.inf
        if right.any():
            best = s[right].max()
            better = (np.exp(offset)[(s > best) & ~right]).sum()
        ranks[first].append(better)
    for label, values in (("all", ranks[True] + ranks[False]), ("first use", ranks[True]), ("later use", ranks[False])):
        v = np.array(values)
        shares = "  ".join(f"@{k} {100 * (v < k).mean():.1f}" for k in (5, 20, 50, 200))
        print(f"{name:6} {label:10} {len(v):5} in reach {100 * np.isfinite(v).mean():.1f}  {shares}")
    print(f"{name:6} loss {loss(w, cases, 0)[0]:.3f}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("tune")
    options.add_argument("--held")
    options.add_argument("--decay", type=float, default=1e-3)
    options.add_argument("--rounds", type=int, default=120)
    args = options.parse_args()
    cases = [c for c in read(args.tune) if len(c[0])]
    w = fit(cases, args.decay, args.rounds)
    for kind in ("", "seen_"):  # no case has recently edited files
        w[NAMES.index(kind + "open")] = (w[NAMES.index(kind + "import")] + w[NAMES.index(kind + "folder")]) / 2
    report("tune", w, cases)
    if args.held:
        report("held", w, [c for c in read(args.held) if len(c[0])])
    for name, weight in zip(NAMES, w):
        print(f"    {weight:.2f},  // {name}")


if __name__ == "__main__":
    main()
