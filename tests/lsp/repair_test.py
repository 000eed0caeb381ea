#!/usr/bin/env python3
"""Holds `curlew repair` to what it could do of tests/data/repair/cases.jsonl: a ratchet.

    CURLEW_BINARY=build/release/curlew tests/lsp/repair_test.py

Each of some cases that were repaired in a few seconds when this was written must be repaired again, and what is claimed must
pass. Those that cannot be repaired yet are not among them, for each takes all the time it is given; nor are languages whose
commands are slow. Ends with 77 (skipped) when there is no binary or none of the tools. The whole set, other sets and times:
tests/bench/repair/run.py.
"""

import json
import os
import pathlib
import sys
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'bench' / 'repair'))

import projects  # noqa: E402: found by the line above
import run  # noqa: E402

CURLEW = os.path.abspath(os.environ.get('CURLEW_BINARY', 'build/release/curlew'))
SKIPPED = 77
CASES = ('cpp-compile-01', 'cpp-compile-09', 'cpp-compile-13', 'cpp-compile-17', 'cpp-compile-29', 'cpp-test-06',
         'python-compile-01', 'python-compile-06', 'python-compile-21', 'python-compile-26',
         'python-test-01', 'python-test-13', 'python-test-25')
OPTIONS = SimpleNamespace(curlew=CURLEW, model='none', time=120, cpu=None)


def main():
    if not os.access(CURLEW, os.X_OK):
        print(f'SKIPPED: no {CURLEW}')
        return SKIPPED
    failures, tried = [], 0
    for case in map(json.loads, projects.CASES.read_text().splitlines()):
        if case['id'] not in CASES:
            continue
        if tool := projects.missing_tool(projects.OURS[case['source']]):
            print(f"SKIPPED {case['id']}: there is no {tool}")
            continue
        row = run.measure(OPTIONS, projects.OURS, case)
        tried += 1
        print(f"{row['id']}: {'repaired' if row['repaired'] else row['end']}, {row['seconds']} s", flush=True)
        if row['wrong']:
            failures.append(f"{row['id']}: claimed, and its command fails")
        elif not row['repaired']:
            failures.append(f"{row['id']}: was repaired once, and is not: {row['reason']}")
    print('\n'.join(failures))
    return 1 if failures else 0 if tried else SKIPPED


if __name__ == '__main__':
    sys.exit(main())
