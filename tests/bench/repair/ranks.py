#!/usr/bin/env python3
"""Where the change that undoes a slip stands among those that `curlew repair` would try.

    ranks.py CURLEW CASES [--projects FILE] [--group test] [--id ID]... [--show N]

One line a case: the rank of the first change that gives the file back as it was, of how many; a dash where
none does. Nothing is repaired: to see whether what is missed was not thought of, or only stood too far behind. --show
prints the first N changes, too. Cases and projects are those of run.py.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from projects import copy_project, load_projects
from run import mutate


def listed(curlew, case, folder):
    argv = [curlew, "repair", "--list", "--json", "--model", "none", "--workspace", str(folder), "--", *case["command"]]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=600)
    try:
        return json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{case['id']}: {done.stderr.strip()[-400:]}")


def apply(text, edits):
    for edit in sorted(edits, key=lambda edit: edit["start"], reverse=True):
        text = text[:edit["start"]] + edit["text"].encode() + text[edit["end"]:]
    return text


def rank_of(original, slipped, path, candidates):
    for rank, candidate in enumerate(candidates, 1):
        if candidate["path"] == path and apply(slipped, candidate["edits"]) == original:
            return rank
    return None


def look_at(options, projects, case):
    project = projects[case["source"]]
    with tempfile.TemporaryDirectory(prefix="repair-ranks-") as top:
        folder = Path(top) / "work" / project.name
        copy_project(project, folder)
        original = (folder / case["path"]).read_bytes()
        mutate(case, folder)
        slipped = (folder / case["path"]).read_bytes()
        complaints = listed(options.curlew, case, folder)
    parts = []
    for complaint in complaints:
        candidates = complaint["candidates"]
        rank = rank_of(original, slipped, case["path"], candidates)
        parts.append(f"{rank or '-'} of {len(candidates)}" + (f" at {candidates[rank - 1]['chance']:.2f}" if rank else ""))
    slip = f"{case['from']!r:.40} -> {case['to']!r:.40}"
    print(f"{case['id']:45} {case['kind']['name']:18} {'; '.join(parts) or 'no complaint':40} {slip}", flush=True)
    for candidate in complaints[0]["candidates"][:options.show] if complaints else []:
        print(f"    {candidate['chance']:.2f} {candidate['path']}: {candidate['why']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curlew", type=os.path.abspath)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--projects", type=Path)
    parser.add_argument("--group")
    parser.add_argument("--id", action="append")
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    projects = load_projects(options.projects) if options.projects else load_projects()
    for line in options.cases.read_text().splitlines():
        case = json.loads(line)
        if options.group in (None, case["kind"]["group"]) and (not options.id or case["id"] in options.id):
            look_at(options, projects, case)


if __name__ == "__main__":
    main()
