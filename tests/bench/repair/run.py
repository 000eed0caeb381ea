#!/usr/bin/env python3
"""Measures `curlew repair` on tests/data/repair/cases.jsonl (or another set of make_cases.py).

    run.py CURLEW [--cases FILE] [--limit N] [--language L]... [--jobs 1] [--rows FILE [--resume]] [--model none]
           [--time 60] [--cpu SECONDS] [--projects FILE]

What Curlew says is not believed: its diff is applied to a fresh copy with `patch`, and the command runs there
without it. "repaired" counts where Curlew claims it and that run passes; "wrongly claimed" where Curlew claims it
and the run fails, or where it touched a test; "original" where the repaired file is the one before the slip.
--limit takes cases evenly over the set; --resume leaves out those that --rows has already. --projects is that of
make_cases.py. Cases whose tools are missing are skipped by name.
--time is Curlew's own limit. On a machine with other work, --cpu limits a case by the processor time that Curlew and
all it starts have used, whatever the clock says; --time is then best set out of reach. "seconds" are of that time.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from projects import CASES, copy_project, load_projects, missing_tool, run_command
from source import Source

GRACE_SECONDS = 600  # for a machine with other work: the limit itself is Curlew's to keep
POLL_SECONDS = 0.1


def mutate(case, folder):
    file = folder / case["path"]
    text = file.read_bytes()
    if text[case["start"]:case["end"]] != case["from"].encode():
        sys.exit(f"{case['id']}: {case['path']} is not what the case was made of; run make_cases.py")
    file.write_bytes(text[:case["start"]] + case["to"].encode() + text[case["end"]:])


def processor_seconds(root):
    """Of a process and of all below it, those that have ended and were waited for among them."""
    parents, used = {}, {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def is_below(pid):
        while pid != root and pid in parents:
            pid = parents[pid]
        return pid == root

    return sum(seconds for pid, seconds in used.items() if is_below(pid))


def repair(options, case, folder):
    """(what Curlew answers, as its JSON, or {"error": ...}; processor seconds)."""
    argv = [options.curlew, "repair", "--json", "--model", options.model, "--time", str(options.time),
            "--command-time", str(max(60, options.time)), "--workspace", str(folder), "--", *case["command"]]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        began, cpu = time.monotonic(), 0.0
        process = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                cpu = usage.ru_utime + usage.ru_stime
                break
            cpu = max(cpu, processor_seconds(process.pid))
            if (options.cpu and cpu > options.cpu) or time.monotonic() - began > options.time + GRACE_SECONDS:
                process.kill()  # its commands end with it
                process.wait()
                return {"error": "out of time", "end": "out of time"}, cpu
            time.sleep(POLL_SECONDS)
        out.seek(0)
        errors.seek(0)
        try:
            return json.loads(out.read()), cpu
        except ValueError:
            return {"error": errors.read().strip()[-400:] or f"exit {process.returncode}"}, cpu


def verify(project, case, diff, folder):
    """(the command passes with the diff, the file is the original) in a fresh copy."""
    mutate(case, folder)
    applied = subprocess.run(["patch", "-p1", "--binary", "--no-backup-if-mismatch", "-s"], cwd=folder, input=diff, text=True,
                             capture_output=True)
    if applied.returncode != 0:
        return False, False
    original, repaired = (project.folder / case["path"]).read_bytes(), (folder / case["path"]).read_bytes()
    inline_tests = original[Source(original.decode("latin-1"), project.language).tests_begin:]
    touches_tests = (any(line.startswith("+++ ") and "test" in line for line in diff.splitlines())
                     or not repaired.endswith(inline_tests))
    passes = run_command(case["command"], folder)[0] == 0
    return passes and not touches_tests, repaired == original


def measure(options, projects, case):
    project = projects[case["source"]]
    with tempfile.TemporaryDirectory(prefix="repair-run-") as top:
        workspace = Path(top) / "work" / project.name
        copy_project(project, workspace)
        mutate(case, workspace)
        began = time.monotonic()
        answer, cpu = repair(options, case, workspace)
        seconds = cpu if options.cpu else time.monotonic() - began
        shutil.rmtree(workspace)
        row = {"id": case["id"], "language": case["language"], "source": project.name, "group": case["kind"]["group"],
               "kind": case["kind"]["name"], "claimed": answer.get("passed", False), "seconds": round(seconds, 2),
               "runs": answer.get("runs", 0), "end": answer.get("end", ""),
               "reason": answer.get("reason", answer.get("error", "")), "diff": answer.get("diff", ""),
               "diagnostics": [d for r in answer.get("rounds", [])[:1] for d in r.get("diagnostics", [])][:3],
               "repaired": False, "original": False}
        if row["claimed"]:
            copy_project(project, workspace)
            row["repaired"], row["original"] = verify(project, case, row["diff"], workspace)
        row["wrong"] = row["claimed"] and not row["repaired"]
        return row


def chosen(options, projects):
    cases = [json.loads(line) for line in options.cases.read_text().splitlines()]
    if options.language:
        cases = [case for case in cases if case["language"] in options.language]
    skipped = collections.Counter()
    for name in {case["source"] for case in cases}:
        if tool := missing_tool(projects[name]):
            skipped[f"{name}: there is no {tool}"] = sum(case["source"] == name for case in cases)
            cases = [case for case in cases if case["source"] != name]
    if options.limit and options.limit < len(cases):
        cases = [cases[i * len(cases) // options.limit] for i in range(options.limit)]
    return cases, skipped


def rows_so_far(options):
    if not (options.resume and options.rows and options.rows.exists()):
        return []
    return [json.loads(line) for line in options.rows.read_text().splitlines()]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(rows, head, key):
    print(f"\n| {head} | cases | repaired | original | wrong | seconds, median | p95 | runs, median |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    for name in sorted(groups):
        of = groups[name]
        seconds = [row["seconds"] for row in of]
        repaired = sum(row["repaired"] for row in of)
        print(f"| {name} | {len(of)} | {repaired} ({100 * repaired // len(of)}%) | {sum(r['original'] for r in of)} "
              f"| {sum(r['wrong'] for r in of)} | {statistics.median(seconds):.1f} | {percentile(seconds, 0.95):.1f} "
              f"| {statistics.median(r['runs'] for r in of):.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curlew", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--language", action="append")
    parser.add_argument("--projects", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--model", default="none")
    parser.add_argument("--time", type=int, default=60)
    parser.add_argument("--cpu", type=float)
    options = parser.parse_args()
    projects = load_projects(options.projects)
    cases, skipped = chosen(options, projects)
    rows = rows_so_far(options)
    done = {row["id"] for row in rows}
    cases = [case for case in cases if case["id"] not in done]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda case: measure(options, projects, case), cases):
            rows.append(row)
            state = "WRONG" if row["wrong"] else "repaired" if row["repaired"] else row["end"] or "failed"
            print(f"{row['id']} {row['kind']}: {state}, {row['seconds']} s, {row['runs']} runs", file=sys.stderr, flush=True)
            if options.rows:
                options.rows.write_text("".join(json.dumps(r) + "\n" for r in rows))
    for reason, count in skipped.items():
        print(f"skipped {count} cases of {reason}")
    if not rows:
        sys.exit("no cases")
    table(rows, "language", lambda r: f"{r['language']}, {r['group']}")
    table(rows, "project", lambda r: r["source"])
    table(rows, "kind", lambda r: f"{r['group']}: {r['kind']}")
    table(rows, "group", lambda r: r["group"])
    sys.exit(1 if any(row["wrong"] for row in rows) else 0)


if __name__ == "__main__":
    main()
