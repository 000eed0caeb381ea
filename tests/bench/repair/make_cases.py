#!/usr/bin/env python3
"""Makes the cases of tests/data/repair: real code with one slip that its own command notices.

    make_cases.py [--seed N] [--kinds slips|tokens] [--group G]... [--language L]... [--per-language 66]
                  [--projects FILE] [--out FILE]

Another seed gives another set of the same kind, to check on what was tuned with the first. The same seed gives
the same cases wherever the same tools say the same. Cases of languages or kinds that are not asked for stay in FILE.
A change counts only if the command passes before and fails with it; what does not is counted and left out.
"tokens" are slips that nobody chose (token_slips.py). --projects takes code of other people (fetch_packages.py).
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
from projects import CASES, OURS, command_of, copy_project, load_projects, missing_tool, run_command
from source import Source
from test_slips import TEST
from token_slips import TOKENS

GROUPS = {"compile": COMPILE, "test": TEST, "multi": MULTI}
SHARES = {"compile": 0.45, "test": 0.40, "multi": 0.15}
TRIES = 4  # of one kind in one module
TOKENS_TRIED_MAX = 40  # for each case wanted
DOES_NOT_COMPILE = {
    "c": r": (fatal )?error: ", "cpp": r": (fatal )?error: ",
    "python": r"(Syntax|Indentation|Name|Import|ModuleNotFound|UnboundLocal)Error",
    "typescript": r"error TS\d", "go": r"\[build failed\]|^vet: |\[setup failed\]",
    "rust": r"^error(\[E\d+\])?: (?!test failed)",
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
        for module in project.modules:
            if not self.passes(module):
                sys.exit(f"{project.name}: {module} fails before any change")

    def path(self, module):
        return self.project.paths.format(m=module)

    def text(self, module):
        """A character a byte, whatever the encoding: slips touch ASCII only."""
        return (self.project.folder / self.path(module)).read_bytes().decode("latin-1")

    def source(self, module, rng):
        return Source(self.text(module), self.project.language, rng)

    def run_changed(self, module, change, group):
        text = self.text(module)
        file = self.folder / self.path(module)
        file.write_bytes((text[:change.start] + change.text + text[change.end:]).encode("latin-1"))
        result = run_command(command_of(self.project, module, group), self.folder)
        file.write_bytes(text.encode("latin-1"))
        return result

    def passes(self, module):
        commands = {tuple(command_of(self.project, module, group)) for group in ("compile", "test")}
        return all(run_command(command, self.folder)[0] == 0 for command in commands)

    def verdict(self, module, change, group):
        """"fails" if the change is a case of the group; else why it is not."""
        if self.text(module)[change.start:change.end] == change.text:
            return "is the same"
        status, output = self.run_changed(module, change, group)
        if status == 0:
            return "passes"
        if status < 0 or status > 128 or re.search(KILLED, output):
            return "does not end"
        broken = re.search(DOES_NOT_COMPILE[self.project.language], output, re.M)
        if group == "test" and broken:
            return "does not compile"
        return "fails"

    def case(self, number, group, name, module, change, command):
        return {"id": number, "language": self.project.language,
                "kind": {"group": group, "name": name}, "source": self.project.name,
                "command": command_of(self.project, module, command),
                "path": self.path(module), "start": change.start, "end": change.end,
                "from": self.text(module)[change.start:change.end], "to": change.text}


def command_group(group, name):
    """Which command notices it."""
    return "compile" if group == "compile" or name == "two misspelt" else "test"


def is_ours_to_make(source, change):
    """It touches nothing but ASCII, and no tests in the file."""
    touched = source.text[change.start:change.end] + change.text
    return touched.isascii() and change.end <= source.tests_begin


def search(bench, module, group, name, seed):
    """A change of this kind in this module that fails; None when few tries find none."""
    rng = random.Random(f"{seed}:{bench.project.name}:{module}:{group}:{name}")
    source = bench.source(module, rng)
    changes = [change for change in GROUPS[group][name](source) if is_ours_to_make(source, change)]
    rng.shuffle(changes)
    for change in changes[:TRIES]:
        verdict = bench.verdict(module, change, command_group(group, name))
        bench.counts[verdict] += 1
        if verdict == "fails":
            return change
    return None


def slips(bench, seed, wanted):
    """Round after round over all kinds, each time in another module, until there are enough of each group.

    Other people's projects give too few cases each for all the kinds, which therefore come in a random order there.
    """
    name_of, modules = bench.project.name, bench.project.modules
    for group in wanted:
        kinds = list(GROUPS[group])
        if name_of not in OURS:
            random.Random(f"{seed}:{name_of}:{group}").shuffle(kinds)
        order = [(name, modules[(i + turn + seed) % len(modules)]) for turn in range(len(modules))
                 for i, name in enumerate(kinds)]
        found = 0
        for name, module in order:
            if found >= wanted[group]:
                break
            change = search(bench, module, group, name, seed)
            if change is None:
                continue
            found += 1
            yield bench.case(f"{name_of}-{group}-{found:02d}", group, name, module, change, command_group(group, name))


def any_change(bench, rng, name):
    """(module, change) of a token that is drawn among all of the project's; the change is None if it cannot be done."""
    sources = [(module, bench.source(module, rng)) for module in bench.project.modules]
    places = [(module, source, i) for module, source in sources for i, token in enumerate(source.tokens)
              if token.end <= source.tests_begin]
    module, source, i = rng.choice(places)
    change = TOKENS[name](source, i)
    return module, change if change and is_ours_to_make(source, change) else None


def tokens(bench, seed, wanted):
    """Tokens drawn until there are enough that do not compile and enough that fail their tests."""
    rng = random.Random(f"{seed}:{bench.project.name}:tokens")
    found = collections.Counter()
    for turn in range(TOKENS_TRIED_MAX * sum(wanted.values())):
        if all(found[group] >= count for group, count in wanted.items()):
            return
        name = list(TOKENS)[turn % len(TOKENS)]
        module, change = any_change(bench, rng, name)
        if change is None:
            continue
        group, command = sorted_by_commands(bench, module, change)
        bench.counts[group or command] += 1
        if found[group] < wanted.get(group, 0):
            found[group] += 1
            yield bench.case(f"{bench.project.name}-any-{group}-{found[group]:02d}", group, name, module, change, command)


def sorted_by_commands(bench, module, change):
    """(the group, or None; the command that says so, or what the tests say) of a change of which nothing was expected."""
    if bench.project.check != bench.project.test and bench.verdict(module, change, "compile") == "fails":
        return "compile", "compile"
    verdict = bench.verdict(module, change, "test")
    if verdict == "fails":
        return "test", "test"
    return ("compile", "test") if verdict == "does not compile" else (None, verdict)


FAMILIES = {"slips": slips, "tokens": tokens}


def family_of(case):
    return "tokens" if case["kind"]["name"] in TOKENS else "slips"


def write(path, fresh, languages, family, order):
    kept = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    kept = [case for case in kept if case["language"] not in languages or family_of(case) != family] + fresh
    kept.sort(key=lambda case: order.index(case["language"]))
    path.write_text("".join(json.dumps(case) + "\n" for case in kept))


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", choices=list(FAMILIES), default="slips")
    parser.add_argument("--group", action="append", choices=list(GROUPS))
    parser.add_argument("--language", action="append")
    parser.add_argument("--per-language", type=int, default=66)
    parser.add_argument("--projects", type=Path)
    parser.add_argument("--out", type=Path, default=CASES)
    options = parser.parse_args()
    if options.projects and options.out == CASES:
        parser.error("--projects needs --out: the set in the repository is of its own projects")
    return options


def main():
    options = parsed()
    projects = load_projects(options.projects)
    languages = list(dict.fromkeys(project.language for project in projects.values()))
    groups = options.group or (list(GROUPS) if options.kinds == "slips" else ["compile", "test"])
    for language in options.language or languages:
        among = [project for project in projects.values() if project.language == language]
        fresh = []
        for project in among:
            if tool := missing_tool(project):
                print(f"{project.name}: skipped, there is no {tool}", file=sys.stderr)
                continue
            wanted = {group: round(options.per_language * SHARES[group] / len(among)) for group in groups}
            with tempfile.TemporaryDirectory(prefix="repair-cases-") as folder:
                bench = Bench(project, Path(folder) / project.name)
                before = len(fresh)
                for case in FAMILIES[options.kinds](bench, options.seed, wanted):
                    fresh.append(case)
                    write(options.out, fresh, {language}, options.kinds, languages)  # an end in the middle loses little
            counts = ", ".join(f"{count} {verdict}" for verdict, count in bench.counts.most_common())
            print(f"{project.name}: {len(fresh) - before} cases; tried: {counts}", flush=True)


if __name__ == "__main__":
    main()
