#!/usr/bin/env python3
"""Curlew beside llama.cpp: prompt processing and generation on the same GGUF files.

    compare_llama_cpp.py --curlew build/release/curlew --llama-bench DIR/llama-bench \\
        --read-bandwidth build/release/tests/read_bandwidth MODEL.gguf ... [--threads 1,2]

The two programs take turns, round after round, so that a machine that slows down slows both; each
figure is the median over the rounds. Prints a Markdown table: tokens a second of both, the ratio,
and for generation the bytes that Curlew reads a second as a share of what a plain read loop reached
with as many threads between the same rounds.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

PROMPTS = (128, 512, 2048)
DEPTHS = (0, 2048)
NEW_TOKENS = 32
LONG_PROMPT = 1024  # from here on once a round: it takes long, and long runs scatter less


def run_json(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return json.loads(done.stdout)


def tests_of(prompts, depths):
    """(prompt, new tokens, depth) of each measurement; one of the first two is 0."""
    return [(p, 0, 0) for p in prompts] + [(0, NEW_TOKENS, d) for d in depths]


def name_of(prompt, new_tokens, depth):
    name = f"pp{prompt}" if prompt else f"tg{new_tokens}"
    return f"{name}@d{depth}" if depth else name


def ask_curlew(binary, model, threads, test):
    prompt, new_tokens, depth = test
    command = [binary, "bench", "--model", model, "--threads", threads, "--json", "-r", "1",
               "-d", depth, "-p", prompt, "-n", new_tokens]
    for row in run_json([str(word) for word in command]):
        if row["test"] == name_of(*test):
            return row["tokens_per_second"]["median"], row.get("bytes_per_step")
    sys.exit(f"curlew bench gave no {name_of(*test)}")


def ask_llama(binary, model, threads, test, options):
    prompt, new_tokens, depth = test
    command = [binary, "-m", model, "-t", threads, "-p", prompt, "-n", new_tokens, "-d", depth,
               "-r", "1", "-o", "json", *options]
    if max(prompt, depth) >= LONG_PROMPT:
        command.append("--no-warmup")
    rows = run_json([str(word) for word in command])
    return rows[0]["avg_ts"]


def measure(arguments, model, threads):
    """{test: (ours, theirs, bytes a step)} and the read loop's GB/s, medians over the rounds."""
    tests = tests_of(arguments.prompts, arguments.depths)
    ours, theirs, step_bytes, reads = {}, {}, {}, []
    for round_idx in range(arguments.rounds):
        if arguments.read_bandwidth:
            reads.append(run_json([arguments.read_bandwidth, str(threads), "5"])["best_gb_s"])
        for test in tests:
            if round_idx > 0 and max(test[0], test[2]) >= LONG_PROMPT and not arguments.thorough:
                continue
            theirs.setdefault(test, []).append(
                ask_llama(arguments.llama_bench, model, threads, test, arguments.llama_options))
            rate, step_bytes[test] = ask_curlew(arguments.curlew, model, threads, test)
            ours.setdefault(test, []).append(rate)
    read = statistics.median(reads) if reads else None
    rows = {test: (statistics.median(ours[test]), statistics.median(theirs[test]),
                   step_bytes[test]) for test in tests}
    return rows, read


def print_rows(model, threads, rows, read):
    for test, (ours, theirs, step_bytes) in rows.items():
        share = "–"
        if test[1] and step_bytes and read:
            share = f"{ours * step_bytes * 1e-9 / read:.0%} of {read:.0f} GB/s"
        print(f"| {pathlib.Path(model).stem} | {threads} | {name_of(*test)} | {ours:.1f} | "
              f"{theirs:.1f} | {ours / theirs:.2f} | {share} |", flush=True)


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--curlew", required=True)
    parser.add_argument("--llama-bench", required=True)
    parser.add_argument("--read-bandwidth", help="without it no share of the bandwidth is given")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--prompts", type=numbers, default=list(PROMPTS))
    parser.add_argument("--depths", type=numbers, default=list(DEPTHS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--thorough", action="store_true", help="long tests in every round too")
    parser.add_argument("--llama-options", type=str.split, default=[],
                        help="more words for llama-bench, such as '-fa 0 -ctk q8_0'")
    arguments = parser.parse_args()
    print("| model | threads | test | Curlew, tokens/s | llama.cpp | ratio | bandwidth |")
    print("|---|---|---|---|---|---|---|")
    for model in arguments.models:
        for threads in arguments.threads:
            print_rows(model, threads, *measure(arguments, model, threads))


if __name__ == "__main__":
    main()
