"""Everything, one step after the other; a step that is done is not done again.

    python3 -m training --work WORK --size rehearsal --hours 0.05      the rehearsal: a few minutes on any machine
    python3 -m training --work WORK --size cpu --hours 10
    python3 -m training --work WORK --size gpu --hours 0.4 --large
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from .log import stop

# Of each size: tokenizer pieces, tokens a row, megabytes of a language, share of next edits, options of training.train.
_PLANS = {
    "rehearsal": (2048, 256, 1, 0.1, ["--batch-rows", "8", "--micro-rows", "8", "--warmup-tokens", "1e5"]),
    "cpu": (8192, 1024, 40, 0.0, []),
    "gpu": (24_576, 4096, 150, 0.08, ["--batch-rows", "64", "--micro-rows", "16", "--rate", "2e-3", "--warmup-tokens", "5e6"]),
}


def step(module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", f"training.{module}", *arguments]
    print("+", *command[1:], flush=True)
    if subprocess.run(command, cwd=Path(__file__).parent.parent, check=False).returncode:
        stop(f"training.{module} did not end well; what it said stands above")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--size", choices=sorted(_PLANS), default="cpu")
    parser.add_argument("--hours", type=float, required=True, help="of training")
    parser.add_argument("--decay-tokens", type=float, default=0, help="after these hours, decay over so many tokens")
    parser.add_argument("--large", action="store_true", help="with the packages of the run on a GPU")
    parser.add_argument("--curlew", type=Path, help="the program, to measure with in the end")
    options = parser.parse_args()
    work = str(options.work.resolve())
    pieces, length, megabytes, next_edits, train_options = _PLANS[options.size]
    if not (options.work / "corpus" / "manifest.json").exists():
        step("corpus", "--work", work, "--fetch", *(["--large"] if options.large else []))
    if not (options.work / "tokenizer" / "tokenizer.model").exists():
        step("tokenizer", "--work", work, "--pieces", str(pieces))
    step("prepare", "--work", work, "--length", str(length), "--language-megabytes", str(megabytes),
         "--next-edits", str(next_edits))  # fmt: skip
    run = ["--work", work, "--run", options.size, "--size", options.size, *train_options]
    step("train", *run, "--hours", str(options.hours))
    if options.decay_tokens:
        step("train", *run, "--decay-tokens", str(options.decay_tokens))
    name = f"curlew-code-{options.size}"
    step("export", "--work", work, "--checkpoint", f"{work}/runs/{options.size}/checkpoint", "--name", name)
    if options.curlew:
        curlew = str(options.curlew.resolve())
        step("evaluate", "--work", work, "--model", f"{work}/export/{name}-q8_0.gguf", "--curlew", curlew)


if __name__ == "__main__":
    main()
