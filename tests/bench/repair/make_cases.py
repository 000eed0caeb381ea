#!/usr/bin/env python3
"""Makes the cases of tests/data/repair: real code with one slip that its own command notices.

    make_cases.py [--seed N] [--language L]... [--per-language 66] [--out FILE]

Another seed gives another set of the same kind, to check on what was tuned with the first. The same seed gives
the same cases wherever the same tools say the same. Cases of languages that are not asked for stay in FILE.
A change counts only if the command passes before and fails with it; what does not is counted and left out.
"""

import argparse
import collections
import json
import random
import re
import sys
import tempfile
from pathlib import Path

from compile_slips import COMPILE
from multi_slips import MULTI
from projects import CASES, PROJECTS, SOURCES, command_of, copy_project, missing_tool, run_command
from source import Source
from test_slips import TEST

GROUPS = {"compile": COMPILE, "test": TEST, "multi": MULTI}
SHARES = {"compile": 0.45, "test": 0.40, "multi": 0.15}
TRIES = 4  # of one kind in one module
DOES_NOT_COMPILE = {
    "cpp": r": (fatal )?error: ", "python": r"(Syntax|Indentation|Name|Import|ModuleNotFound|UnboundLocal)Error",
    "typescript": r"error TS\d", "go": r"\[build failed\]|^vet: |\[setup failed\]", "rust": r"^error(\[E\d+\])?: (?!test failed)",
}
# Said by make, go, cargo and node of a program that was killed, for they exit as after any failure.
KILLED = r"\bKilled\b|CPU time limit exceeded|signal: (killed|9|24|cpu time)|SIGKILL|SIGXCPU"


class Bench:
    """A copy of a project in which changes are tried."""

    def __init__(self, project, folder):
        self.project = project
        self.folder = folder
        self.counts = collections.Counter()
        copy_project(project, folder)

    def path(self, module):
        return self.project.paths.format(m=module)

    def text(self, module):
        return (SOURCES / self.project.language / self.path(module)).read_text()

    def passes(self, module):
        commands = {tuple(command_of(self.project, module, group)) for group in ("compile", "test")}
        return all(run_command(command, self.folder)[0] == 0 for command in commands)

    def verdict(self, module, change, group):
        """"fails" if the change is a case of the group; else why it is not."""
        text = self.text(module)
        changed = text[:change.start] + change.text + text[change.end:]
        if changed == text:
            return "is the same"
        file = self.folder / self.path(module)
        file.write_text(changed)
        status, output = run_command(command_of(self.project, module, group), self.folder)
        file.write_text(text)
        if status == 0:
            return "passes"
        if status < 0 or status > 128 or re.search(KILLED, output):
            return "does not end"
        broken = re.search(DOES_NOT_COMPILE[self.project.language], output, re.M)
        if group == "test" and broken:
            return "does not compile"
        return "fails"


def command_group(group, name):
    """Which command notices it."""
    return "compile" if group == "compile" or name == "two misspelt" else "test"


def search(bench, module, group, name, seed):
    """A change of this kind in this module that fails; None when few tries find none."""
    rng = random.Random(f"{seed}:{bench.project.language}:{module}:{group}:{name}")
    changes = GROUPS[group][name](Source(bench.text(module), bench.project.language, rng))
    rng.shuffle(changes)
    for change in changes[:TRIES]:
        verdict = bench.verdict(module, change, command_group(group, name))
        bench.counts[verdict] += 1
        if verdict == "fails":
            return change
    return None


def cases_of(bench, seed, wanted):
    """Round after round over all kinds, each time in another module, until there are enough of each group."""
    language, modules = bench.project.language, bench.project.modules
    for module in modules:
        if not bench.passes(module):
            sys.exit(f"{language}: {module} fails before any change")
    for group, kinds in GROUPS.items():
        order = [(name, modules[(i + turn + seed) % len(modules)]) for turn in range(len(modules))
                 for i, name in enumerate(kinds)]
        found = 0
        for name, module in order:
            if found >= round(wanted * SHARES[group]):
                break
            change = search(bench, module, group, name, seed)
            if change is None:
                continue
            found += 1
            text = bench.text(module)
            yield {"id": f"{language}-{group}-{found:02d}", "language": language,
                   "kind": {"group": group, "name": name}, "source": language,
                   "command": command_of(bench.project, module, command_group(group, name)),
                   "path": bench.path(module), "start": change.start, "end": change.end,
                   "from": text[change.start:change.end], "to": change.text}


def write(path, fresh, languages):
    kept = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    kept = [case for case in kept if case["language"] not in languages] + fresh
    order = list(PROJECTS)
    kept.sort(key=lambda case: order.index(case["language"]))
    path.write_text("".join(json.dumps(case) + "\n" for case in kept))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--language", action="append", choices=list(PROJECTS))
    parser.add_argument("--per-language", type=int, default=66)
    parser.add_argument("--out", type=Path, default=CASES)
    options = parser.parse_args()
    for language in options.language or list(PROJECTS):
        project = PROJECTS[language]
        if tool := missing_tool(project):
            print(f"{language}: skipped, there is no {tool}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="repair-cases-") as folder:
            bench = Bench(project, Path(folder) / language)
            fresh = []
            for case in cases_of(bench, options.seed, options.per_language):
                fresh.append(case)
                write(options.out, fresh, {language})  # so that an end in the middle loses little
        counts = ", ".join(f"{count} {verdict}" for verdict, count in bench.counts.most_common())
        print(f"{language}: {len(fresh)} cases; tried: {counts}")


if __name__ == "__main__":
    main()
