#!/usr/bin/env python3
"""Measures `curlew repair` on QuixBugs' Python programs: 40 classic algorithms with a fault in one line each.

    quixbugs.py CURLEW QUIXBUGS [--rows FILE] [--program NAME]... [--cpu 30] [--time 600] [--model none]

QUIXBUGS is a checkout of github.com/jkoppel/QuixBugs. Each program gets a workspace of its own with its test and its
test's data, and nothing of the corrected programs. As in run.py, the diff is applied to a fresh copy and the test runs
there without Curlew. "same" counts where the repaired program's syntax tree is that of the corrected one; what passes
and is not the same is to be read.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from run import repair

TEST_SECONDS = 60


def make_workspace(source, name, folder):
    (folder / "python_programs").mkdir(parents=True)
    (folder / "python_testcases").mkdir()
    (folder / "json_testcases").mkdir()
    for path in [f"python_programs/{name}.py", "python_programs/node.py", f"python_testcases/test_{name}.py",
                 "python_testcases/load_testdata.py", "python_testcases/node.py", f"json_testcases/{name}.json",
                 "conftest.py"]:
        if (source / path).exists():
            shutil.copy(source / path, folder / path)


def tree(path):
    module = ast.parse(path.read_text())
    module.body = [node for node in module.body if not isinstance(node, ast.Expr)]  # what describes it
    return ast.dump(module)


def measure(options, name):
    command = ["pytest", "-q", "-p", "no:cacheprovider", f"python_testcases/test_{name}.py"]
    with tempfile.TemporaryDirectory(prefix="quixbugs-") as top:
        folder = Path(top) / "work" / name
        make_workspace(options.quixbugs, name, folder)
        answer, cpu = repair(options, {"command": command}, folder)
        row = {"id": name, "claimed": answer.get("passed", False), "seconds": round(cpu, 2), "runs": answer.get("runs", 0),
               "end": answer.get("end", ""), "reason": answer.get("reason", answer.get("error", "")),
               "diff": answer.get("diff", ""), "repaired": False, "same": False}
        if row["claimed"]:
            shutil.rmtree(folder)
            make_workspace(options.quixbugs, name, folder)
            subprocess.run(["patch", "-p1", "-s"], cwd=folder, input=row["diff"], text=True, check=True)
            row["repaired"] = subprocess.run(command, cwd=folder, capture_output=True, timeout=TEST_SECONDS).returncode == 0
            row["same"] = (tree(folder / f"python_programs/{name}.py")
                           == tree(options.quixbugs / f"correct_python_programs/{name}.py"))
        return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curlew", type=os.path.abspath)
    parser.add_argument("quixbugs", type=Path)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--program", action="append")
    parser.add_argument("--cpu", type=float, default=30)
    parser.add_argument("--time", type=int, default=600)
    parser.add_argument("--model", default="none")
    options = parser.parse_args()
    names = sorted(path.stem.removeprefix("test_") for path in (options.quixbugs / "python_testcases").glob("test_*.py"))
    rows = []
    for name in options.program or names:
        row = measure(options, name)
        rows.append(row)
        what = "same" if row["same"] else "repaired" if row["repaired"] else "WRONGLY CLAIMED" if row["claimed"] else "-"
        print(f"{name:35} {what:16} {row['seconds']:7.2f} s {row['runs']:4} runs  {row['reason'][:80]}", flush=True)
        if options.rows:
            with options.rows.open("a") as out:
                out.write(json.dumps(row) + "\n")
    count = {key: sum(row[key] for row in rows) for key in ("claimed", "repaired", "same")}
    print(f"{len(rows)} programs: {count['repaired']} repaired, {count['same']} of them as corrected, "
          f"{count['claimed'] - count['repaired']} wrongly claimed")
    sys.exit(1 if count["claimed"] > count["repaired"] else 0)


if __name__ == "__main__":
    main()
