"""Measures an exported model on the held-out packages through the real engine: `curlew evaluate` and `curlew perplexity`.

    python3 -m training.evaluate --work WORK --model WORK/export/NAME-q8_0.gguf --curlew build/release/editors/cli/curlew

Cases are cut from held-out packages by a seed of their own, languages in turn. What is measured is what a user gets: model and
copy predictor together, shaped and checked; the share that the model alone proposed stands beside it. With --workspace the
packages are laid out as folders and indexed, so that retrieved context takes part.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
from pathlib import Path
from typing import Any

from . import corpus, cuts
from .languages import SIDE_LANGUAGES
from .log import Log, stop

_CASES_SEED = 7001
_MIDDLE_BYTES = {"one": (4, 100), "many": (20, 600)}
_KINDS = {"one": ("rest of line", "lines", "node"), "many": ("lines", "node")}
_TEXT_BYTES = 60_000  # a language, for bits per byte
_TRIES = 40


def held_files(work: Path) -> dict[str, list[dict]]:
    """By language, in random order; prose and data are not completed."""
    by_language: dict[str, list[dict]] = {}
    for files in corpus.read_split(work, "held"):
        for file in files:
            if file["language"] not in SIDE_LANGUAGES:
                by_language.setdefault(file["language"], []).append(file)
    for language, files in by_language.items():
        random.Random(f"{_CASES_SEED}:{language}").shuffle(files)
    return by_language


def make_cases(files: list[dict], lines: str, count: int, draw: random.Random) -> list[dict]:
    """Files take turns; at most as many cases as can be found."""
    cases: list[dict] = []
    for turn in range(count * _TRIES):
        if len(cases) == count or not files:
            break
        case = _case(files[turn % len(files)], lines, draw)
        if case:
            cases.append(case)
    return cases


def _case(file: dict, lines: str, draw: random.Random) -> dict | None:
    text = file["text"]
    cut = cuts.choose(text, file["language"], draw)
    if not cut or cut.kind not in _KINDS[lines]:
        return None
    middle = text[cut.start : cut.end]
    low, high = _MIDDLE_BYTES[lines]
    if not low <= len(middle.strip()) <= high or ("\n" in middle) != (lines == "many"):
        return None
    return {"path": file["path"], "package": file["package"], "kind": cut.kind,
            "prefix": text[: cut.start], "middle": middle, "suffix": text[cut.end :]}  # fmt: skip


def run_json(command: list[str]) -> list[dict[str, Any]]:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        stop(f"{' '.join(command)}: {result.stderr.strip()}")
    return [json.loads(line) for line in result.stdout.splitlines() if line.strip()]


class Evaluation:
    def __init__(self, curlew: Path, model: Path, folder: Path, log: Log) -> None:
        self._curlew, self._model, self._folder, self._log = str(curlew), str(model), folder, log

    def bits_per_byte(self, language: str, files: list[dict]) -> float:
        path = self._folder / f"text-{language}"
        path.write_text("".join(file["text"] for file in files)[:_TEXT_BYTES])
        command = [self._curlew, "perplexity", "--json", "--context", "512", "--model", self._model,
                   "--file", str(path)]  # fmt: skip
        value = float(run_json(command)[0]["bits_per_byte"])
        self._log.write("bits per byte", language=language, value=round(value, 4))
        return value

    def completion(self, language: str, lines: str, cases: list[dict], workspace: Path | None) -> dict[str, float]:
        path = self._folder / f"cases-{language}-{lines}.jsonl"
        path.write_text("".join(json.dumps(case) + "\n" for case in cases))
        command = [self._curlew, "evaluate", "--json", "--per-case", "--lines", lines, "--model", self._model,
                   "--file", str(path)]  # fmt: skip
        *rows, summary = run_json(command + (["--workspace", str(workspace)] if workspace else []))
        exact = [row["text"].rstrip() == row["middle"].rstrip() for row in rows]
        by_model = [right for right, row in zip(exact, rows) if row["source"] == "model"]
        result = {
            "cases": len(rows),
            "exact": sum(exact) / max(1, len(rows)),
            "shown_by_model": len(by_model) / max(1, len(rows)),
            "exact_of_these": sum(by_model) / max(1, len(by_model)),
            "first_line_exact": summary["exact_match"],
        }
        self._log.write("completion", language=language, lines=lines, context=workspace is not None, **result)
        return result


def lay_out(files: list[dict], folder: Path) -> Path:
    """The packages as folders, so that the index sees what a user's workspace would be."""
    for file in files:
        path = folder / file["package"].replace(":", "_") / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"])
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file, quantised as shipped")
    parser.add_argument("--curlew", type=Path, required=True, help="the program")
    parser.add_argument("--cases", type=int, default=1000, help="a language and kind")
    parser.add_argument("--workspace", action="store_true", help="with retrieved context")
    options = parser.parse_args()
    for path in (options.model, options.curlew):
        if not path.exists():
            stop(f"{path} does not exist")
    folder = options.work / "evaluate"
    folder.mkdir(parents=True, exist_ok=True)
    by_language = held_files(options.work)
    if not by_language:
        stop(f"{options.work}/corpus/held has no files; run training.corpus first")
    evaluation = Evaluation(options.curlew, options.model, folder, Log(options.work / "logs" / "evaluate.jsonl"))
    report: dict[str, dict] = {}
    for language, files in sorted(by_language.items()):
        draw = random.Random(f"{_CASES_SEED}:{language}:cuts")
        workspace = lay_out(files, folder / "trees" / language) if options.workspace else None
        report[language] = {"bits_per_byte": evaluation.bits_per_byte(language, files)}
        for lines in ("one", "many"):
            cases = make_cases(files, lines, options.cases, draw)
            for case in cases if workspace else []:
                case["path"] = f"{case['package'].replace(':', '_')}/{case['path']}"
            report[language][lines] = evaluation.completion(language, lines, cases, workspace)
    (folder / f"{options.model.stem}.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
