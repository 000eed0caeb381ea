#!/usr/bin/env python3
"""Holds `curlew repair` to what it could do of tests/data/repair/cases.jsonl: a ratchet.

    CURLEW_BINARY=build/release/curlew tests/lsp/repair_test.py

A part of the cases, of the languages whose tools are here. Nothing may be claimed that does not pass, and as many must
be repaired as were. Ends with 77 (skipped) when there is no binary or none of the tools. The whole set, other sets and
times: tests/bench/repair/run.py.
"""

import json
import os
import pathlib
import sys
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'bench' / 'repair'))

import run  # noqa: E402: found by the line above

CURLEW = os.path.abspath(os.environ.get('CURLEW_BINARY', 'build/release/curlew'))
SKIPPED = 77
EVERY = {'compile': 4, 'test': 6}  # of a language's cases in a group, one in so many
# Repaired of those, when this was last raised. Slow commands (Go, Rust, TypeScript) are left to the bench.
FLOOR = {('cpp', 'compile'): 0, ('cpp', 'test'): 0, ('python', 'compile'): 0, ('python', 'test'): 0}
OPTIONS = SimpleNamespace(curlew=CURLEW, model='none', time=60, cpu=None)


def main():
    if not os.access(CURLEW, os.X_OK):
        print(f'SKIPPED: no {CURLEW}')
        return SKIPPED
    failures, tried = [], 0
    for (language, group), floor in FLOOR.items():
        if tool := run.missing_tool(run.PROJECTS[language]):
            print(f'SKIPPED {language}, {group}: there is no {tool}')
            continue
        cases = [case for case in map(json.loads, run.CASES.read_text().splitlines())
                 if case['language'] == language and case['kind']['group'] == group][::EVERY[group]]
        rows = [run.measure(OPTIONS, case) for case in cases]
        tried += len(rows)
        repaired = sum(row['repaired'] for row in rows)
        print(f'{language}, {group}: {repaired} of {len(rows)} repaired, at least {floor}', flush=True)
        failures += [f"{row['id']}: claimed, and its command fails" for row in rows if row['wrong']]
        if repaired < floor:
            lost = ', '.join(row['id'] for row in rows if not row['repaired'])
            failures.append(f'{language}, {group}: {repaired} repaired, not {floor}; not: {lost}')
    print('\n'.join(failures))
    return 1 if failures else 0 if tried else SKIPPED


if __name__ == '__main__':
    sys.exit(main())
