#!/usr/bin/env python3
"""Fits the weights of likely symbols (indexer/rank_weights.h).

  retrieval_features fit.jsonl PACKAGES fit.features
  fit_rank.py fit.features... [--check other.features] > indexer/rank_weights.h

Of the symbols in reach of a place and "none of them", one is what the hidden line uses: a softmax over
them, of a linear score and one layer of hidden units. A sampled symbol stands for several (its offset).
Adam on whole cases, the step falling to nothing. On stderr: how often the answer is among the first 5,
20 and 50 symbols, of --check after every tenth pass; what is checked is not fitted. Needs numpy.
"""
import argparse
import sys

import numpy as np

NAMES = """seen near near_and_rare near_and_plain uses recent only_imported
kind_function kind_method kind_type kind_constant kind_variable kind_constructor
seen_function seen_method seen_type seen_constant seen_variable seen_constructor
declaration seen_declaration plain_word underscore member definers
import counterpart folder second open named near_folder neighbours
seen_import seen_counterpart seen_folder seen_second seen_open seen_named seen_near_folder seen_neighbours
order file_size likeness seen_likeness hidden test_file
owner seen_owner signature seen_signature piece_near pieces_near
used_by seen_used_by users used_alike seen_used_alike
file_near file_seen owner_seen neighbour_seen first_piece popular seen_popular second_piece
root_used_alike root_used_by two_users
near_function near_method near_type near_constant very_near much_used seen_file_size
package seen_package unused_import owner_used owner_recent owner_only_imported owner_declared owner_returned
owner_base seen_owner_base seen_owner_returned stem_near stem_used seen_stem_near stem_pieces path_pieces
named_as_file seen_named_as_file""".split()
HIDDEN = 16
BLOCK = 16  # cases that stay together in a batch


class Cases:
    """The rows of all cases one after the other, with where each case starts."""

    def __init__(self, paths=()):
        blocks, counts, first = [], [], []
        for path in paths:
            data, at = np.fromfile(path, np.float32), 0
            while at < len(data):
                rows, features = int(data[at]), int(data[at + 1])
                if rows:
                    counts.append(rows)
                    first.append(data[at + 2] > 0)
                    blocks.append(data[at + 3:at + 3 + rows * (features + 2)].reshape(rows, features + 2))
                at += 3 + rows * (features + 2)
        if blocks:
            all_ = np.concatenate(blocks)
            self.take(all_[:, 2:].copy(), all_[:, 1].copy(), all_[:, 0] > 0, np.array(counts), np.array(first))

    def take(self, x, offset, right, counts, first):
        self.x, self.offset, self.right, self.counts, self.first = x, offset, right, counts, first
        self.start = np.concatenate([[0], np.cumsum(counts)[:-1]])
        return self

    def some(self, cases):
        rows = np.concatenate([np.arange(self.start[c], self.start[c] + self.counts[c]) for c in cases])
        return Cases().take(self.x[rows], self.offset[rows], self.right[rows], self.counts[cases], self.first[cases])

    def loss(self, scores):
        """The mean loss, and its gradient by the scores."""
        s = scores + self.offset
        top = np.maximum(np.maximum.reduceat(s, self.start), 0)
        e = np.exp(s - np.repeat(top, self.counts))
        total = np.add.reduceat(e, self.start) + np.exp(-top)
        p = e / np.repeat(total, self.counts)
        chance = np.add.reduceat(np.where(self.right, p, 0), self.start)
        has = np.logical_or.reduceat(self.right, self.start)
        chance = np.where(has, chance, np.exp(-top) / total) + 1e-12
        wanted = np.where(self.right, p / np.repeat(chance, self.counts), 0)
        return -np.log(chance).mean(), ((p - wanted) / len(self.counts)).astype(np.float32)

    def report(self, label, scores):
        better = np.full(len(self.counts), np.inf)
        for i, (start, count) in enumerate(zip(self.start, self.counts)):
            s, right = scores[start:start + count], self.right[start:start + count]
            if right.any():
                better[i] = np.exp(self.offset[start:start + count])[(s > s[right].max()) & ~right].sum()
        for name, those in (("all", self.first >= 0), ("first use", self.first), ("later use", ~self.first)):
            v = better[those]
            shares = "  ".join(f"@{k} {100 * (v < k).mean():.1f}" for k in (5, 20, 50))
            print(f"{label:12} {name:10} {len(v):5} in reach {100 * np.isfinite(v).mean():.1f}  {shares}", file=sys.stderr)
        print(f"{label:12} loss {self.loss(scores)[0]:.3f}", file=sys.stderr)


class Model:
    """score = x . linear + relu(x . inner + bias) . outer"""

    def __init__(self, features, random):
        self.weights = [np.zeros(features), random.normal(size=(features, HIDDEN)) * 0.15, np.zeros(HIDDEN),
                        random.normal(size=HIDDEN) * 0.1]
        self.weights = [w.astype(np.float32) for w in self.weights]
        self.mean = [np.zeros_like(w) for w in self.weights]
        self.square = [np.zeros_like(w) for w in self.weights]
        self.steps = 0

    def scores(self, x):
        linear, inner, bias, outer = self.weights
        self.units = np.maximum(x @ inner + bias, 0)
        return x @ linear + self.units @ outer

    def step(self, x, by_score, rate, decay):
        by_unit = np.outer(by_score, self.weights[3]) * (self.units > 0)
        gradients = [x.T @ by_score, x.T @ by_unit, by_unit.sum(0), self.units.T @ by_score]
        self.steps += 1
        for i, gradient in enumerate(gradients):
            if i != 2:
                gradient = gradient + 2 * decay * self.weights[i]
            self.mean[i] = 0.9 * self.mean[i] + 0.1 * gradient
            self.square[i] = 0.99 * self.square[i] + 0.01 * gradient * gradient
            mean, square = self.mean[i] / (1 - 0.9 ** self.steps), self.square[i] / (1 - 0.99 ** self.steps)
            self.weights[i] -= rate * mean / (np.sqrt(square) + 1e-8)


def fit(cases, check, passes, rate, decay, batches, seed=0):
    random = np.random.default_rng(seed)
    model = Model(cases.x.shape[1], random)
    blocks = np.arange(0, len(cases.counts), BLOCK)
    for i in range(passes):
        for batch in np.array_split(random.permutation(blocks), batches):
            some = cases.some(np.concatenate([np.arange(b, min(b + BLOCK, len(cases.counts))) for b in batch]))
            _, gradient = some.loss(model.scores(some.x))
            model.step(some.x, gradient, rate * (1 - i / passes) + 1e-4, decay)
        if check and (i + 1) % 10 == 0:
            check.report(f"pass {i + 1}", model.scores(check.x))
    return model


def table(model):
    """The header. No case has recently edited files: "open" stands midway between "import" and "folder"."""
    linear, inner, bias, outer = model.weights
    for kind in ("", "seen_"):
        a, b, between = (NAMES.index(kind + name) for name in ("import", "folder", "open"))
        linear[between], inner[between] = (linear[a] + linear[b]) / 2, (inner[a] + inner[b]) / 2
    numbers = lambda row: ", ".join(f"{x:.2f}" for x in row)
    print(f"""// What speaks for a symbol, by how much: tests/bench/retrieval/fit_rank.py wrote this. symbol_features.cpp says what
// it means.
#pragma once

namespace curlew::indexer::rank {{

constexpr int kHiddenUnits = {HIDDEN};
// clang-format off
constexpr float kHiddenBias[] = {{{numbers(bias)}}};
constexpr float kHiddenWeights[] = {{{numbers(outer)}}};  // of the units, in the score
// Of a feature: in the score, and in each unit.
constexpr float kWeights[][1 + kHiddenUnits] = {{""")
    for name, own, units in zip(NAMES, linear, inner):
        print(f"    {{{own:.2f}, {numbers(units)}}},  // {name}")
    print("""};
// clang-format on

}  // namespace curlew::indexer::rank""")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("features", nargs="+")
    options.add_argument("--check")
    options.add_argument("--passes", type=int, default=50)
    options.add_argument("--rate", type=float, default=0.02)
    options.add_argument("--decay", type=float, default=1e-3)
    options.add_argument("--batches", type=int, default=8)
    args = options.parse_args()
    cases = Cases(args.features)
    check = Cases([args.check]) if args.check else None
    model = fit(cases, check, args.passes, args.rate, args.decay, args.batches)
    cases.report("fitted", model.scores(cases.x))
    table(model)


if __name__ == "__main__":
    main()
